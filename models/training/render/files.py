"""Scene files (.npz): written whole or not at all, and listed without what a broken run left."""

import os
from pathlib import Path

import numpy as np

PART = ".part.npz"


def save_scene(path, **arrays):
    """Writes arrays beside `path` and puts the file in place."""
    part = path.with_suffix(f".{os.getpid()}{PART}")
    np.savez(part, **arrays)
    part.rename(path)


def scene_paths(folder):
    """The scene files of a folder in the order of their names."""
    return sorted(path for path in Path(folder).glob("*.npz") if not path.name.endswith(PART))


def read_pair(path):
    """Image `[row, col, rgb]` and label `[row, col]` of a scene file."""
    with np.load(path) as stored:
        return stored["image"], stored["label"]
