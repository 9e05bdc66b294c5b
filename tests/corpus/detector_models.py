"""Detectors whose answer is known: ONNX files of any layout that show given objects.

What a tile shows moves the objects and their scores, in proportion to the mean of its colours, so
each tile has another answer, and a wrong band order, scaling or tile changes it.
"""

import json
from dataclasses import dataclass, replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE, CELLS, WAVE = 640, (80, 40, 20), 64
COLOURS = np.array([1.5, 1.0, 0.5], np.float32)  # Weights of red, green and blue in the mean.
PROTOTYPES = 32


@dataclass(frozen=True)
class Thing:
    """An object in pixels of a tile: center, size, angle in radians, class, score."""

    x: float
    y: float
    width: float
    height: float
    name: int
    score: float
    angle: float = 0.0

    def at(self, mean):
        """The object as a tile of this mean shows it."""
        moved = {"x": self.x + 12 * mean, "y": self.y + 6 * mean, "angle": self.angle + 0.2 * mean}
        return replace(self, score=self.score + 0.2 * mean, **moved)

    @property
    def edges(self):
        return [
            self.x - self.width / 2,
            self.y - self.height / 2,
            self.x + self.width / 2,
            self.y + self.height / 2,
        ]

    @property
    def corners(self):
        across = np.array([np.cos(self.angle), np.sin(self.angle)]) * self.width / 2
        down = np.array([-np.sin(self.angle), np.cos(self.angle)]) * self.height / 2
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return [np.array([self.x, self.y]) + a * across + d * down for a, d in signs]


THINGS = [
    Thing(100, 120, 40, 60, 0, 0.50, 0.3),
    Thing(300, 60, 60, 30, 79, 0.60, 1.2),
    Thing(200, 300, 50, 50, 39, 0.70, 0.5),
    Thing(202, 301, 50, 50, 39, 0.40, 0.5),  # the same again: one of them
    Thing(200, 300, 50, 50, 41, 0.45, -0.4),  # another class at its place: both
    Thing(450, 450, 64, 48, 2, 0.65),
    Thing(400, 200, 40, 40, 16, 0.02),  # too low a score
    # The next tile, 512 pixels on, shows the ground of one where this one shows the other.
    Thing(548, 500, 36, 44, 9, 0.55, 0.2),
    Thing(36, 500, 36, 44, 9, 0.62, 0.2),
]


def mean_of(tile):
    """What moves the objects; `tile` is [3, rows, columns] of bytes."""
    return float((tile.mean(axis=(1, 2)) / 255 * COLOURS).mean())


# ---- Masks ----------------------------------------------------------------------------------------


def prototypes():
    """One, x, y and waves, at the pixels of a mask; the rest stays unused."""
    cells = SIZE // 4
    centers = (np.arange(cells, dtype=np.float32) + 0.5) * 4
    planes = np.random.default_rng(1).normal(size=(PROTOTYPES, cells, cells)).astype(np.float32)
    planes[0], planes[1], planes[2] = 1, centers[None, :] / SIZE, centers[:, None] / SIZE
    planes[3] = np.cos(2 * np.pi * centers / WAVE)[None, :] + np.cos(2 * np.pi * centers / WAVE)[:, None]
    return planes


def coefficients(thing):
    """Right of and below a wavy diagonal near the object's center."""
    weights = np.zeros(PROTOTYPES, np.float32)
    weights[:4] = [-(thing.x + thing.y) / SIZE, 1, 1, 0.01]
    return weights


