"""Measures a model on labelled chips it was not trained on.

`python3 models/training/evaluate_chips.py own --chips DIR --groups east_0612` measures models/own on
these groups and, with `--out FILE`, writes the figures. `--sweep` tries thresholds and prints the
figures; do that on validation groups, never on those that you report. `--colour-index DIR` compares with excess green and a size rule, tuned on that folder.

Computes with onnxruntime where this Python has it, else with PyTorch from `--weights`. To a segmenter every
chip is one whole picture; for a classifier chips are cut into tiles side by side, and tiles that are neither
clearly of one class nor clearly empty are left out. Figures are per class: of pixels and of 4-connected sites
that match true ones by an IoU of 0.1 and more, or of tiles.
"""

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

from learn import chips
from learn.images import ChipError, fail
from learn.model_chips import model_facts, of_groups, pairs_for_model, read_for_model
from learn.tiles import cut_tiles, tile_class
from measure import colour_index
from measure.objects import ObjectTally
from measure.tiles import TileTally
from onnx_tools.contract import softmax
from render.canvas import IGNORE


def runner(folder, weights):
    """A function from NCHW to logits, and what computes it."""
    try:
        from onnx_tools.runtime import onnxruntime
    except ImportError:
        if weights is None:
            raise ChipError("onnxruntime is not installed and no --weights given", "give the weights file that train.py wrote, or run with a Python that has onnxruntime") from None
        import torch

        from learn.weights import load

        net = load(weights).eval()

        def run(batch):
            with torch.no_grad():
                return net(torch.from_numpy(batch)).numpy()

        return run, "torch"
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, {session.get_inputs()[0].name: batch})[0], "onnxruntime"


