"""No tile drifts when pixels are resampled to the model's GSD.

Soft round spots are painted at known sub-pixel places. A model that gives back the red band makes
the heatmap show exactly what was fed, so each spot's centre of mass, taken to the ground by the
heatmap's own georeferencing, must lie where it was painted, equally in all tiles. The same is asked
of the sites' polygons. Scanned at 0.7 and 3.3 times the raster's GSD, with and without overviews.
"""

import math

import numpy as np
import pyproj
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine

import colour_models
import common
import geometry
import scenes

GSD = 0.05
DRIFT_PX = 0.05  # Of a model pixel, between any two tiles.


def spots(height, width, radius, pitch, seed):
    """Bright spots with soft edges on a jittered lattice: the red band and their true centres."""
    rng = np.random.default_rng(seed)
    x, y = scenes.centres(height, width)
    red = np.full((height, width), 20.0)
    places = []
    for cy in np.arange(pitch * 0.6, height - pitch * 0.5, pitch):
        for cx in np.arange(pitch * 0.6, width - pitch * 0.5, pitch):
            px, py = cx + rng.uniform(-3, 3), cy + rng.uniform(-3, 3)
            window = (
                slice(int(py - pitch / 2), int(py + pitch / 2)),
                slice(int(px - pitch / 2), int(px + pitch / 2)),
            )
            distance = np.hypot(x[window] - px, y[window] - py)
            # A cosine edge as wide as the radius: even 3.3-fold pixels see its slope.
            edge = np.clip((distance - radius / 2) / radius, 0, 1)
            red[window] = np.maximum(red[window], 20 + 210 * (0.5 + 0.5 * np.cos(math.pi * edge)))
            places.append((px, py))
    return red, np.array(places)


def centres_of_mass(score, transform, places, reach):
    """Each spot's centre of mass in a heatmap, as native pixel coordinates."""
    cols, rows = scenes.centres(*score.shape)
    found = []
    for px, py in places:
        c, r = ~transform * (px, py)
        half = reach / transform.a
        left, right = max(0, math.floor(c - half)), min(score.shape[1], math.ceil(c + half))
        top, bottom = max(0, math.floor(r - half)), min(score.shape[0], math.ceil(r + half))
        window = slice(top, bottom), slice(left, right)
        weight = score[window] - 20 / 255
        weight = np.where(weight > 0.02, weight, 0)
        x = (weight * cols[window]).sum() / weight.sum()
        y = (weight * rows[window]).sum() / weight.sum()
        found.append(transform * (x, y))
    return np.array(found)


def drift(errors, tiles):
    """Means per tile of errors [n, 2]; the largest difference between two tiles, and the mean."""
    keys, index = np.unique(tiles, axis=0, return_inverse=True)
    index = index.reshape(-1)
    means = np.array([errors[index == k].mean(axis=0) for k in range(len(keys)) if (index == k).sum() >= 2])
    spread = np.linalg.norm(means[:, None] - means[None], axis=-1).max()
    return spread, np.linalg.norm(errors.mean(axis=0)), len(means)


