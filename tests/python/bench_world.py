"""Painted flights with known plots, for measuring models whose scores are good but not perfect.

Plots and look-alikes are mixtures of ground and crop: the fainter one is, the lower the scores that
a model of colours gives it, so that every threshold finds some plots, misses some and takes some
look-alikes for one. Outlines of plots are those of their pixels, so that polygons, masks and labels
in pixels tell the same.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from rasterio.transform import Affine
from shapely import affinity

import geometry
import scenes

CRS = "EPSG:32648"  # Its scale is 0.9996 here: metres on the map are not quite metres on the ground.
GSD = 0.05
CLASSES = ("poppy", "hemp")
STAGES = ("seedling", "flower")
SPACING, MARGIN = 60, 24  # Pixels between plots, and painted beyond what a scene shows.


@dataclass
class Scene:
    """An image and what is known of it."""

    name: str
    flight: str
    path: Path
    image: np.ndarray
    valid: np.ndarray
    transform: Affine
    plots: geopandas.GeoDataFrame
    lookalikes: geopandas.GeoDataFrame

    @property
    def shape(self):
        return self.valid.shape

    def pixels(self, table):
        """Geometries of a table in pixels (column, row)."""
        inverse = (~self.transform).to_shapely()
        return [affinity.affine_transform(g, inverse) for g in table.to_crs(CRS).geometry]


def shape_at(rng, x, y, scale):
    """A disc or a turned box around a place, in pixels."""
    size = rng.uniform(5, 19) * scale
    if rng.random() < 0.5:
        return shapely.Point(x, y).buffer(size, quad_segs=12)
    box = shapely.box(x - size, y - size * rng.uniform(0.5, 1), x + size, y + size)
    return affinity.rotate(box, rng.uniform(0, 90))


def things(rng, height, width, scale, faint):
    """Shapes in pixels with kind, class, stage and how much of them is crop, one in a cell of a grid."""
    step = SPACING * scale
    for top in np.arange(step / 2, height, step):
        for left in np.arange(step / 2, width, step):
            x, y = left + rng.uniform(-5, 5), top + rng.uniform(-5, 5)
            shape, name = shape_at(rng, x, y, scale), CLASSES[int(rng.random() < 0.45)]
            kind = rng.choice(["plot", "lookalike", "nothing"], p=[0.5, 0.28, 0.22])
            share = rng.uniform(*(faint if kind == "plot" else (0.2, 0.7)))
            # A few plots have the colour of the other crop.
            seen = CLASSES[1 - CLASSES.index(name)] if rng.random() < 0.06 else name
            if kind != "nothing":
                yield {"kind": kind, "class": name, "seen": seen, "share": share, "shape": shape, "stage": rng.choice(STAGES)}


def painted(rng, height, width, found):
    """[3, row, col], and of each thing its pixels in a window; a later one never covers an earlier."""
    colours = {name: np.array(rgb, np.float64) for name, rgb in scenes.COLOURS.items()}
    image = np.ones((3, height, width)) * colours["ground"][:, None, None]
    taken, masks = np.zeros((height, width), bool), []
    for thing in found:
        left, top, right, bottom = np.rint(shapely.bounds(thing["shape"]) + [-1, -1, 1, 1]).astype(int)
        window = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
        here = affinity.translate(thing["shape"], -window[1].start, -window[0].start)
        mask = geometry.fill(here, taken[window].shape) & ~taken[window]
        taken[window] |= mask
        colour = colours["ground"] + thing["share"] * (colours[thing["seen"]] - colours["ground"])
        image[:, *window][:, mask] = colour[:, None]
        masks.append((mask, window))
    return np.clip(np.rint(image + rng.uniform(-9, 9, image.shape)), 0, 255).astype(np.uint8), masks


def table(found, masks, transform):
    """Outlines of the things' pixels on the map; what painting left in several parts keeps its largest."""
    rows = []
    for number, (thing, (mask, window)) in enumerate(zip(found, masks), start=1):
        outline = affinity.translate(geometry.outline_of(mask), window[1].start, window[0].start)
        parts = [p for p in getattr(outline, "geoms", [outline]) if not p.is_empty]
        if parts:
            ring = max(parts, key=lambda p: p.area).exterior
            on_map = affinity.affine_transform(shapely.Polygon(ring), transform.to_shapely())
            rows.append({"id": f"p{number}", "class": thing["class"], "stage": thing["stage"], "geometry": on_map})
    columns = ["id", "class", "stage", "geometry"]
    return geopandas.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)


