"""Models of colours with soft scores: a segmenter that blurs, a tile classifier, a detector."""

import numpy as np
from onnx import helper

import bench_world
import colour_models
import scenes

TILE, OVERLAP, CELL, DETECTOR_OVERLAP = 128, 32, 16, 48
STEP = 4  # Model pixels between the boxes that the detector tries.
# Sizes that are no whole pixels: boxes of whole ones would meet thresholds of overlap exactly.
# The middle of no box lies where the cores of two tiles meet.
BOXES, SLIMMER, OFFSET = {16: 15.37, 24: 23.63, 40: 37.41}, 0.93, 0.13


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


def detector(folder, sharpness=9.0, boxes=None, slimmer=SLIMMER, offset=OFFSET, **settings):
    """Tries boxes of three sizes around a grid: the share of a class in them, less some of that around."""
    classes, cells, sizes = bench_world.CLASSES, TILE // STEP, boxes or BOXES
    nodes = [
        helper.make_node("Conv", ["image", "w", "b"], ["near"]),
        helper.make_node("Softmax", ["near"], ["p"], axis=1),
        helper.make_node("Slice", ["p", "one", "three", "one"], ["shares"]),
        helper.make_node("Mul", ["shares", "gain"], ["crops"]),
    ]
    for size in sizes:
        nodes += [
            pool("crops", f"inside{size}", size, STEP),
            pool("crops", f"around{size}", 2 * size, STEP),
            helper.make_node("Mul", [f"around{size}", "some"], [f"less{size}"]),
            helper.make_node("Sub", [f"inside{size}", f"less{size}"], [f"rest{size}"]),
            helper.make_node("Relu", [f"rest{size}"], [f"grid{size}"]),
            helper.make_node("Reshape", [f"grid{size}", "flat"], [f"scores{size}"]),
        ]
    nodes += [helper.make_node("Concat", [f"scores{size}" for size in sizes], ["scores_of_all"], axis=2)]
    nodes += [helper.make_node("Concat", ["boxes", "scores_of_all"], ["scores"], axis=1)]
    at = (np.arange(cells) + 0.5) * STEP + offset
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    columns = [np.stack([x, y, np.full_like(x, size), np.full_like(x, size * slimmer)]) for size in sizes.values()]
    constants = {**colours(sharpness), "boxes": np.concatenate(columns, axis=1)[None].astype(np.float32)}
    constants |= {"some": np.float32(0.8), "gain": np.float32(1.25)}
    constants |= {"one": np.array([1], np.int64), "three": np.array([3], np.int64)}
    constants["flat"] = np.array([1, len(classes), cells * cells], np.int64)
    sides_in, sides_out = [1, 3, TILE, TILE], [1, 4 + len(classes), len(sizes) * cells * cells]
    colour_models.save_model(folder / "model.onnx", nodes, constants, sides_in, sides_out)
    values = {"tile_size": TILE, "overlap_px": DETECTOR_OVERLAP, "stride_px": 1, "min_area_m2": 0, "threshold": 0.3, "decoder": "yolo-v8"}
    describe(folder, "object-detection", list(classes), sides_in, sides_out, **values | settings)
    return folder


def describe(folder, task, classes, sides_in, sides_out, **settings):
    background = [c for c in classes if c not in bench_world.CLASSES]
    path = folder / "model.json"
    colour_models.sidecar(path, task, classes, background, sides_in, sides_out, gsd_m=bench_world.GSD, **settings)
