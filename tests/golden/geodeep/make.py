"""Makes models in GeoDeep's convention, runs GeoDeep and writes what it gives.

    python tests/golden/geodeep/make.py --sample
    python tests/golden/geodeep/make.py --raster FILE --window X Y W H --unet FILE --work FOLDER

The first writes the golden files beside this script, of the sample in samples/hill-county and of
models that go by colour. The second writes the same files of any raster and a trained U-Net
(logits of the background and some classes) into FOLDER, with the cut of the raster that was used.
Needs geodeep 0.9.13, onnx, onnxruntime and rasterio; the program's tests need none of it but the files.

Files: `detector.onnx`, `segmenter.onnx`, `detections.json` and two pictures of class numbers:
`mask.png` is GeoDeep's answer without its median filter and sieve, `mask-filtered.png` with them.
"""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import rasterio
import rasterio.shutil
from onnx import TensorProto, helper, numpy_helper
from rasterio.windows import Window

import geodeep
from geodeep import detection, geodeep as program

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[2] / "samples/hill-county/scene.tif"
DETECTOR_PX, SEGMENTER_PX = 640, 512
STRIDES = (8, 16, 32)
WINDOW = 6  # A cell looks at so many strides around its center.
SMOOTH = (21, 9)  # Pixels that colours are averaged over, in the segmenter and the detector.


