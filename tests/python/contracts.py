"""What a model's sidecar asks for, worked out in numpy: scaling, activation, labels."""

import json
from pathlib import Path

import numpy as np
from scipy import ndimage


def read(model):
    """The properties of a model folder's sidecar."""
    return json.loads((Path(model) / "model.json").read_text())["properties"]


def classes_of(contract):
    return [c["name"] for c in contract["mlm:output"][0]["classification:classes"]]


def scaled(image, contract):
    """The input as the sidecar says: min-max to 0..1, or z-score, per band."""
    scaling = contract["mlm:input"][0].get("value_scaling") or [
        {"type": "min-max", "minimum": 0, "maximum": 255}
    ]
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


def labels(probability, classes, contract, valid=None):
    """The class of each pixel: the best of all, or the best of the foreground at its threshold.

    With an outline threshold below it, the best at that, and of each part of a class only those with a pixel at the
    threshold (hysteresis); only `valid` pixels count.
    """
    background = [classes.index(b) for b in contract.get("tianmu:background", [])]
    threshold, outline = contract.get("tianmu:threshold"), contract.get("tianmu:outline_threshold", {})
    if threshold is None:
        best = probability.argmax(axis=0)
        return np.where(np.isin(best, background), 0, best + 1)
    foreground = [i for i in range(len(classes)) if i not in background]

    def limits(told, usual):
        by_class = [told.get(classes[i], usual[k]) if isinstance(told, dict) else told for k, i in enumerate(foreground)]
        return np.array(by_class).reshape(-1, 1, 1)

    sure = limits(threshold, [0.5] * len(foreground))
    reach = np.minimum(limits(outline, sure.ravel()), sure)
    passed = np.where(probability[foreground] >= reach, probability[foreground], -1)
    result = np.where(passed.max(axis=0) >= 0, np.array(foreground)[passed.argmax(axis=0)] + 1, 0)
    result = result if valid is None else np.where(valid, result, 0)
    for k, i in enumerate(foreground):
        parts, count = ndimage.label(result == i + 1)
        peaks = ndimage.maximum(probability[i], parts, np.arange(1, count + 1)) if count else []
        weak = 1 + np.flatnonzero(np.asarray(peaks) < sure[k, 0, 0])
        result[np.isin(parts, weak)] = 0
    return result
