"""What the comparison scripts share: command line, checks, models by colour, scenes, reading results.

Each script compares `tianmu` with an independent computation in Python. It prints what it
compared, ends with `ok <name>` and exit code 0, or says what is wrong and ends with 1.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import numpy as np
import onnx
import pyproj
import rasterio
import shapely
from onnx import TensorProto, helper, numpy_helper
from rasterio import features
from rasterio.transform import Affine
from scipy import ndimage, optimize

REPOSITORY = Path(__file__).resolve().parents[2]
FOUR = ndimage.generate_binary_structure(2, 1)
EIGHT = ndimage.generate_binary_structure(2, 2)


# ---------------------------------------------------------------- running and checking


class Checks:
    """Counts comparisons; a failed one is printed at once and remembered."""

    def __init__(self, name):
        self.name = name
        self.count, self.failed = 0, 0

    def that(self, condition, what, detail=""):
        """`what` holds; `detail` is printed when it does not."""
        self.count += 1
        if not condition:
            self.failed += 1
            print(f"FAILED {what}" + (f": {detail}" if detail else ""), flush=True)
        return bool(condition)

    def at_most(self, value, limit, what):
        return self.that(value <= limit, what, f"{value:.6g} is more than {limit:g}")

    def equal(self, seen, wanted, what):
        return self.that(seen == wanted, what, f"seen {seen!r}, wanted {wanted!r}")

    def finish(self):
        """Ends the script; no comparison at all is a failure too."""
        if self.failed or not self.count:
            print(f"{self.failed} of {self.count} checks failed in {self.name}")
            sys.exit(1)
        print(f"{self.count} checks passed")
        print(f"ok {self.name}")
        sys.exit(0)


def start(name, subject, corpus_needed=False):
    """Parses the command line that all scripts share and empties the work folder `name`."""
    parser = argparse.ArgumentParser(description=subject)
    parser.add_argument("--tianmu", type=Path, default=REPOSITORY / "target/release/tianmu")
    parser.add_argument("--work", type=Path, required=True, help="folder for what the script makes")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("TIANMU_CORPUS"))
    args = parser.parse_args()
    if args.tianmu.parent == Path(".") and not args.tianmu.exists():
        args.tianmu = Path(shutil.which(args.tianmu) or args.tianmu)
    args.tianmu = args.tianmu.resolve()
    if not args.tianmu.exists():
        sys.exit(f"{args.tianmu} does not exist; build it, or name it with --tianmu")
    if corpus_needed and not (args.corpus and Path(args.corpus).is_dir()):
        sys.exit("name the corpus with --corpus or TIANMU_CORPUS")
    args.work = args.work.resolve() / name
    shutil.rmtree(args.work, ignore_errors=True)
    args.work.mkdir(parents=True)
    return args, Checks(name)


@dataclass
class Run:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def text(self):
        return self.out + self.err


def tianmu(args, *words, wanted=(0,), timeout=600):
    """Runs the program; an exit code that is not `wanted` ends the script."""
    command = [str(args.tianmu), *(str(w) for w in words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if wanted is not None and done.returncode not in wanted:
        print(f"exit code {done.returncode}, wanted {wanted}, of:\n  {' '.join(command)}")
        print((done.stdout + done.stderr)[-3000:])
        sys.exit(1)
    return Run(done.returncode, done.stdout, done.stderr)


@dataclass
class Scan:
    """Where a scan's results lie."""

    folder: Path
    run: Run

    @property
    def gpkg(self):
        return self.folder / "sites.gpkg"

    @property
    def geojson(self):
        return self.folder / "sites.geojson"

    @property
    def csv(self):
        return self.folder / "sites.csv"

    @property
    def heatmap(self):
        return self.folder / "heat.tif"

    def record(self):
        return json.loads((self.folder / "sites.gpkg.run.json").read_text())

    def layer(self, name="sites"):
        return geopandas.read_file(self.gpkg, layer=name)


def scan(args, name, images, model, *words, heatmap=False, wanted=(0,)):
    """Scans into all formats in a folder of its own."""
    folder = args.work / name
    folder.mkdir(parents=True, exist_ok=True)
    images = images if isinstance(images, (list, tuple)) else [images]
    outputs = ["-o", folder / "sites.gpkg", "-o", folder / "sites.geojson", "-o", folder / "sites.csv"]
    if heatmap:
        outputs += ["--heatmap", folder / "heat.tif"]
    run = tianmu(args, "scan", *images, "--model", model, *outputs, "--quiet", *words, wanted=wanted)
    return Scan(folder, run)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


