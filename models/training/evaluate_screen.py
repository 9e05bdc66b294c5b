"""Measures the screen on held-out forest: how many tiles it saves, and how many plots lie in tiles that it would drop.

`.test-python/bin/python models/training/evaluate_screen.py models/ground-screen --scenes target/screen-held-out` writes
`metrics.json`. A tile of `TILE_M` is dropped when no piece of ground in it that may hold a plot is as large as
`LEAST_M2`; ground may hold a plot unless the summed probability of canopy, water and rock reaches the threshold.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy import ndimage

from measure.figures import size_group, wilson
from measure.scorers import Model
from render.files import scene_paths

TILE_M, LEAST_M2 = 12.8, 0.5
THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)


def kept_tiles(hopeless, threshold, gsd_m):
    """Which whole tiles of `TILE_M` are looked at: booleans `[row, col]`; and their side in pixels."""
    side, least = round(TILE_M / gsd_m), max(1, round(LEAST_M2 / gsd_m**2))
    rows, cols = (n // side for n in hopeless.shape)
    kept = np.zeros((rows, cols), bool)
    for row in range(rows):
        for col in range(cols):
            labels, count = ndimage.label(hopeless[row * side : (row + 1) * side, col * side : (col + 1) * side] < threshold)
            kept[row, col] = count > 0 and np.bincount(labels.ravel())[1:].max() >= least
    return kept, side


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--scenes", type=Path, required=True)
    args = parser.parse_args()
    model = Model(args.model)
    kept_all, plots = defaultdict(list), defaultdict(lambda: defaultdict(list))
    area, truth, confusion = 0.0, [], np.zeros((len(model.classes),) * 2, np.int64)
    paths = scene_paths(args.scenes)
    if not paths:
        raise SystemExit(f"error: no scene (.npz) in `{args.scenes}`\nhint: screen_scenes.py --held-out makes them")
    for path in paths:
        with np.load(path) as scene:
            image, label, facts = scene["image"], scene["label"], json.loads(str(scene["facts"]))
        score = model(image)
        np.add.at(confusion, (label.ravel(), score.argmax(0).ravel()), 1)
        hopeless = score[1:].sum(0)
        area += label.size * model.gsd_m**2 / 1e6
        truth.append(float((label == 0).mean()))
        for threshold in THRESHOLDS:
            kept, side = kept_tiles(hopeless, threshold, model.gsd_m)
            kept_all[threshold].append(kept.mean())
            for plot in facts:
                row, col = (int(plot[k] // side) for k in ("row", "col"))
                if row >= kept.shape[0] or col >= kept.shape[1]:
                    continue  # In the rest at the edge that makes no whole tile.
                for group in ("all", plot["kind"], size_group(plot), plot["setting"]):
                    plots[threshold][group].append(bool(kept[row, col]))
    inter = np.diag(confusion)
    iou = inter / np.maximum(confusion.sum(0) + confusion.sum(1) - inter, 1)
    figures = {
        "schema_version": 1, "model": args.model.name, "scenes": len(paths), "km2": round(area, 4), "tile_m": TILE_M, "least_m2": LEAST_M2,
        "ground_that_may_hold_a_plot": round(float(np.mean(truth)), 4), "iou": dict(zip(model.classes, np.round(iou, 4).tolist())),
        "thresholds": {
            str(t): {"tiles_dropped": round(1 - float(np.mean(kept_all[t])), 4), "plots_kept": {g: wilson(sum(v), len(v)) for g, v in sorted(plots[t].items())}}
            for t in THRESHOLDS
        },
    }
    (args.model / "metrics.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
