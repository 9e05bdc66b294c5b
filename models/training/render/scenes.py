"""Synthetic hill-country scenes: from a seed to an RGB picture with class labels and plot records.

Try it within `models/training`: `python3 -m render.scenes 7 scene.png training 0.025` draws the random scene of
seed 7 in a style and at a ground sample distance in metres.
"""

import sys
from dataclasses import dataclass, field

import numpy as np

from render import buildings
from render import ground
from render import lighting
from render import plots as plotting
from render.canvas import BACKGROUND, CANNABIS, IGNORE, OPIUM_POPPY, ROSETTE, Canvas
from render.fields import gaussian_blur
from render.plans import classic_plans, random_plans
from render.styles import CLASSIC, STYLES, Style
from render.terrain import COVER, SEASONS, build_terrain, roughen
from render.trees import tree_bank

FINEST_M = 0.034  # Coarser scenes are drawn finer than this and averaged, as a lens does.


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
    style: Style = CLASSIC
    plots_per_ha: float = 60.0  # Not in the classic style.
    empty_share: float = 0.25  # Share of scenes without a plot; not in the classic style.
    finest_m: float = FINEST_M
    tree_spacing_m: float | None = None  # In the forest; below 2 m its canopy closes.


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
    canopy: np.ndarray  # Crowns of trees.


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


def _plant_trees(rng, canvas, terrain, placed, built, spacing_m=None):
    """Forest and single trees; clearings around target plots and houses stay open."""
    gsd_m = canvas.gsd_m
    keep_off = built.astype(np.float32)
    for plot in placed:
        keep_off[plot.window][plot.mask] = 1.0
    near = gaussian_blur(keep_off, 1.3 / gsd_m) > 0.06
    bank = tree_bank(rng, gsd_m, 14)
    forest = terrain.cover == COVER["forest"]
    points = _tree_points(rng, forest & ~near, gsd_m, spacing_m or rng.uniform(2.2, 3.4))
    rough = np.isin(terrain.cover, [COVER["fallow"], COVER["bank"], COVER["shore"]]) & ~near
    lone = _tree_points(rng, rough, gsd_m, 6.0)
    lone = lone[rng.random(len(lone)) < 0.25]
    for row, col in np.concatenate([points, lone]):
        sprite = bank[rng.integers(len(bank))]
        canvas.stamp(sprite, row, col, canvas.foot(terrain.ground, row, col), rng.uniform(0.85, 1.15), label=BACKGROUND)


def _footprints(houses, shape, gsd_m):
    """Houses and yards with a margin."""
    footprints = np.zeros(shape, bool)
    for house in houses:
        here, u, v = buildings.house_frame(house, shape, gsd_m, 13.0)
        side_v = v * house.yard_side
        footprints[here] |= (np.abs(u) < house.half_long + 0.8) & (side_v > -house.half_short - 0.8) & (side_v < house.half_short + 6.0)
    return footprints


def _draw(rng, spec, shape, gsd_m):
    """Everything that stands in a scene, without light: the canvas and the parts of a `Scene`."""
    style = spec.style
    season = list(SEASONS)[rng.integers(len(SEASONS))] if style.full else None
    terrain = build_terrain(rng, shape, gsd_m, spec.forest_share, spec.road, spec.stream, season)
    if style.full:
        roughen(rng, terrain, gsd_m)
    count = int(rng.choice([0, 1, 2], p=[0.5, 0.35, 0.15])) if spec.houses is None else spec.houses
    houses = buildings.place_houses(rng, terrain, gsd_m, count)
    canvas = Canvas(shape, gsd_m)
    footprints = _footprints(houses, shape, gsd_m)
    plans = spec.plans
    if plans is None:
        area_m2 = shape[0] * shape[1] * gsd_m**2
        plans = random_plans(rng, area_m2, style, season, spec.plots_per_ha, spec.empty_share) if style.full else classic_plans(rng, area_m2)
    placed = plotting.place_plots(rng, plans, terrain, houses, footprints if spec.closed is None else footprints | spec.closed, gsd_m, style.full)
    occupied = footprints.copy()
    for plot in placed:
        occupied[plot.window] |= plot.mask

    textures = ground.Textures(rng, shape, gsd_m, style.texture)
    ground.paint_ground(rng, canvas, terrain, textures, style)
    red_roofs = np.zeros(shape, bool)
    for house in houses:
        red_roofs |= buildings.draw_house(rng, canvas, house, terrain.ground)[1]
    if style.full and rng.random() < 0.12:
        buildings.draw_greenhouses(rng, canvas, terrain, occupied)
    for plot in placed:  # Beds dug inside a yard show soil, not concrete.
        if plot.plan.setting == "courtyard":
            soil = canvas.rgb[plot.window]
            soil[plot.mask] = np.float32([0.24, 0.16, 0.1]) * np.clip(1 + 0.2 * textures.tuft[plot.window][plot.mask], 0.4, 1.6)[:, None]
    ground.plant_crops(rng, canvas, terrain, ~occupied)
    ground.grow_wild(rng, canvas, terrain, ~occupied, rng.uniform(0.4, 1.6))
    targets = [p for p in placed if p.is_target]
    lookalikes = [p for p in placed if not p.is_target]
    for plot in lookalikes:
        plotting.plant_lookalike(rng, canvas, terrain, plot)
    for plot in targets:
        plotting.plant_plot(rng, canvas, terrain, plot, style.full)
    before = canvas.height.copy()
    _plant_trees(rng, canvas, terrain, placed, footprints, spec.tree_spacing_m)
    canopy = canvas.height > before + 0.3
    return canvas, (targets, lookalikes, terrain.cover, red_roofs, footprints, canopy)


