"""Ground covers: soil, grass, road, water and every crop that is not a target."""

import numpy as np

from render.fields import fractal_noise, ridged_noise, smooth_noise, srgb
from render.plants import cabbage, garden_flower, leafy_vegetable, maize, safflower, weed_tuft
from render.styles import CLASSIC
from render.terrain import COVER, mask_window, rows_in_mask
from render.trees import broadleaf, flowering_shrub, shrub


class Textures:
    """Noise fields shared by all covers of a scene: fine (grain), tuft, patch and broad."""

    def __init__(self, rng, shape, gsd_m, kind="fractal"):
        self.grain = smooth_noise(rng, shape, max(1.2, 0.035 / gsd_m))
        self.tuft = fractal_noise(rng, shape, 0.16 / gsd_m, 2, 0.8)
        self.patch = fractal_noise(rng, shape, 1.2 / gsd_m, 4, 0.7)
        self.broad = fractal_noise(rng, shape, 9.0 / gsd_m, 4, 0.6)
        if kind == "ridged":
            self.tuft = ridged_noise(rng, shape, 0.22 / gsd_m)
            self.patch = 0.5 * self.patch + 0.8 * ridged_noise(rng, shape, 0.9 / gsd_m)


def _mix(low, high, t):
    return low + (high - low) * np.clip(t, 0.0, 1.0)[:, None]


