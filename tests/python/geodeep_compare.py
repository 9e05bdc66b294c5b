"""Compares detections and masks of tianmu with GeoDeep's golden files (tests/golden/geodeep/make.py).

Seams are the strips that two neighbouring tiles share, in either program's tiling: what meets one
is counted apart, and so is what lies away from all of them.
"""

import json
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
import onnx
import rasterio
import shapely
from scipy import ndimage

import common
import geometry

SAME = 0.9  # Intersection over union from which on two are the same.
SHARE = 0.98  # So many of those away from seams must be.
STRIDE = 32  # Where nothing else is told, our tiles start at multiples of it.
PHASE = 16  # Networks that halve their input four times see it alike at multiples of this only.
NEAR_TIE = 1e-3  # Scores nearer than this may be ranked either way.
AT_THE_EDGE = 4  # What ends so near to a tile's edge is a piece of something, in pixels.


@dataclass
class Seams:
    """Strips that tiles share, and the columns and rows where tiles end, in pixels."""

    strips: shapely.Geometry
    columns: list
    rows: list

    def meet(self, outline):
        return bool(self.strips.intersects(outline))

    def cut(self, outline):
        """Whether an outline ends where a tile does."""
        left, top, right, bottom = outline.bounds
        near = lambda value, ends: any(abs(value - end) <= AT_THE_EDGE for end in ends)
        return any(near(v, self.columns) for v in (left, right)) or any(
            near(v, self.rows) for v in (top, bottom)
        )