def mask(thing, weights):
    """The pixels of a tile with their center in the box where the interpolated sum is above 0."""
    sums = np.tensordot(weights, prototypes(), 1)
    at = (np.arange(SIZE) + 0.5) / 4 - 0.5
    known = np.arange(SIZE // 4)
    wide = np.stack([np.interp(at, known, row) for row in sums])
    whole = np.stack([np.interp(at, known, column) for column in wide.T], axis=1)
    left, top, right, bottom = thing.edges
    centers = np.arange(SIZE) + 0.5
    inside = (centers >= left) & (centers < right)
    return (whole > 0) & inside[None, :] & ((centers >= top) & (centers < bottom))[:, None]


# ---- Layouts: the tensors of objects --------------------------------------------------------------


def middle(t):
    return [t.x, t.y, t.width, t.height]


def classes_of(t, classes, score):
    return [score if c == t.name else 0.01 * score for c in range(classes)]


def columns(things, classes, masks=False, turned=False):
    """[1, 4 + nc, N], and an angle or mask coefficients behind."""
    out = np.zeros((1, 4 + classes + turned + PROTOTYPES * masks, sum(c * c for c in CELLS)), np.float32)
    for i, (t, base) in enumerate(zip(things, THINGS)):
        tail = [t.angle] if turned else list(coefficients(base)) if masks else []
        out[0, :, 137 + 600 * i] = middle(t) + classes_of(t, classes, t.score) + tail
    return [out, prototypes()[None]] if masks else [out]


def rows(things, classes, anchors=1, certain=False, product=True):
    """[1, N, 5 + nc]: objectness times class score; or a class score beside an objectness of 1."""
    out = np.zeros((1, anchors * sum(c * c for c in CELLS), 5 + classes), np.float32)
    cells = [(s, c, r) for n in CELLS for s in [SIZE // n] for r in range(n) for c in range(n)]
    strides = np.array(cells * anchors, np.float32)
    out[0, :, :4] = np.column_stack([(strides[:, 1:] + 0.5) * strides[:, :1], strides[:, [0, 0]]])
    out[0, :, 4] = float(certain)
    for i, t in enumerate(things):
        objectness, share = (1, t.score) if certain else (t.score / 0.8, 0.8) if product else (t.score, 0.8)
        out[0, 137 + 600 * i] = [*middle(t), objectness, *classes_of(t, classes, share)]
    return [out]


def grid(things, classes):
    """[1, N, 5 + nc] as YOLOX has it: offsets and logarithms of sizes in cells of grids."""
    out = np.zeros((1, sum(c * c for c in CELLS), 5 + classes), np.float32)
    for i, (t, base) in enumerate(zip(things, THINGS)):
        level = i % len(CELLS)
        cells = CELLS[level]
        stride = SIZE // cells
        col, row = int(base.x // stride), int(base.y // stride) + i % 2
        place = [t.x / stride - col, t.y / stride - row]
        size = np.log([t.width / stride, t.height / stride])
        index = sum(c * c for c in CELLS[:level]) + row * cells + col
        out[0, index] = [*place, *size, t.score / 0.8, *classes_of(t, classes, 0.8)]
    return [out]


def final(things, _classes, masks=False, turned=False):
    """[1, 300, 6]: edges, score, class; or center and size, and an angle behind; or coefficients."""
    out = np.zeros((1, 300, 6 + turned + PROTOTYPES * masks), np.float32)
    for i, (t, base) in enumerate(zip(things, THINGS)):
        tail = [t.angle] if turned else list(coefficients(base)) if masks else []
        out[0, 3 * i] = [*(middle(t) if turned else t.edges), t.score, t.name, *tail]
    return [out, prototypes()[None]] if masks else [out]


def lists(things, _classes):
    """Boxes [N, 4], scores [N], labels [N], as RetinaNet has them."""
    return [
        np.array([t.edges for t in things], np.float32),
        np.array([t.score for t in things], np.float32),
        np.array([t.name for t in things], np.int64),
    ]


# ---- The file -------------------------------------------------------------------------------------


def save(path, layout, classes, metadata, input_name="images", output_names=(), size=SIZE):
    """Writes a model: each output is what a mean of 0 gives, plus the mean times what it changes.
    With `size` a word, the model says that it takes any size.

    Returns the shapes of the outputs.
    """
    start, end = (layout([t.at(mean) for t in THINGS], classes) for mean in (0.0, 1.0))
    names = list(output_names) or [f"output{i}" for i in range(len(start))]
    constants = {"colours": COLOURS.reshape(1, 3, 1, 1)}
    nodes = [
        helper.make_node("Mul", [input_name, "colours"], ["weighted"]),
        # In two steps: single precision loses too much in one sum over all pixels.
        helper.make_node("ReduceMean", ["weighted"], ["by_row"], axes=[3]),
        helper.make_node("ReduceMean", ["by_row"], ["mean"], keepdims=0),
    ]
    outputs = []
    for name, low, high in zip(names, start, end):
        constants[f"{name}.start"] = low.astype(np.float32)
        constants[f"{name}.change"] = high.astype(np.float32) - low.astype(np.float32)
        last = f"{name}.sum"
        nodes.append(helper.make_node("Mul", [f"{name}.change", "mean"], [f"{name}.moved"]))
        nodes.append(helper.make_node("Add", [f"{name}.start", f"{name}.moved"], [last]))
        kind = TensorProto.INT64 if low.dtype == np.int64 else TensorProto.FLOAT
        nodes.append(helper.make_node("Cast", [last], [name], to=kind))
        outputs.append(helper.make_tensor_value_info(name, kind, low.shape))
    inputs = [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [1, 3, size, size])]
    named = [numpy_helper.from_array(v, k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "objects", inputs, outputs, named)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(
        model, {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()}
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return [list(low.shape) for low in start]