def make(folder, name, flight, seed, gsd=GSD, size=(300, 400), hole=False, crossing=True, faint=(0.3, 1.0)):
    """Paints a scene and writes it. With `crossing`, plots reach over its edge; `hole` empties a part."""
    rng = np.random.default_rng(seed)
    scale, margin = GSD / gsd, MARGIN if crossing else 0
    height, width = (round(n * scale) for n in size)
    whole = (height + 2 * margin, width + 2 * margin)
    found = list(things(rng, *whole, scale, faint))
    image, masks = painted(rng, *whole, found)
    east, north = 400_100.3 + 70 * (seed % 50), 2_751_000.7 - 60 * (seed // 50)
    transform = Affine(gsd, 0, east, 0, -gsd, north)
    outer = transform @ Affine.translation(-margin, -margin)
    plots, lookalikes = (table(*zip(*[(t, m) for t, m in zip(found, masks) if t["kind"] == kind]), outer) for kind in ("plot", "lookalike"))
    inside = slice(margin, margin + height), slice(margin, margin + width)
    image, valid = image[:, *inside].copy(), np.ones((height, width), bool)
    if hole:
        valid[height // 3 : height // 2, width // 4 : width // 2] = False
        image[:, ~valid] = 0
    path = scenes.write_tiff(folder / f"{name}.tif", image, transform, CRS)
    if hole:
        with rasterio.open(path, "r+") as raster:
            raster.write_mask(valid)
    # What only touches the edge is not shown.
    shown = shapely.box(*rasterio.transform.array_bounds(height, width, transform)).buffer(-gsd / 10)
    plots, lookalikes = (t[t.intersects(shown)].reset_index(drop=True) for t in (plots, lookalikes))
    return Scene(name, flight, path, image, valid, transform, plots, lookalikes)


def without_flight(scene):
    return replace(scene, flight=None)


def with_plots(scene, plots):
    return replace(scene, plots=plots)


def campaign(folder, hole=True, **options):
    """Two flights of two scenes and one scene more; two of the five at 0.7 of the model's GSD."""
    fine = round(0.7 * GSD, 4)
    return [
        make(folder, "a1", "A", 11, **options),
        make(folder, "a2", "A", 12, gsd=fine, **options),
        make(folder, "b1", "B", 13, **options),
        make(folder, "b2", "B", 14, gsd=fine, **options),
        make(folder, "c1", "C", 15, hole=hole, **options),
    ]


def dataset(folder, scene_list, truth=None, **lines):
    """Writes dataset.toml; `truth` gives a scene's lines, by default its plots and look-alikes as GeoJSON."""
    folder.mkdir(parents=True, exist_ok=True)
    text = 'name = "painted"\n'
    for scene in scene_list:
        own = (truth or geojson_truth)(folder, scene)
        own = {"image": scene.path.as_posix(), "flight": scene.flight, **own, **lines}
        text += "\n[[scene]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in own.items() if value is not None)
    path = folder / "dataset.toml"
    path.write_text(text, encoding="utf-8")
    return path


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value) if isinstance(value, (int, float)) else f'"{value}"'


def geojson_truth(folder, scene):
    """Plots and look-alikes in longitude and latitude, with all the digits there are."""
    files = {"truth": scene.plots, "lookalikes": scene.lookalikes.rename(columns={"class": "kind"})}
    for name, rows in files.items():
        rows.to_crs("EPSG:4326").to_file(folder / f"{scene.name}_{name}.geojson", driver="GeoJSON", COORDINATE_PRECISION=15)
    return {name: f"{scene.name}_{name}.geojson" for name in files}


def mask_truth(folder, scene):
    """A mask raster of the scene: 7 is poppy, 3 is hemp. Gives its lines in dataset.toml."""
    label = mask_of(scene)
    numbers = np.array([0, 7, 3], np.uint8)
    scenes.write_tiff(folder / f"{scene.name}_labels.tif", numbers[label][None], scene.transform, CRS)
    return {"truth": f"{scene.name}_labels.tif", "mask-classes": {7: "poppy", 3: "hemp"}}


def mask_of(scene):
    label = np.zeros(scene.shape, np.uint8)
    for outline, name in zip(scene.pixels(scene.plots), scene.plots["class"]):
        label[geometry.fill(outline, scene.shape)] = 1 + CLASSES.index(name)
    return label