def _averaged(values, factor):
    """Means of blocks of `factor` by `factor` pixels."""
    height, width = values.shape[0] // factor, values.shape[1] // factor
    return values.reshape(height, factor, width, factor, *values.shape[2:]).mean((1, 3), dtype=np.float32)


def _coarser_plot(plot, factor):
    """Moves a plot's window and mask to pixels `factor` times as large; a pixel belongs to it from 30 % on."""
    start = [s.start // factor for s in plot.window]
    stop = [-(-s.stop // factor) for s in plot.window]
    fine = np.zeros([(b - a) * factor for a, b in zip(start, stop)], bool)
    rows, cols = (s.start - a * factor for s, a in zip(plot.window, start))
    fine[rows : rows + plot.mask.shape[0], cols : cols + plot.mask.shape[1]] = plot.mask
    plot.window = tuple(slice(a, b) for a, b in zip(start, stop))
    plot.mask = _averaged(fine.astype(np.float32), factor) >= 0.3


def _coarser_label(label, factor):
    """The class that fills most of a pixel; a target from 30 % on."""
    result = np.zeros((label.shape[0] // factor, label.shape[1] // factor), np.uint8)
    for value in (OPIUM_POPPY, CANNABIS, ROSETTE, IGNORE):
        result[_averaged((label == value).astype(np.float32), factor) >= 0.3] = value
    return result


def render(spec):
    """Renders a scene; the same spec always gives the same pixels."""
    rng = np.random.default_rng(spec.seed)
    factor = int(np.ceil(spec.gsd_m / spec.finest_m)) if spec.style.full else 1
    shape, gsd_m = tuple(n * factor for n in spec.shape), spec.gsd_m / factor
    canvas, parts = _draw(rng, spec, shape, gsd_m)
    light = lighting.draw_wide_light(rng, spec.style.camera) if spec.style.full else lighting.draw_light(rng)
    for name, value in spec.light.items():
        setattr(light, name, value)
    radiance = lighting.shade(canvas.rgb, canvas.height, gsd_m, light)
    label = canvas.label
    if factor > 1:
        radiance, label = _averaged(radiance, factor), _coarser_label(label, factor)
        for plot in parts[0] + parts[1]:
            _coarser_plot(plot, factor)
        parts = parts[:2] + tuple(layer[factor // 2 :: factor, factor // 2 :: factor] for layer in parts[2:])
    image = lighting.expose(rng, radiance, spec.gsd_m, light)
    if spec.style.full:
        image = lighting.through_jpeg(image, light.jpeg_quality)
    return Scene(image, label, spec.gsd_m, *parts)


if __name__ == "__main__":
    from PIL import Image

    seed, path, name = int(sys.argv[1]), sys.argv[2], (sys.argv[3:] or ["training"])[0]
    gsd = float((sys.argv[4:] or [0.025])[0])
    Image.fromarray(render(SceneSpec(seed, gsd_m=gsd, style=STYLES[name])).image).save(path)
