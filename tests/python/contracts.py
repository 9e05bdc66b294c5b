"""What a model's sidecar asks for, worked out in numpy: scaling, activation, labels."""

import json
from pathlib import Path

import numpy as np


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


def labels(probability, classes, contract):
    """The class of each pixel: the best of all, or the best of the foreground at its threshold."""
    background = [classes.index(b) for b in contract.get("tianmu:background", [])]
    threshold = contract.get("tianmu:threshold")
    if threshold is None:
        best = probability.argmax(axis=0)
        return np.where(np.isin(best, background), 0, best + 1)
    foreground = [i for i in range(len(classes)) if i not in background]
    limit = [threshold.get(classes[i], 0.5) if isinstance(threshold, dict) else threshold for i in foreground]
    best = probability[foreground].argmax(axis=0)
    passed = probability[foreground].max(axis=0) >= np.array(limit)[best]
    return np.where(passed, np.array(foreground)[best] + 1, 0)