# ---------------------------------------------------------------- models that know colours

# Far from one another, also after JPEG's coarser colour.
COLOURS = {"ground": (60, 120, 50), "poppy": (220, 60, 70), "hemp": (70, 90, 220)}


def nearest_colour(colours, sharpness):
    """Weights and bias of logits whose largest is the colour nearest to the pixel.

    -s·|x - c|² = 2s·c·x - s·|c|² - s·|x|², and the last term is the same for all classes.
    """
    centres = np.array(list(colours.values()), np.float64) / 255
    weights = 2 * sharpness * centres
    bias = -sharpness * (centres**2).sum(axis=1)
    return weights.astype(np.float32), bias.astype(np.float32)


def save_model(path, nodes, constants, shape_in, shape_out, tile_px=None):
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape_in)]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, shape_out)]
    named = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "colours", inputs, outputs, named)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def sidecar(path, task, classes, background, shape_in, shape_out, **settings):
    """Writes a STAC MLM item with our own keys; `settings` become `tianmu:*` properties."""
    names = [{"value": i, "name": name, "title": name} for i, name in enumerate(classes)]
    bands = ["red", "green", "blue"] if shape_in[1] == 3 else []
    minus = lambda shape: [d if isinstance(d, int) else -1 for d in shape]
    spatial = ["batch", "channel", "height", "width"]
    properties = {
        "datetime": "2026-01-01T00:00:00Z",
        "mlm:name": path.parent.name,
        "mlm:architecture": "nearest colour",
        "mlm:tasks": [task],
        "mlm:framework": "ONNX",
        "mlm:input": [
            {
                "name": "image",
                "bands": bands,
                "input": {
                    "shape": minus(shape_in),
                    "dim_order": ["batch", "bands", "height", "width"],
                    "data_type": "float32",
                },
                "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
                "resize_type": None,
            }
        ],
        "mlm:output": [
            {
                "name": "scores",
                "tasks": [task],
                "result": {
                    "shape": minus(shape_out),
                    "dim_order": spatial[: len(shape_out)],
                    "data_type": "float32",
                },
                "classification:classes": names,
            }
        ],
        "tianmu:background": list(background),
        **{f"tianmu:{key}": value for key, value in settings.items() if value is not None},
    }
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/mlm/v1.5.0/schema.json",
        ],
        "id": path.parent.name,
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": {
            "model": {
                "href": "./model.onnx",
                "type": "application/octet-stream; framework=onnx",
                "roles": ["mlm:model"],
            }
        },
    }
    path.write_text(json.dumps(item, indent=1))


def colour_segmenter(folder, gsd_m, colours=None, tile_px=128, overlap_px=32, sharpness=60.0, **settings):
    """A 1x1 convolution that names each pixel by the nearest colour; the first is background."""
    colours = colours or COLOURS
    weights, bias = nearest_colour(colours, sharpness)
    classes = len(colours)
    bands = weights.shape[1]
    save_model(
        folder / "model.onnx",
        [helper.make_node("Conv", ["image", "w", "b"], ["scores"])],
        {"w": weights.reshape(classes, bands, 1, 1), "b": bias},
        ["n", bands, "h", "w"],
        ["n", classes, "h", "w"],
    )
    values = {"activation": "softmax", "stride_px": 1, "min_area_m2": 0, **settings}
    sidecar(
        folder / "model.json",
        "semantic-segmentation",
        list(colours),
        [next(iter(colours))],
        ["n", bands, tile_px, tile_px],
        ["n", classes, tile_px, tile_px],
        gsd_m=gsd_m,
        tile_size=tile_px,
        overlap_px=overlap_px,
        **values,
    )
    return folder


def colour_classifier(folder, gsd_m, colours=None, tile_px=32, sharpness=30.0, **settings):
    """Names a tile by the colour nearest to its mean; the first is background."""
    colours = colours or COLOURS
    weights, bias = nearest_colour(colours, sharpness)
    classes = len(colours)
    bands = weights.shape[1]
    save_model(
        folder / "model.onnx",
        [
            helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"], axis=1),
            helper.make_node("Gemm", ["flat", "w", "b"], ["scores"], transB=1),
        ],
        {"w": weights, "b": bias},
        ["n", bands, tile_px, tile_px],
        ["n", classes],
    )
    values = {"activation": "softmax", "min_area_m2": 0, **settings}
    sidecar(
        folder / "model.json",
        "scene-classification",
        list(colours),
        [next(iter(colours))],
        ["n", bands, tile_px, tile_px],
        ["n", classes],
        gsd_m=gsd_m,
        tile_size=tile_px,
        overlap_px=0,
        **values,
    )
    return folder


