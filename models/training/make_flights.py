"""Writes the synthetic data set for `tianmu bench`: four flights of three scenes with their truth, and dataset.toml.

Run from the repository's root: `python3 models/training/make_flights.py`. Style and light are those of held-out
ground, on seeds that nothing else may use. Each scene takes the next seed of its flight that lies in its season, whatever it shows.
"""

import argparse
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from render import plots
from render.canvas import BACKGROUND, CANNABIS, OPIUM_POPPY, ROSETTE
from render.scenes import SceneSpec, render
from render.seeds import FLIGHT_SEEDS
from render.styles import HELD_OUT
from render.terrain import SEASONS
from sample_files import Place, joined_outline_wgs84, lookalike_features, plot_feature, write_collection, write_geotiff

SCENE_M = 30.0
SCENES = "abc"
APART_M = 6.0  # From one scene of a flight to the next, so that no plot of one is taken for a part of one of the other.
BLOCK = 1000  # Seeds that a flight chooses from.
CORNER = (463_620.0, 2_739_180.0)  # Of the first flight: an arbitrary hillside.
FLIGHT_M = 240.0  # From one flight to the next.
QUALITY = 85
TILE_PX = 256
TRUTH_LABELS = {"cannabis": (CANNABIS,), "opium_poppy": (OPIUM_POPPY, ROSETTE)}
PLOTS_PER_HA, LOOKALIKES_PER_HA = 105.0, 45.0
LEAST_VISIBLE_M2 = 0.05  # Of a plot; below it lies a single plant, or what crowns leave of a plot.
GAP_M = 0.5  # Parts of a plot that are nearer to one another have one outline.


@dataclass(frozen=True)
class Flight:
    """One flight: its day and hour, what stands in the fields, and its light; `empty` are the scenes without a plot."""

    name: str
    gsd_m: float
    season: str
    day: str
    time: str
    light: dict
    empty: str = ""


def light(azimuth, elevation, sun, sky, **camera):
    """Fields of `render.lighting.Light`; the sun's angles in degrees."""
    return {"azimuth": np.radians(azimuth), "elevation": np.radians(elevation), "sun": np.float32(sun), "sky": np.float32(sky), "vignette": 0.06, **camera}


FLIGHTS = [  # Hours and cameras within what `draw_wide_light` draws for held-out ground; rather smooth ones, to keep the files small.
    Flight("april-2cm", 0.02, "spring", "2026-04-09", "10:12:00", light(
        35.0, 51.0, [1.02, 0.95, 0.84], [0.24, 0.27, 0.31], exposure=1.3, blur_px=0.8, sharpen=0.3, noise=0.004, haze=0.08, saturation=0.9,
        contrast=0.12, motion_px=1.0, chroma_px=1.5, jpeg_quality=80)),
    Flight("may-3cm", 0.03, "spring", "2026-05-03", "15:40:00", light(
        160.0, 42.0, [1.08, 0.94, 0.78], [0.22, 0.25, 0.3], exposure=1.35, blur_px=0.7, sharpen=0.35, noise=0.005, haze=0.1, saturation=1.0,
        contrast=0.2, motion_px=0.4, chroma_px=1.3, jpeg_quality=85), empty="b"),
    Flight("june-2.5cm", 0.025, "summer", "2026-06-14", "12:05:00", light(
        80.0, 74.0, [0.98, 0.95, 0.88], [0.25, 0.28, 0.32], exposure=1.15, blur_px=0.8, sharpen=0.3, noise=0.005, haze=0.02, saturation=1.05,
        contrast=0.22, motion_px=0.8, chroma_px=1.4, jpeg_quality=80), empty="c"),
    Flight("july-5cm", 0.05, "summer", "2026-07-08", "09:25:00", light(
        15.0, 58.0, [0.4, 0.38, 0.35], [0.5, 0.55, 0.62], exposure=1.25, blur_px=0.5, sharpen=0.5, noise=0.006, haze=0.14, saturation=0.85,
        contrast=0.1, motion_px=0.3, chroma_px=0.9, jpeg_quality=88)),
]


def seeds_of_season(season, seeds):
    """Those of the seeds whose scenes lie in a season: which one is the first that a scene draws."""
    names = list(SEASONS)
    return (seed for seed in seeds if names[np.random.default_rng(seed).integers(len(names))] == season)


