"""Farm houses with roofs, yards, walls and the red, blue and yellow things that lie about there."""

from dataclasses import dataclass

import numpy as np

from render.fields import fractal_noise, smooth_noise, srgb
from render.terrain import CROPS

ROOFS = {
    "grey_tile": (srgb(104, 102, 100), 0.22),
    "dark_tile": (srgb(74, 72, 74), 0.2),
    "red_tile": (srgb(156, 84, 66), 0.24),
    "blue_steel": (srgb(78, 116, 160), 0.3),
    "red_steel": (srgb(166, 56, 50), 0.3),
    "flat_concrete": (srgb(176, 172, 164), 0.0),
}
ROOF_CHANCE = [0.27, 0.2, 0.2, 0.12, 0.06, 0.15]
LITTER = [srgb(206, 34, 38), srgb(226, 60, 60), srgb(52, 104, 190), srgb(230, 226, 220), srgb(224, 178, 60), srgb(214, 92, 150)]


@dataclass
class House:
    """A placed house: centre (row, col) in pixels, half sizes in metres, direction of the ridge."""

    row: float
    col: float
    half_long: float
    half_short: float
    angle: float
    roof: str
    yard_side: int  # +1 or -1: on which long side the yard lies.


def place_houses(rng, terrain, gsd_m, count):
    """Chooses places outside forest and water, apart from each other."""
    houses = []
    height, width = terrain.cover.shape
    for _ in range(count * 30):
        if len(houses) == count:
            break
        row, col = rng.uniform(0.1, 0.9) * height, rng.uniform(0.1, 0.9) * width
        if terrain.cover[int(row), int(col)] not in CROPS:
            continue
        if any(np.hypot(row - h.row, col - h.col) * gsd_m < 19 for h in houses):
            continue
        angle = terrain.downhill + np.pi / 2 + rng.normal(0, 0.12)
        roof = list(ROOFS)[rng.choice(len(ROOFS), p=ROOF_CHANCE)]
        houses.append(House(row, col, rng.uniform(4.0, 6.5), rng.uniform(2.6, 3.8), angle, roof, int(rng.choice([-1, 1]))))
    return houses


def house_axes(house, window, gsd_m):
    """Metre coordinates along and across the ridge of a house, for the pixels of a window."""
    rows, cols = window
    y, x = np.meshgrid(
        (np.arange(rows.start, rows.stop) - house.row) * gsd_m,
        (np.arange(cols.start, cols.stop) - house.col) * gsd_m,
        indexing="ij",
    )
    u = x * np.cos(house.angle) + y * np.sin(house.angle)
    v = -x * np.sin(house.angle) + y * np.cos(house.angle)
    return u, v


def house_frame(house, shape, gsd_m, reach_m):
    """Window around a house and metre coordinates along and across its ridge."""
    reach = int(reach_m / gsd_m)
    window = tuple(slice(max(0, int(at) - reach), min(n, int(at) + reach)) for at, n in zip((house.row, house.col), shape))
    u, v = house_axes(house, window, gsd_m)
    return window, u.astype(np.float32), v.astype(np.float32)