class Graph:
    """Nodes and constants of an ONNX graph, one output a node."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind, *inputs, **attributes):
        """Adds a node; arrays among its inputs become constants. The name of its output."""
        inputs = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        name = f"{kind.lower()}{len(self.nodes)}_"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def channels(self, name, low, high):
        return self.add("Slice", name, *(np.array([v]) for v in (low, high, 1)))

    def write(self, path, size, output, shape, metadata):
        self.nodes[-1].output[0] = output
        graph = helper.make_graph(
            self.nodes,
            path.stem,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            self.constants,
        )
        opset = helper.make_opsetid("", 13)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=7, producer_name="make.py")
        helper.set_model_props(model, {k: json.dumps(v) for k, v in metadata.items()})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def numbers(*values):
    return np.array(values, np.float32)


def by_colour(graph, side):
    """Probabilities of ground, plants (excess green) and pale things (much blue), smoothed."""
    smooth = graph.add(
        "AveragePool", "input", kernel_shape=[side, side], pads=[side // 2] * 4, count_include_pad=0
    )
    weights = numbers((0, 0, 0), (-40, 80, -40), (0, 0, 25)).reshape(3, 3, 1, 1)
    logits = graph.add("Conv", smooth, weights, numbers(0, -8, -13))
    return graph.add("Softmax", logits, axis=1)


def by_network(path):
    """Probabilities of a trained network, whose nodes are taken over."""
    network = onnx.load(path).graph

    def make(graph, _side):
        graph.nodes, graph.constants = list(network.node), list(network.initializer)
        rename = {network.input[0].name: "input"}
        for node in graph.nodes:
            node.input[:] = [rename.get(i, i) for i in node.input]
        return graph.add("Softmax", network.output[0].name, axis=1)

    return make


def boxes_of(graph, chance, classes, size):
    """A detector of YOLOv8's layout, `[1, 4 + classes, cells]`, on top of class probabilities.

    Each cell of three grids measures what is not background in a window around it: the center and
    the spread give the box, of which a full rectangle would be an exact fit. Its score is high
    where the cell lies at the center of something dense that fits the window, and it is
    divided between the classes by their shares.
    """
    found = graph.add("Slice", chance, np.array([1]), np.array([1 + classes]), np.array([1]))
    any_class = graph.add("ReduceSum", found, np.array([1]), keepdims=1)
    parts = []
    for stride in STRIDES:
        window, cells = WINDOW * stride, size // stride
        pad = (window - stride) // 2
        at = np.arange(window, dtype=np.float32) - (window - 1) / 2
        # Sums of 1, x, x² along the rows, then of them times 1, y, y² along the columns.
        rows = np.stack([at**0, at, at**2]).reshape(3, 1, 1, window)
        across = graph.add("Conv", any_class, rows, strides=[1, stride], pads=[0, pad, 0, pad])
        columns = np.zeros((5, 3, window, 1), np.float32)
        for moment, (of, power) in enumerate([(0, 0), (1, 0), (0, 1), (2, 0), (0, 2)]):
            columns[moment, of, :, 0] = at**power
        sums = graph.add("Conv", across, columns, strides=[stride, 1], pads=[pad, 0, pad, 0])
        amount = graph.add("Add", graph.channels(sums, 0, 1), numbers(1))
        center = graph.add("Div", graph.channels(sums, 1, 3), amount)
        squares = graph.add("Div", graph.channels(sums, 3, 5), amount)
        offset = graph.add("Mul", center, center)
        variance = graph.add("Relu", graph.add("Sub", squares, offset))
        extent = graph.add("Sqrt", graph.add("Add", graph.add("Mul", variance, numbers(12)), numbers(1)))

        bell = lambda value, width: graph.add("Exp", graph.add("Div", value, numbers(-(width**2))))
        own = bell(graph.add("ReduceSum", offset, np.array([1]), keepdims=1), stride)
        area = graph.add("Exp", graph.add("ReduceSum", graph.add("Log", extent), np.array([1]), keepdims=1))
        share = graph.add("Div", graph.add("Sqrt", area), numbers(window))
        misfit = graph.add("Sub", share, numbers(0.55))
        fit = bell(graph.add("Mul", misfit, misfit), 0.3)
        dense = graph.add("Clip", graph.add("Div", amount, area), np.float32(0), np.float32(1))
        score = graph.add("Mul", graph.add("Mul", own, fit), dense)

        shares = graph.add(
            "AveragePool", found, kernel_shape=[window] * 2, strides=[stride] * 2, pads=[pad] * 4,
            count_include_pad=1,
        )  # fmt: skip
        total = graph.add("Add", graph.add("ReduceSum", shares, np.array([1]), keepdims=1), numbers(1e-4))
        scores = graph.add("Mul", graph.add("Div", shares, total), score)

        middle = (np.arange(cells, dtype=np.float32) + 0.5) * stride
        x = graph.add("Add", graph.channels(center, 0, 1), middle.reshape(1, 1, 1, cells))
        y = graph.add("Add", graph.channels(center, 1, 2), middle.reshape(1, 1, cells, 1))
        all_of_it = graph.add("Concat", x, y, extent, scores, axis=1)
        parts.append(graph.add("Reshape", all_of_it, np.array([1, 4 + classes, cells * cells])))
    graph.add("Concat", *parts, axis=2)
    return [1, 4 + classes, sum((size // s) ** 2 for s in STRIDES)]


def make_models(folder, chances, classes, resolution_cm, mask_overlap):
    names = {str(i): name for i, name in enumerate(classes)}
    graph = Graph()
    chances(graph, SMOOTH[0])
    said = {
        "model_type": "Segmentor",
        "class_names": names,
        "resolution": resolution_cm,
        # By 12.5 % tiles start at multiples of 64 pixels, and so do ours. A network that halves its
        # input sees the same pixels otherwise from elsewhere.
        "tiles_overlap": mask_overlap,
        "seg_thresh": 0.5,
        "seg_small_segment": 5,
    }
    shape = [1, len(classes), SEGMENTER_PX, SEGMENTER_PX]
    graph.write(folder / "segmenter.onnx", SEGMENTER_PX, "probabilities", shape, said)

    graph, objects = Graph(), len(classes) - 1
    shape = boxes_of(graph, chances(graph, SMOOTH[1]), objects, DETECTOR_PX)
    said = {
        "model_type": "Detector",
        "det_type": "YOLO_v8",
        "det_conf": 0.25,
        # In rows of like things the boxes of neighbouring cells overlap by about 0.5; there it would
        # depend on GeoDeep's measure, which takes boxes for a pixel wider, which of them stay.
        "det_iou_thresh": 0.4,
        "class_names": {str(i): name for i, name in enumerate(classes[1:])},
        "resolution": resolution_cm,
        "tiles_overlap": 5,
    }
    graph.write(folder / "detector.onnx", DETECTOR_PX, "output0", shape, said)


def lossless(source, window, path):
    """A DEFLATE cut without invalid pixels' values: two builds of libjpeg need not agree."""
    with rasterio.open(source) as raster:
        window = Window(*window) if window else Window(0, 0, raster.width, raster.height)
        image = raster.read([1, 2, 3], window=window)
        image[:, raster.dataset_mask(window=window) == 0] = 0
        profile = {
            "driver": "GTiff", "dtype": "uint8", "count": 3, "crs": raster.crs,
            "width": image.shape[2], "height": image.shape[1], "compress": "deflate",
            "transform": raster.window_transform(window), "tiled": True, "photometric": "rgb",
        }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(image)
    return profile