def paint_ground(rng, canvas, terrain, textures, style=CLASSIC):
    """Gives every pixel its colour and fine relief, as it is without the larger plants."""
    tint = rng.uniform(0.85, 1.15, 3).astype(np.float32) ** 0.6
    earth = style.earths[rng.integers(len(style.earths))] * tint
    dry = srgb(168, 152, 108) * tint
    green = style.greens[rng.integers(len(style.greens)) if len(style.greens) > 1 else 0] * tint
    canvas.height[:] = terrain.ground
    flat_cover = terrain.cover.ravel()
    rgb, height = canvas.rgb.reshape(-1, 3), canvas.height.ravel()
    dryness = rng.normal(0.0, 0.25)
    yy, xx = np.meshgrid(np.arange(canvas.shape[0]), np.arange(canvas.shape[1]), indexing="ij")
    angle = terrain.row_angle[terrain.parcel]
    across_m = ((-xx * np.sin(angle) + yy * np.cos(angle)) * canvas.gsd_m).ravel().astype(np.float32)
    parcel_tone = rng.normal(0, 0.12, terrain.parcel.max() + 1).astype(np.float32)[terrain.parcel.ravel()]
    del yy, xx, angle
    for name, code in COVER.items():
        at = np.flatnonzero(flat_cover == code)
        if len(at) == 0:
            continue
        g, t = textures.grain.ravel()[at], textures.tuft.ravel()[at]
        p, b = textures.patch.ravel()[at], textures.broad.ravel()[at]
        tone, across = parcel_tone[at], across_m[at]
        if name == "road":
            colour = _mix(earth * 1.1, srgb(186, 170, 146), 0.5 + 0.25 * b + 0.15 * p)
            relief = 0.012 * t + 0.01 * g
            shade = 1 + 0.08 * g + 0.1 * p
        elif name == "water":
            colour = _mix(srgb(70, 84, 70), srgb(108, 120, 100), 0.5 + 0.3 * b + 0.05 * p)
            relief = -0.3 + 0.004 * t
            shade = 1 + 0.03 * g
        elif name == "shore":
            colour = _mix(srgb(146, 138, 124), green, 0.4 + 0.5 * p)
            relief = 0.08 * np.maximum(t, 0) + 0.03 * g
            shade = 1 + 0.2 * g
        elif name in ("soil", "maize", "vegetables", "safflower", "orchard", "mulch"):
            furrow = np.cos(2 * np.pi * across / (1.1 if name == "mulch" else 0.6))
            colour = _mix(earth, earth * 1.35, 0.4 + 0.3 * p + tone)
            weeds = (t + 0.8 * p > (0.9 if name == "orchard" else 1.9) + tone * 2).astype(np.float32)
            colour = _mix(np.broadcast_to(colour, (len(at), 3)), green, weeds) if weeds.any() else colour
            relief = 0.06 * furrow + 0.022 * t + 0.012 * g + 0.08 * weeds
            shade = 1 + 0.12 * g + 0.05 * furrow
            if name == "mulch":
                film = furrow > 0.1
                colour[film] = srgb(206, 208, 206) * (1 + 0.1 * p[film] + 0.06 * g[film])[:, None]
        elif name == "wheat":
            drill = np.cos(2 * np.pi * across / 0.22)
            ripe = np.clip(0.45 + 1.8 * tone + 0.2 * b + 0.12 * p, 0, 1)
            colour = _mix(srgb(112, 140, 66), srgb(196, 176, 104), ripe)
            relief = 0.65 + 0.05 * drill + 0.05 * t + 0.035 * g + 0.06 * p
            shade = 1 + 0.16 * g + 0.08 * drill
        elif name == "rape":
            colour = _mix(srgb(96, 132, 60), srgb(120, 150, 74), 0.5 + 0.3 * t)
            bloom = (g + 0.6 * t + 0.4 * p + 3 * tone > 0.1)
            colour[bloom] = srgb(228, 206, 48) * (1 + 0.1 * t[bloom])[:, None]
            relief = 1.0 + 0.1 * t + 0.05 * g + 0.1 * p
            shade = 1 + 0.14 * g
        elif name == "lawn":
            colour = _mix(srgb(112, 146, 64), srgb(138, 160, 84), 0.5 + 0.35 * p)
            relief = 0.02 * t + 0.012 * g
            shade = 1 + 0.1 * g
        elif name == "forest":
            colour = _mix(srgb(96, 84, 60), green * 0.8, 0.45 + 0.3 * p)
            relief = 0.15 * np.maximum(t, -0.5) + 0.03 * g
            shade = 1 + 0.2 * g
        elif name == "rock":
            colour = _mix(srgb(128, 124, 118), srgb(176, 170, 160), 0.5 + 0.3 * p + 0.2 * b)
            relief = 0.25 * np.maximum(p, 0) + 0.05 * t
            shade = 1 + 0.1 * g + 0.12 * t
        elif name == "scar":  # A landslide: raw earth and stones, hardly a weed.
            stones = (t + 0.5 * g > 1.5).astype(np.float32)
            colour = _mix(earth * 1.05, earth * 1.4, 0.5 + 0.3 * p + 0.2 * b)
            colour = _mix(colour, srgb(176, 170, 160), stones)
            relief = 0.1 * p + 0.04 * t + 0.15 * stones
            shade = 1 + 0.16 * g
        elif name == "felled":  # Brush, stumps and bare earth between them.
            brush = (t + 0.4 * p > 0.5).astype(np.float32)
            colour = _mix(earth, srgb(150, 134, 106), 0.5 + 0.4 * p)
            colour = _mix(colour, _mix(srgb(120, 104, 78), green, 0.5 + 0.5 * b), brush)
            relief = 0.15 * np.maximum(t, -0.3) + 0.03 * g
            shade = 1 + 0.22 * g
        else:  # Fallow land and terrace banks: rough grass, weeds, bare spots.
            bare = (p + 0.5 * b > (1.1 if name == "bank" else 0.8)).astype(np.float32)
            colour = _mix(green, dry, 0.4 + dryness + 0.25 * b + 0.25 * p + 0.1 * t)
            colour = _mix(colour, earth * 1.1, bare * 0.8)
            relief = (0.12 * np.maximum(t, -0.6) + 0.06 * p) * (1 - 0.7 * bare) + 0.03 * g
            shade = 1 + 0.18 * g + 0.08 * t
        rgb[at] = colour * np.clip(shade, 0.35, 1.8)[:, None]
        height[at] += relief


def _scatter(rng, canvas, ground, bank, points, tint=0.12, label=None):
    for row, col in points:
        sprite = bank[rng.integers(len(bank))]
        canvas.stamp(sprite, row, col, canvas.foot(ground, row, col), rng.uniform(1 - tint, 1 + tint), label)


