"""Objects in a picture of classes: 4-connected parts, and matching them with the true ones. Plain numpy."""

import numpy as np

from render.canvas import IGNORE


def components(mask):
    """Parts of a mask joined by edges: their numbers from 1 `[row, col]`, 0 outside, and their count."""
    width = mask.shape[1] + 1
    step = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    start, end = (np.flatnonzero(np.pad(step == s, ((0, 0), (0, width - step.shape[1])))) for s in (1, -1))
    parent = np.arange(len(start))

    def root(run):
        while parent[run] != run:
            parent[run] = run = parent[parent[run]]
        return run

    # Runs of pixels in neighbouring rows belong together where they share a column.
    first, last = np.searchsorted(end, start + width, "right"), np.searchsorted(start, end + width, "left")
    for run in np.flatnonzero(last > first):
        for other in range(first[run], last[run]):
            a, b = root(run), root(other)
            parent[max(a, b)] = min(a, b)
    _, number = np.unique([root(run) for run in range(len(start))], return_inverse=True)
    numbers = np.zeros(mask.shape, np.int32)
    numbers[mask] = np.repeat(number + 1, end - start)
    return numbers, int(number.max()) + 1 if len(number) else 0


def without_small(numbers, count, least_px):
    """The same parts without those of fewer pixels, numbered anew."""
    keep = np.bincount(numbers.ravel(), minlength=count + 1) >= least_px
    keep[0] = False
    table = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return table[numbers], int(keep.sum())


def matched(numbers, others, least_iou=0.1):
    """Numbers of the parts of two pictures that pair one to one, best overlap first, with an IoU of at least `least_iou`."""
    sizes, other_sizes = np.bincount(numbers.ravel()), np.bincount(others.ravel())
    both = (numbers > 0) & (others > 0)
    pairs, shared = np.unique(numbers[both].astype(np.int64) * len(other_sizes) + others[both], return_counts=True)
    first, second = pairs // len(other_sizes), pairs % len(other_sizes)
    iou = shared / (sizes[first] + other_sizes[second] - shared)
    taken, taken_others = set(), set()
    for at in np.argsort(-iou, kind="stable"):
        if iou[at] < least_iou:
            break
        if first[at] not in taken and second[at] not in taken_others:
            taken.add(first[at])
            taken_others.add(second[at])
    return taken, taken_others


def lies_on(numbers, left_out, classes, names):
    """For each name how many parts, but for those left out, have it as their most frequent class in `classes`."""
    on = dict.fromkeys(names, 0)
    inside = (numbers > 0) & (classes < len(names))
    count = np.zeros((int(numbers.max()) + 1, len(names)), np.int64)
    np.add.at(count, (numbers[inside], classes[inside]), 1)
    for number in set(range(1, len(count))) - left_out:
        on[names[int(count[number].argmax())]] += 1
    return on


class ObjectTally:
    """Pixel IoU, object counts, and precision and recall of objects, of every class but the background."""

    def __init__(self, classes, least_px=1):
        self.classes, self.least_px = classes, least_px
        self.pixels = 0
        self.counts = {name: dict.fromkeys(("inter", "union", "objects", "kept", "true", "hit"), 0) for name in classes[1:]}
        self.wrong = {name: dict.fromkeys(classes, 0) for name in classes[1:]}
        self.missed = {name: dict.fromkeys(classes, 0) for name in classes[1:]}

    def add(self, guess, label):
        """Counts one picture; class numbers `[row, col]`, pixels with label 255 count nowhere."""
        valid = label != IGNORE
        self.pixels += int(valid.sum())
        for value, name in enumerate(self.classes):
            if value == 0:
                continue
            c, seen, true = self.counts[name], (guess == value) & valid, label == value
            c["inter"] += int((seen & true).sum())
            c["union"] += int((seen | true).sum())
            numbers, count = components(seen)
            kept, kept_count = without_small(numbers, count, self.least_px)
            truth, true_count = components(true)
            c["objects"] += count
            c["kept"] += kept_count
            c["true"] += true_count
            right, found = matched(kept, truth)
            c["hit"] += len(right)
            for total, on in ((self.wrong, lies_on(kept, right, label, self.classes)), (self.missed, lies_on(truth, found, guess, self.classes))):
                for key, number in on.items():
                    total[name][key] += number

    def report(self, gsd_m):
        """The figures by class; `gsd_m` is the width of a pixel in metres."""
        km2 = self.pixels * gsd_m**2 / 1e6
        return {
            name: {
                "pixel_iou": round(c["inter"] / max(c["union"], 1), 4),
                "pixel_f1": round(2 * c["inter"] / max(c["union"] + c["inter"], 1), 4),
                "objects": c["objects"],
                "sites": c["kept"],
                "true_objects": c["true"],
                "sites_that_match": c["hit"],
                "site_precision": round(c["hit"] / max(c["kept"], 1), 4),
                "site_recall": round(c["hit"] / max(c["true"], 1), 4),
                "false_sites_per_km2": round((c["kept"] - c["hit"]) / km2, 1) if km2 else None,
                "wrong_sites_on": self.wrong[name],
                "missed_taken_for": self.missed[name],
            }
            for name, c in self.counts.items()
        }
