"""Two flights over the same ground: one scene rendered twice, with the plots that stand there on either day.

Everything but the plots comes from the scene's own random numbers, which planting leaves as they are; each plot has
numbers of its own, so its plants stand where they stood, however old they are.
"""

import copy
from dataclasses import dataclass, field, replace

import numpy as np

from make_sample import LIGHT, ragged_mask
from render import buildings, plots
from render.canvas import CANNABIS, IGNORE, OPIUM_POPPY
from render.fields import gaussian_blur, smooth_noise
from render.plots import Plot, PlotPlan
from render.scenes import SceneSpec, render
from render.seeds import COUNTY_SEED
from render.terrain import build_terrain
from sample_files import Place, components, lookalike_features, outline_wgs84, plot_feature, write_collection, write_geotiff

GSD_M = 0.025
SHAPE = (2816, 3584)
TRUE_PLACE = Place(462_702.4, 2_738_612.8, GSD_M)  # Of the whole scene, on an arbitrary hillside.
HOUSES, FOREST_SHARE = 4, 0.3
STRIP_M = 2.4  # Of the plot that is split.
QUALITY = 78


@dataclass(frozen=True)
class Ground:
    """A place where something is grown in one round or in both: `stages` says what stands there on each day.

    None is bare ground; `split` is the plot without a strip across its middle; another name is the patch of another crop.
    """

    name: str
    plan: PlotPlan
    stages: tuple
    change: str


def poppy(area_m2, setting, petal="mixed"):
    """The plan of an opium poppy plot."""
    return PlotPlan("opium_poppy", area_m2, setting, "flower", petal, 0.7)


GROUNDS = [
    Ground("C01", poppy(32.0, "terrace"), ("bud", "flower"), "grown"),
    Ground("C02", poppy(15.0, "forest_clearing", "purple"), ("flower", "flower"), "stays"),
    Ground("C03", poppy(10.0, "behind_house", "white"), ("flower", "flower"), "stays"),
    Ground("C04", poppy(9.0, "terrace_edge", "purple"), ("flower", None), "removed"),
    Ground("C05", poppy(3.0, "courtyard", "pink"), ("rosette", "flower"), "grown"),
    Ground("C06", poppy(6.0, "vegetable_plot", "pink"), ("flower", "garlic"), "other_crop"),
    Ground("C07", poppy(8.0, "stream_bank", "purple"), (None, "flower"), "new"),
    Ground("C08", poppy(18.0, "terrace", "red"), (None, "flower"), "new"),
    Ground("C09", poppy(30.0, "terrace", "purple"), ("flower", "split"), "split"),
    Ground("C10", PlotPlan("cannabis", 26.0, "terrace", "vegetative"), ("vegetative", "vegetative"), "stays"),
    Ground("C11", PlotPlan("cannabis", 10.0, "forest_clearing", "vegetative"), ("vegetative", "vegetative"), "stays"),
]
LOOKALIKES = [
    PlotPlan("corn_poppy", 12.0, "roadside"),
    PlotPlan("corn_poppy", 5.0, "terrace_edge"),
    PlotPlan("garden_flowers", 4.0, "roadside"),
    PlotPlan("garden_flowers", 3.0, "terrace"),
    PlotPlan("plastic_sheet", 2.0, "terrace"),
    PlotPlan("plastic_sheet", 1.0, "terrace"),
]


@dataclass(frozen=True)
class Round:
    """One flight: its day, its sun, which part of the scene it shows, and how far its mosaic lies off."""

    number: int
    time: str
    rows: slice
    cols: slice
    shift_m: tuple  # East and north.
    light: dict = field(default_factory=dict)

    @property
    def day(self):
        """The day, ISO 8601."""
        return self.time[:10].replace(":", "-")

    @property
    def place(self):
        """Where the whole scene would lie, were this flight's georeferencing right."""
        return Place(TRUE_PLACE.left + self.shift_m[0], TRUE_PLACE.top + self.shift_m[1], GSD_M)


ROUNDS = [
    Round(1, "2026:03:22 15:10:00", slice(0, 2688), slice(0, 3392), (0.0, 0.0),
          {"azimuth": np.radians(125.0), "elevation": np.radians(50.0), "exposure": 1.35}),
    Round(2, "2026:04:20 10:36:00", slice(128, 2816), slice(192, 3584), (1.4, -1.1), {}),
]


def steady(draw):
    """A function that draws a sprite, but takes one random number whatever it draws."""
    return lambda rng, *args: draw(np.random.default_rng(rng.integers(2**62)), *args)


def strip_across(plot, seed):
    """True on a strip of `STRIP_M` across the middle of a plot's long side, in its window."""
    rows, cols = np.nonzero(plot.mask)
    points = np.stack([rows - rows.mean(), cols - cols.mean()])
    long_axis = np.linalg.eigh(points @ points.T)[1][:, 1]
    y, x = np.meshgrid(np.arange(plot.mask.shape[0]) - rows.mean(), np.arange(plot.mask.shape[1]) - cols.mean(), indexing="ij")
    along = (y * long_axis[0] + x * long_axis[1]) * GSD_M
    uneven = 0.12 * smooth_noise(np.random.default_rng(seed), plot.mask.shape, 0.6 / GSD_M)
    return np.abs(along + uneven) < STRIP_M / 2


