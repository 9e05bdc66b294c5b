"""Lay of the land: hill slope, terraces along the contour, parcels, forest, road and stream."""

from dataclasses import dataclass

import numpy as np

from render.fields import fractal_noise, gaussian_blur, smooth_noise, smoothstep

COVERS = (
    "forest", "bank", "road", "water", "shore", "soil", "fallow", "lawn", "maize", "wheat",
    "vegetables", "rape", "safflower", "orchard", "mulch", "rock", "scar", "felled",
)
COVER = {name: i for i, name in enumerate(COVERS)}
CROPS = range(COVER["soil"], COVER["rock"])  # Covers of farmed land.
CROP_CHANCE = {
    "soil": 0.12, "fallow": 0.16, "lawn": 0.05, "maize": 0.17, "wheat": 0.16, "vegetables": 0.16,
    "rape": 0.07, "safflower": 0.03, "orchard": 0.04, "mulch": 0.04,
}


@dataclass
class Terrain:
    """All arrays are `[row, col]`; heights in metres, angles in radians."""

    ground: np.ndarray  # Ground height.
    cover: np.ndarray  # Index into COVERS.
    parcel: np.ndarray  # Parcel number.
    edge: np.ndarray  # Distance-like measure to the terrace edge: 0 at the riser, 1 at the back.
    row_angle: np.ndarray  # Per parcel number: direction of the crop rows.
    downhill: float  # Direction in which the land falls, on average.


SEASONS = {  # What stands in the fields, as factors of CROP_CHANCE.
    "spring": {"rape": 1.6, "maize": 0.4, "wheat": 1.3},
    "summer": {"rape": 0.2, "maize": 1.5, "safflower": 1.5},
    "autumn": {"rape": 0.0, "wheat": 0.3, "soil": 1.8, "fallow": 1.5},
}


def build_terrain(rng, shape, gsd_m, forest_share=None, road=None, stream=None, season=None):
    """Draws a terrain; shares and features not given are drawn at random."""
    height_px, width_px = shape
    y, x = np.meshgrid(
        np.arange(height_px, dtype=np.float32) * gsd_m,
        np.arange(width_px, dtype=np.float32) * gsd_m,
        indexing="ij",
    )
    forest_share = rng.choice([0.0, 0.15, 0.3, 0.6], p=[0.3, 0.3, 0.25, 0.15]) if forest_share is None else forest_share
    road = rng.random() < 0.45 if road is None else road
    stream = rng.random() < 0.25 if stream is None else stream

    downhill = rng.uniform(0, 2 * np.pi)
    across = x * np.cos(downhill) + y * np.sin(downhill)
    along = -x * np.sin(downhill) + y * np.cos(downhill)
    slope = rng.uniform(0.1, 0.3)
    hill = -slope * (across + 5.0 * smooth_noise(rng, shape, 26 / gsd_m) + 1.2 * smooth_noise(rng, shape, 9 / gsd_m))

    step = slope * rng.uniform(5.0, 11.0)
    level = hill / step + 100.0 + rng.random()
    terrace = np.floor(level).astype(np.int32)
    edge = level - terrace
    riser = rng.uniform(0.1, 0.2)
    ground = step * (terrace + smoothstep(edge, 1.0 - riser, 1.0) + 0.03 * edge)
    terrace -= terrace.min()

    per_terrace = terrace.max() + 1
    lengths = rng.uniform(7.0, 26.0, per_terrace).astype(np.float32)
    offsets = rng.uniform(0, 30, per_terrace).astype(np.float32)
    piece = np.floor((along + 0.8 * smooth_noise(rng, shape, 6 / gsd_m) + offsets[terrace]) / lengths[terrace])
    piece = (piece - piece.min()).astype(np.int32)
    parcel = terrace * (piece.max() + 1) + piece
    factors = SEASONS.get(season, {})
    names, chances = zip(*((name, chance * factors.get(name, 1.0)) for name, chance in CROP_CHANCE.items()))
    crops = rng.choice([COVER[n] for n in names], size=parcel.max() + 1, p=np.array(chances) / sum(chances))
    cover = crops[parcel].astype(np.uint8)

    grad_y, grad_x = np.gradient(hill)
    flat = parcel.ravel()
    mean_y = np.bincount(flat, grad_y.ravel()) / np.maximum(np.bincount(flat), 1)
    mean_x = np.bincount(flat, grad_x.ravel()) / np.maximum(np.bincount(flat), 1)
    row_angle = np.arctan2(mean_y, mean_x) + np.pi / 2 + rng.normal(0, 0.06, len(mean_y))

    cover[edge > 1.0 - riser] = COVER["bank"]
    path = np.abs(np.mod(along + offsets[terrace], lengths[terrace]) - 0.5 * lengths[terrace]) > 0.5 * lengths[terrace] - 0.18
    cover[path & (edge <= 1.0 - riser)] = COVER["fallow"]

    if forest_share > 0:
        field = fractal_noise(rng, shape, 22 / gsd_m, 4, 0.45) + 0.05 * (hill - hill.mean()) / slope
        forest = field > np.quantile(field[::8, ::8], 1.0 - forest_share)
        cover[forest] = COVER["forest"]
        ground = np.where(forest, hill + (step * 0.5 + ground.mean() - hill.mean()), ground).astype(np.float32)
    if road:
        middle = hill + slope * 1.5 * smooth_noise(rng, shape, 30 / gsd_m)
        centre = np.quantile(middle[::8, ::8], rng.uniform(0.2, 0.8))
        steepness = np.hypot(*np.gradient(middle)) / gsd_m + 0.03
        off_m = np.abs(middle - centre) / steepness
        verge = rng.uniform(0.5, 1.2)
        half = rng.uniform(1.2, 1.9)
        cover[off_m < half + verge] = COVER["bank"]
        even = smoothstep(-off_m, -half - 2.0, -half - 0.3)
        ground = ground + even * (gaussian_blur(ground, 2.0 / gsd_m) - ground)
        cover[off_m < half + 0.12 * smooth_noise(rng, shape, 0.4 / gsd_m)] = COVER["road"]
    if stream:
        bed = along - np.quantile(along[::8, ::8], rng.uniform(0.2, 0.8)) + 3.0 * smooth_noise(rng, shape, 14 / gsd_m)
        half = rng.uniform(0.6, 1.6) * (1 + 0.3 * smooth_noise(rng, shape, 5 / gsd_m))
        cover[np.abs(bed) < half + 1.1] = COVER["shore"]
        cover[np.abs(bed) < half] = COVER["water"]
        even = smoothstep(-np.abs(bed), -3.0, -1.2)
        ground = ground + even * (gaussian_blur(ground, 2.0 / gsd_m) - ground)
        ground = (ground - 1.2 * smoothstep(-np.abs(bed), -3.0, -0.5)).astype(np.float32)
    return Terrain(ground.astype(np.float32), cover, parcel, edge.astype(np.float32), row_angle, downhill)