def seams(shape, size, percent, ours_px=None):
    """The seams of GeoDeep's tiles and of ours, which share `ours_px` if that is told."""
    height, width = shape

    def origins(extent, step, stride):
        at = list(range(0, max(extent - size, 0) + 1, step))
        last = -(-(extent - size) // stride) * stride
        return at if at[-1] + size >= extent else [*at, last]

    found = Seams(None, [], [])
    strips = []
    for ours in (True, False):
        shared = size * percent / 100
        shared = (ours_px or round(shared)) if ours else int(shared)
        stride = STRIDE if ours else 1
        step = (size - shared) // stride * stride
        for extent, ends, strip in (
            (width, found.columns, lambda low, high: shapely.box(low, 0, high, height)),
            (height, found.rows, lambda low, high: shapely.box(0, low, width, high)),
        ):
            at = origins(extent, step, stride)
            for before, after in zip(at, at[1:]):
                ends += [after, before + size]
                strips.append(strip(after, before + size))
    found.strips = shapely.union_all(strips)
    return found


@dataclass
class Box:
    """A detection in pixels; `public` is GeoDeep's box cut to whole numbers."""

    name: str
    score: float
    outline: shapely.Geometry
    public: tuple = ()


def golden_boxes(entries, shape):
    """GeoDeep's detections, cut at the raster's edge as ours are."""
    limit = np.array([shape[1], shape[0]] * 2)
    return [
        Box(e["class"], e["score"], shapely.box(*np.clip(e["exact"], 0, limit)), tuple(e["box"]))
        for e in entries
    ]


def our_boxes(sites, transform, crs):
    outlines = geometry.to_pixels(sites.geometry, transform, crs)
    return [
        Box(n, float(s), shapely.box(*shapely.bounds(o)))
        for n, s, o in zip(sites["class"], sites["prob_max"], outlines)
    ]


def matched(first, second):
    """By index of `first`: the partner in `second` of its class, where they are the same."""
    pairs = {}
    for name in {b.name for b in first}:
        own = [i for i, b in enumerate(first) if b.name == name]
        other = [j for j, b in enumerate(second) if b.name == name]
        found = geometry.match([first[i].outline for i in own], [second[j].outline for j in other])
        pairs.update({own[i]: other[j] for i, j, iou in found if iou >= SAME})
    return pairs


class Side:
    """One way of a comparison: which of `these` are among `those`."""

    def __init__(self, title, these, those, seam):
        self.title, self.these, self.those = title, these, those
        self.pairs = matched(these, those)
        self.at_seam = [seam.meet(b.outline) for b in these]

    def missing(self, at_seam):
        return [i for i, s in enumerate(self.at_seam) if s == at_seam and i not in self.pairs]

    def count(self, at_seam):
        return sum(s == at_seam for s in self.at_seam)

    def share(self, at_seam=False):
        count = self.count(at_seam)
        return 1 - len(self.missing(at_seam)) / count if count else 1.0

    def figures(self):
        return {
            place: {"count": self.count(s), "matched": self.count(s) - len(self.missing(s))}
            for place, s in (("away", False), ("at_seams", True))
        }

    def line(self):
        told = [f"{f['matched']} of {f['count']} {p.replace('_', ' ')}" for p, f in self.figures().items()]
        return f"{self.title}: {', '.join(told)} ({100 * self.share():.1f} % away from seams)"


def reasons(side, threshold, seam, ours, removed=()):
    """Why some, of `ours` or of GeoDeep's, are missing on the other side, by index."""
    return {
        i: reason(side.these[i], side.those, threshold, seam, ours, removed)
        for s in (False, True)
        for i in side.missing(s)
    }


def reason(box, those, threshold, seam, ours, removed):
    if any(b.name == box.name and geometry.iou(b.outline, box.outline) >= SAME for b in removed):
        return "GeoDeep's last step removed it: one of ten nearby covers more than the threshold of it"
    alike = [b for b in those if b.name == box.name and b.outline.intersects(box.outline)]
    if any(geometry.iou(b.outline, box.outline) < threshold <= iou_of_pixels(b, box) for b in alike):
        return "GeoDeep takes boxes for a pixel wider and higher, and so reaches its threshold"
    near = sorted(((geometry.iou(b.outline, box.outline), b) for b in those), key=lambda p: -p[0])
    best, other = near[0] if near else (0.0, None)
    if ours and best >= threshold and other.name != box.name:
        return "one of another class stays there: GeoDeep suppresses across classes, ours by class"
    if seam.meet(box.outline):
        if seam.cut(box.outline) and best < threshold:
            return "a piece that ends where a tile does, of which the other has nothing or the whole"
        if best >= threshold:
            return "at a seam: another stays there, of one tile, of two or joined"
        return "at a seam: the other has nothing there, or little of it"
    if best >= threshold:
        close = abs(other.score - box.score) < NEAR_TIE
        return "another of the class stays there" + (", of nearly the same score" if close else "")
    return "the other has nothing there, or little of it"


def iou_of_pixels(one, other):
    """As GeoDeep measures it when it suppresses: edges are pixels and count as one each."""
    grown = [b.outline.bounds + np.array([0, 0, 1, 1]) for b in (one, other)]
    return geometry.iou(shapely.box(*grown[0]), shapely.box(*grown[1]))


def listed(told):
    return [f"  {count} x {text}" for text, count in Counter(told.values()).most_common()]


def edges_of_public(side, shape):
    """Our edges less GeoDeep's public ones for what is matched: cutting gives 0 to 1 pixel.

    Boxes that reach the raster's edge are left out: ours end there, GeoDeep's need not.
    """
    inside = shapely.box(0.01, 0.01, shape[1] - 0.01, shape[0] - 0.01)
    rows = [
        np.subtract(side.those[j].outline.bounds, side.these[i].public)
        for i, j in side.pairs.items()
        if not side.at_seam[i] and inside.contains(side.these[i].outline)
    ]
    return np.array(rows or [[np.nan] * 4])


def scores_apart(side):
    away = [(i, j) for i, j in side.pairs.items() if not side.at_seam[i]]
    return max((abs(side.these[i].score - side.those[j].score) for i, j in away), default=0.0)


def read_mask(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path) as raster:
            return raster.read(1)


def draw(sites, transform, crs, shape, classes):
    """The sites as class numbers per pixel."""
    drawn = np.zeros(shape, np.uint8)
    for outline, name in zip(geometry.to_pixels(sites.geometry, transform, crs), sites["class"]):
        low = np.maximum(np.floor(shapely.bounds(outline)[:2]).astype(int) - 1, 0)
        high = np.minimum(np.ceil(shapely.bounds(outline)[2:]).astype(int) + 1, shape[::-1])
        if (high <= low).any():
            continue
        moved = shapely.transform(outline, lambda xy, low=low: xy - low)
        inside = geometry.fill(moved, (high[1] - low[1], high[0] - low[0]))
        drawn[low[1] : high[1], low[0] : high[0]][inside] = classes.index(name)
    return drawn


def parts(mask, values, least_px):
    """Connected pixels of a class, no smaller than `least_px`: [(class, window, mask)]."""
    found = []
    for value in values:
        marked, _ = ndimage.label(mask == value, geometry.FOUR)
        for i, window in enumerate(ndimage.find_objects(marked), start=1):
            own = marked[window] == i
            if own.sum() >= least_px:
                found.append((value, window, own))
    return found


def mask_side(title, first, second, values, least_px, seam):
    """Which components of one mask are components of another: figures like those of a `Side`."""
    figures = {p: {"count": 0, "matched": 0} for p in ("away", "at_seams")}
    theirs = {v: ndimage.label(second == v, geometry.FOUR)[0] for v in values}
    sizes = {v: np.bincount(t.ravel()) for v, t in theirs.items()}
    for value, window, own in parts(first, values, least_px):
        rows, cols = window
        extent = shapely.box(cols.start, rows.start, cols.stop, rows.stop)
        shares = np.bincount(theirs[value][window][own], minlength=1)
        shares[0] = 0
        best = int(shares.argmax())
        common = int(shares[best])
        union = int(own.sum()) + int(sizes[value][best]) - common
        entry = figures["at_seams" if seam.meet(extent) else "away"]
        entry["count"] += 1
        entry["matched"] += common > 0 and common / union >= SAME
    away = figures["away"]
    share = away["matched"] / away["count"] if away["count"] else 1.0
    told = ", ".join(f"{f['matched']} of {f['count']} {p.replace('_', ' ')}" for p, f in figures.items())
    print(f"{title}: {told} ({100 * share:.1f} % away from seams)", flush=True)
    return figures, share


def said(model):
    """The metadata of a model, and the side of its input."""
    loaded = onnx.load(model)
    side = loaded.graph.input[0].type.tensor_type.shape.dim[-1].dim_value
    return {p.key: json.loads(p.value) for p in loaded.metadata_props}, side


def detections(args, checks, image, golden, transform, crs, words=(), checked=True):
    """Scans with the golden detector and compares; the figures."""
    kept = json.loads((golden / "detections.json").read_text())
    shape = kept["height"], kept["width"]
    metadata, side = said(golden / "detector.onnx")
    threshold = metadata["det_iou_thresh"]
    flags = dict(zip(words[::2], words[1::2]))
    seam = seams(shape, side, metadata["tiles_overlap"], int(flags.get("--overlap", 0)))
    name = "_".join(["detections", *(str(w).strip("-") for w in words)])
    result = common.scan(args, name, image, golden / "detector.onnx", *words)
    ours = our_boxes(result.layer(), transform, crs)
    theirs = golden_boxes(kept["detections"], shape)
    removed = golden_boxes(kept["removed_by_the_last_step"], shape)
    print(
        f"detections with {' '.join(map(str, words)) or 'no flags'}: {len(ours)} ours, {len(theirs)} GeoDeep's"
    )
    sides = {
        "geodeep_in_ours": Side("GeoDeep's among ours", theirs, ours, seam),
        "ours_in_geodeep": Side("ours among GeoDeep's", ours, theirs, seam),
        "ours_in_geodeep_before_last_step": Side(
            "ours among GeoDeep's before its last step", ours, theirs + removed, seam
        ),
    }
    figures = {}
    for key, way in sides.items():
        ours_lack = key == "geodeep_in_ours"
        why = reasons(way, threshold, seam, not ours_lack, removed if key == "ours_in_geodeep" else ())
        print(way.line(), *listed(why), sep="\n", flush=True)
        figures[key] = {**way.figures(), "reasons": dict(Counter(why.values()))}
        if checked and key != "ours_in_geodeep":
            least = f"{way.title}, away from seams, at IoU {SAME}"
            checks.that(way.count(False) >= 50, f"{way.title}: enough to compare", way.count(False))
            checks.that(way.share() >= SHARE, least, f"{way.share():.4f}")
    first = sides["geodeep_in_ours"]
    apart, edges = scores_apart(first), edges_of_public(first, shape)
    print(f"matched away from seams: scores within {apart:.2g}, our edges less GeoDeep's whole pixels")
    print(f"  {edges.min():.3f} to {edges.max():.3f}, mean {edges.mean():.3f}", flush=True)
    if checked:
        checks.at_most(apart, 1e-3, "scores of what is matched differ")
        checks.that(
            edges.min() > -0.02 and edges.max() < 1.02, "GeoDeep's boxes are ours cut to whole pixels"
        )
    return figures


def in_phase(shape, size, percent):
    """Pixels that GeoDeep takes from tiles whose origin a network sees as it sees ours."""
    shared = int(size * percent / 100)

    def axis(extent):
        at = [*range(0, extent - size + 1, size - shared)]
        at += [extent - size] * (at[-1] + size < extent)
        fits = np.zeros(extent, bool)
        for i, origin in enumerate(at):
            fits[origin + (shared // 2 if i else 0) :] = origin % PHASE == 0
        return fits

    return axis(shape[0])[:, None] & axis(shape[1])[None, :]


def masks(args, checks, image, golden, transform, crs, checked=True):
    """Scans with the golden segmenter and compares; the figures."""
    metadata, side = said(golden / "segmenter.onnx")
    classes = [metadata["class_names"][str(i)] for i in range(len(metadata["class_names"]))]
    least_px = (2 * metadata["seg_small_segment"]) ** 2
    plain = read_mask(golden / "mask.png")
    seam = seams(plain.shape, side, metadata["tiles_overlap"])
    result = common.scan(args, f"masks_{golden.name}", image, golden / "segmenter.onnx")
    sites = result.layer()
    drawn = draw(sites, transform, crs, plain.shape, classes)
    figures, values = {"sites": len(sites)}, range(1, len(classes))
    print(f"masks, tiles share {metadata['tiles_overlap']:g} %: {len(sites)} sites of ours")
    for name, mask in (("unfiltered", plain), ("filtered", read_mask(golden / "mask-filtered.png"))):
        ways = (
            (f"components of GeoDeep's {name} mask among ours", f"geodeep_{name}_in_ours", mask, drawn),
            (f"ours among GeoDeep's {name} components", f"ours_in_geodeep_{name}", drawn, mask),
        )
        for title, key, first, second in ways:
            figures[key], share = mask_side(title, first, second, values, least_px, seam)
            if name == "unfiltered" and checked:
                count = figures[key]["away"]["count"]
                checks.that(count >= 50, f"{title}: enough to compare", count)
                checks.that(share >= SHARE, f"{title}, away from seams, at IoU {SAME}", f"{share:.4f}")
        large = without_small(mask, values, least_px)
        agreement = float((large == drawn).mean())
        figures[f"pixels_alike_{name}"] = round(agreement, 6)
        print(f"pixels of one class in both, {name}: {100 * agreement:.4f} %", flush=True)
        if name == "unfiltered":
            phase = in_phase(plain.shape, side, metadata["tiles_overlap"])
            for where, told in ((phase, "in phase"), (~phase, "out of phase")):
                differ, found = (large != drawn) & where, (drawn > 0) & where
                figures[f"pixels_{told.replace(' ', '_')}"] = {
                    "ours_not_background": int(found.sum()), "differ": int(differ.sum()),
                }  # fmt: skip
                print(
                    f"  tiles {told}: {differ.sum()} pixels differ, {found.sum()} not background", flush=True
                )
        if name == "unfiltered" and checked:
            checks.that(agreement >= 0.999, "classes agree per pixel", f"{agreement:.6f}")
    return figures


def without_small(mask, values, least_px):
    """A mask without components of less than `least_px`."""
    kept = np.zeros_like(mask)
    for value, window, own in parts(mask, values, least_px):
        kept[window][own] = value
    return kept