def halves(mask, strip):
    """The two sides of a strip, the one further to the west first."""
    numbers, count = components(mask & ~strip)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)[1:]
    sides = [numbers == 1 + i for i in np.argsort(sizes)[-2:]]
    return sorted(sides, key=lambda side: np.nonzero(side)[1].mean())


class Planter:
    """`plots.plant_plot` of one round; `planted` lists the plots to find as (name, `Plot`)."""

    def __init__(self, index, plant_plot):
        self.index, self.plant_plot = index, plant_plot
        self.planted = []

    def __call__(self, _rng, canvas, terrain, plot, full=False):
        number = next(i for i, ground in enumerate(GROUNDS) if ground.plan == plot.plan)
        ground, stage = GROUNDS[number], GROUNDS[number].stages[self.index]
        rng = np.random.default_rng([COUNTY_SEED, number])
        if stage is None:
            return
        if stage == "garlic":
            plots.plant_lookalike(rng, canvas, terrain, Plot(replace(plot.plan, crop=stage), plot.window, plot.mask))
            return
        now = Plot(replace(plot.plan, stage="flower" if stage == "split" else stage), plot.window, plot.mask)
        if stage != "split":
            self.plant_plot(rng, canvas, terrain, now, full)
            self.planted.append((ground.name, now))
            return
        strip = strip_across(plot, [COUNTY_SEED, number, 1])
        parts = [Plot(now.plan, now.window, side) for side in halves(plot.mask, strip)]
        kept = copy.copy(canvas)  # Shares its arrays.

        def stamp(sprite, row, col, *rest):
            at = int(row) - plot.window[0].start, int(col) - plot.window[1].start
            for part in parts:
                if part.mask[at]:
                    part.n_plants += 1
                    canvas.stamp(sprite, row, col, *rest)

        kept.stamp = stamp
        self.plant_plot(rng, kept, terrain, now, full)
        self.planted += [(f"{ground.name}-{i}", part) for i, part in enumerate(parts, 1)]


def flown(this):
    """True where a round's mosaic shows the scene, `[row, col]`."""
    mask = np.zeros(SHAPE, bool)
    window = this.rows, this.cols
    mask[window] = ragged_mask((this.rows.stop - this.rows.start, this.cols.stop - this.cols.start), GSD_M, [COUNTY_SEED, this.number])
    return mask


def scene_of(this, closed):
    """A round's scene and what stands in it to find, as (name, `Plot`)."""
    plant_plot, opium_poppy = plots.plant_plot, plots.opium_poppy
    planter = Planter(this.number - 1, plant_plot)
    plots.plant_plot, plots.opium_poppy = planter, steady(opium_poppy)
    try:
        plans = [replace(plan) for plan in [ground.plan for ground in GROUNDS] + LOOKALIKES]
        spec = SceneSpec(
            COUNTY_SEED, SHAPE, GSD_M, plans, HOUSES, FOREST_SHARE, road=True, stream=True, closed=closed, light=LIGHT | this.light)
        scene = render(spec)
    finally:
        plots.plant_plot, plots.opium_poppy = plant_plot, opium_poppy
    return scene, planter.planted


def lay_of_the_land():
    """The scene's terrain and houses: the first that it draws."""
    rng = np.random.default_rng(COUNTY_SEED)
    terrain = build_terrain(rng, SHAPE, GSD_M, FOREST_SHARE, True, True)
    return terrain, buildings.place_houses(rng, terrain, GSD_M, HOUSES)


def truth_feature(name, plot, label, this, mask):
    """One GeoJSON feature of a plot to find; its outline is the dug bed or the planted patch."""
    seen = label[plot.window]
    value = CANNABIS if plot.plan.crop == "cannabis" else OPIUM_POPPY
    covered = ((seen == value) | (seen == IGNORE)) & plot.mask
    outline = outline_wgs84(plot.mask & mask[plot.window], plot.window, this.place)
    return plot_feature(name, plot, outline, stage=plot.plan.stage, covered_share=round(float(covered.sum() / plot.mask.sum()), 2))


def write_round(out, this, closed):
    """Writes `roundN.tif`, its truth and its look-alikes; gives the plots to find as (name, `Plot`)."""
    scene, planted = scene_of(this, closed)
    mask = flown(this)
    window = this.rows, this.cols
    corner = Place(*(this.place.transform(this.rows.start, this.cols.start)[i] for i in (0, 3)), GSD_M)
    tags = {"DATETIME": this.time, "SOFTWARE": "tianmu models/training/make_county.py"}
    write_geotiff(out / f"round{this.number}.tif", scene.image[window], corner, tags, QUALITY, 512, mask[window])
    truth = [truth_feature(name, plot, scene.label, this, mask) for name, plot in planted]
    write_collection(out / f"round{this.number}-truth.geojson", truth)
    lookalikes = lookalike_features(scene, mask, lambda part, where: outline_wgs84(part, where, this.place))
    write_collection(out / f"round{this.number}-lookalikes.geojson", lookalikes)
    return planted


def closed_ground():
    """True where no plot may lie: what a mosaic leaves out, and a margin."""
    return np.logical_or.reduce([gaussian_blur(flown(this).astype(np.float32), 0.6 / GSD_M) < 0.99 for this in ROUNDS])