def plant_crops(rng, canvas, terrain, free):
    """Stamps row crops into their parcels; `free` is False where houses and targets stand."""
    gsd_m = canvas.gsd_m
    by_name = {}
    for name in ("maize", "vegetables", "safflower", "orchard"):
        parcels = np.unique(terrain.parcel[::4, ::4][terrain.cover[::4, ::4] == COVER[name]])
        by_name.update({int(p): name for p in parcels})
    for number, name in sorted(by_name.items()):
        coarse = terrain.parcel[::4, ::4] == number
        window = mask_window(coarse)
        here = tuple(slice(max(0, 4 * s.start - 4), 4 * s.stop + 4) for s in window)
        mask = (terrain.parcel[here] == number) & (terrain.cover[here] == COVER[name]) & free[here]
        if mask.sum() * gsd_m**2 < 0.5:
            continue
        origin = (here[0].start, here[1].start)
        angle = terrain.row_angle[number] + (np.pi / 2 if rng.random() < 0.15 else 0.0)
        if name == "maize":
            size = rng.uniform(0.35, 1.0)
            bank = [maize(rng, gsd_m, size) for _ in range(10)]
            points = rows_in_mask(rng, mask, origin, gsd_m, angle, rng.uniform(0.55, 0.8), rng.uniform(0.25, 0.4), 0.04)
            points = points[rng.random(len(points)) < rng.uniform(0.75, 0.98)]
            _scatter(rng, canvas, terrain.ground, bank, points)
        elif name == "safflower":
            bank = [safflower(rng, gsd_m) for _ in range(10)]
            _scatter(rng, canvas, terrain.ground, bank, rows_in_mask(rng, mask, origin, gsd_m, angle, 0.4, 0.22, 0.05))
        elif name == "orchard":
            bank = [broadleaf(rng, gsd_m, rng.uniform(0.8, 1.5), rng.uniform(1.8, 2.8)) for _ in range(5)]
            _scatter(rng, canvas, terrain.ground, bank, rows_in_mask(rng, mask, origin, gsd_m, angle, 3.5, 3.2, 0.25))
        else:
            _plant_vegetables(rng, canvas, terrain, mask, origin, angle)


def _plant_vegetables(rng, canvas, terrain, mask, origin, angle):
    """Beds of 1-2 m, each with its own vegetable, as in a kitchen garden."""
    gsd_m = canvas.gsd_m
    y, x = np.meshgrid(np.arange(mask.shape[0]), np.arange(mask.shape[1]), indexing="ij")
    across = (-x * np.sin(angle) + y * np.cos(angle)) * gsd_m
    bed_m = rng.uniform(1.0, 2.2)
    bed = np.floor((across - across.min()) / bed_m).astype(int)
    path = np.mod(across - across.min(), bed_m) < 0.25
    for number in range(bed.max() + 1):
        bed_mask = mask & (bed == number) & ~path
        if not bed_mask.any() or rng.random() < 0.12:
            continue
        kind = rng.random()
        if kind < 0.4:
            bank = [cabbage(rng, gsd_m) for _ in range(6)]
            spacing = rng.uniform(0.32, 0.5)
        elif kind < 0.93:
            bank = [leafy_vegetable(rng, gsd_m) for _ in range(6)]
            bank = bank[: rng.integers(1, 3)]
            spacing = rng.uniform(0.14, 0.26)
        else:
            petal = [srgb(238, 236, 226), srgb(222, 120, 170), srgb(236, 200, 60), srgb(200, 40, 60)][rng.integers(4)]
            bank = [garden_flower(rng, gsd_m, petal) for _ in range(6)]
            spacing = rng.uniform(0.25, 0.4)
        points = rows_in_mask(rng, bed_mask, origin, gsd_m, angle, spacing, spacing, spacing * 0.12)
        _scatter(rng, canvas, terrain.ground, bank, points)


def grow_wild(rng, canvas, terrain, free, density=1.0):
    """Weeds on fallow land, shrubs on banks, here and there a flowering shrub."""
    gsd_m = canvas.gsd_m
    rough = np.isin(terrain.cover, [COVER["fallow"], COVER["bank"], COVER["shore"], COVER["forest"]]) & free
    tufts = [weed_tuft(rng, gsd_m) for _ in range(14)]
    shrubs = [shrub(rng, gsd_m) for _ in range(8)]
    area = rough.size * gsd_m**2
    for bank, per_m2, tint in ((tufts, 1.1 * density, 0.2), (shrubs, 0.035 * density, 0.15)):
        count = int(area * per_m2)
        rows = rng.uniform(0, rough.shape[0], count)
        cols = rng.uniform(0, rough.shape[1], count)
        keep = rough[rows.astype(int), cols.astype(int)]
        _scatter(rng, canvas, terrain.ground, bank, np.stack([rows[keep], cols[keep]], 1), tint)
    if rng.random() < 0.35:
        petal = [srgb(214, 62, 116), srgb(226, 140, 176), srgb(200, 40, 48), srgb(236, 230, 228)][rng.integers(4)]
        bank = [flowering_shrub(rng, gsd_m, petal) for _ in range(4)]
        rows, cols = np.nonzero(rough[::16, ::16])
        for i in rng.integers(0, len(rows), rng.integers(2, 9)) if len(rows) else []:
            _scatter(rng, canvas, terrain.ground, bank, [(rows[i] * 16, cols[i] * 16)])
