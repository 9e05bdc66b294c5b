"""Tunes the colour threshold that models are compared with, and measures it: the baseline of every card.

`.test-python/bin/python models/training/tune_colour.py --validation target/validation --survey target/survey` tries settings
on the validation survey, takes for each crop those with the best recall at 20 false sites per km2 (at 100, 1000, then 10000,
where none has any), with larger smallest sites to choose from than models have, and writes settings and figures on the held-out survey to colour-metrics.json. The crops do not
compete: a pixel may count for both, so the setting of one leaves the other as it is.
"""

import argparse
import itertools
import json
from pathlib import Path

from evaluate import measure
from measure.figures import AREAS, CROPS, curve, report

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
PETAL, WHITE = (16, 28, 44, 64), (215, 240, 256)  # 256: white petals are not looked for.
LUSH, DARK = (10, 18, 28, 40), (70, 100, 140)
LIMITS = (20, 100, 1000, 10_000)
LARGER = (*AREAS, 2.0, 4.0, 8.0)


def best(found, crop):
    """(index of the limit, -recall, threshold, area) of the best point of a curve; smaller is better."""
    points = list(curve(found, crop, THRESHOLDS, LARGER))
    for index, limit in enumerate(LIMITS):
        fit = [p for p in points if p[0] <= limit and p[1] > 0]
        if fit:
            _, recall, threshold, area = max(fit, key=lambda p: p[1])
            return index, -recall, threshold, area
    return len(LIMITS), 0.0, THRESHOLDS[-1], 1.0


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--survey", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.1, help="share of the validation survey to tune on")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "colour-metrics.json")
    args = parser.parse_args()
    top = dict.fromkeys(CROPS)
    for (petal, white), (lush, dark) in zip(itertools.product(PETAL, WHITE), itertools.product(LUSH, DARK)):
        found = measure((petal, white, lush, dark), args.validation, THRESHOLDS, workers=args.workers, share=args.share)
        for crop, setting in (("opium_poppy", (petal, white)), ("cannabis", (lush, dark))):
            point = (*best(found, crop), setting)
            print(crop, setting, f"recall {-point[1]:.3f} at {LIMITS[min(point[0], len(LIMITS) - 1)]} false per km2, threshold {point[2]}, area {point[3]}", flush=True)
            top[crop] = min(filter(None, (top[crop], point)))
    settings = (*top["opium_poppy"][4], *top["cannabis"][4])
    chosen = {"threshold": {crop: top[crop][2] for crop in CROPS}, "min_area_m2": min(top[crop][3] for crop in CROPS)}
    found = measure(settings, args.survey, THRESHOLDS, workers=args.workers)
    figures = {"schema_version": 2, "model": "colour threshold", "settings": dict(zip(("petal", "white", "lush", "dark"), settings)), "chosen": chosen, **report(found, chosen, THRESHOLDS, LARGER)}
    args.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