def red_meter(folder, gsd_m, tile_px=128, overlap_px=32, **settings):
    """Gives back the red band as the probability of `plot`, so the heatmap shows what was fed."""
    weights = np.zeros((2, 3, 1, 1), np.float32)
    weights[0, 0], weights[1, 0] = -1, 1
    save_model(
        folder / "model.onnx",
        [helper.make_node("Conv", ["image", "w", "b"], ["scores"])],
        {"w": weights, "b": np.array([1, 0], np.float32)},
        ["n", 3, "h", "w"],
        ["n", 2, "h", "w"],
    )
    sidecar(
        folder / "model.json",
        "semantic-segmentation",
        ["ground", "plot"],
        ["ground"],
        ["n", 3, tile_px, tile_px],
        ["n", 2, tile_px, tile_px],
        gsd_m=gsd_m,
        tile_size=tile_px,
        overlap_px=overlap_px,
        **{"activation": "none", "stride_px": 1, "min_area_m2": 0, **settings},
    )
    return folder


# ---------------------------------------------------------------- scenes


def centres(height, width):
    y, x = np.mgrid[0:height, 0:width]
    return x + 0.5, y + 0.5


def paint(height, width, seed=7, colours=None, noise=6):
    """Flat plots of two classes on noisy ground, some cut by the raster's edge: [3, row, col]."""
    colours = colours or COLOURS
    names = list(colours)
    rng = np.random.default_rng(seed)
    label = np.zeros((height, width), np.uint8)
    x, y = centres(height, width)
    first, second = 1, 2

    def disc(value, cx, cy, r):
        label[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = value

    def box(value, cx, cy, w, h, degrees=0.0):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        u, v = (x - cx) * c + (y - cy) * s, -(x - cx) * s + (y - cy) * c
        label[(abs(u) < w / 2) & (abs(v) < h / 2)] = value

    # Corners where four tiles of 128 meet (stride 96), one across many tiles, one with a hole.
    disc(first, 0.18 * width, 0.2 * height, 31)
    disc(second, 0.42 * width, 0.17 * height, 23.4)
    box(first, 0.7 * width, 0.22 * height, 120, 34, 24)
    box(second, 0.5 * width, 0.5 * height, 0.55 * width, 22, -8)
    disc(first, 0.2 * width, 0.78 * height, 44)
    disc(0, 0.2 * width + 5, 0.78 * height - 4, 17.3)
    box(first, 0.5 * width, 0.8 * height, 60, 18)
    box(first, 0.5 * width + 21, 0.8 * height + 20, 18, 40)
    box(second, 0.66 * width, 0.78 * height, 41, 29, 45)
    disc(second, 0.84 * width, 0.7 * height, 12.6)
    # Two of different class side by side, and plots cut by all four edges, corners included.
    box(first, 0.83 * width, 0.47 * height, 30, 30)
    box(second, 0.83 * width + 30, 0.47 * height, 30, 30)
    disc(second, 0, 0.45 * height, 19)
    disc(first, width, height, 25)
    disc(second, 0.35 * width, height, 14)
    disc(first, 0.6 * width, 0, 14)
    table = np.array([colours[n] for n in names], np.float64)
    image = table[label].transpose(2, 0, 1) + rng.uniform(-noise, noise, (3, height, width))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), label


def write_tiff(path, image, transform, crs, **options):
    """Writes [band, row, col] with rasterio; tiled DEFLATE unless said otherwise."""
    bands, height, width = image.shape
    profile = {
        "driver": "GTiff",
        "count": bands,
        "height": height,
        "width": width,
        "dtype": image.dtype,
        "crs": crs,
        "transform": transform,
        "compress": "deflate",
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        **options,
    }
    profile = {k: v for k, v in profile.items() if v is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(image)
    return path


def transverse_mercator(lon):
    """A WGS 84 grid whose scale is 1 at `lon`, so that map metres are ground metres there."""
    return f"+proj=tmerc +lat_0=0 +lon_0={lon} +k=1 +x_0=500000 +y_0=0 +datum=WGS84 +units=m +type=crs"


# ---------------------------------------------------------------- truth and results


@dataclass
class Component:
    """Connected pixels of one class: their exact outline, and their mask within `window`."""

    value: int
    window: tuple
    mask: np.ndarray
    outline: shapely.Geometry

    @property
    def pixels(self):
        return int(self.mask.sum())


def components(label, values=None, structure=FOUR):
    """Connected components of equal class, in pixel coordinates (column, row)."""
    found = []
    for value in values if values is not None else [v for v in np.unique(label) if v]:
        marked, _ = ndimage.label(label == value, structure)
        for i, window in enumerate(ndimage.find_objects(marked), start=1):
            mask = marked[window] == i
            origin = window[1].start, window[0].start
            outline = shapely.transform(outline_of(mask), lambda xy: xy + origin)
            found.append(Component(int(value), window, mask, outline))
    return found


def outline_of(mask):
    """The exact outline of a mask, in pixel coordinates."""
    parts = features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4)
    return shapely.union_all([shapely.geometry.shape(g) for g, _ in parts])


