"""Detectors of every layout: real exports' metadata and shapes, and objects found where they were put.

Each file of models/ultralytics_signals becomes a model with exactly its inputs, outputs and metadata;
further ones have the other layouts, with metadata of Ultralytics, Deepness and GeoDeep or none.
"""

import ast
import itertools
import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from shapely import affinity

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
import detector_models as build
import geometry
from detector_models import SIZE, THINGS
from measured import measure

IMAGE, OVERLAP, STRIDE = "geotiffs/dummy_fotomap_small.tif", 128, 32
LEAST, PEAK_MIB = 0.3, 1024

ULTRALYTICS = {"task": "detect", "stride": "32", "imgsz": f"[{SIZE}, {SIZE}]", "batch": "1"}
SEGMENTS = partial(build.columns, masks=True)
TURNED = partial(build.columns, turned=True)
FINAL_MASKS = partial(build.final, masks=True)
FINAL_TURNED = partial(build.final, turned=True)
LAYOUTS = {"detect": (build.columns, build.final), "segment": (SEGMENTS, FINAL_MASKS)}

# Layout, decoder, where the decoder comes from, metadata beside the class names.
OTHERS = {
    "v5": (partial(build.rows, anchors=3), "yolo-v5", "trial", {}),
    "v6": (partial(build.rows, certain=True), "yolo-v6", "trial", {}),
    "v8": (build.columns, "yolo-v8", "trial", {}),
    "v8 masks": (SEGMENTS, "yolo-v8-seg", "trial", {}),
    "v8 turned": (TURNED, "yolo-v8-obb", "trial", {}),
    "v10": (build.final, "end-to-end", "trial", {}),
    "final turned": (FINAL_TURNED, "end-to-end-obb", "trial", {}),
    "final masks": (FINAL_MASKS, "end-to-end-seg", "trial", {}),
    "yolox": (build.grid, "yolo-x", "trial", {}),
    "retinanet": (build.lists, "retina-net", "trial", {}),
    "Ultralytics obb": (TURNED, "yolo-v8-obb", "Ultralytics", {"task": "obb"}),
    "Ultralytics final obb": (
        FINAL_TURNED,
        "end-to-end-obb",
        "Ultralytics",
        {"task": "obb", "end2end": "True"},
    ),
    "Ultralytics v5": (partial(build.rows, anchors=3), "yolo-v5", "Ultralytics", {"task": None}),
    "Deepness v5": (
        partial(build.rows, anchors=3, product=False),
        "yolo-v5-objectness",
        "Deepness",
        {"det_type": "YOLO_v5_or_v7_default"},
    ),
    "Deepness v6": (partial(build.rows, certain=True), "yolo-v6", "Deepness", {"det_type": "YOLO_v6"}),
    "Deepness v9": (build.columns, "yolo-v8", "Deepness", {"det_type": "YOLO_v9"}),
    "Deepness": (build.columns, "yolo-v8", "Deepness", {"det_type": "YOLO_Ultralytics"}),
    "Deepness masks": (
        SEGMENTS,
        "yolo-v8-seg",
        "Deepness",
        {"det_type": "YOLO_Ultralytics_segmentation"},
    ),
    "Deepness turned": (TURNED, "yolo-v8-obb", "Deepness", {"det_type": "YOLO_Ultralytics_obb"}),
    "GeoDeep v7": (
        partial(build.rows, anchors=3, product=False),
        "yolo-v5-objectness",
        "GeoDeep",
        {"det_type": "YOLO_v7"},
    ),
    "GeoDeep v8": (build.columns, "yolo-v8", "GeoDeep", {"det_type": "YOLO_v8"}),
    "GeoDeep retinanet": (build.lists, "retina-net", "GeoDeep", {"det_type": "retinanet"}),
}


# ---- What must be found ---------------------------------------------------------------------------


@dataclass
class Found:
    """An object on the raster: its shape and the box that suppression compares, in raster pixels."""

    name: int
    score: float
    shape: shapely.Geometry
    compared: shapely.Geometry
    is_mask: bool
    count: int = 1


