"""Measures a model on held-out scenes and writes metrics.json; can sweep thresholds on validation scenes.

`python3 models/training/evaluate.py poppy-seg --weights poppy-seg.pt` measures at the thresholds of
models/poppy-seg/model.json on the test seeds; `--sweep` tries thresholds on the validation seeds and
prints them. With onnxruntime installed the committed model.onnx itself is measured and compared with
the weights; without it the weights are measured.
"""

import argparse
import io
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from canvas import CANNABIS, OPIUM_POPPY
from datasets import GSD_M, POSITIVE_SHARE, TILE_PX, tile_class
from export import NETS
from nets import CLASSES
from scenes import SceneSpec, render
from seeds import TEST_SEEDS, VALIDATION_SEEDS
from site_metrics import classify_image, find_sites, match_sites, segment_image

SIZE = 1536
TARGETS = {"opium_poppy": OPIUM_POPPY, "cannabis": CANNABIS}


def held_out_scene(seed):
    """A scene of a held-out seed at exactly 2.5 cm, through JPEG of quality 88."""
    scene = render(SceneSpec(seed, (SIZE, SIZE), GSD_M))
    packed = io.BytesIO()
    Image.fromarray(scene.image).save(packed, "JPEG", quality=88)
    scene.image = np.asarray(Image.open(packed))
    return scene


def torch_runner(name, weights):
    """A function from an NCHW array to logits, through torch."""
    net = NETS[name]()
    net.load_state_dict(torch.load(weights, map_location="cpu"))
    net.eval()

    def run(batch):
        with torch.no_grad():
            return net(torch.from_numpy(batch)).numpy()

    return run


