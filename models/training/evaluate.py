"""Measures models, and a colour threshold to compare with, on surveys of held-out ground.

`.test-python/bin/python models/training/evaluate.py models/poppy-seg --survey target/survey --real target/real-survey`
writes `metrics.json` into the model's folder; `--choose target/validation` chooses thresholds on another survey
first and writes them into `model.json`. Surveys come from survey.py and real_survey.py; figures and their
definitions stand in figures.py and matching.py. Needs numpy, scipy, rasterio and onnxruntime.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

from measure.figures import CROPS, Found, choose, report, worst
from measure.matching import EIGHT, FOUR, find_sites
from measure.scorers import ColourThreshold, Model
from measure.survey_files import LOOKALIKES_FROM, cover_step_px, scene_file

OUTLINES = (None, 0.3, 0.5, 0.7)  # Scores that outlines may reach down to; None: no further than the threshold.
THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


def pieces(survey):
    """Each scene of a survey's rasters, cut where it is large: (facts of the raster, scene, window)."""
    for listing in sorted(Path(survey).glob("*.json")):
        facts = json.loads(listing.read_text(encoding="utf-8"))
        if not {"cells", "gsd_m", "survey"} <= set(facts):
            raise SystemExit(f"error: `{listing}` tells of no survey, wanted `survey`, `gsd_m` and `cells`\nhint: survey.py and real_survey.py write such files; keep others out of their folder")
        facts["raster"] = str(listing.with_suffix(".tif"))
        longest = max(256, int(1600 * 0.025 / facts["gsd_m"]))
        for scene in facts["cells"]:
            rows = np.array_split(np.arange(scene["height"]), -(-scene["height"] // longest))
            cols = np.array_split(np.arange(scene["width"]), -(-scene["width"] // longest))
            for row in rows:
                for col in cols:
                    yield facts, scene, Window(scene["col"] + col[0], scene["row"] + row[0], len(col), len(row))


def read_piece(facts, window, gsd_m):
    """Picture `[row, col, rgb]` and object numbers `[row, col]` on a grid of `gsd_m`."""
    factor = facts["gsd_m"] / gsd_m
    shape = (max(1, round(window.height * factor)), max(1, round(window.width * factor)))
    how = Resampling.average if factor < 1 else Resampling.bilinear
    with rasterio.open(facts["raster"]) as raster:
        picture = raster.read(window=window, out_shape=(3, *shape), resampling=how).transpose(1, 2, 0)
    with rasterio.open(facts["raster"].replace(".tif", "-objects.tif")) as raster:
        objects = raster.read(1, window=window, out_shape=shape, resampling=Resampling.nearest)
    return picture, objects


_SCORER = {}


def _scorer(make):
    if make not in _SCORER:
        _SCORER[make] = Model(make) if isinstance(make, str) else ColourThreshold(*make)
    return _SCORER[make]


def ground_names(facts, scene, window, gsd_m):
    """A function from a place in a piece to the name of its ground cover, where the survey keeps it."""
    stored = scene_file(Path(facts["raster"]).parent, facts["gsd_m"], scene.get("seed"))
    loaded = []

    def name(row, col):
        if not stored.exists():
            return "ground"
        if not loaded:
            with np.load(stored) as scene_file:
                loaded.append(scene_file["cover"])
        step = cover_step_px(facts["gsd_m"]) * facts["gsd_m"]
        at = [(off - start) * facts["gsd_m"] + place * gsd_m for off, start, place in ((window.row_off, scene["row"], row), (window.col_off, scene["col"], col))]
        return facts["covers"][loaded[0][tuple(min(int(m / step), n - 1) for m, n in zip(at, loaded[0].shape))]]

    return name


def lies_in(item, scene, window):
    """Whether the middle of an object lies in a piece, be it too small to show there."""
    top, left, bottom, right = item["window"]
    row, col = scene["row"] + (top + bottom) / 2 - window.row_off, scene["col"] + (left + right) / 2 - window.col_off
    return 0 <= row < window.height and 0 <= col < window.width


def measure_piece(make, thresholds, outlines, piece):
    """Sites of one piece at every threshold, and what stands there."""
    facts, scene, window = piece
    scorer = _scorer(make)
    picture, objects = read_piece(facts, window, scorer.gsd_m)
    begin = time.process_time()
    score = scorer(picture)
    seconds = time.process_time() - begin
    score[1:, ~picture.any(-1)] = 0.0
    here = set(np.unique(objects).tolist())
    kinds = {o["number"]: o["kind"] for o in scene["objects"]}
    crops = {
        name: (channel, {n for n in here if kinds.get(n) == name and n < LOOKALIKES_FROM})
        for channel, name in enumerate(scorer.classes) if channel
    }
    joined = EIGHT if scorer.whole_tiles else FOUR
    sites = list(find_sites(score, objects, ground_names(facts, scene, window, scorer.gsd_m), crops, scorer.gsd_m, thresholds, outlines, joined, scorer.rivals))
    for site in sites:
        if site.patch is not None:
            site.on = kinds[site.patch]
    inside = [o for o in scene["objects"] if o["number"] in here or lies_in(o, scene, window)]
    plots = [o for o in inside if o["number"] < LOOKALIKES_FROM]
    patches = [o for o in inside if o["number"] >= LOOKALIKES_FROM]
    place = {key: facts.get(key) for key in ("raster", "gsd_m", "gsd_from", "title", "use", "survey")}
    valid = picture.any(-1).sum() * scorer.gsd_m**2 / 1e6
    return Found(place, (int(window.row_off), int(window.col_off)), scene.get("seed"), plots, patches, sites, float(valid), seconds, picture.shape[0] * picture.shape[1])


def measure(make, survey, thresholds=THRESHOLDS, outlines=None, workers=2, share=1.0):
    """All pieces of a survey; `make` is a model's folder or the settings of the colour threshold, `outlines` as in find_sites."""
    jobs = list(pieces(survey))
    if not jobs:
        raise SystemExit(f"error: `{survey}` holds no survey, wanted .json files with the .tif beside them\nhint: survey.py and real_survey.py make such folders")
    jobs = [jobs[int(number / share)] for number in range(max(1, int(len(jobs) * share)))]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(partial(measure_piece, make, thresholds, outlines), jobs, chunksize=4))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder of a model, or `colour` for the colour threshold")
    parser.add_argument("--survey", type=Path, help="held-out ground to measure on")
    parser.add_argument("--real", type=Path, help="real pictures to measure on")
    parser.add_argument("--choose", type=Path, help="validation ground: choose thresholds there and write them into model.json")
    parser.add_argument("--max-false", type=float, default=20.0, help="with --choose: false sites per km2 of each class that a threshold may give")
    parser.add_argument("--share", type=float, default=1.0, help="measure only this share of the scenes")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="file to write instead of metrics.json in the model's folder")
    parser.add_argument("--worst", type=Path, help="also write where the worst false and missed ones are, for pictures.py")
    args = parser.parse_args()
    colour = str(args.model) == "colour"
    make = () if colour else str(args.model)
    chosen = {"threshold": {"opium_poppy": 0.5, "cannabis": 0.5}, "min_area_m2": 0.1}
    listing = args.model / "model.json"
    if args.choose:
        for facts in {facts["raster"]: facts for facts, *_ in pieces(args.choose)}.values():
            if facts["survey"] != "validation":
                raise SystemExit(f"error: `{facts['raster']}` is of the survey `{facts['survey']}`, wanted `validation`\nhint: what measures a model must not choose its thresholds; make ground for that with survey.py validation")
        tried = (None,) if colour or Model(make).whole_tiles else OUTLINES
        found = {o: measure(make, args.choose, outlines=o and dict.fromkeys(CROPS, o), workers=args.workers) for o in tried}
        chosen = choose(found, args.max_false, THRESHOLDS)
        print(f"chosen on {args.choose}: {chosen}", flush=True)
        if not colour:
            item = json.loads(listing.read_text(encoding="utf-8"))
            item["properties"]["tianmu:threshold"] = chosen["threshold"]
            item["properties"].pop("tianmu:outline_threshold", None)
            if "outline_threshold" in chosen:
                item["properties"]["tianmu:outline_threshold"] = chosen["outline_threshold"]
            item["properties"].pop("tianmu:smallest_plot_m2", None)  # It was found with other thresholds.
            if "tianmu:min_area_m2" in item["properties"]:
                item["properties"]["tianmu:min_area_m2"] = chosen["min_area_m2"]
            listing.write_text(json.dumps(item, indent=2) + "\n", encoding="utf-8")
    elif not colour:
        facts = json.loads(listing.read_text(encoding="utf-8"))["properties"]
        chosen = {"threshold": facts["tianmu:threshold"], "outline_threshold": facts.get("tianmu:outline_threshold", {}), "min_area_m2": facts.get("tianmu:min_area_m2", 0.0)}
    thresholds = sorted({*THRESHOLDS, *chosen["threshold"].values()})
    found = [f for folder in (args.survey, args.real) if folder for f in measure(make, folder, thresholds, chosen.get("outline_threshold"), args.workers, args.share)]
    if found:
        figures = {"schema_version": 2, "model": "colour threshold" if colour else args.model.name, "chosen": chosen, **report(found, chosen, thresholds)}
        out = args.out or args.model / "metrics.json"
        out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(figures, indent=1))
        if args.worst:
            kinds = {f.place["survey"] for f in found}
            places = {kind: worst([f for f in found if f.place["survey"] == kind], chosen) for kind in sorted(kinds)}
            args.worst.write_text(json.dumps(places, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
