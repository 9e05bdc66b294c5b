"""Seeded models of usual shapes for `benches/limit.sh`: weights are random, only what they cost is like real ones.

`python benches/limit/make_models.py FOLDER` writes `FOLDER/<name>/model.onnx` and `model.json` for a MobileNet-like and
a ResNet-18-like tile classifier (224 pixels), a U-Net (512) and a YOLOv8n-like detector (640). So that there is
something to trace and group, scores follow how red a place is: a shortcut from the picture is added to what the random
layers give, which is small beside it. Needs numpy and onnx.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RED = np.float32([6.0, -3.0, -3.0])  # How red a pixel is, of red, green and blue from 0 to 1.


class Graph:
    """Nodes and weights of a network in the making; every method takes and gives names of tensors."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def constant(self, values):
        """A tensor of given values."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, kind, *inputs, **attributes):
        """The first output of a node."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def conv(self, x, inputs, outputs, size=3, stride=1, groups=1, scale=1.0, bias=None):
        """A convolution that keeps the spread of its values; rows and columns halve with stride 2."""
        fan = inputs // groups * size * size
        weights = self.random.normal(0, scale * np.sqrt(2 / fan), (outputs, inputs // groups, size, size)).astype(np.float32)
        bias = np.zeros(outputs, np.float32) if bias is None else np.float32(bias)
        pads = [size // 2] * 4
        return self.node("Conv", x, self.constant(weights), self.constant(bias), kernel_shape=[size, size], strides=[stride, stride], pads=pads, group=groups)

    def relu(self, x, *shape, **options):
        """A convolution and a rectifier."""
        return self.node("Relu", self.conv(x, *shape, **options))

    def silu(self, x, *shape, **options):
        """A convolution and a sigmoid-weighted unit, as in YOLO."""
        x = self.conv(x, *shape, **options)
        return self.node("Mul", x, self.node("Sigmoid", x))

    def redness(self, x, shrink=1):
        """How red the picture is `[batch, 1, rows, cols]`, over squares of `shrink` pixels, or around each."""
        red = self.node("Conv", x, self.constant(RED.reshape(1, 3, 1, 1)), kernel_shape=[1, 1])
        if shrink == 1:  # The mean around each pixel: single pixels are noise.
            return self.node("AveragePool", red, kernel_shape=[15, 15], strides=[1, 1], pads=[7, 7, 7, 7])
        return self.node("AveragePool", red, kernel_shape=[shrink, shrink], strides=[shrink, shrink])

    def save(self, folder, output, shape, size, facts):
        """Writes model and sidecar; the input is `[batch, 3, size, size]`."""
        folder.mkdir(parents=True, exist_ok=True)
        takes = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, size, size])
        gives = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", *shape])
        graph = helper.make_graph(self.nodes, folder.name, [takes], [gives], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, folder / "model.onnx")
        item = {"properties": {"mlm:name": folder.name, **facts}}
        (folder / "model.json").write_text(json.dumps(item, indent=1), encoding="utf-8")


def described(task, classes, **own):
    """Properties of a sidecar."""
    names = [{"value": value, "name": name} for value, name in enumerate(classes)]
    scaling = [{"type": "min-max", "minimum": 0, "maximum": 255}]
    takes = {"name": "image", "bands": ["red", "green", "blue"], "value_scaling": scaling}
    gives = {"tasks": [task], "classification:classes": names}
    return {"mlm:tasks": [task], "mlm:input": [takes], "mlm:output": [gives], **{f"tianmu:{key}": value for key, value in own.items()}}


def classifier_head(g, x, channels, image, size):
    """Logits of ground and plot from features and from how red the whole tile is."""
    pooled = g.node("Flatten", g.node("GlobalAveragePool", x))
    weights = g.random.normal(0, 0.05 / np.sqrt(channels), (channels, 2)).astype(np.float32)
    logits = g.node("Add", g.node("MatMul", pooled, g.constant(weights)), g.constant(np.float32([4.0, 0.0])))
    red = g.node("Flatten", g.redness(image, size))
    return g.node("Add", logits, g.node("MatMul", red, g.constant(np.float32([[-4.0, 4.0]]))))


def mobilenet(folder):
    """Depthwise separable convolutions as in MobileNet (Howard et al. 2017), width 0.5."""
    g = Graph(11)
    x, channels = g.relu("image", 3, 16, stride=2), 16
    for outputs, stride in [(32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2), *[(256, 1)] * 5, (512, 2), (512, 1)]:
        x = g.relu(x, channels, channels, stride=stride, groups=channels)
        x, channels = g.relu(x, channels, outputs, size=1), outputs
    out = classifier_head(g, x, channels, "image", 224)
    g.save(folder, out, [2], 224, described("scene-classification", ["ground", "plot"], gsd_m=0.05, tile_size=224, overlap_px=0, activation="softmax", background=["ground"]))


def resnet(folder):
    """Eighteen layers as in ResNet-18 (He et al. 2016), without normalisation."""
    g = Graph(12)
    x = g.relu("image", 3, 64, size=7, stride=2)
    x, channels = g.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 64
    for outputs in (64, 128, 256, 512):
        for block in range(2):
            stride = 2 if block == 0 and outputs > 64 else 1
            same = x if stride == 1 else g.conv(x, channels, outputs, size=1, stride=2)
            x = g.relu(x, channels, outputs, stride=stride)
            x = g.node("Relu", g.node("Add", g.conv(x, outputs, outputs, scale=0.3), same))
            channels = outputs
    out = classifier_head(g, x, channels, "image", 224)
    g.save(folder, out, [2], 224, described("scene-classification", ["ground", "plot"], gsd_m=0.05, tile_size=224, overlap_px=0, activation="softmax", background=["ground"]))


def unet(folder):
    """Four levels as in U-Net (Ronneberger et al. 2015), 16 to 128 channels."""
    g = Graph(13)
    widths, kept, x, channels = (16, 32, 64, 128), [], "image", 3
    for level, width in enumerate(widths):
        if level:
            x = g.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        x = g.relu(g.relu(x, channels, width), width, width)
        kept.append(x)
        channels = width
    for width, other in zip(widths[-2::-1], kept[-2::-1]):
        scales = g.constant(np.float32([1, 1, 2, 2]))
        x = g.node("Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        x = g.node("Concat", x, other, axis=1)
        x = g.relu(g.relu(x, channels + width, width), width, width)
        channels = width
    logits = g.conv(x, channels, 2, size=1, scale=0.05, bias=[3.0, 0.0])
    red = g.redness("image")
    out = g.node("Add", logits, g.node("Concat", g.node("Neg", red), red, axis=1))
    g.save(folder, out, [2, 512, 512], 512, described("semantic-segmentation", ["ground", "plot"], gsd_m=0.05, tile_size=512, overlap_px=64, stride_px=8, activation="softmax", background=["ground"]))


def yolo(folder):
    """Stages, split blocks, spatial pyramid and three scales as in YOLOv8n; boxes of fixed size around each cell."""
    g = Graph(14)

    def block(x, inputs, outputs, repeats):
        half = outputs // 2
        x = g.silu(x, inputs, outputs, size=1)
        parts = [g.node("Slice", x, *(g.constant(np.int64([v])) for v in (start, start + half, 1))) for start in (0, half)]
        for _ in range(repeats):
            parts.append(g.node("Add", parts[-1], g.silu(g.silu(parts[-1], half, half), half, half, scale=0.3)))
        return g.silu(g.node("Concat", *parts, axis=1), half * len(parts), outputs, size=1)

    x = g.silu(g.silu("image", 3, 16, stride=2), 16, 32, stride=2)
    x = block(x, 32, 32, 1)
    scales = []
    for inputs, outputs, repeats in ((32, 64, 2), (64, 128, 2), (128, 256, 1)):
        x = block(g.silu(x, inputs, outputs, stride=2), outputs, outputs, repeats)
        scales.append(x)
    x = g.silu(x, 256, 128, size=1)
    pools = [x]
    for _ in range(3):
        pools.append(g.node("MaxPool", pools[-1], kernel_shape=[5, 5], strides=[1, 1], pads=[2, 2, 2, 2]))
    scales[2] = g.silu(g.node("Concat", *pools, axis=1), 512, 256, size=1)
    double = g.constant(np.float32([1, 1, 2, 2]))

    def up(x):
        return g.node("Resize", x, "", double, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    middle = block(g.node("Concat", up(scales[2]), scales[1], axis=1), 384, 128, 1)
    fine = block(g.node("Concat", up(middle), scales[0], axis=1), 192, 64, 1)
    middle = block(g.node("Concat", g.silu(fine, 64, 64, stride=2), middle, axis=1), 192, 128, 1)
    coarse = block(g.node("Concat", g.silu(middle, 128, 128, stride=2), scales[2], axis=1), 384, 256, 1)
    rows = []
    for x, channels, step in ((fine, 64, 8), (middle, 128, 16), (coarse, 256, 32)):
        cells = 640 // step
        for _ in range(2):
            x = g.silu(x, channels, 64)
            channels = 64
        class_logit = g.conv(x, 64, 1, size=1, scale=0.05, bias=[-4.0])
        red = g.node("Mul", g.redness("image", step), g.constant(np.float32([[[[4.0]]]])))
        score = g.node("Sigmoid", g.node("Add", class_logit, red))
        at = (np.arange(cells, dtype=np.float32) + 0.5) * step
        grid = np.stack([*np.meshgrid(at, at), np.full((cells, cells), 3 * step), np.full((cells, cells), 3 * step)]).astype(np.float32)
        shift = g.node("Sigmoid", g.conv(x, 64, 4, size=1, scale=0.05))
        box = g.node("Add", shift, g.constant(grid[None]))
        both = g.node("Concat", box, score, axis=1)
        rows.append(g.node("Reshape", both, g.constant(np.int64([0, 5, cells * cells]))))
    out = g.node("Concat", *rows, axis=2)
    facts = described("object-detection", ["plot"], gsd_m=0.05, tile_size=640, overlap_px=128, decoder="yolo-v8", threshold=0.5)
    g.save(folder, out, [5, 8400], 640, facts)


def main():
    folder = Path(sys.argv[1])
    for name, make in {"mobilenet-224": mobilenet, "resnet18-224": resnet, "unet-512": unet, "yolov8n-640": yolo}.items():
        make(folder / name)


if __name__ == "__main__":
    main()