def draw_house(rng, canvas, house, ground):
    """Draws pad, yard, yard wall, house and litter; returns the built-up mask and the red-roof mask."""
    gsd_m = canvas.gsd_m
    here, u, v = house_frame(house, canvas.shape, gsd_m, 13.0)
    rgb, height = canvas.rgb[here], canvas.height[here]
    base = float(np.median(ground[here]))
    yard_depth = rng.uniform(3.5, 6.0)
    side_v = v * house.yard_side
    pad = (np.abs(u) < house.half_long + 0.7) & (np.abs(v) < house.half_short + 0.7)
    yard = (np.abs(u) < house.half_long + 0.3) & (side_v > 0) & (side_v < house.half_short + yard_depth)
    built = pad | yard
    ground[here][built] = base
    height[built] = base
    stain = fractal_noise(rng, u.shape, 1.5 / gsd_m, 5, 0.7)
    concrete = (srgb(168, 162, 150) if rng.random() < 0.7 else srgb(150, 124, 94)) * rng.uniform(0.8, 1.1)
    rgb[built] = concrete * np.clip(1 + 0.14 * stain[built], 0.4, 1.6)[:, None]
    cracks = (np.mod(u, 2.5) < 0.04) | (np.mod(v, 2.5) < 0.04)
    rgb[built & cracks] *= 0.75

    wall = yard & ((np.abs(u) > house.half_long + 0.05) | (side_v > house.half_short + yard_depth - 0.24)) & (side_v > house.half_short)
    gate = (np.abs(u - house.half_long * 0.4) < 1.2) & (side_v > house.half_short + yard_depth - 0.4)
    wall &= ~gate
    if rng.random() < 0.75:
        height[wall] = base + rng.uniform(1.2, 2.0)
        rgb[wall] = srgb(150, 136, 120) * np.clip(1 + 0.2 * stain[wall], 0.4, 1.5)[:, None]

    colour, pitch = ROOFS[house.roof]
    roof = (np.abs(u) < house.half_long) & (np.abs(v) < house.half_short)
    eave = base + rng.uniform(3.0, 6.0)
    fade = fractal_noise(rng, u.shape, 2.5 / gsd_m, 6, 0.6)
    pitched = pitch * 1.6 * (house.half_short - np.abs(v))
    period = 0.25 if "tile" in house.roof else 0.8
    ribs = np.cos(2 * np.pi * u / period)
    height[roof] = (eave + pitched + 0.025 * ribs)[roof]
    tone = 1 + 0.12 * fade + 0.06 * ribs
    if "tile" in house.roof:
        tone += 0.08 * np.cos(2 * np.pi * v / 0.3) + 0.12 * smooth_noise(rng, u.shape, 0.12 / gsd_m)
    rgb[roof] = (colour * rng.uniform(0.8, 1.2)) * np.clip(tone[roof], 0.3, 1.8)[:, None]
    if pitch:
        ridge = roof & (np.abs(v) < 0.14)
        rgb[ridge] = colour * 0.7
        height[ridge] += 0.1
    else:
        parapet = roof & ((np.abs(u) > house.half_long - 0.25) | (np.abs(v) > house.half_short - 0.25))
        height[parapet] += 0.8
        box = roof & (np.abs(u - 1.5) < 0.9) & (np.abs(v + 0.4) < 0.6)
        height[box] += 0.9
        rgb[box] = srgb(70, 78, 110)

    for _ in range(rng.integers(3, 12)):
        cu = rng.uniform(-house.half_long, house.half_long)
        cv = (house.half_short + rng.uniform(0.4, max(0.6, yard_depth - 0.8))) * house.yard_side
        size = rng.uniform(0.12, 0.45) if rng.random() < 0.8 else rng.uniform(0.6, 1.6)
        if rng.random() < 0.5:
            thing = np.hypot(u - cu, v - cv) < size
        else:
            thing = (np.abs(u - cu) < size) & (np.abs(v - cv) < size * rng.uniform(0.4, 1.0))
        thing &= ~roof
        height[thing] = base + rng.uniform(0.05, 0.5)
        rgb[thing] = LITTER[rng.integers(len(LITTER))] * np.clip(1 + 0.1 * stain[thing], 0.5, 1.5)[:, None]

    mask = np.zeros(canvas.shape, bool)
    mask[here] = built
    roof_mask = np.zeros(canvas.shape, bool)
    if house.roof.startswith("red"):
        roof_mask[here] = roof
    return mask, roof_mask


def draw_greenhouses(rng, canvas, terrain, occupied):
    """Up to three plastic tunnels side by side on farmed land; marks their ground in `occupied`."""
    gsd_m = canvas.gsd_m
    farmed = np.isin(terrain.cover[::16, ::16], list(CROPS)) & ~occupied[::16, ::16]
    rows, cols = np.nonzero(farmed)
    if len(rows) == 0:
        return
    at = rng.integers(len(rows))
    wide, long = rng.uniform(4.0, 8.0), rng.uniform(12.0, 30.0)
    angle = terrain.downhill + np.pi / 2 + rng.normal(0, 0.1)
    film = (srgb(222, 226, 226), srgb(196, 204, 206), srgb(176, 196, 206))[rng.integers(3)]
    for number in range(rng.integers(1, 4)):
        across = number * (wide + 0.8)
        centre = House(rows[at] * 16 + across * np.cos(angle) / gsd_m, cols[at] * 16 - across * np.sin(angle) / gsd_m, 0, 0, angle, "", 1)
        here, u, v = house_frame(centre, canvas.shape, gsd_m, 20.0)
        if u.size == 0:
            continue
        inside = (np.abs(u) < long / 2) & (np.abs(v) < wide / 2) & ~occupied[here]
        arch = np.sqrt(np.clip(1 - (2 * v / wide) ** 2, 0, 1))
        hoop = np.mod(u, 1.2) < 0.05
        stain = fractal_noise(rng, u.shape, 2.0 / gsd_m, 4, 0.6) if min(u.shape) > 3 else 0 * u
        seen_through = np.clip(0.25 + 0.25 * stain, 0, 0.6)[..., None]
        colour = film * (0.7 + 0.35 * arch)[..., None] * (1 - seen_through) + canvas.rgb[here] * seen_through
        colour[hoop] *= 0.8
        canvas.rgb[here][inside] = colour[inside]
        canvas.height[here][inside] = (terrain.ground[here] + 0.4 + 2.0 * arch)[inside]
        occupied[here] |= inside
