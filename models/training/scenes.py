"""Synthetic hill-country scenes: from a seed to an RGB picture with class labels and plot records.

Try it: `python3 scenes.py 7 scene.png` draws the random scene of seed 7.
"""

import sys
from dataclasses import dataclass, field

import numpy as np

import buildings
import ground
import lighting
import plots as plotting
from canvas import BACKGROUND, Canvas
from fields import gaussian_blur
from plots import PlotPlan
from terrain import COVER, build_terrain
from trees import tree_bank


@dataclass
class SceneSpec:
    """Everything that a scene is made from; None means: draw it from the seed."""

    seed: int
    shape: tuple = (1024, 1024)
    gsd_m: float = 0.025
    plans: list | None = None
    houses: int | None = None
    forest_share: float | None = None
    road: bool | None = None
    stream: bool | None = None
    closed: np.ndarray | None = None  # True where no plot or look-alike may lie.
    light: dict = field(default_factory=dict)  # Overrides of fields of lighting.Light.


@dataclass
class Scene:
    """A finished scene: `image [row, col, rgb]` uint8, `label [row, col]`, and what stands in it."""

    image: np.ndarray
    label: np.ndarray
    gsd_m: float
    targets: list
    lookalikes: list
    cover: np.ndarray
    red_roofs: np.ndarray
    built: np.ndarray  # Houses and yards with a margin.


SETTINGS = ("terrace", "terrace_edge", "vegetable_plot", "forest_clearing", "behind_house", "courtyard", "stream_bank")


def random_plans(rng, area_m2):
    """Plots and look-alikes of a training scene: dense in targets, a quarter of scenes without."""
    plans = []
    many = max(1, int(area_m2 / 150))
    if rng.random() < 0.75:
        for _ in range(rng.integers(1, many + 1)):
            setting = SETTINGS[rng.choice(7, p=[0.3, 0.15, 0.15, 0.15, 0.1, 0.05, 0.1])]
            area = float(np.exp(rng.uniform(np.log(1.0), np.log(40.0))))
            if setting == "courtyard":
                area = min(area, 4.0)
            if rng.random() < 0.36:
                plans.append(PlotPlan("cannabis", max(area, 2.0), setting, "vegetative"))
                continue
            stage = ("flower", "bud", "rosette")[rng.choice(3, p=[0.84, 0.1, 0.06])]
            petal = ("white", "pink", "red", "purple", "mixed")[rng.choice(5, p=[0.22, 0.16, 0.2, 0.18, 0.24])]
            plans.append(PlotPlan("opium_poppy", area, setting, stage, petal, rng.uniform(0.35, 0.95)))
    for _ in range(rng.integers(0, many + 1)):
        crop = ("corn_poppy", "garden_flowers", "plastic_sheet")[rng.choice(3, p=[0.5, 0.3, 0.2])]
        area = rng.uniform(0.3, 4.0) if crop == "plastic_sheet" else rng.uniform(1.5, 14.0)
        setting = ("roadside", "terrace_edge", "terrace", "stream_bank")[rng.choice(4, p=[0.4, 0.2, 0.3, 0.1])]
        plans.append(PlotPlan(crop, area, setting, "flower"))
    return plans


def _tree_points(rng, forest, gsd_m, spacing_m):
    step = spacing_m / gsd_m
    rows, cols = np.meshgrid(np.arange(-step, forest.shape[0] + step, step), np.arange(-step, forest.shape[1] + step, step), indexing="ij")
    rows = rows + rng.uniform(-0.45, 0.45, rows.shape) * step
    cols = cols + rng.uniform(-0.45, 0.45, cols.shape) * step
    r = np.clip(rows, 0, forest.shape[0] - 1).astype(int)
    c = np.clip(cols, 0, forest.shape[1] - 1).astype(int)
    points = np.stack([rows.ravel(), cols.ravel()], 1)[forest[r, c].ravel()]
    rng.shuffle(points)
    return points