def to_pixels(geometries, transform, crs, axis_from="EPSG:4326"):
    """WGS 84 geometries as pixel coordinates (column, row) of a raster."""
    project = pyproj.Transformer.from_crs(axis_from, crs, always_xy=True)
    inverse = ~transform

    def move(xy):
        x, y = project.transform(xy[:, 0], xy[:, 1])
        col, row = inverse * (np.asarray(x), np.asarray(y))
        return np.column_stack([col, row])

    return [shapely.transform(g, move) for g in geometries]


def fill(geometry, shape):
    """True where a pixel's centre lies inside a geometry given in pixel coordinates."""
    if geometry.is_empty:
        return np.zeros(shape, bool)
    return features.rasterize([geometry], shape, transform=Affine.identity(), dtype=np.uint8).astype(bool)


def match(first, second):
    """Pairs two lists of geometries so that the sum of their IoUs is largest: [(i, j, iou)]."""
    if not first or not second:
        return []
    a, b = np.array(first, object), np.array(second, object)
    table = np.zeros((len(a), len(b)))
    tree = shapely.STRtree(b)
    for i, j in zip(*tree.query(a, predicate="intersects")):
        table[i, j] = iou(a[i], b[j])
    rows, cols = optimize.linear_sum_assignment(-table)
    return [(i, j, table[i, j]) for i, j in zip(rows, cols) if table[i, j] > 0]


def iou(a, b):
    union = shapely.union(a, b).area
    return shapely.intersection(a, b).area / union if union else 0.0


def geodesic_area(geometry):
    return abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(geometry))[0])


# ---------------------------------------------------------------- what a sidecar asks for


def contract_of(model):
    """The properties of a model folder's sidecar."""
    return json.loads((Path(model) / "model.json").read_text())["properties"]


def classes_of(contract):
    return [c["name"] for c in contract["mlm:output"][0]["classification:classes"]]


def scaled(image, contract):
    """The input as the sidecar says: min-max to 0..1, or z-score, per band."""
    scaling = contract["mlm:input"][0].get("value_scaling") or [{"type": "min-max", "minimum": 0, "maximum": 255}]
    scaling = scaling if len(scaling) == len(image) else scaling * len(image)
    out = np.empty(image.shape, np.float32)
    for band, rule in enumerate(scaling):
        low, span = {
            "min-max": lambda r: (r["minimum"], r["maximum"] - r["minimum"]),
            "z-score": lambda r: (r["mean"], r["stddev"]),
            "scale": lambda r: (0.0, r["value"]),
        }[rule["type"]](rule)
        out[band] = (image[band].astype(np.float32) - np.float32(low)) / np.float32(span)
    return out


def activate(scores, contract):
    """Scores [class, …] as probabilities."""
    kind = contract.get("tianmu:activation", "none")
    if kind == "softmax":
        raised = np.exp(scores - scores.max(axis=0))
        return raised / raised.sum(axis=0)
    return 1 / (1 + np.exp(-scores)) if kind == "sigmoid" else scores


def labels(probability, classes, contract):
    """The class of each pixel: the best of all, or the best of the foreground at its threshold."""
    background = [classes.index(b) for b in contract.get("tianmu:background", [])]
    threshold = contract.get("tianmu:threshold")
    if threshold is None:
        best = probability.argmax(axis=0)
        return np.where(np.isin(best, background), 0, best + 1)
    foreground = [i for i in range(len(classes)) if i not in background]
    limit = [threshold.get(classes[i], 0.5) if isinstance(threshold, dict) else threshold for i in foreground]
    best = probability[foreground].argmax(axis=0)
    passed = probability[foreground].max(axis=0) >= np.array(limit)[best]
    return np.where(passed, np.array(foreground)[best] + 1, 0)