def onnx_runner(path):
    """The same through onnxruntime, or None where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, {"image": batch})[0]


def backend(args, folder):
    """The runner to measure, its name, and how far torch and onnxruntime differ (None if not compared)."""
    by_onnx = onnx_runner(folder / "model.onnx")
    by_torch = torch_runner(args.name, args.weights) if args.weights else None
    if by_onnx is None and by_torch is None:
        raise SystemExit("error: onnxruntime is not installed and no --weights given\nhint: give the weights file that train.py wrote")
    difference = None
    if by_onnx and by_torch:
        size = 512 if args.name == "poppy-seg" else TILE_PX
        batch = np.random.default_rng(0).random((2, 3, size, size), dtype=np.float32)
        difference = float(np.abs(by_onnx(batch) - by_torch(batch)).max())
    return by_onnx or by_torch, "onnxruntime" if by_onnx else "torch", difference


def size_group(plot):
    """Reporting group of a plot: crop, stage, size."""
    area = plot.mask.sum() * GSD_M**2
    size = "under 2 m2" if area < 2 else "2-10 m2" if area < 10 else "10 m2 and more"
    return f"{plot.plan.crop}, {plot.plan.stage}, {size}"


def confuser(scene, row, col):
    """What a false site lies on: a look-alike patch within half a metre, a red roof, or the ground cover."""
    from terrain import COVERS

    for plot in scene.lookalikes:
        rows, cols = plot.window
        if rows.start - 20 <= row < rows.stop + 20 and cols.start - 20 <= col < cols.stop + 20:
            return plot.plan.crop
    return "red_roof" if scene.red_roofs[row, col] else COVERS[scene.cover[row, col]]


def predictions(name, run, seeds):
    """Held-out scenes with their class probabilities `[class, row, col]`."""
    for seed in seeds:
        scene = held_out_scene(seed)
        yield scene, segment_image(run, scene.image) if name == "poppy-seg" else classify_image(run, scene.image, TILE_PX)


def _visible(scene, plot):
    """At least a third of the plot shows from above, or it is of an ignored stage."""
    seen = scene.label[plot.window][plot.mask]
    return np.count_nonzero(seen) >= seen.size / 3


class SiteTally:
    """Site recall by group, false sites per hectare with what caused them, and pixel IoU."""

    def __init__(self, thresholds, min_area_m2):
        self.thresholds, self.min_area_m2, self.hectares = thresholds, min_area_m2, 0.0
        self.inter, self.union, self.found_true = defaultdict(int), defaultdict(int), defaultdict(int)
        self.recall, self.wrong = defaultdict(lambda: [0, 0]), defaultdict(lambda: defaultdict(int))

    def add(self, scene, probability):
        """Counts one scene."""
        self.hectares += scene.label.size * GSD_M**2 / 1e4
        valid = scene.label != 255
        for name, value in TARGETS.items():
            guess = (probability[value] >= self.thresholds[name]) & valid
            truth = scene.label == value
            self.inter[name] += int((guess & truth).sum())
            self.union[name] += int((guess | truth).sum())
            numbers, sites = find_sites(probability, value, self.thresholds[name], self.min_area_m2, GSD_M)
            plots = [p for p in scene.targets if p.plan.crop == name and _visible(scene, p)]
            hit, false_sites = match_sites(numbers, sites, plots, value, scene.label)
            for plot, is_hit in zip(plots, hit):
                self.recall[size_group(plot)][0] += is_hit
                self.recall[size_group(plot)][1] += 1
            self.found_true[name] += len(sites) - len(false_sites)
            for _, _, row, col in false_sites:
                self.wrong[name][confuser(scene, row, col)] += 1

    def report(self, name):
        """The figures of one class."""
        number_wrong = sum(self.wrong[name].values())
        return {
            "pixel_iou": round(self.inter[name] / max(self.union[name], 1), 4),
            "site_recall": {k: {"found": f, "of": n} for k, (f, n) in sorted(self.recall.items()) if k.startswith(name)},
            "sites": self.found_true[name] + number_wrong,
            "false_sites": number_wrong,
            "false_sites_per_ha": round(number_wrong / self.hectares, 2),
            "false_sites_on": dict(sorted(self.wrong[name].items(), key=lambda item: -item[1])),
        }


class TileTally:
    """Precision, recall and F1 of whole tiles; tiles that are neither one thing nor the other are left out."""

    def __init__(self, thresholds):
        self.thresholds, self.tiles, self.left_out = thresholds, 0, 0
        self.counts = {name: defaultdict(int) for name in TARGETS}

    def add(self, scene, probability):
        """Counts one scene."""
        for row in range(0, SIZE, TILE_PX):
            for col in range(0, SIZE, TILE_PX):
                kind = tile_class(scene.label[row : row + TILE_PX, col : col + TILE_PX])
                if kind is None:
                    self.left_out += 1
                    continue
                self.tiles += 1
                for name, value in TARGETS.items():
                    guess, truth = probability[value, row, col] >= self.thresholds[name], kind == value
                    outcome = "true_positive" if truth else "false_positive"
                    if guess or truth:
                        self.counts[name][outcome if guess else "false_negative"] += 1

    def report(self, name):
        """The figures of one class."""
        c = self.counts[name]
        precision = c["true_positive"] / max(c["true_positive"] + c["false_positive"], 1)
        recall = c["true_positive"] / max(c["true_positive"] + c["false_negative"], 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), **dict(sorted(c.items()))}


def measure(name, pairs, thresholds, min_area_m2):
    """All figures of a model over scenes with their probabilities."""
    sites, tiles = SiteTally(thresholds, min_area_m2), TileTally(thresholds)
    for scene, probability in pairs:
        sites.add(scene, probability)
        if name == "poppy-tile":
            tiles.add(scene, probability)
    report = {"hectares": round(sites.hectares, 3), "min_area_m2": min_area_m2}
    if name == "poppy-tile":
        report |= {"tile_px": TILE_PX, "tiles": tiles.tiles, "tiles_left_out": tiles.left_out, "positive_share": POSITIVE_SHARE}
    report["classes"] = {}
    for target in TARGETS:
        figures = sites.report(target)
        if name == "poppy-tile":
            del figures["pixel_iou"]  # A tile says that the crop is somewhere in it, not where.
            figures = {"tile": tiles.report(target), **figures}
        report["classes"][target] = {"threshold": thresholds[target], **figures}
    return report


def sweep(args, run):
    """Prints the figures for several thresholds on the validation seeds."""
    pairs = list(predictions(args.name, run, VALIDATION_SEEDS[: args.scenes]))
    for threshold in (0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        for area in (0.3, 0.6) if args.name == "poppy-seg" else (0.0,):
            report = measure(args.name, pairs, dict.fromkeys(TARGETS, threshold), area)
            for name, c in report["classes"].items():
                found = {k: f"{g['found']}/{g['of']}" for k, g in c["site_recall"].items()}
                print(threshold, area, name, c.get("pixel_iou", c.get("tile")), "false", c["false_sites"], c["false_sites_on"], found, flush=True)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=NETS)
    parser.add_argument("--weights", type=Path, help="weights file that train.py wrote")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--scenes", type=int, default=40, help="how many held-out scenes")
    parser.add_argument("--sweep", action="store_true", help="try thresholds on validation seeds, write nothing")
    args = parser.parse_args()
    torch.set_num_threads(2)
    folder = args.models / args.name
    run, by, difference = backend(args, folder)
    if args.sweep:
        sweep(args, run)
        return
    facts = json.loads((folder / "model.json").read_text())["properties"]
    thresholds = facts["tianmu:threshold"]
    seeds = TEST_SEEDS[: args.scenes]
    report = measure(args.name, predictions(args.name, run, seeds), thresholds, facts.get("tianmu:min_area_m2", 0.0))
    report = {
        "schema_version": 1, "model": args.name, "data": "synthetic scenes", "gsd_m": GSD_M, "classes_known": CLASSES,
        "seeds": f"{seeds[0]}..{seeds[-1]}", "scenes": len(seeds), "scene_px": SIZE, "measured_with": by,
        "torch_onnx_max_logit_difference": difference, **report,
    }
    (folder / "metrics.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
