"""Folders of scenes: `.npz` files with `image` uint8 `[row, col, rgb]` and `label` uint8 `[row, col]`.

A label is the number of a class, or 255 where nothing is to be learnt or counted. Rendered scenes are named by
their seed (with `screen-` in front for the screen), so that none serves two purposes.
"""

import argparse
import zipfile
from pathlib import Path

import numpy as np

from learn.tiles import cut_tiles, grown
from onnx_tools.contract import stop
from render.canvas import IGNORE, ROSETTE
from render.files import scene_paths
from render.seeds import TEST_SEEDS, TRAINING_SEEDS, VALIDATION_SEEDS

SEEDS = {"training": TRAINING_SEEDS, "validation": VALIDATION_SEEDS, "test": TEST_SEEDS}


def count(text):
    """A whole number of at least 1, for command lines."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}`, wanted a whole number of at least 1")
    return int(text)


def add_scene_arguments(parser, what):
    """Adds which folder of scenes is read, and how many of it."""
    parser.add_argument("--scenes", type=Path, required=True, help=f"folder of {what} (.npz)")
    parser.add_argument("--count", type=count, help="how many of them; default all")


def scene_files(folder, number=None, purpose=None):
    """The scene files of a folder in the order of their names, the first `number` of them.

    Refuses rendered scenes that serve another purpose than `purpose`.
    """
    files = scene_paths(folder)
    if not files:
        stop(f"`{folder}` holds no scenes (.npz)", "render some: models/training/render_scenes.py")
    if number and len(files) < number:
        stop(f"`{folder}` holds {len(files)} scenes, wanted {number}", "render more: models/training/render_scenes.py")
    for path in files[:number] if purpose else []:
        if purpose != "training" and path.stem.startswith("real-"):
            stop(f"`{path}` is a training scene on real ground, wanted {purpose} scenes", f"render some: models/training/render_scenes.py {purpose}")
        seed = path.stem.removeprefix("screen-")
        for other, seeds in SEEDS.items():
            if other != purpose and seed.isdecimal() and int(seed) in seeds:
                stop(f"`{path}` is a {other} scene, wanted {purpose} scenes", f"render some: models/training/render_scenes.py {purpose}")
    return files[:number]


def read_scene(path):
    """Image uint8 `[row, col, rgb]` and label uint8 `[row, col]` of a scene file; rosettes are ignored, as in training."""
    try:
        with np.load(path) as stored:
            found = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as cause:
        stop(f"`{path}` does not load: {cause}", "write the scene again")
    if not {"image", "label"} <= set(found):
        stop(f"`{path}` holds {', '.join(found)}, wanted `image` and `label`", "render_scenes.py and chip_scenes.py write such scenes")
    image, label = found["image"], found["label"]
    if image.dtype != np.uint8 or label.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != label.shape:
        stop(f"`{path}` has an image {image.dtype} {image.shape} and a label {label.dtype} {label.shape}, wanted uint8 (rows, cols, 3) and uint8 (rows, cols)", "write the scene again")
    return image, np.where(label == ROSETTE, np.uint8(IGNORE), label)


def of_a_tile_or_more(contract, path):
    """Image and label of a scene. What a segmenter's scene lacks to a tile is black, as in the program, and ignored; a classifier's must be whole."""
    image, label = read_scene(path)
    size = contract.tile_px
    if not contract.segments and min(label.shape) < size:
        stop(f"`{path}` has {label.shape[0]} x {label.shape[1]} pixels, wanted at least a tile of {size} x {size}", "render or cut larger scenes")
    return grown(image, label, size)


def tiles(contract, path):
    """Cuts a scene as the program does: tiles `[n, h, w, rgb]` and their labels `[n, h, w]`."""
    image, label = of_a_tile_or_more(contract, path)
    images, labels = zip(*cut_tiles(image, label, contract.tile_px, contract.tile_px - 2 * contract.margin_px))
    return np.stack(images), np.stack(labels)
