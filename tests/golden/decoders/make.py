"""Writes detector outputs and the predictions they stand for, one JSON file a layout.

    python tests/golden/decoders/make.py

The predictions are computed here in numpy, in double precision and whole arrays, and not by
the program; `src/model/decode/boxes/golden.rs` compares. Needs numpy only. The same numbers
come out each time.
"""

import json
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
ROWS, COLS = 64, 96
STRIDES = (8, 16, 32)
LEAST = [0.35, 0.5, None]  # the third class is not wanted
CLASSES = len(LEAST)
UNCERTAIN = 1e-3  # no score lies this near to a threshold


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def cell_corners():
    """Upper left corner and stride of each cell of the three grids, `[cell, 3]`."""
    parts = []
    for stride in STRIDES:
        row, col = numpy.mgrid[0 : ROWS // stride, 0 : COLS // stride]
        parts.append(
            numpy.stack([col.ravel() * stride, row.ravel() * stride, stride + 0 * col.ravel()], 1)
        )
    return numpy.concatenate(parts).astype(float)


class Maker:
    """Draws numbers for one layout and writes its file."""

    def __init__(self, decoder, seed):
        self.decoder = decoder
        self.random = numpy.random.default_rng(seed)

    def scores(self, *shape):
        """Few high scores among many low ones."""
        return sigmoid(self.random.normal(-1.5, 2.0, shape)).round(3)

    def centers(self, count):
        """Center x, y, width, height, some of them beyond the chip's edges."""
        low, high = (-4, -4, 3, 3), (COLS + 4, ROWS + 4, 40, 30)
        return self.random.uniform(low, high, (2, count, 4)).round(2)

    def write(self, outputs, expected, item):
        self.clear_of_thresholds(expected)
        expected = [prediction for prediction in expected if kept(prediction)]
        assert len(expected) >= 4, (self.decoder, len(expected))
        content = {
            "decoder": self.decoder,
            "rows": ROWS,
            "cols": COLS,
            "item": item,
            "least_score": LEAST,
            "outputs": [
                {"shape": list(o.shape), "values": [float(f"{v:.6g}") for v in o.ravel()]}
                for o in outputs
            ],
            "expected": expected,
        }
        path = HERE / f"{self.decoder}.json"
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
        assert path.stat().st_size < 100_000, path
        print(f"{path.name}: {len(expected)} predictions, {path.stat().st_size} bytes")

    def clear_of_thresholds(self, expected):
        for prediction in expected:
            least = LEAST[prediction["class"]]
            near = least is not None and abs(prediction["score"] - least) < UNCERTAIN
            if near:
                raise SystemExit(f"{self.decoder}: a score is near its threshold, change the seed")


def kept(prediction):
    least = LEAST[prediction["class"]]
    return (
        least is not None
        and prediction["score"] >= least
        and prediction["shape"].get("pixels", "1").find("1") >= 0
    )


def upright(edges):
    return {"kind": "box", "numbers": [float(v) for v in edges]}


def turned(numbers):
    return {"kind": "turned", "numbers": [float(v) for v in numbers]}


def edges_of(centers):
    """`[…, (x, y, width, height)]` to `[…, (left, top, right, bottom)]`."""
    middle, size = centers[..., :2], centers[..., 2:4]
    return numpy.concatenate([middle - size / 2, middle + size / 2], -1)


def predictions(classes, scores, class_scores, shapes):
    return [
        {
            "class": int(c),
            "score": float(s),
            "class_scores": [float(v) for v in k],
            "shape": shape,
        }
        for c, s, k, shape in zip(classes, scores, class_scores, shapes)
    ]


def resize(planes, rows, cols):
    """Linear interpolation between pixel centers, as two matrix products."""

    def weights(small, large):
        at = (numpy.arange(large) + 0.5) * small / large - 0.5
        hat = 1 - numpy.abs(numpy.clip(at, 0, small - 1)[:, None] - numpy.arange(small)[None, :])
        return numpy.clip(hat, 0, None)

    _, small_rows, small_cols = planes.shape
    return numpy.einsum(
        "yr,nrc,xc->nyx", weights(small_rows, rows), planes, weights(small_cols, cols)
    )


def masks(edges, coefficients, prototypes):
    """Over the whole chip first, then cut out."""
    sums = numpy.einsum("nm,mrc->nrc", coefficients, prototypes)
    inside = resize(sums, ROWS, COLS) > 0
    y, x = numpy.arange(ROWS) + 0.5, numpy.arange(COLS) + 0.5
    shapes = []
    for (left, top, right, bottom), mask in zip(edges, inside):
        rows = numpy.flatnonzero((y >= top) & (y < bottom))
        cols = numpy.flatnonzero((x >= left) & (x < right))
        cut = mask[numpy.ix_(rows, cols)]
        shapes.append(
            {
                "kind": "mask",
                "numbers": [int(cols[0]), int(rows[0]), int(cols.size)]
                if rows.size and cols.size
                else [0, 0, 0],
                "pixels": "".join("1" if v else "0" for v in cut.ravel()),
            }
        )
    return shapes


def rows_of_yolo(decoder, seed, count):
    make = Maker(decoder, seed)
    centers = make.centers(count)
    objectness = make.scores(2, count, 1)
    class_scores = make.scores(2, count, CLASSES)
    output = numpy.concatenate([centers, objectness, class_scores], -1)
    item = 1
    joint = objectness[item] * class_scores[item]
    each, score = {
        "yolo-v5": (joint, joint.max(1)),
        "yolo-v5-objectness": (joint, objectness[item, :, 0]),
        "yolo-v6": (class_scores[item], class_scores[item].max(1)),
    }[decoder]
    shapes = [upright(e) for e in edges_of(centers[item])]
    best = class_scores[item].argmax(1)
    make.write([output], predictions(best, score, each, shapes), item)


def yolox(seed):
    make = Maker("yolo-x", seed)
    corners = cell_corners()
    count = len(corners)
    offsets = make.random.normal(0.5, 0.6, (2, count, 2)).round(3)
    sizes = make.random.normal(0.7, 0.5, (2, count, 2)).round(3)
    objectness = make.scores(2, count, 1)
    class_scores = make.scores(2, count, CLASSES)
    output = numpy.concatenate([offsets, sizes, objectness, class_scores], -1)
    item = 1
    stride = corners[:, 2:]
    middle = corners[:, :2] + offsets[item] * stride
    centers = numpy.concatenate([middle, numpy.exp(sizes[item]) * stride], -1)
    joint = objectness[item] * class_scores[item]
    shapes = [upright(e) for e in edges_of(centers)]
    make.write([output], predictions(joint.argmax(1), joint.max(1), joint, shapes), item)


def columns_of_yolo(decoder, seed):
    make = Maker(decoder, seed)
    count = len(cell_corners())
    centers = make.centers(count)
    class_scores = make.scores(2, count, CLASSES)
    parts, outputs, item = [centers, class_scores], [], 1
    if decoder == "yolo-v8-obb":
        angles = make.random.uniform(-numpy.pi / 4, 3 * numpy.pi / 4, (2, count, 1)).round(4)
        parts.append(angles)
        shapes = [turned(row) for row in numpy.concatenate([centers, angles], -1)[item]]
    elif decoder == "yolo-v8-seg":
        coefficients, prototypes = parts_of_masks(make, count)
        parts.append(coefficients)
        outputs = [prototypes]
        shapes = masks(edges_of(centers[item]), coefficients[item], prototypes[item])
    else:
        shapes = [upright(e) for e in edges_of(centers[item])]
    output = numpy.concatenate(parts, -1).transpose(0, 2, 1)
    best = class_scores[item]
    make.write([output, *outputs], predictions(best.argmax(1), best.max(1), best, shapes), item)


def parts_of_masks(make, count):
    coefficients = make.random.normal(0, 1, (2, count, 8)).round(2)
    prototypes = make.random.normal(0, 1, (2, 8, ROWS // 4, COLS // 4)).round(2)
    return coefficients, prototypes


def end_to_end(decoder, seed):
    make = Maker(decoder, seed)
    count, item = 50, 1
    centers = make.centers(count)
    score = make.scores(2, count, 1)
    classes = make.random.integers(0, CLASSES, (2, count, 1))
    edges, outputs, rest = edges_of(centers).round(3), [], []
    places = edges
    if decoder == "end-to-end-obb":
        rest = [make.random.uniform(-1, 2, (2, count, 1)).round(4)]
        places = centers
        shapes = [turned(row) for row in numpy.concatenate([centers, rest[0]], -1)[item]]
    elif decoder == "end-to-end-seg":
        coefficients, prototypes = parts_of_masks(make, count)
        rest, outputs = [coefficients], [prototypes]
        shapes = masks(edges[item], coefficients[item], prototypes[item])
    else:
        shapes = [upright(e) for e in edges[item]]
    output = numpy.concatenate([places, score, classes, *rest], -1)
    none = [[]] * count
    expected = predictions(classes[item, :, 0], score[item, :, 0], none, shapes)
    make.write([output, *outputs], expected, item)


def retinanet(seed):
    make = Maker("retina-net", seed)
    count = 50
    edges = edges_of(make.centers(count))[0].round(3)
    score = make.scores(count)
    labels = make.random.integers(0, CLASSES, count)
    expected = predictions(labels, score, [[]] * count, [upright(e) for e in edges])
    make.write([edges, score, labels.astype(float)], expected, 0)


def detr(seed):
    make = Maker("detr", seed)
    count, item = 40, 1
    logits = make.random.normal(0, 2, (2, count, CLASSES + 1)).round(3)
    shares = make.random.uniform((0, 0, 0.05, 0.05), (1, 1, 0.5, 0.5), (2, count, 4)).round(4)
    shares = numpy.clip(shares, 0, 1)
    each = numpy.exp(logits[item])
    each = (each / each.sum(1, keepdims=True))[:, :-1]
    centers = shares[item] * [COLS, ROWS, COLS, ROWS]
    shapes = [upright(e) for e in edges_of(centers)]
    expected = predictions(each.argmax(1), each.max(1), each, shapes)
    make.write([logits, shares], expected, item)


if __name__ == "__main__":
    cells = len(cell_corners())
    rows_of_yolo("yolo-v5", 1, 3 * cells)
    rows_of_yolo("yolo-v5-objectness", 2, cells)
    rows_of_yolo("yolo-v6", 3, cells)
    columns_of_yolo("yolo-v8", 4)
    columns_of_yolo("yolo-v8-obb", 5)
    columns_of_yolo("yolo-v8-seg", 6)
    end_to_end("end-to-end", 7)
    end_to_end("end-to-end-obb", 8)
    end_to_end("end-to-end-seg", 9)
    yolox(10)
    retinanet(11)
    detr(12)
