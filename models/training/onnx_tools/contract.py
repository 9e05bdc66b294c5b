"""What a model expects and gives, from the model.json beside it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEGMENTS = {"semantic-segmentation": True, "scene-classification": False}
RGB = ["red", "green", "blue"]
UNSCALED = [{"type": "min-max", "minimum": 0, "maximum": 1}]


def stop(what, hint):
    """Ends the program with an error and a hint."""
    raise SystemExit(f"error: {what}\nhint: {hint}")


@dataclass
class Contract:
    """What a model expects and gives."""

    path: Path
    name: str
    segments: bool  # True: logits `[n, class, h, w]`; False: logits `[n, class]`, one answer a tile.
    classes: list
    background: list
    gsd_m: float  # None where the model has no scale.
    tile_px: int
    stride_px: int  # Widths and heights are multiples of it.
    margin_px: int  # How much of a tile's edge the program leaves to the neighbouring tile.
    positive_share: float  # Least share of a tile that is of its class; None for segmentation.
    thresholds: dict
    offset: np.ndarray  # `(pixel - offset) / scale` is what the model reads; one value a band or one for all.
    scale: np.ndarray


def read_contract(model_path):
    """Reads the model.json beside a model."""
    path = Path(model_path).with_name("model.json")
    for needed in (Path(model_path), path):
        if not needed.is_file():
            stop(f"`{needed}` is missing", "give a model.onnx with a model.json beside it; describe.py writes one")
    try:
        return _contract(path, json.loads(path.read_text(encoding="utf-8"))["properties"])
    except json.JSONDecodeError as cause:
        stop(f"`{path}` is not JSON: {cause}", "write it again with describe.py")
    except KeyError as cause:
        stop(f"`{path}` has no {cause}", "describe.py writes all that is needed")


def _contract(path, facts):
    outputs = facts["mlm:output"]
    if len(outputs) != 1:
        stop(f"`{path}` has {len(outputs)} outputs, wanted 1", "models with several heads cannot be calibrated or quantised here")
    task = facts["mlm:tasks"][0]
    if task not in SEGMENTS:
        stop(f"`{path}` has the task `{task}`, wanted {' or '.join(f'`{t}`' for t in SEGMENTS)}", "other kinds of model have no single probability per class to work on")
    activation = facts.get("tianmu:activation")
    if activation != "softmax":
        stop(f"`{path}` has the activation `{activation}`, wanted `softmax`", "the model must give logits, one per class")
    takes = facts["mlm:input"][0]
    bands = [band if isinstance(band, str) else band["name"] for band in takes["bands"]]
    if bands != RGB:
        stop(f"`{path}` has the bands {', '.join(bands)}, wanted {', '.join(RGB)}", "scenes have these three, in this order")
    classes = [c["name"] for c in sorted(outputs[0]["classification:classes"], key=lambda c: c["value"])]
    background = facts.get("tianmu:background", [])
    offset, scale = _scaling(path, takes.get("value_scaling"))
    return Contract(
        path, facts["mlm:name"], SEGMENTS[task], classes, background, facts.get("tianmu:gsd_m"),
        facts["tianmu:tile_size"], facts.get("tianmu:stride_px", 1), facts.get("tianmu:overlap_px", 0) // 2,
        None if SEGMENTS[task] else facts["tianmu:positive_share"], _thresholds(path, facts.get("tianmu:threshold", {}), classes, background), offset, scale,
    )


def _thresholds(path, told, classes, background):
    """Thresholds by class; one number is for all but the background."""
    if not isinstance(told, dict):
        return {name: told for name in classes if name not in background}
    for name in told:
        if name not in classes:
            stop(f"`{path}` has a threshold for `{name}`, wanted one of {', '.join(classes)}", "correct `tianmu:threshold` there")
    return told


def _scaling(path, value_scaling):
    """Offset and scale of the pixel values."""
    offsets, scales = [], []
    for rule in value_scaling or UNSCALED:
        if rule["type"] == "min-max":
            offsets.append(rule["minimum"])
            scales.append(rule["maximum"] - rule["minimum"])
        elif rule["type"] == "z-score":
            offsets.append(rule["mean"])
            scales.append(rule["stddev"])
        else:
            stop(f"`{path}` scales values by `{rule['type']}`, wanted `min-max` or `z-score`", "describe the scaling by one of these")
    return np.float32(offsets), np.float32(scales)


def as_input(contract, images):
    """Model input float32 `[n, 3, h, w]` from images uint8 `[n, h, w, rgb]`."""
    scaled = (images.astype(np.float32) - contract.offset) / contract.scale
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def softmax(logits):
    """Probabilities from logits `[n, class, ...]`."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)
