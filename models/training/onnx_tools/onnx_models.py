"""An ONNX model with its contract, and what it says about scenes: what calibrating, quantising and comparing share.

Runs under a Python with onnxruntime (`scripts/setup.sh --python-tests` brings one); needs no torch.
A folder of scenes holds `.npz` files with `image` uint8 `[row, col, rgb]` and `label` uint8 `[row, col]`:
the class number, or 255 where nothing is to be learnt or counted.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

ROSETTE, IGNORE = 254, 255  # Rosettes are left out as in training.


def stop(what, hint):
    """Ends the program with an error and a hint."""
    raise SystemExit(f"error: {what}\nhint: {hint}")


@dataclass
class Contract:
    """What a model expects and gives, from the model.json beside it."""

    path: Path
    name: str
    input_name: str
    segments: bool  # True: logits `[n, class, h, w]`; False: logits `[n, class]`, one answer a tile.
    classes: list
    background: list
    tile_px: int
    margin_px: int  # How much of a tile's edge the program leaves to the neighbouring tile.
    positive_share: float
    thresholds: dict
    offset: np.ndarray  # `(pixel - offset) / scale` is what the model reads; one value a band or one for all.
    scale: np.ndarray


def read_contract(model_path):
    """Reads the model.json beside a model."""
    path = Path(model_path).with_name("model.json")
    for needed in (Path(model_path), path):
        if not needed.is_file():
            stop(f"`{needed}` is missing", "give a model.onnx with a model.json beside it; describe.py writes one")
    facts = json.loads(path.read_text())["properties"]
    takes, gives = facts["mlm:input"][0], facts["mlm:output"][0]
    task = facts["mlm:tasks"][0]
    if task not in ("semantic-segmentation", "scene-classification"):
        stop(f"`{path}` has the task `{task}`, wanted `semantic-segmentation` or `scene-classification`", "other kinds of model have no single probability per class to work on")
    activation = facts.get("tianmu:activation")
    if activation != "softmax":
        stop(f"`{path}` has the activation `{activation}`, wanted `softmax`", "the model must give logits, one per class")
    if len(takes["bands"]) != 3:
        stop(f"`{path}` has {len(takes['bands'])} bands, wanted 3", "scenes have red, green and blue")
    offset, scale = _scaling(path, takes.get("value_scaling"))
    named = sorted(gives["classification:classes"], key=lambda c: c["value"])
    return Contract(
        path, facts["mlm:name"], takes["name"], task == "semantic-segmentation", [c["name"] for c in named], facts.get("tianmu:background", []),
        facts["tianmu:tile_size"], facts.get("tianmu:overlap_px", 0) // 2, facts.get("tianmu:positive_share", 0.0), facts.get("tianmu:threshold", {}),
        offset, scale,
    )


def _scaling(path, value_scaling):
    """Offset and scale of the pixel values."""
    offsets, scales = [], []
    for rule in value_scaling or [{"type": "min-max", "minimum": 0, "maximum": 1}]:
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


def session(path, threads=1):
    """A session as the program makes one: on the processor, without spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(session_, batch):
    """Logits of a batch."""
    return session_.run(None, {session_.get_inputs()[0].name: batch})[0]


def softmax(logits):
    """Probabilities from logits `[n, class, ...]`."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def scene_files(folder, count=None):
    """The scene files of a folder in the order of their names."""
    files = sorted(p for p in Path(folder).glob("*.npz") if not p.name.endswith(".part.npz"))
    if not files:
        stop(f"`{folder}` holds no scenes (.npz)", "render some: models/training/render_scenes.py")
    if count and len(files) < count:
        stop(f"`{folder}` holds {len(files)} scenes, wanted {count}", "render more: models/training/render_scenes.py")
    return files[:count]


def read_scene(path):
    """Image uint8 `[row, col, rgb]` and label uint8 `[row, col]` of a scene file; 255 is ignored."""
    with np.load(path) as stored:
        if not {"image", "label"} <= set(stored.files):
            stop(f"`{path}` holds {', '.join(stored.files)}, wanted `image` and `label`", "scenes are written by render_scenes.py")
        image, label = stored["image"], stored["label"]
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != label.shape:
        stop(f"`{path}` has an image {image.dtype} {image.shape} and a label {label.shape}, wanted uint8 (rows, cols, 3) and (rows, cols)", "write the scene again")
    return image, np.where(label == ROSETTE, np.uint8(IGNORE), label)


def tile_class(contract, label):
    """The class of a tile's label `[row, col]`; None when it is neither clearly of one class nor clearly empty.

    The same rule as `sampler.tile_class`, for any number of classes.
    """
    counts = np.bincount(label.ravel(), minlength=256)
    targets = counts[1 : len(contract.classes)]
    if targets.max() >= contract.positive_share * label.size:
        return 1 + int(targets.argmax())
    return 0 if targets.max() == 0 and counts[IGNORE] == 0 else None


def tiles(contract, image, label):
    """Cuts a scene as the program does: tiles `[n, h, w, rgb]` and their labels `[n, h, w]`."""
    size, step = contract.tile_px, contract.tile_px - 2 * contract.margin_px
    corners = [(r, c) for r in range(0, label.shape[0] - size + 1, step) for c in range(0, label.shape[1] - size + 1, step)]
    if not corners:
        stop(f"a scene of {label.shape[0]} x {label.shape[1]} pixels is smaller than a tile of {size}", "render larger scenes")
    here = [(slice(r, r + size), slice(c, c + size)) for r, c in corners]
    return np.stack([image[h] for h in here]), np.stack([label[h] for h in here])
