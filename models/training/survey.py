"""Renders the ground that models are measured on: whole rasters of held-out scenes, with what stands in them.

`python3 models/training/survey.py held-out target/survey` writes for each ground sample distance
`gsd-2.5cm.tif` (the picture; a grid of scenes with gaps of nodata between them), `gsd-2.5cm-objects.tif`
(for each pixel the number of its plot, or of its look-alike, 0 elsewhere) and `gsd-2.5cm.json` (every scene's
window and seed, every plot and look-alike with its number). `validation` does the same in the style and with the
look-alikes of training, on seeds of its own; thresholds are chosen there.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

from measure.survey_files import LOOKALIKES_FROM, cover_step_px, scene_file
from render.canvas import CANNABIS, OPIUM_POPPY, ROSETTE
from render.files import replace_files, save_scene
from render.scenes import SceneSpec, render
from render.seeds import TEST_SEEDS, VALIDATION_SEEDS
from render.state import check_state
from render.styles import HELD_OUT, TRAINING
from render.terrain import COVERS

gdal.UseExceptions()
SCENE_M = 30.0  # Side of a scene on the ground.
GAP_PX = 16
EPSG = 32648


@dataclass(frozen=True)
class Survey:
    """Which seeds in which style, and how much ground at each ground sample distance (m: km2)."""

    seeds: range
    style: object
    ground_km2: dict


SURVEYS = {
    "held-out": Survey(TEST_SEEDS, HELD_OUT, {0.01: 0.005, 0.02: 0.06, 0.025: 0.2, 0.03: 0.32, 0.05: 0.25, 0.1: 0.2}),
    "validation": Survey(VALIDATION_SEEDS, TRAINING, {0.02: 0.12, 0.025: 0.16, 0.03: 0.2}),
}
PER_HA = {"plots_per_ha": 30.0, "empty_share": 0.4}
LOOKALIKES_PER_HA = 4.0


def plan_cells(survey, share=1.0):
    """(gsd_m, list of seeds) of a survey; `share` takes only a part of each, at least one scene."""
    first = 0
    for gsd_m, km2 in survey.ground_km2.items():
        whole = round(km2 * 1e6 / SCENE_M**2)
        yield gsd_m, survey.seeds[first : first + max(1, round(whole * share))]
        first += whole


def plot_facts(plot, number, gsd_m):
    """What a report needs to know of a plot or look-alike."""
    plan = plot.plan
    rows, cols = plot.window
    return {
        "number": number, "kind": plan.crop, "stage": plan.stage, "setting": plan.setting, "petal": plan.petal if plan.crop == "opium_poppy" else None,
        "plants": plot.n_plants, "area_m2": round(float(plot.mask.sum()) * gsd_m**2, 3), "window": [rows.start, cols.start, rows.stop, cols.stop],
    }


def numbered(targets, lookalikes, shape, gsd_m, label=None):
    """Number of the plot or look-alike of every pixel `[row, col]`, and the facts of each. Of a plot counts what `label` shows of it."""
    objects, facts = np.zeros(shape, np.uint16), []
    for number, plot in enumerate(lookalikes, LOOKALIKES_FROM):
        objects[plot.window][plot.mask] = number
        facts.append(plot_facts(plot, number, gsd_m))
    for number, plot in enumerate(targets, 1):
        shown = plot.mask
        if label is not None:
            shown = shown & np.isin(label[plot.window], (CANNABIS,) if plot.plan.crop == "cannabis" else (OPIUM_POPPY, ROSETTE))
        objects[plot.window][shown] = number
        facts.append(plot_facts(plot, number, gsd_m) | {"visible_m2": round(float(shown.sum()) * gsd_m**2, 3)})
    return objects, facts


def render_cell(job):
    """One scene into a file of its own, unless it is there."""
    seed, gsd_m, style, path = job
    if path.exists():
        return
    side = round(SCENE_M / gsd_m)
    scene = render(SceneSpec(seed, (side, side), gsd_m, style=replace(style, patches_per_ha=LOOKALIKES_PER_HA), **PER_HA))
    objects, facts = numbered(scene.targets, scene.lookalikes, scene.label.shape, gsd_m, scene.label)
    step = cover_step_px(gsd_m)
    save_scene(path, image=scene.image, objects=objects, cover=scene.cover[::step, ::step], facts=json.dumps(facts))


def create_raster(path, shape, bands, kind, gsd_m):
    """A tiled GeoTIFF to be written to, at an arbitrary place in UTM zone 48."""
    options = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "BIGTIFF=IF_SAFER"]
    options += ["PHOTOMETRIC=RGB"] if bands == 3 else ["COMPRESS=DEFLATE"]
    raster = gdal.GetDriverByName("GTiff").Create(str(path), shape[1], shape[0], bands, kind, options)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(EPSG)
    raster.SetProjection(crs.ExportToWkt())
    raster.SetGeoTransform((500_000, gsd_m, 0, 3_000_000, 0, -gsd_m))
    return raster


def save_survey(out, name, shape, gsd_m, fill):
    """Writes picture, numbers of objects and listing in place of older ones. `fill(picture, objects)` fills the rasters and gives the listing."""

    def write(objects_part, picture_part, listing_part):
        picture, objects = create_raster(picture_part, shape, 3, gdal.GDT_Byte, gsd_m), create_raster(objects_part, shape, 1, gdal.GDT_UInt16, gsd_m)
        picture.GetRasterBand(1).SetNoDataValue(0)
        facts = fill(picture, objects)
        listing_part.write_text(json.dumps(facts) + "\n", encoding="utf-8")
        return facts

    return replace_files([out / f"{name}-objects.tif", out / f"{name}.tif", out / f"{name}.json"], write)


def assemble(paths, gsd_m, out, name, facts):
    """Puts scenes into one raster; the gaps between them are nodata. Gives the listing, which says `facts` too."""
    side = round(SCENE_M / gsd_m)
    step = side + GAP_PX
    wide = int(np.ceil(np.sqrt(len(paths))))
    shape = (-(-len(paths) // wide) * step + GAP_PX, wide * step + GAP_PX)

    def fill(picture, objects):
        cells = []
        for place, path in enumerate(paths):
            row, col = (place // wide) * step + GAP_PX, (place % wide) * step + GAP_PX
            with np.load(path) as cell:
                image = np.maximum(cell["image"], 1)  # 0 is nodata.
                for band in range(3):
                    picture.GetRasterBand(band + 1).WriteArray(image[..., band], col, row)
                objects.GetRasterBand(1).WriteArray(cell["objects"], col, row)
                cells.append({"seed": int(path.stem.split("-")[-1]), "row": row, "col": col, "height": side, "width": side, "objects": json.loads(str(cell["facts"]))})
        return {"gsd_m": gsd_m, "scene_m": SCENE_M, "km2": len(paths) * SCENE_M**2 / 1e6, "covers": COVERS, "cells": cells} | facts

    return save_survey(out, name, shape, gsd_m, fill)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("survey", choices=SURVEYS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=1.0, help="render only this share of the ground")
    parser.add_argument("--gsd", type=float, action="append", help="only this ground sample distance, m; may be given again")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    survey = SURVEYS[args.survey]
    told = {"style": survey.style.name, "scene_m": SCENE_M, "lookalikes_per_ha": LOOKALIKES_PER_HA, **PER_HA}
    check_state(args.out / "scenes", told, "scenes.py", (render_cell, numbered, plot_facts, cover_step_px))
    with ProcessPoolExecutor(args.workers) as pool:
        for gsd_m, seeds in plan_cells(survey, args.share):
            if args.gsd and gsd_m not in args.gsd:
                continue
            paths = [scene_file(args.out, gsd_m, seed) for seed in seeds]
            list(pool.map(render_cell, [(seed, gsd_m, survey.style, path) for seed, path in zip(seeds, paths)]))
            name = f"gsd-{gsd_m * 100:g}cm"
            facts = assemble(paths, gsd_m, args.out, name, {"survey": args.survey, "seeds": f"{seeds[0]}..{seeds[-1]}"})
            plots = sum(o["number"] < LOOKALIKES_FROM for c in facts["cells"] for o in c["objects"])
            print(f"{name}: {len(paths)} scenes, {facts['km2']:.3f} km2, {plots} plots", flush=True)


if __name__ == "__main__":
    main()