def axis(length):
    """Origins of tiles at multiples of the stride, and where each core begins and ends."""
    origins = [0]
    while origins[-1] + SIZE < length:
        following = origins[-1] + SIZE - OVERLAP
        inside = -(-(length - SIZE) // STRIDE) * STRIDE
        origins.append(min(following, inside))
    inner = [(b + a + SIZE) // 2 for a, b in itertools.pairwise(origins)]
    return list(zip(origins, [0, *inner], [*inner, length]))


def expected(image, masks, turned):
    """Objects of all tiles, each once: the highest score of those of a class that share their ground."""
    found, whole = [], shapely.box(0, 0, image.shape[2], image.shape[1])
    for top, row, row_end in axis(image.shape[1]):
        for left, col, col_end in axis(image.shape[2]):
            tile = np.zeros((3, SIZE, SIZE), np.uint8)
            part = image[:, top : top + SIZE, left : left + SIZE]
            tile[:, : part.shape[1], : part.shape[2]] = part
            mean = build.mean_of(tile)
            # A tile answers for its core and half of what it sees beside it.
            answered = [(left + col) / 2, (top + row) / 2, (left + SIZE + col_end) / 2]
            answered = shapely.box(*answered, (top + SIZE + row_end) / 2)
            for base in THINGS:
                thing = base.at(mean)
                if thing.score < LEAST:
                    continue
                if masks:
                    shape = geometry.outline_of(build.mask(thing, build.coefficients(base)))
                else:
                    shape = shapely.Polygon(thing.corners) if turned else shapely.box(*thing.edges)
                shape = shapely.intersection(affinity.translate(shape, left, top), whole)
                compared = shapely.box(*shape.bounds) if masks else shape
                if answered.covers(shapely.box(*shape.bounds).centroid):
                    found.append(Found(base.name, thing.score, shape, compared, masks))
    return once(found)


def once(found):
    kept = []
    for new in sorted(found, key=lambda f: -f.score):
        shares = [geometry.iou(f.compared, new.compared) if f.name == new.name else 0 for f in kept]
        assert not any(0.1 < s < 0.82 for s in shares), "the objects leave no doubt which are the same"
        if any(s >= 0.82 for s in shares):
            kept[int(np.argmax(shares))].count += 1
        else:
            kept.append(new)
    return kept


# ---- What is found --------------------------------------------------------------------------------


def pixel_iou(seen, wanted):
    """Outlines of masks are simplified, but drawn again they give the same pixels."""
    left, top, right, bottom = np.rint(shapely.union(seen, wanted).bounds).astype(int)
    shape = (bottom - top + 2, right - left + 2)
    a, b = (geometry.fill(affinity.translate(g, 1 - left, 1 - top), shape) for g in (seen, wanted))
    return (a & b).sum() / (a | b).sum()


class Subject:
    """What all models are tried on, and what must be found: by whether there are masks, or turned boxes."""

    def __init__(self, args, checks):
        self.args, self.checks = args, checks
        self.raster = rasterio.open(Path(args.corpus) / IMAGE)
        image = self.raster.read([1, 2, 3])
        kinds = ((False, False), (True, False), (False, True))
        self.objects = {kind: expected(image, *kind) for kind in kinds}
        self.names = {}

    def inspect(self, what, path, wanted, *words):
        """Compares settings: {name: (value, source, who told it)}."""
        checks, what = self.checks, f"{what}: inspect"
        done = measure([self.args.tianmu, "inspect", path, "--json", *words], 60, self.args.work)
        if not checks.that(not done.accident and done.code == 0, what, f"{done.accident} {done.text[-600:]}"):
            return
        settings = {s["name"]: s for s in json.loads(done.out)["models"][0]["settings"]}
        for name, (value, source, teller) in wanted.items():
            seen = settings.get(name, {})
            checks.equal(seen.get("value"), value, f"{what} tells {name}")
            checks.equal(seen.get("source"), source, f"{what} tells the source of {name}")
            checks.that(seen.get("from", "").endswith(teller), f"{what} names {teller} for {name}", f"{seen}")

    def scan(self, what, path, decoder, *words):
        """Compares places, scores and how many detections stand behind each site."""
        checks, file = self.checks, path.with_suffix(".gpkg")
        own = ["--model", path, "--gsd", self.raster.transform.a, "--overlap", OVERLAP, "-o", file]
        command = [self.args.tianmu, "scan", self.raster.name, *own, "--quiet", *words]
        done = measure(command, 120, self.args.work)
        checks.at_most(done.peak_mib, PEAK_MIB, f"{what}: peak memory in MiB")
        good = not done.accident and done.code == 0
        if not checks.that(good, f"{what}: scan", f"{done.accident} {done.text[-600:]}"):
            return
        sites = geopandas.read_file(file, layer="sites")
        outlines = geometry.to_pixels(sites.geometry, self.raster.transform, self.raster.crs)
        wanted = self.objects["seg" in decoder, "obb" in decoder]
        checks.equal(len(sites), len(wanted), f"{what}: number of sites")
        least, off = self.compare(what, sites, outlines, wanted)
        checks.at_most(1 - least, 0.002, f"{what}: share of an object that is not common")
        checks.at_most(off, 1e-4, f"{what}: difference of scores")
        print(
            f"{what}: {len(sites)} sites, IoU at least {least:.5f}, scores differ by at most {off:.1e}; "
            f"{done.seconds:.1f} s, {done.peak_mib:.0f} MiB",
            flush=True,
        )

    def compare(self, what, sites, outlines, wanted):
        """The least IoU and the largest difference of scores."""
        least, off, taken = 1.0, 0.0, set()
        for thing in wanted:
            name, at = self.names[thing.name], thing.shape.centroid
            place = f"{what}: {name} at {at.x:.0f}, {at.y:.0f}"
            same = [i for i in range(len(sites)) if sites["class"][i] == name and i not in taken]
            shares = [geometry.iou(outlines[i], thing.shape) for i in same]
            if not self.checks.that(max(shares, default=0) > 0, f"{place} is found"):
                continue
            best = same[int(np.argmax(shares))]
            taken.add(best)
            share = pixel_iou(outlines[best], thing.shape) if thing.is_mask else max(shares)
            least, off = min(least, share), max(off, abs(sites["prob_max"][best] - thing.score))
            self.checks.equal(int(sites["n_detections"][best]), thing.count, f"{place}: detections")
        return least, off


def check_export(subject, file):
    """A model with the inputs, outputs and metadata of a real export."""
    told, what = json.loads(file.read_text()), file.name.split(".")[0]
    metadata, path = told["metadata"], subject.args.work / f"{what}.onnx"
    subject.names = ast.literal_eval(metadata["names"])
    final, masks = metadata["end2end"] == "True", metadata["task"] == "segment"
    decoder = ("end-to-end" if final else "yolo-v8") + ("-seg" if masks else "")
    layout, classes = LAYOUTS[metadata["task"]][final], len(subject.names)
    outputs = {o["name"]: o["shape"] for o in told["outputs"]}
    shapes = build.save(path, layout, classes, metadata, told["inputs"][0]["name"], outputs)
    subject.checks.equal(shapes, list(outputs.values()), f"{what}: the model has the export's shapes")
    wanted = {
        "task": ("detection", "metadata", "Ultralytics"),
        "decoder": (decoder, "metadata", "Ultralytics"),
        "class-names": (", ".join(subject.names.values()), "metadata", "Ultralytics"),
        "stride": ("32 px", "metadata", "Ultralytics"),
        "tile-size": (f"{SIZE} px", "shape", ""),
        "bands": ("red, green, blue", "metadata", "Ultralytics"),
    }
    subject.inspect(what, path, wanted)
    subject.scan(what, path, decoder)
    # An export that takes any size: now only the metadata tell how large tiles are.
    what, free = f"{what} of any size", path.rename(path.with_stem(f"{what}_free"))
    build.save(free, layout, classes, metadata, size="size")
    wanted["tile-size"] = (f"{SIZE} px", "metadata", "Ultralytics")
    subject.inspect(what, free, wanted)
    subject.scan(what, free, decoder)
    free.unlink()


def check_other(subject, what, layout, decoder, teller, own):
    """A model of ours with metadata of a convention, or without any."""
    path, names = subject.args.work / f"{what.replace(' ', '_')}.onnx", subject.names
    wanted = {
        "task": ("detection", "metadata", teller),
        "decoder": (decoder, "metadata", teller),
        "class-names": (", ".join(names.values()), "metadata", teller),
    }
    metadata, words = own, []
    if teller == "Ultralytics":
        metadata = {k: v for k, v in (ULTRALYTICS | own | {"names": str(names)}).items() if v}
    elif teller != "trial":
        metadata = own | {"model_type": "Detector", "class_names": {str(i): n for i, n in names.items()}}
    else:
        words = ["--class-names", ",".join(names.values())]
        wanted = {"task": ("detection", "shape", ""), "decoder": (decoder, "trial", "")}
    build.save(path, layout, len(names), metadata)
    subject.inspect(what, path, wanted, *words)
    subject.scan(what, path, decoder, *words)
    path.unlink()


def main():
    args, checks = common.start("detectors", __doc__.splitlines()[0], corpus_needed=True)
    subject = Subject(args, checks)
    exports = sorted((Path(args.corpus) / "models/ultralytics_signals").glob("*.json"))
    if checks.that(len(exports) >= 6, "the corpus is complete", f"{len(exports)} exports"):
        for file in exports:
            check_export(subject, file)
        for what, other in OTHERS.items():
            check_other(subject, what, *other)
    print(f"{len(exports)} exports and {len(OTHERS)} other models")
    checks.finish()


main()
