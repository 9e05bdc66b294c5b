"""Target plots and look-alike patches: where they lie, their outline and their planting.

Opium poppy stands in drifts or loose rows, 0.22-0.36 m by 0.13-0.26 m, that is 11-35 plants per m2
(an assumption: garden practice between drilled fields and single plants; the law's own figure of
500 plants for 200 m2 is a lower bound). Cannabis stands 0.7-1.3 m apart, with crowns of 0.5-1.2 m.
"""

from dataclasses import dataclass

import numpy as np

from canvas import CANNABIS, IGNORE, OPIUM_POPPY
from fields import gaussian_blur, smooth_noise, srgb
from plants import CORN_POPPY_PETAL, POPPY_PETALS, cannabis, corn_poppy, garden_flower, opium_poppy
from terrain import COVER, rows_in_mask


@dataclass
class PlotPlan:
    """What is wanted: `crop` opium_poppy or cannabis, or a look-alike patch by its name."""

    crop: str
    area_m2: float
    setting: str
    stage: str = "flower"
    petal: str = "mixed"
    openness: float = 0.7


@dataclass
class Plot:
    """What came to stand: the plan, its window on the canvas, its outline mask and its plants."""

    plan: PlotPlan
    window: tuple
    mask: np.ndarray
    n_plants: int = 0