def compare(args, checks, ratio, kind, overviews, limit):
    name = f"{kind}_{ratio}x" + ("_overviews" if overviews else "")
    # At 3.3 the model pixel is large: more raster and larger spots, to have several tiles.
    width, height = (1008, 720) if ratio < 1 else (2976, 2016)
    if kind == "odd":
        width, height = width + 5, height + 3
    radius, pitch = (11, 48) if ratio < 1 else (24, 96)
    red, places = spots(height, width, radius, pitch, seed=11)
    image = np.stack([red, np.full_like(red, 90), np.full_like(red, 60)])
    transform = Affine(GSD, 0, 500000.0, 0, -GSD, 2739001.7)
    options = {"south_up": Affine(GSD, 0, 500000.0, 0, GSD, 2739001.7)}
    transform = options.get(kind, transform)
    crs = scenes.transverse_mercator(101.6367)
    tiff = dict(tiled=None, blockxsize=None, blockysize=16) if kind == "striped" else {}
    path = scenes.write_tiff(
        args.work / name / "scene.tif", np.rint(image).astype(np.uint8), transform, crs, **tiff
    )
    if overviews:
        with rasterio.open(path, "r+") as raster:
            raster.build_overviews([2, 4], Resampling.average)

    tile = 128
    model = colour_models.red_meter(
        args.work / name / "model", ratio * GSD, tile_px=tile, overlap_px=32, threshold=0.5
    )
    result = common.scan(args, name, path, model, heatmap=True)
    with rasterio.open(result.heatmap) as heat:
        score, grid = heat.read(1), heat.transform
    # The heatmap's pixel grid in native pixels.
    to_native = ~transform * grid
    wanted = (math.ceil(width / ratio - 1e-6), math.ceil(height / ratio - 1e-6))
    checks.that(
        abs(score.shape[1] - wanted[0]) <= 1 and abs(score.shape[0] - wanted[1]) <= 1,
        f"{name}: heatmap size",
        f"{score.shape[::-1]}, wanted about {wanted}",
    )
    checks.at_most(abs(to_native.a / ratio - 1), 0.005, f"{name}: heatmap pixel size")
    checks.at_most(
        max(abs(to_native.c), abs(to_native.f)), 1e-6, f"{name}: heatmap starts at the raster's outer corner"
    )

    found = centres_of_mass(np.nan_to_num(score), to_native, places, 0.5 * pitch)
    errors = (found - places) / ratio
    tiles = np.floor((places / ratio) / (tile - 32)).astype(int)
    spread, mean, count = drift(errors, tiles)
    slope = max(
        abs(np.polyfit(places[:, axis] / ratio, errors[:, axis], 1)[0]) * score.shape[1 - axis]
        for axis in (0, 1)
    )
    checks.at_most(spread, limit, f"{name}: drift between tiles, heatmap, in model pixels")
    checks.at_most(mean, limit, f"{name}: mean shift, heatmap, in model pixels")
    checks.at_most(slope, limit, f"{name}: drift from one side to the other, in model pixels")
    checks.that(count >= 20, f"{name}: tiles compared", f"{count}")

    sites = result.layer()
    outlines = geometry.to_pixels(sites.geometry, transform, pyproj.CRS(crs))
    checks.equal(len(outlines), len(places), f"{name}: number of sites")
    middles = np.array([(o.centroid.x, o.centroid.y) for o in outlines])
    nearest = np.argmin(np.linalg.norm(middles[None] - places[:, None], axis=-1), axis=1)
    checks.equal(len(set(nearest)), len(places), f"{name}: sites one to one")
    by_site = (middles[nearest] - places) / ratio
    site_mean = np.linalg.norm(by_site.mean(axis=0))
    site_worst = np.linalg.norm(by_site, axis=1).max()
    checks.at_most(site_mean, 0.05, f"{name}: mean shift of sites, in model pixels")
    checks.at_most(site_worst, 0.5, f"{name}: worst shift of one site, in model pixels")
    print(
        f"{name}: {len(places)} spots in {count} tiles; heatmap: drift {spread:.4f} px, mean {mean:.4f} px, "
        f"side to side {slope:.4f} px, worst spot {np.linalg.norm(errors, axis=1).max():.4f} px; "
        f"sites: mean {site_mean:.4f} px, worst {site_worst:.3f} px"
    )


def main():
    args, checks = common.start("resampling", __doc__.splitlines()[0])
    for ratio in (0.7, 3.3):
        compare(args, checks, ratio, "tiled", False, DRIFT_PX)
        compare(args, checks, ratio, "odd", False, DRIFT_PX)
        compare(args, checks, ratio, "striped", False, DRIFT_PX)
        compare(args, checks, ratio, "south_up", False, DRIFT_PX)
    compare(args, checks, 3.3, "tiled", True, DRIFT_PX)
    compare(args, checks, 3.3, "odd", True, DRIFT_PX)
    checks.finish()


main()