def rows_in_mask(rng, mask, origin, gsd_m, angle, row_m, plant_m, jitter_m):
    """Plant positions (row, col) on the canvas, in rows along `angle`, inside a window's mask."""
    height, width = mask.shape
    reach = 0.5 * np.hypot(height, width) * gsd_m
    u, v = np.meshgrid(np.arange(-reach, reach, plant_m), np.arange(-reach, reach, row_m))
    u = u + rng.normal(0, jitter_m, u.shape) + rng.uniform(0, plant_m)
    v = v + rng.normal(0, jitter_m, v.shape) + rng.uniform(0, row_m)
    cols = (u * np.cos(angle) - v * np.sin(angle)) / gsd_m + width / 2
    rows = (u * np.sin(angle) + v * np.cos(angle)) / gsd_m + height / 2
    keep = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    rows, cols = rows[keep], cols[keep]
    keep = mask[rows.astype(int), cols.astype(int)]
    points = np.stack([rows[keep] + origin[0], cols[keep] + origin[1]], 1)
    rng.shuffle(points)
    return points


def mask_window(mask):
    """Bounding slices of a mask, or None when it is empty."""
    rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows) == 0:
        return None
    return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)


def roughen(rng, terrain, gsd_m):
    """Adds what farmland and forest also have: a landslide scar, felled forest, bare rock, a pond."""
    shape = terrain.cover.shape
    y, x = np.meshgrid(np.arange(shape[0]) * gsd_m, np.arange(shape[1]) * gsd_m, indexing="ij")
    y, x = y.astype(np.float32), x.astype(np.float32)
    down, wobble = terrain.downhill, smooth_noise(rng, shape, 4 / gsd_m)

    def patch(long_m, wide_m):
        row, col = rng.uniform(0, shape[0]) * gsd_m, rng.uniform(0, shape[1]) * gsd_m
        along = (x - col) * np.cos(down) + (y - row) * np.sin(down)
        across = -(x - col) * np.sin(down) + (y - row) * np.cos(down)
        return np.hypot(along / long_m, across / wide_m) + 0.15 * wobble < 0.5

    forest = terrain.cover == COVER["forest"]
    wild = forest | np.isin(terrain.cover, [COVER["fallow"], COVER["bank"]])
    if rng.random() < 0.12:
        terrain.cover[patch(rng.uniform(10, 40), rng.uniform(4, 12)) & wild] = COVER["scar"]
    if rng.random() < 0.25:
        terrain.cover[patch(rng.uniform(8, 30), rng.uniform(8, 25)) & forest] = COVER["felled"]
    if rng.random() < 0.12:
        terrain.cover[patch(rng.uniform(4, 20), rng.uniform(4, 20)) & wild] = COVER["rock"]
    if rng.random() < 0.1:
        pond = patch(rng.uniform(6, 25), rng.uniform(6, 25)) & (terrain.cover != COVER["road"])
        terrain.cover[pond] = COVER["water"]
        terrain.ground[pond] = np.median(terrain.ground[pond]) - 0.3 if pond.any() else 0.0