def run_detector(raster, model):
    """GeoDeep's detections, and which of those before its last step that step removes."""
    seen = {}
    last_step = program.non_max_kdtree

    def listening(boxes, threshold):
        seen["before"] = boxes
        return last_step(boxes, threshold)

    program.non_max_kdtree = listening
    try:
        kept = geodeep.run(str(raster), str(model), output_type="raw")
    finally:
        program.non_max_kdtree = last_step
    config = geodeep.inference.create_session(str(model))[1]
    left = {row.tobytes() for row in kept}
    removed = np.array([row for row in seen["before"] if row.tobytes() not in left])
    return listed(kept, config), listed(removed, config)


def listed(rows, config):
    """Detections as GeoDeep gives them out, with the box before it is cut to whole pixels."""
    boxes, scores, classes = detection.extract_bsc(rows, config)
    return [
        {
            "class": name,
            "score": round(float(score), 5),
            "box": box,
            "exact": [round(float(v), 2) for v in row[:4]],
        }
        for row, box, score, (_, name) in zip(rows, boxes, scores, classes)
    ]


def run_segmenter(raster, model, filtered):
    median, sieve = program.median_filter, program.filter_small_segments
    if not filtered:
        program.median_filter = program.filter_small_segments = lambda mask, *_: mask
    try:
        return geodeep.run(str(raster), str(model), output_type="raw")
    finally:
        program.median_filter, program.filter_small_segments = median, sieve


def write_mask(path, mask):
    """A picture of class numbers below 4."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "mask.tif"
        height, width = mask.shape
        profile = {"driver": "GTiff", "width": width, "height": height, "count": 1, "dtype": "uint8"}
        with rasterio.open(plain, "w", **profile) as raster:
            raster.write(mask, 1)
        rasterio.shutil.copy(plain, path, driver="PNG", NBITS=2, ZLEVEL=9)
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", action="store_true", help="write the golden files of the sample")
    parser.add_argument("--raster", type=Path)
    parser.add_argument("--window", type=int, nargs=4, metavar=("X", "Y", "W", "H"))
    parser.add_argument("--unet", type=Path, help="a trained network; without one, models go by colour")
    parser.add_argument("--classes", default="ground,plant,pale", help="background first")
    parser.add_argument("--mask-overlap", type=float, default=12.5, help="of the segmenter's tiles, percent")
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    if args.sample == bool(args.raster and args.work):
        parser.error("give --sample, or --raster and --work")
    logging.disable(logging.WARNING)
    folder = HERE if args.sample else args.work
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        cut = Path(scratch) / "cut.tif" if args.sample else folder / "cut.tif"
        profile = lossless(args.raster or SAMPLE, args.window, cut)
        classes = args.classes.split(",")
        chances = by_network(args.unet) if args.unet else by_colour
        make_models(folder, chances, classes, round(profile["transform"].a * 100, 4), args.mask_overlap)
        kept, removed = run_detector(cut, folder / "detector.onnx")
        masks = {
            name: run_segmenter(cut, folder / "segmenter.onnx", filtered)
            for name, filtered in [("mask", False), ("mask-filtered", True)]
        }
    for name, mask in masks.items():
        write_mask(folder / f"{name}.png", mask)
    content = {
        "geodeep": "0.9.13",
        "width": profile["width"],
        "height": profile["height"],
        "detections": kept,
        "removed_by_the_last_step": removed,
    }
    lines = json.dumps(content).replace('{"class"', '\n{"class"').replace('"removed', '\n"removed')
    (folder / "detections.json").write_text(lines + "\n")
    print(f"{len(kept)} detections, {len(removed)} removed by the last step")
    for name, mask in masks.items():
        print(f"{name}: pixels by class {np.bincount(mask.ravel()).tolist()}")
    for path in sorted(folder.iterdir()):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