def outline(rng, shape, gsd_m, row, col, area_m2, angle, aspect, roughness=0.18):
    """An irregular patch of about that area: window and mask."""
    radius = np.sqrt(area_m2 / np.pi)
    reach = int(radius * np.sqrt(aspect) * 1.7 / gsd_m) + 4
    rows = slice(max(0, int(row) - reach), min(shape[0], int(row) + reach))
    cols = slice(max(0, int(col) - reach), min(shape[1], int(col) + reach))
    if rows.stop - rows.start < 8 or cols.stop - cols.start < 8:
        return None
    y, x = np.meshgrid((np.arange(rows.start, rows.stop) - row) * gsd_m, (np.arange(cols.start, cols.stop) - col) * gsd_m, indexing="ij")
    u = (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(aspect)
    v = (-x * np.sin(angle) + y * np.cos(angle)) * np.sqrt(aspect)
    power = rng.uniform(2.0, 4.5)  # Between an ellipse and a rounded rectangle.
    r = (np.abs(u) ** power + np.abs(v) ** power) ** (1 / power)
    theta = np.arctan2(v, u)
    edge = radius * (0.97 + sum(rng.normal(0, roughness / k) * np.cos(k * theta + rng.uniform(0, 6.3)) for k in (2, 3, 4, 6)))
    edge = edge + 0.06 * smooth_noise(rng, y.shape, 0.5 / gsd_m)
    return (rows, cols), r < edge


def _pick(rng, allowed, margin_px):
    """A random pixel (row, col) of a mask, away from the border of the scene."""
    coarse = allowed[::8, ::8].copy()
    edge = int(margin_px / 8) + 1
    inner = np.zeros_like(coarse)
    inner[edge:-edge, edge:-edge] = coarse[edge:-edge, edge:-edge]
    rows, cols = np.nonzero(inner)
    if len(rows) == 0:
        return None
    i = rng.integers(len(rows))
    return rows[i] * 8.0 + 4, cols[i] * 8.0 + 4


def choose_place(rng, plan, terrain, houses, gsd_m):
    """(row, col, angle, aspect) for a plan, or None when the scene has no such place."""
    radius_px = np.sqrt(plan.area_m2 / np.pi) / gsd_m
    across = terrain.downhill + np.pi / 2
    if plan.setting in ("behind_house", "courtyard"):
        if not houses:
            return None
        house = houses[rng.integers(len(houses))]
        if plan.setting == "behind_house":
            along = rng.uniform(-0.5, 0.5) * house.half_long
            side = -house.yard_side * (house.half_short + 1.1 + 0.6 * np.sqrt(plan.area_m2 / 2))
            aspect = rng.uniform(1.5, 2.6)
        else:
            along = rng.choice([-1, 1]) * (house.half_long - 1.2)
            side = house.yard_side * (house.half_short + rng.uniform(1.6, 2.8))
            aspect = 1.2
        row = house.row + (along * np.sin(house.angle) + side * np.cos(house.angle)) / gsd_m
        col = house.col + (along * np.cos(house.angle) - side * np.sin(house.angle)) / gsd_m
        return row, col, house.angle, aspect
    cover, edge = terrain.cover, terrain.edge
    farmed = cover >= COVER["soil"]
    allowed = {
        "forest_clearing": _deep_in(cover == COVER["forest"], gsd_m),
        "terrace_edge": farmed & (edge < 0.14),
        "vegetable_plot": cover == COVER["vegetables"],
        "stream_bank": cover == COVER["shore"],
        "roadside": _near_road(cover, gsd_m),
        "terrace": farmed & (edge > 0.3) & (edge < 0.6),
    }[plan.setting]
    place = _pick(rng, allowed, min(radius_px * 0.8, min(cover.shape) * 0.3))
    if place is None:
        return None
    row, col = place
    angle = terrain.row_angle[terrain.parcel[int(row), int(col)]]
    aspect = {"terrace_edge": rng.uniform(2.2, 4.0), "forest_clearing": rng.uniform(1.0, 1.6), "roadside": rng.uniform(5, 9)}.get(plan.setting, rng.uniform(1.1, 2.4))
    return row, col, angle if plan.setting != "forest_clearing" else across + rng.normal(0, 0.8), aspect


def _deep_in(forest, gsd_m):
    """Forest pixels with forest on all sides."""
    return gaussian_blur(forest.astype(np.float32), 2.0 / gsd_m) > 0.9


def _near_road(cover, gsd_m):
    road = (cover == COVER["road"]).astype(np.float32)
    return (gaussian_blur(road, 0.5 / gsd_m) > 0.1) & (cover == COVER["bank"])


def place_plots(rng, plans, terrain, houses, built, gsd_m):
    """Gives each plan a place of its own; a plan that finds none in 40 tries is left out."""
    taken = built.copy()
    plots = []
    for plan in plans:
        for _ in range(40):
            place = choose_place(rng, plan, terrain, houses, gsd_m)
            if place is None:
                break
            found = outline(rng, terrain.cover.shape, gsd_m, place[0], place[1], plan.area_m2, place[2], place[3])
            if found is None:
                continue
            window, mask = found
            cover = terrain.cover[window]
            mask &= (cover != COVER["water"]) & (cover != COVER["road"])
            if plan.setting == "courtyard":  # Inside the built area, but not on a roof.
                blocked = mask & _roofed(houses, window, gsd_m)
            else:
                blocked = mask & taken[window]
            area = mask.sum() * gsd_m**2
            if area < 0.5 * plan.area_m2 or blocked.sum() > 0.06 * mask.sum():
                continue
            mask &= ~blocked
            grown = gaussian_blur(mask.astype(np.float32), 0.5 / gsd_m) > 0.05
            taken[window] |= grown
            tended = plan.crop in ("opium_poppy", "cannabis") and rng.random() < 0.75
            terrain.cover[window][mask] = COVER["soil" if tended else "fallow"]
            plots.append(Plot(plan, window, mask))
            break
    return plots


def _roofed(houses, window, gsd_m):
    rows, cols = window
    y, x = np.meshgrid(np.arange(rows.start, rows.stop), np.arange(cols.start, cols.stop), indexing="ij")
    roofed = np.zeros(y.shape, bool)
    for house in houses:
        dy, dx = (y - house.row) * gsd_m, (x - house.col) * gsd_m
        u = dx * np.cos(house.angle) + dy * np.sin(house.angle)
        v = -dx * np.sin(house.angle) + dy * np.cos(house.angle)
        roofed |= (np.abs(u) < house.half_long + 0.2) & (np.abs(v) < house.half_short + 0.2)
    return roofed


def _petals(rng, name):
    """Petal colours of a plot: mostly one colour with some strangers, or a mixture."""
    names = list(POPPY_PETALS)
    if name == "mixed":
        weights = rng.dirichlet([1.0] * len(names))
    else:
        weights = np.full(len(names), 0.05 / 3)
        weights[names.index(name)] = 0.95
    return [POPPY_PETALS[names[i]] for i in rng.choice(len(names), size=16, p=weights / weights.sum())]


def plant_plot(rng, canvas, terrain, plot):
    """Stamps the plants of a target plot and labels the ground that they cover."""
    plan, window, gsd_m = plot.plan, plot.window, canvas.gsd_m
    origin = (window[0].start, window[1].start)
    angle = terrain.row_angle[terrain.parcel[window][plot.mask.shape[0] // 2, plot.mask.shape[1] // 2]]
    before = canvas.height[window].copy()
    if plan.crop == "cannabis":
        spacing = rng.uniform(0.7, 1.3)
        crown = min(1.15, spacing * rng.uniform(0.65, 1.1))
        bank = [cannabis(rng, gsd_m, min(1.2, crown * rng.uniform(0.8, 1.2))) for _ in range(8)]
        loose = spacing * (0.06 if rng.random() < 0.6 else 0.25)
        points = rows_in_mask(rng, plot.mask, origin, gsd_m, angle, spacing, spacing * rng.uniform(0.7, 1.0), loose)
        present = rng.uniform(0.85, 1.0)
    else:
        green = rng.uniform(0.0, 0.6)
        bank = [opium_poppy(rng, gsd_m, plan.stage, petal, plan.openness, green) for petal in _petals(rng, plan.petal)]
        row_m, plant_m = rng.uniform(0.22, 0.36), rng.uniform(0.13, 0.26)
        points = rows_in_mask(rng, plot.mask, origin, gsd_m, angle, row_m, plant_m, rng.uniform(0.04, 0.11))
        present = rng.uniform(0.75, 0.97)
    points = points[rng.random(len(points)) < present]
    if len(points) == 0:  # A plot has at least one plant, in its middle.
        rows, cols = np.nonzero(plot.mask)
        points = np.array([[rows.mean() + origin[0], cols.mean() + origin[1]]])
    tone = rng.uniform(0.85, 1.15)
    for row, col in points:
        sprite = bank[rng.integers(len(bank))]
        canvas.stamp(sprite, row, col, canvas.foot(terrain.ground, row, col), tone * rng.uniform(0.9, 1.1))
    plot.n_plants = len(points)
    covered = (canvas.height[window] > before + 0.02).astype(np.float32)
    if plan.crop == "cannabis":  # Far apart: the ground between the crowns belongs to the plot.
        covered = gaussian_blur(covered, 0.3 / gsd_m) > 0.25
    else:
        covered = gaussian_blur(covered, 0.16 / gsd_m) > 0.3
    value = CANNABIS if plan.crop == "cannabis" else OPIUM_POPPY
    if plan.stage == "rosette":  # Small and apart: the whole bed is ignored.
        covered, value = covered | plot.mask, IGNORE
    canvas.label[window][covered] = value


def plant_lookalike(rng, canvas, terrain, plot):
    """Stamps a patch that is not a target but may look like one."""
    plan, window, gsd_m = plot.plan, plot.window, canvas.gsd_m
    origin = (window[0].start, window[1].start)
    if plan.crop == "plastic_sheet":
        colour = [srgb(200, 36, 38), srgb(58, 110, 190), srgb(226, 226, 222), srgb(206, 96, 140)][rng.integers(4)]
        crease = smooth_noise(rng, plot.mask.shape, 0.12 / gsd_m)
        canvas.rgb[window][plot.mask] = colour * np.clip(1 + 0.12 * crease[plot.mask], 0.5, 1.5)[:, None]
        canvas.height[window][plot.mask] += 0.1 + 0.02 * crease[plot.mask]
        return
    spacing = rng.uniform(0.16, 0.27)
    if plan.crop == "corn_poppy":
        petals = [CORN_POPPY_PETAL] * 6
        if rng.random() < 0.3:  # Ornamental strips come in mixed colours.
            petals = [CORN_POPPY_PETAL, srgb(236, 150, 160), srgb(240, 232, 226), srgb(214, 40, 60)] * 2
        bank = [corn_poppy(rng, gsd_m, petal) for petal in petals]
    else:
        petal = [srgb(226, 130, 184), srgb(240, 236, 228), srgb(196, 44, 76), srgb(240, 190, 50), srgb(150, 90, 180)][rng.integers(5)]
        bank = [garden_flower(rng, gsd_m, petal) for _ in range(8)]
        spacing *= 1.2
    points = rows_in_mask(rng, plot.mask, origin, gsd_m, 0.3, spacing, spacing, spacing * 0.4)
    points = points[rng.random(len(points)) < rng.uniform(0.6, 1.0)]
    for row, col in points:
        canvas.stamp(bank[rng.integers(len(bank))], row, col, canvas.foot(terrain.ground, row, col), rng.uniform(0.85, 1.15))
    plot.n_plants = len(points)
