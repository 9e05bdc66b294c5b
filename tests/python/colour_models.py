"""Tiny ONNX models that name pixels or tiles by their colour, with their sidecars.

What they answer can be worked out by hand, so tests need no trained model.
"""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import scenes


def nearest_colour(colours, sharpness):
    """Weights and bias of logits whose largest is the colour nearest to the pixel.

    -s·|x - c|² = 2s·c·x - s·|c|² - s·|x|², and the last term is the same for all classes.
    """
    centres = np.array(list(colours.values()), np.float64) / 255
    weights = 2 * sharpness * centres
    bias = -sharpness * (centres**2).sum(axis=1)
    return weights.astype(np.float32), bias.astype(np.float32)


def save_model(path, nodes, constants, shape_in, shape_out):
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


def segmenter(folder, gsd_m, colours=None, tile_px=128, overlap_px=32, sharpness=60.0, **settings):
    """A 1x1 convolution that names each pixel by the nearest colour; the first is background."""
    colours = colours or scenes.COLOURS
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


def classifier(folder, gsd_m, colours=None, tile_px=32, sharpness=30.0, **settings):
    """Names a tile by the colour nearest to its mean; the first is background."""
    colours = colours or scenes.COLOURS
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