def _plant_trees(rng, canvas, terrain, placed, built):
    """Forest and single trees; clearings around target plots and houses stay open."""
    gsd_m = canvas.gsd_m
    keep_off = built.astype(np.float32)
    for plot in placed:
        keep_off[plot.window][plot.mask] = 1.0
    near = gaussian_blur(keep_off, 1.3 / gsd_m) > 0.06
    bank = tree_bank(rng, gsd_m, 14)
    forest = terrain.cover == COVER["forest"]
    points = _tree_points(rng, forest & ~near, gsd_m, rng.uniform(2.2, 3.4))
    rough = np.isin(terrain.cover, [COVER["fallow"], COVER["bank"], COVER["shore"]]) & ~near
    lone = _tree_points(rng, rough, gsd_m, 6.0)
    lone = lone[rng.random(len(lone)) < 0.25]
    for row, col in np.concatenate([points, lone]):
        _, sprite = bank[rng.integers(len(bank))]
        canvas.stamp(sprite, row, col, canvas.foot(terrain.ground, row, col), rng.uniform(0.85, 1.15), label=BACKGROUND)


def render(spec):
    """Renders a scene; the same spec always gives the same pixels."""
    rng = np.random.default_rng(spec.seed)
    gsd_m = spec.gsd_m
    area_m2 = spec.shape[0] * spec.shape[1] * gsd_m**2
    terrain = build_terrain(rng, spec.shape, gsd_m, spec.forest_share, spec.road, spec.stream)
    count = int(rng.choice([0, 1, 2], p=[0.5, 0.35, 0.15])) if spec.houses is None else spec.houses
    houses = buildings.place_houses(rng, terrain, gsd_m, count)
    canvas = Canvas(spec.shape, gsd_m)

    footprints = np.zeros(spec.shape, bool)
    for house in houses:
        here, u, v = buildings.house_frame(house, spec.shape, gsd_m, 13.0)
        side_v = v * house.yard_side
        footprints[here] |= (np.abs(u) < house.half_long + 0.8) & (side_v > -house.half_short - 0.8) & (side_v < house.half_short + 6.0)
    plans = random_plans(rng, area_m2) if spec.plans is None else spec.plans
    placed = plotting.place_plots(rng, plans, terrain, houses, footprints if spec.closed is None else footprints | spec.closed, gsd_m)
    occupied = footprints.copy()
    for plot in placed:
        occupied[plot.window] |= plot.mask

    textures = ground.Textures(rng, spec.shape, gsd_m)
    ground.paint_ground(rng, canvas, terrain, textures)
    red_roofs = np.zeros(spec.shape, bool)
    for house in houses:
        red_roofs |= buildings.draw_house(rng, canvas, house, terrain.ground)[1]
    for plot in placed:  # Beds dug inside a yard show soil, not concrete.
        if plot.plan.setting == "courtyard":
            soil = canvas.rgb[plot.window]
            soil[plot.mask] = np.float32([0.24, 0.16, 0.1]) * np.clip(1 + 0.2 * textures.tuft[plot.window][plot.mask], 0.4, 1.6)[:, None]
    ground.plant_crops(rng, canvas, terrain, ~occupied)
    ground.grow_wild(rng, canvas, terrain, ~occupied, rng.uniform(0.4, 1.6))
    targets = [p for p in placed if p.plan.crop in ("opium_poppy", "cannabis")]
    lookalikes = [p for p in placed if p not in targets]
    for plot in lookalikes:
        plotting.plant_lookalike(rng, canvas, terrain, plot)
    for plot in targets:
        plotting.plant_plot(rng, canvas, terrain, plot)
    _plant_trees(rng, canvas, terrain, placed, footprints)

    light = lighting.draw_light(rng)
    for name, value in spec.light.items():
        setattr(light, name, value)
    radiance = lighting.shade(canvas.rgb, canvas.height, gsd_m, light)
    image = lighting.expose(rng, radiance, gsd_m, light)
    return Scene(image, canvas.label, gsd_m, targets, lookalikes, terrain.cover, red_roofs, footprints)


if __name__ == "__main__":
    from PIL import Image

    Image.fromarray(render(SceneSpec(seed=int(sys.argv[1]))).image).save(sys.argv[2])
