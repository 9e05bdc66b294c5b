"""Target plots and look-alike patches: where they lie, their outline and their planting.

Opium poppy stands in drifts or rows, 11-60 plants per m2; cannabis 0.7-1.5 m apart, with crowns of
0.4-1.2 m. Sources stand in PLANTS.md.
"""

from dataclasses import dataclass

import numpy as np

from render.buildings import house_axes
from render.canvas import CANNABIS, IGNORE, OPIUM_POPPY, ROSETTE
from render.fields import gaussian_blur, smooth_noise, srgb
from render.lookalikes import BEDS
from render.plants import CORN_POPPY_PETAL, POPPY_PETALS, cannabis, corn_poppy, garden_flower, opium_poppy
from render.terrain import COVER, CROPS, rows_in_mask

TARGETS = ("opium_poppy", "cannabis")


@dataclass
class PlotPlan:
    """What is wanted: `crop` opium_poppy or cannabis, or a look-alike patch by its name."""

    crop: str
    area_m2: float
    setting: str
    stage: str = "flower"
    petal: str = "mixed"
    openness: float = 0.7
    plants: int | None = None  # Exactly so many, where the plot has room for them.


@dataclass
class Plot:
    """What came to stand: the plan, its window on the canvas, its outline mask and its plants."""

    plan: PlotPlan
    window: tuple
    mask: np.ndarray
    n_plants: int = 0

    @property
    def is_target(self):
        """Whether it is a crop to find, not a look-alike."""
        return self.plan.crop in TARGETS


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
    farmed = (cover >= CROPS.start) & (cover < CROPS.stop)
    allowed = {
        "forest_clearing": _deep_in(cover == COVER["forest"], gsd_m),
        "terrace_edge": farmed & (edge < 0.14),
        "vegetable_plot": cover == COVER["vegetables"],
        "stream_bank": cover == COVER["shore"],
        "roadside": _near_road(cover, gsd_m),
        "terrace": farmed & (edge > 0.3) & (edge < 0.6),
        "open_land": ~np.isin(cover, [COVER["forest"], COVER["road"], COVER["water"], COVER["rock"]]),
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


def place_plots(rng, plans, terrain, houses, built, gsd_m, elsewhere=False):
    """Gives each plan a place of its own; one that finds none in 40 tries is left out, or goes `elsewhere`: 20 more tries on open land."""
    taken = built.copy()
    plots = []
    for plan in plans:
        for attempt in range(60 if elsewhere else 40):
            if attempt == 40:
                plan.setting = "open_land"
            place = choose_place(rng, plan, terrain, houses, gsd_m)
            if place is None:
                if elsewhere and plan.setting != "open_land":
                    plan.setting = "open_land"
                    continue
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
            tended = plan.crop in TARGETS and rng.random() < 0.75
            terrain.cover[window][mask] = COVER["soil" if tended else "fallow"]
            plots.append(Plot(plan, window, mask))
            break
    return plots


def _roofed(houses, window, gsd_m):
    roofed = np.zeros([part.stop - part.start for part in window], bool)
    for house in houses:
        u, v = house_axes(house, window, gsd_m)
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


def _cannabis_stand(rng, gsd_m, plot, origin, angle, full):
    """Sprites to draw from and plant positions (row, col) of a cannabis plot."""
    spacing = rng.uniform(0.7, 1.5 if full else 1.3)
    crown = min(1.15, spacing * rng.uniform(0.65, 1.1))
    if full:
        crown = max(crown * rng.choice([0.6, 1.0, 1.0]), 0.4)  # A third are young plants.
    bank = [cannabis(rng, gsd_m, min(1.2, crown * rng.uniform(0.8, 1.2))) for _ in range(8)]
    loose = spacing * (0.06 if rng.random() < 0.6 else 0.25)
    points = rows_in_mask(rng, plot.mask, origin, gsd_m, angle, spacing, spacing * rng.uniform(0.7, 1.0), loose)
    present = rng.uniform(0.85, 1.0)
    return bank, points[rng.random(len(points)) < present]


def _poppy_stand(rng, gsd_m, plot, origin, angle, full):
    """The same of an opium poppy plot."""
    plan = plot.plan
    green = rng.uniform(0.0, 1.0 if plan.stage == "capsule" else 0.6)
    bank = [opium_poppy(rng, gsd_m, plan.stage, petal, plan.openness, green) for petal in _petals(rng, plan.petal)]
    if full:
        per_m2, ratio = np.exp(rng.uniform(np.log(15), np.log(60))), rng.uniform(1.0, 3.0)
        row_m, plant_m = np.sqrt(ratio / per_m2), np.sqrt(1 / (ratio * per_m2))
    else:
        row_m, plant_m = rng.uniform(0.22, 0.36), rng.uniform(0.13, 0.26)
    points = rows_in_mask(rng, plot.mask, origin, gsd_m, angle, row_m, plant_m, rng.uniform(0.04, 0.11))
    present = rng.uniform(0.75, 0.97)
    return bank, points[rng.random(len(points)) < present]


def plant_plot(rng, canvas, terrain, plot, full=False):
    """Stamps the plants of a target plot and labels the ground that they cover; rosettes have a label of their own, or unless `full` are ignored."""
    plan, window, gsd_m = plot.plan, plot.window, canvas.gsd_m
    origin = (window[0].start, window[1].start)
    angle = terrain.row_angle[terrain.parcel[window][plot.mask.shape[0] // 2, plot.mask.shape[1] // 2]]
    before = canvas.height[window].copy()
    bank, points = (_cannabis_stand if plan.crop == "cannabis" else _poppy_stand)(rng, gsd_m, plot, origin, angle, full)
    if len(points) == 0:  # A plot has at least one plant, in its middle.
        rows, cols = np.nonzero(plot.mask)
        points = np.array([[rows.mean() + origin[0], cols.mean() + origin[1]]])
    if plan.plants is not None:  # Those nearest to the middle.
        points = points[np.argsort(np.hypot(*(points - points.mean(0)).T))[: plan.plants]]
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
    if plan.stage == "rosette" and full:
        value = ROSETTE
    elif plan.stage == "rosette":  # Small and apart: the whole bed is ignored.
        covered, value = covered | plot.mask, IGNORE
    canvas.label[window][covered] = value
    if full:
        plot.mask = covered  # What was planted, not what was planned.


def _lookalike_bank(rng, gsd_m, kind):
    """Sprites to draw from and their spacing in metres."""
    if kind in BEDS:
        draw, near, far = BEDS[kind]
        return draw(rng, gsd_m), rng.uniform(near, far)
    spacing = rng.uniform(0.16, 0.27)
    if kind == "corn_poppy":
        petals = [CORN_POPPY_PETAL] * 6
        if rng.random() < 0.3:  # Ornamental strips come in mixed colours.
            petals = [CORN_POPPY_PETAL, srgb(236, 150, 160), srgb(240, 232, 226), srgb(214, 40, 60)] * 2
        bank = [corn_poppy(rng, gsd_m, petal) for petal in petals]
    else:
        petal = [srgb(226, 130, 184), srgb(240, 236, 228), srgb(196, 44, 76), srgb(240, 190, 50), srgb(150, 90, 180)][rng.integers(5)]
        bank = [garden_flower(rng, gsd_m, petal) for _ in range(8)]
        spacing *= 1.2
    return bank, spacing


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
    bank, spacing = _lookalike_bank(rng, gsd_m, plan.crop)
    points = rows_in_mask(rng, plot.mask, origin, gsd_m, 0.3, spacing, spacing, spacing * 0.4)
    points = points[rng.random(len(points)) < rng.uniform(0.6, 1.0)]
    if plan.crop in BEDS and len(points) > 4000:  # A large bed of small plants is thinned: time.
        points = points[:4000]
    for row, col in points:
        canvas.stamp(bank[rng.integers(len(bank))], row, col, canvas.foot(terrain.ground, row, col), rng.uniform(0.85, 1.15))
    plot.n_plants = len(points)