def scene_specs():
    """(flight, name, place, spec) of every scene. A flight's scenes lie in a row, and the flights one below the other."""
    for number, flight in enumerate(FLIGHTS):
        seeds = islice(seeds_of_season(flight.season, FLIGHT_SEEDS[number * BLOCK : (number + 1) * BLOCK]), len(SCENES))
        side = round(SCENE_M / flight.gsd_m)
        for column, (letter, seed) in enumerate(zip(SCENES, seeds)):
            place = Place(CORNER[0] + column * (SCENE_M + APART_M), CORNER[1] - number * FLIGHT_M, flight.gsd_m)
            style = replace(HELD_OUT, patches_per_ha=LOOKALIKES_PER_HA)
            empty = 1.0 if letter in flight.empty else 0.0
            spec = SceneSpec(seed, (side, side), flight.gsd_m, style=style, plots_per_ha=PLOTS_PER_HA, empty_share=empty, light=flight.light)
            yield flight, f"{flight.name.split('-')[0]}-{letter}", place, spec


def with_lone_plants(plant_plot):
    """`plots.plant_plot`, but every plant belongs to its plot.

    What that labels is smoothed, which leaves out small plants that stand alone: some plots would be seen by anybody and stand in no truth.
    """

    def plant(rng, canvas, terrain, plot, full=False):
        before = canvas.height[plot.window].copy()
        plant_plot(rng, canvas, terrain, plot, full)
        plants = canvas.height[plot.window] > before + 0.02
        label = canvas.label[plot.window]
        label[plants & (label == BACKGROUND)] = TRUTH_LABELS[plot.plan.crop][-1]
        plot.mask = plot.mask | plants

    return plant


def planted(scene):
    """True where a plot stands, seen or not, `[row, col]`."""
    where = np.zeros(scene.label.shape, bool)
    for plot in scene.targets:
        where[plot.window] |= plot.mask
    return where


def truth_features(scene, place, where):
    """GeoJSON features of the plots that can be seen, outlined as far as crowns leave them to be seen; `where` is what `planted` gives."""
    features = []
    for plot in scene.targets:
        shown = plot.mask & np.isin(scene.label[plot.window], TRUTH_LABELS[plot.plan.crop])
        if shown.sum() * scene.gsd_m**2 < LEAST_VISIBLE_M2:
            continue
        if outline := joined_outline_wgs84(shown, plot.window, place, GAP_M, where[plot.window] & ~plot.mask):
            features.append(plot_feature(f"T{len(features) + 1:02d}", plot, outline, 2, stage=plot.plan.stage))
    return features


def write_scene(folder, flight, name, place, spec):
    """Renders a scene into picture, truth and look-alikes; gives the features of both."""
    scene = render(spec)
    folder.mkdir(parents=True, exist_ok=True)
    tags = {"DATETIME": f"{flight.day.replace('-', ':')} {flight.time}", "SOFTWARE": "tianmu models/training/make_flights.py"}
    write_geotiff(folder / f"{name}.tif", scene.image, place, tags, QUALITY, TILE_PX)
    where = planted(scene)
    truth = truth_features(scene, place, where)
    lookalikes = lookalike_features(
        scene, ~scene.canopy & ~where, lambda part, window: joined_outline_wgs84(part, window, place, GAP_M, where[window]))
    write_collection(folder / f"{name}.geojson", truth)
    write_collection(folder / f"{name}-lookalikes.geojson", lookalikes)
    return truth, lookalikes


def table(flight, name):
    """A scene in dataset.toml."""
    path = f"{flight.name}/{name}"
    return f'[[scene]]\nimage = "{path}.tif"\ntruth = "{path}.geojson"\nlookalikes = "{path}-lookalikes.geojson"\nflight = "{flight.name}"\ndate = "{flight.day}"\n'


def main():
    """Renders and writes the data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("samples/flights"))
    args = parser.parse_args()
    plots.plant_plot = with_lone_plants(plots.plant_plot)
    tables = ['# A data set for `tianmu bench`: rendered, no real place. Written by models/training/make_flights.py.\nname = "four flights (synthetic)"\n']
    every = []
    for flight, name, place, spec in scene_specs():
        truth, lookalikes = write_scene(args.out / flight.name, flight, name, place, spec)
        tables.append(table(flight, name))
        every += truth
        print(f"{flight.name}/{name}: seed {spec.seed}, {len(truth)} plots, {len(lookalikes)} look-alikes", flush=True)
    (args.out / "dataset.toml").write_text("\n".join(tables))
    crops = [feature["properties"]["class"] for feature in every]
    print(f"{len(every)} plots: " + ", ".join(f"{crops.count(crop)} {crop}" for crop in sorted(set(crops))))


if __name__ == "__main__":
    main()
