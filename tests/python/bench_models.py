"""Models of colours with soft scores: a segmenter that blurs, a tile classifier, a detector."""

import numpy as np
from onnx import helper

import bench_world
import colour_models
import scenes

TILE, OVERLAP, CELL = 128, 32, 16
STEP = 8  # Model pixels between the boxes that the detector tries.
# Sizes that are no whole pixels: boxes of whole ones would meet thresholds of overlap exactly.
BOXES = (23.37, 35.61)


def colours(sharpness):
    """Weights and bias of a 1x1 convolution whose largest answer is the nearest colour."""
    weights, bias = colour_models.nearest_colour(scenes.COLOURS, sharpness)
    return {"w": weights.reshape(*weights.shape, 1, 1), "b": bias}


def pool(inputs, output, size, stride=1):
    pad = (size - stride) // 2
    sides = {"kernel_shape": [size, size], "strides": [stride, stride], "pads": [pad] * 4}
    return helper.make_node("AveragePool", [inputs], [output], count_include_pad=0, **sides)


def segmenter(folder, sharpness=10.5, blur=5, **settings):
    """Names each pixel by the nearest colour to the mean around it; scores are soft."""
    classes = list(scenes.COLOURS)
    nodes = [pool("image", "soft", blur), helper.make_node("Conv", ["soft", "w", "b"], ["scores"])]
    sides_in, sides_out = (["n", depth, "h", "w"] for depth in (3, len(classes)))
    colour_models.save_model(folder / "model.onnx", nodes, colours(sharpness), sides_in, sides_out)
    sizes = ["n", 3, TILE, TILE], ["n", len(classes), TILE, TILE]
    values = {"tile_size": TILE, "overlap_px": OVERLAP, "stride_px": 1, "min_area_m2": 0, "activation": "softmax", "threshold": 0.5}
    describe(folder, "semantic-segmentation", classes, *sizes, **values | settings)
    return folder


def classifier(folder, sharpness=10.0, **settings):
    """Names a tile of 16 pixels by the colour nearest to its mean."""
    values = {"tile_px": CELL, "sharpness": sharpness, "threshold": 0.3}
    return colour_models.classifier(folder, bench_world.GSD, **values | settings)


def detector(folder, sharpness=9.0, **settings):
    """Tries boxes of two sizes around a grid; their score is the mean share of a class in them."""
    classes, cells = bench_world.CLASSES, TILE // STEP
    flat = [1, len(classes), cells * cells]
    nodes = [
        helper.make_node("Conv", ["image", "w", "b"], ["near"]),
        helper.make_node("Softmax", ["near"], ["p"], axis=1),
        helper.make_node("Slice", ["p", "one", "three", "one"], ["crops"]),
    ]
    for k, size in enumerate((24, 40)):
        nodes += [pool("crops", f"mean{k}", size, STEP), helper.make_node("Reshape", [f"mean{k}", "flat"], [f"scores{k}"])]
    nodes += [helper.make_node("Concat", ["scores0", "scores1"], ["scores_of_all"], axis=2)]
    nodes += [helper.make_node("Concat", ["boxes", "scores_of_all"], ["scores"], axis=1)]
    at = (np.arange(cells) + 0.5) * STEP
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    boxes = [np.stack([x, y, np.full_like(x, size), np.full_like(x, size * 0.93)]) for size in BOXES]
    constants = {**colours(sharpness), "boxes": np.concatenate(boxes, axis=1)[None].astype(np.float32)}
    constants |= {name: np.array([value], np.int64) for name, value in (("one", 1), ("three", 3))}
    constants["flat"] = np.array(flat, np.int64)
    sides_in, sides_out = [1, 3, TILE, TILE], [1, 4 + len(classes), 2 * cells * cells]
    colour_models.save_model(folder / "model.onnx", nodes, constants, sides_in, sides_out)
    values = {"tile_size": TILE, "overlap_px": 48, "min_area_m2": 0, "threshold": 0.4, "decoder": "yolo-v8"}
    describe(folder, "object-detection", list(classes), sides_in, sides_out, **values | settings)
    return folder


def describe(folder, task, classes, sides_in, sides_out, **settings):
    background = [c for c in classes if c not in bench_world.CLASSES]
    path = folder / "model.json"
    colour_models.sidecar(path, task, classes, background, sides_in, sides_out, gsd_m=bench_world.GSD, **settings)