def logits_of(run, image, stride_px):
    """Logits `[class, row, col]` of a whole picture."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((0, -height % stride_px), (0, -width % stride_px), (0, 0)))
    batch = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    return run(batch)[0][:, :height, :width]


def probabilities(logits):
    """Softmax over classes of `[class, row, col]`."""
    return softmax(logits[None])[0]


def decide(probability, thresholds):
    """Class numbers `[row, col]` as `tianmu` decides them from `[class, row, col]`.

    A class counts where it reaches its threshold, even where the background has more; one without a
    threshold counts where nothing has more. The most probable of those that count wins, else background.
    """
    top, result = probability.max(0), np.zeros(probability.shape[1:], np.uint8)
    best = np.zeros_like(top)
    for value in range(1, len(probability)):
        here = probability[value]
        counts = here >= thresholds[value] if thresholds[value] else here >= top
        wins = counts & (here > best)
        result[wins], best[wins] = value, here[wins]
    return result


class Segmenter:
    """Answers and figures of a model that answers every pixel."""

    def __init__(self, facts, classes):
        self.classes, self.stride_px, self.gsd_m = classes, facts["tianmu:stride_px"], facts["tianmu:gsd_m"]
        areas = facts.get("tianmu:min_area_m2", 0)
        least_m2 = min(areas.values()) if isinstance(areas, dict) else areas
        self.least_px = max(1, int(np.ceil(least_m2 / self.gsd_m**2 - 1e-6)))

    def answers(self, forward, image, label):
        """Probabilities `[class, row, col]` and true class numbers `[row, col]` of a chip, once."""
        yield probabilities(logits_of(forward, image, self.stride_px)), label

    def measure(self, pairs, least_px=None):
        """Figures of class numbers `[row, col]` against the true ones."""
        tally = ObjectTally(self.classes, self.least_px if least_px is None else least_px)
        for guess, label in pairs:
            tally.add(guess, label)
        return tally.report(self.gsd_m)

    def facts(self):
        """What the figures hang on."""
        return {"connectivity": 4, "match_iou": 0.1, "least_site_px": self.least_px}

    def line(self, f):
        """One class in words."""
        return (
            f"pixel IoU {f['pixel_iou']:.4f}, F1 {f['pixel_f1']:.4f}; {f['objects']} objects, {f['sites']} sites ({f['true_objects']} true); "
            f"precision {f['site_precision']:.3f}, recall {f['site_recall']:.3f}, {f['false_sites_per_km2']} false per km2"
        )


class Classifier:
    """Answers and figures of a model that answers whole tiles."""

    def __init__(self, facts, classes):
        self.classes, self.tile_px = classes, facts["tianmu:tile_size"]
        self.share, self.tile_m2 = facts.get("tianmu:positive_share", 0.04), (facts["tianmu:tile_size"] * facts["tianmu:gsd_m"]) ** 2

    def answers(self, forward, image, label):
        """Probabilities `[class, 1, 1]` and true class `[1, 1]` of every tile of a chip that is clearly one thing."""
        for tile, tile_label in cut_tiles(image, label, self.tile_px):
            true = tile_class(tile_label, len(self.classes), self.share)
            if true is not None:
                batch = np.ascontiguousarray(tile.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
                yield probabilities(forward(batch)[0])[:, None, None], np.full((1, 1), true, np.uint8)

    def measure(self, pairs):
        """Figures of classes of tiles against the true ones."""
        tally = TileTally(self.classes)
        for guess, true in pairs:
            tally.add(int(guess[0, 0]), int(true[0, 0]))
        if not tally.pairs:
            raise ChipError(f"no tile of {self.tile_px} px is clearly of one class or clearly empty", "chips must be at least as large as a tile; cut larger ones")
        return tally.report(self.tile_m2)

    def facts(self):
        """What the figures hang on."""
        return {"tile_px": self.tile_px, "positive_share": self.share}

    def line(self, f):
        """One class in words."""
        return (
            f"{f['tiles']} tiles, {f['true']} true, {f['named']} named; precision {f['precision']:.3f}, recall {f['recall']:.3f}, "
            f"F1 {f['f1']:.3f}, {f['false_tiles_per_km2']} false per km2"
        )


KINDS = {"semantic-segmentation": Segmenter, "scene-classification": Classifier}


def show(text, kind, figures):
    """One line for each class."""
    for name, f in figures.items():
        print(f"{text}{name}: {kind.line(f)}", flush=True)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="folder of the model in --models")
    parser.add_argument("--chips", type=Path, required=True)
    parser.add_argument("--groups", help="only these groups, with commas")
    parser.add_argument("--weights", type=Path, help="weights file, for a Python without onnxruntime")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder of model folders")
    parser.add_argument("--sweep", action="store_true", help="try thresholds, write nothing")
    parser.add_argument("--colour-index", type=Path, metavar="DIR", help="chip folder to tune the baseline on; needs two classes, large plants first")
    parser.add_argument("--out", type=Path, help="file to write the figures to, as JSON")
    chips.add_arguments(parser)
    args = parser.parse_args()
    try:
        run(args)
    except ChipError as error:
        fail(error)


def run(args):
    """Measures, prints, writes."""
    item, classes = model_facts(args.models / args.name)
    task = item["mlm:tasks"][0]
    if task not in KINDS:
        raise ChipError(f"`{args.name}` answers `{task}`, wanted {' or '.join(KINDS)}", "measure a detector with `tianmu scan --truth`")
    kind = KINDS[task](item, classes)
    told = item.get("tianmu:threshold", {})
    thresholds = [told.get(name, 0.0) for name in classes]
    folder = read_for_model(args.chips, item, classes, args.layout, args.gsd, args.group_by)
    chosen = of_groups(folder, set(args.groups.split(",")) if args.groups else None)
    pairs = list(pairs_for_model(folder, chosen, classes))
    forward, by = runner(args.models / args.name, args.weights)
    answers = (answer for image, label in pairs for answer in kind.answers(forward, image, label))
    if args.sweep:
        kept = list(answers)
        for tried in itertools.product((0.3, 0.4, 0.5, 0.6, 0.7), repeat=len(classes) - 1):
            show(f"{tried} ", kind, kind.measure((decide(shares, (0.0, *tried)), label) for shares, label in kept))
        return
    figures = kind.measure((decide(shares, thresholds), label) for shares, label in answers)
    show("", kind, figures)
    report = {
        "schema_version": 1, "model": args.name, "chips": len(pairs), "groups": sorted({chip.group for chip in chosen}),
        "hectares": round(sum(int((label != IGNORE).sum()) for _, label in pairs) * item["tianmu:gsd_m"] ** 2 / 1e4, 4), "gsd_m": item["tianmu:gsd_m"],
        "measured_with": by, **kind.facts(), "classes": figures,
    }
    if args.colour_index:
        if not isinstance(kind, Segmenter) or len(classes) != 3:
            raise ChipError(f"--colour-index needs a segmenter of two classes, but `{args.name}` knows {', '.join(classes)}", "leave it out")
        large, small = 1, 2
        tuning = read_for_model(args.colour_index, item, classes)
        rule, value = colour_index.tune(list(pairs_for_model(tuning, tuning.chips, classes)), small, large)
        baseline = kind.measure(((colour_index.apply(rule, image, small, large), label) for image, label in pairs), least_px=1)
        print(f"colour index: {rule}, mean IoU {value:.4f} where it was tuned")
        show("colour index, ", kind, baseline)
        report["colour_index"] = {"rule": vars(rule), "mean_iou_where_tuned": round(value, 4), "classes": baseline}
    if args.out:
        args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
