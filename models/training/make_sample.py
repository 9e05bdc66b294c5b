"""Writes the synthetic sample scene: scene.tif, truth.geojson and lookalikes.geojson.

Run from the repository's root: `python3 models/training/make_sample.py`.
"""

import argparse
from pathlib import Path

import numpy as np

from render.canvas import CANNABIS, IGNORE, OPIUM_POPPY
from render.fields import gaussian_blur, smooth_noise
from render.plots import PlotPlan
from render.scenes import SceneSpec, render
from render.seeds import SAMPLE_SEED
from sample_files import Place, lookalike_features, outline_wgs84, plot_feature, write_collection, write_geotiff

GSD_M = 0.025
SHAPE = (2560, 3072)
ORIGIN = (463218.40, 2738964.85)  # Easting and northing of the upper left corner: an arbitrary hillside.
TAGS = {"DATETIME": "2026:04:18 10:42:00", "SOFTWARE": "tianmu models/training/make_sample.py"}
PLANS = [
    PlotPlan("opium_poppy", 34.0, "terrace", "flower", "mixed", 0.75),
    PlotPlan("opium_poppy", 15.0, "forest_clearing", "flower", "purple", 0.7),
    PlotPlan("opium_poppy", 11.0, "behind_house", "flower", "white", 0.7),
    PlotPlan("opium_poppy", 9.0, "terrace_edge", "flower", "red", 0.6),
    PlotPlan("opium_poppy", 3.0, "courtyard", "flower", "pink", 0.6),
    PlotPlan("opium_poppy", 5.0, "vegetable_plot", "flower", "pink", 0.55),
    PlotPlan("opium_poppy", 7.0, "stream_bank", "bud", "white", 0.0),
    PlotPlan("opium_poppy", 6.0, "vegetable_plot", "rosette", "white", 0.0),
    PlotPlan("cannabis", 26.0, "terrace", "vegetative"),
    PlotPlan("cannabis", 10.0, "forest_clearing", "vegetative"),
    PlotPlan("corn_poppy", 12.0, "roadside", "flower"),
    PlotPlan("corn_poppy", 5.0, "terrace_edge", "flower"),
    PlotPlan("garden_flowers", 4.0, "roadside", "flower"),
    PlotPlan("garden_flowers", 3.0, "terrace", "flower"),
    PlotPlan("plastic_sheet", 2.0, "terrace", "flower"),
    PlotPlan("plastic_sheet", 1.0, "terrace", "flower"),
]
LIGHT = {
    "azimuth": np.radians(40.0), "elevation": np.radians(57.0), "exposure": 1.3, "blur_px": 0.55, "noise": 0.008,
    "haze": 0.02, "sharpen": 0.25, "saturation": 0.78, "contrast": 0.15,
    "sun": np.float32([1.0, 0.95, 0.87]), "sky": np.float32([0.27, 0.3, 0.35]),
}


def ragged_mask(shape, gsd_m, seed):
    """True inside the flown area: an irregular edge as a cropped orthomosaic has."""
    rng = np.random.default_rng(seed)
    height, width = shape
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    inside = np.ones(shape, bool)
    for distance in (y, height - 1 - y, x, width - 1 - x):
        depth = 0.9 + 0.5 * smooth_noise(rng, shape, 14 / gsd_m) + 0.05 * smooth_noise(rng, shape, 0.5 / gsd_m)
        inside &= distance * gsd_m > np.maximum(depth, 0.0)
    inside &= (x + 0.7 * y) * gsd_m > 7.0  # One cut corner, where the flight turned.
    return inside


def truth_feature(number, plot, label, place, mask):
    """One GeoJSON feature of a plot to find; its outline is the dug bed or the planted patch."""
    seen = label[plot.window]
    value = CANNABIS if plot.plan.crop == "cannabis" else OPIUM_POPPY
    covered = ((seen == value) | (seen == IGNORE)) & plot.mask
    outline = outline_wgs84(plot.mask & mask[plot.window], plot.window, place)
    share = round(float(covered.sum() / plot.mask.sum()), 2)
    return plot_feature(f"T{number:02d}", plot, outline, stage=plot.plan.stage, covered_share=share)


def sample_scene():
    """The sample's scene and its mask; nothing else may use this seed."""
    mask = ragged_mask(SHAPE, GSD_M, SAMPLE_SEED)
    closed = gaussian_blur(mask.astype(np.float32), 0.6 / GSD_M) < 0.99
    spec = SceneSpec(SAMPLE_SEED, SHAPE, GSD_M, PLANS, houses=3, forest_share=0.27, road=True, stream=True, closed=closed, light=LIGHT)
    return render(spec), mask


def main():
    """Renders and writes the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("samples/hill-county"))
    args = parser.parse_args()
    scene, mask = sample_scene()
    args.out.mkdir(parents=True, exist_ok=True)
    place = Place(*ORIGIN, GSD_M)
    write_geotiff(args.out / "scene.tif", scene.image, place, TAGS, 88, 512, mask)
    truth = [truth_feature(i, plot, scene.label, place, mask) for i, plot in enumerate(scene.targets, 1)]
    write_collection(args.out / "truth.geojson", truth)
    write_collection(args.out / "lookalikes.geojson", lookalike_features(scene, mask, lambda part, window: outline_wgs84(part, window, place)))
    for plot in scene.targets + scene.lookalikes:
        print(plot.plan.crop, plot.plan.stage, plot.plan.setting, f"{plot.mask.sum() * GSD_M**2:.1f} m2", plot.n_plants, "plants")


if __name__ == "__main__":
    main()
