"""Writes numbers of a benchmark as scikit-learn, pycocotools, scipy and numpy compute them.

    python tests/golden/metrics/make_metrics.py

Writes ranking.json, boxes.json, reliability.json, calibration.json and bootstrap.json beside this
script; the unit tests in src/evaluate/metrics compare. Needs scikit-learn, pycocotools and scipy;
last run with scikit-learn 1.9.1, pycocotools 2.0.11, scipy 1.17.1 and numpy 2.4.6. The same
numbers come out each time. The program's tests need the files only.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import optimize, stats
from scipy.special import expit
from sklearn import metrics
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

HERE = Path(__file__).resolve().parent
RESAMPLES = 20_000


def write(name, content):
    """Writes a file with a line for each case."""
    cases = content if isinstance(content, list) else [content]
    lines = [json.dumps(case, separators=(",", ":")) for case in cases]
    text = "[\n" + ",\n".join(lines) + "\n]\n" if isinstance(content, list) else lines[0] + "\n"
    (HERE / name).write_text(text, encoding="utf-8")


def numbers(values):
    return np.asarray(values).tolist()


# Ranking ---------------------------------------------------------------------------------------


def ranking_case(name, scores, positive, group, weights=None):
    each = None if weights is None else weights[group]
    case = {
        "name": name,
        "scores": numbers(scores),
        "positive": numbers(positive.astype(int)),
        "group": numbers(group),
        "weights": None if weights is None else numbers(weights),
        "average_precision": metrics.average_precision_score(
            positive, scores, sample_weight=each
        ),
        "roc_auc": metrics.roc_auc_score(positive, scores, sample_weight=each),
        "curve": None,
    }
    if weights is None:
        precision, recall, _ = metrics.precision_recall_curve(positive, scores)
        case["curve"] = [[r, p] for r, p in zip(numbers(recall[::-1]), numbers(precision[::-1]))]
    return case


def ranking():
    random = np.random.default_rng(1)

    def draw(count, share, digits):
        positive = random.random(count) < share
        scores = expit(random.normal(np.where(positive, 0.7, -0.7), 1.3)).round(digits)
        return scores, positive, random.integers(0, 8, count)

    drawn = np.bincount(random.integers(0, 8, 8), minlength=8).astype(float)
    assert (drawn == 0).any() and (drawn > 1).any()
    rare = draw(400, 0.0, 3)
    rare[1][[17, 203, 390]] = True
    return [
        ranking_case("few equal scores", *draw(120, 0.4, 6)),
        ranking_case("many equal scores", *draw(200, 0.4, 1)),
        ranking_case("rare positives", *rare),
        ranking_case("groups drawn again", *draw(200, 0.3, 2), drawn),
        ranking_case("weights that are not whole", *draw(200, 0.3, 1), random.random(8).round(3)),
        ranking_case("all scores equal", np.full(9, 0.5), np.arange(9) < 4, np.zeros(9, int)),
    ]


# Boxes -----------------------------------------------------------------------------------------


def draw_boxes(random, count):
    """Bounds on a grid of quarter pixels, on which no side is rounded."""
    start = random.integers(0, 4 * 120, (count, 2))
    size = random.integers(4 * 6, 4 * 40, (count, 2))
    return np.concatenate([start, start + size], 1) / 4


def draw_scene(random, images, classes, digits):
    """Truth, and found boxes near some of it and elsewhere: `(image, class, bounds[, score])`."""
    truth, found = [], []
    for image in range(images):
        for label in range(classes):
            # The last class has no truth, the one before was not found.
            here = draw_boxes(random, random.integers(1, 9)) if label < classes - 1 else []
            truth += [(image, label, bounds) for bounds in here]
            if label == classes - 2:
                continue
            for bounds in here:
                for _ in range(random.integers(0, 4)):
                    shift = random.integers(-12, 13, 4) * (random.random() < 0.8) / 4
                    found.append((image, label, bounds + shift, random.beta(4, 2)))
            for bounds in draw_boxes(random, random.integers(0, 7)):
                found.append((image, label, bounds, random.beta(2, 4)))
    order = random.permutation(len(found))
    found = [(*found[i][:3], round(found[i][3], digits)) for i in order]
    assert all((bounds[2:] > bounds[:2]).all() for _, _, bounds, _ in found)
    return truth, found


def coco(truth, found, images, classes):
    """What pycocotools gives: precision `[iou, recall, class]`, -1 without truth."""

    def annotation(number, image, label, bounds):
        left, top, right, bottom = (float(v) for v in bounds)
        width, height = right - left, bottom - top
        return {
            "id": number,
            "image_id": image + 1,
            "category_id": label + 1,
            "bbox": [left, top, width, height],
            "area": width * height,
            "iscrowd": 0,
        }

    known = COCO()
    known.dataset = {
        "info": {},
        "images": [{"id": image + 1} for image in range(images)],
        "categories": [{"id": label + 1, "name": str(label)} for label in range(classes)],
        "annotations": [annotation(n + 1, *box) for n, box in enumerate(truth)],
    }
    known.createIndex()
    results = [{**annotation(n + 1, *box[:3]), "score": box[3]} for n, box in enumerate(found)]
    evaluation = COCOeval(known, known.loadRes(results), "bbox")
    evaluation.params.maxDets = [10**6]
    evaluation.params.areaRng = evaluation.params.areaRng[:1]
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 0]


def boxes_case(name, random, images, classes, digits, group, weights=None):
    truth, found = draw_scene(random, images, classes, digits)
    repeated_truth, repeated_found, copies = truth, found, images
    if weights is not None:
        # A group drawn twice is its images twice.
        scores = [box[3] for box in found]
        assert len(set(scores)) == len(scores), "which of equal scores goes first would matter"
        repeated_truth, repeated_found, copies = [], [], 0
        for image in range(images):
            for _ in range(int(weights[group[image]])):
                repeated_truth += [(copies, *box[1:]) for box in truth if box[0] == image]
                repeated_found += [(copies, *box[1:]) for box in found if box[0] == image]
                copies += 1
    with contextlib.redirect_stdout(io.StringIO()):
        precision = coco(repeated_truth, repeated_found, copies, classes)
    known = [label for label in range(classes) if (precision[:, :, label] > -1).all()]
    assert 0 < len(known) < classes
    by_class = precision.mean(1)
    return {
        "name": name,
        "classes": classes,
        "group_of_image": group,
        "weights": weights,
        "truth": [(image, label, numbers(bounds)) for image, label, bounds in truth],
        "found": [(image, label, numbers(b), score) for image, label, b, score in found],
        "precisions": [
            numbers(by_class[:, label]) if label in known else None for label in range(classes)
        ],
        "ap50": precision[0, :, known].mean(),
        "ap50_95": precision[:, :, known].mean(),
        "curve50": None
        if weights is not None
        else [numbers(precision[0, :, label]) if label in known else [] for label in range(classes)],
    }


def boxes():
    random = np.random.default_rng(2)
    return [
        boxes_case("one image", random, 1, 3, 6, [0]),
        boxes_case("equal scores", random, 6, 4, 1, [0, 0, 1, 1, 2, 2]),
        boxes_case("groups drawn again", random, 6, 4, 9, [0, 0, 1, 2, 2, 3], [2.0, 0.0, 1.0, 1.0]),
    ]


# Reliability -----------------------------------------------------------------------------------


def bins_of(scores, bins):
    edges = np.arange(bins + 1) / bins
    return np.searchsorted(edges[1:-1], scores, side="right"), edges


def calibration_error(scores, positive, weights, bins):
    index, _ = bins_of(scores, bins)
    error = 0.0
    for here in (index == b for b in range(bins)):
        if weights[here].sum() > 0:
            mean = np.average(scores[here], weights=weights[here])
            share = np.average(positive[here], weights=weights[here])
            error += weights[here].sum() / weights.sum() * abs(mean - share)
    return error


def reliability_case(random, count, digits, bins):
    scores = random.beta(1.5, 2.0, count).round(digits)
    scores[:2] = 0, 1
    positive = random.random(count) < scores**1.5
    group = random.integers(0, 6, count)
    weights = random.integers(0, 4, 6).astype(float)
    index, edges = bins_of(scores, bins)
    table = [
        {
            "from": edges[b],
            "to": edges[b + 1],
            "count": int((index == b).sum()),
            "mean_score": scores[index == b].mean(),
            "hit_share": positive[index == b].mean(),
        }
        for b in range(bins)
        if (index == b).any()
    ]
    return {
        "scores": numbers(scores),
        "positive": numbers(positive.astype(int)),
        "group": numbers(group),
        "bins": bins,
        "table": table,
        "expected_calibration_error": calibration_error(scores, positive, np.ones(count), bins),
        "weights": numbers(weights),
        "weighted_error": calibration_error(scores, positive, weights[group], bins),
        "brier": metrics.brier_score_loss(positive, scores),
    }


def reliability():
    random = np.random.default_rng(3)
    return [
        reliability_case(random, 200, 4, 10),
        reliability_case(random, 150, 1, 10),
        reliability_case(random, 60, 2, 100),
    ]


# Calibration -----------------------------------------------------------------------------------


def exact_platt(scores, positive, start):
    """Platt's slope and offset to the last digit, by solving for a gradient of nothing."""
    positives, negatives = positive.sum(), (~positive).sum()
    target = np.where(positive, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def gradient(at):
        above = expit(at[0] * scores + at[1]) - target
        return [above @ scores, above.sum()]

    solved = optimize.root(gradient, start, tol=1e-14)
    assert np.abs(gradient(solved.x)).max() < 1e-10
    return solved.x


def calibration_case(random, count, digits, share):
    positive = random.random(count) < share
    scores = expit(random.normal(np.where(positive, 0.8, -0.4), 1.0)).round(digits)
    at = np.concatenate([[0, 1], random.random(30).round(4), random.choice(scores, 10)])
    isotonic = IsotonicRegression(out_of_bounds="clip", increasing=True).fit(scores, positive)
    platt = _SigmoidCalibration().fit(scores, positive.astype(float))
    slope, offset = exact_platt(scores, positive, [-platt.a_, -platt.b_])
    points = zip(numbers(isotonic.X_thresholds_), numbers(isotonic.y_thresholds_))
    return {
        "scores": numbers(scores),
        "positive": numbers(positive.astype(int)),
        "at": numbers(at),
        "isotonic": numbers(isotonic.predict(at)),
        "isotonic_points": [list(point) for point in points],
        "platt": numbers(platt.predict(at)),
        "platt_exact": numbers(expit(slope * at + offset)),
    }


def calibration():
    random = np.random.default_rng(4)
    return [
        calibration_case(random, 200, 4, 0.4),
        calibration_case(random, 200, 1, 0.5),
        calibration_case(random, 300, 2, 0.03),
        calibration_case(random, 12, 3, 0.5),
    ]


# Bootstrap -------------------------------------------------------------------------------------


def bootstrap():
    random = np.random.default_rng(5)
    area = random.uniform(0.2, 3.0, 12).round(3)
    first = random.poisson(5 * area).astype(float)
    second = (first * 0.7 + random.poisson(area)).round(1)

    def interval(statistic, *data):
        result = stats.bootstrap(
            data,
            statistic,
            paired=True,
            vectorized=True,
            n_resamples=RESAMPLES,
            confidence_level=0.95,
            method="percentile",
            rng=np.random.default_rng(6),
        ).confidence_interval
        return [float(statistic(*data, axis=-1)), float(result.low), float(result.high)]

    def ratio(over, under, axis):
        return over.sum(axis) / under.sum(axis)

    def difference(one, other, under, axis):
        return (other.sum(axis) - one.sum(axis)) / under.sum(axis)

    def percentiles(values):
        low, high = np.percentile(values, [2.5, 97.5])
        return {"values": numbers(values), "low": low, "high": high}

    return {
        "resamples": RESAMPLES,
        "first": numbers(first),
        "second": numbers(second),
        "area": numbers(area),
        "ratio": interval(ratio, first, area),
        "difference": interval(difference, first, second, area),
        "percentiles": [
            percentiles(random.normal(size=count).round(4)) for count in (1, 2, 5, 40, 41, 100)
        ],
    }


if __name__ == "__main__":
    write("ranking.json", ranking())
    write("boxes.json", boxes())
    write("reliability.json", reliability())
    write("calibration.json", calibration())
    write("bootstrap.json", bootstrap())
