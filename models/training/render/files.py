"""Files written whole or not at all, and scene files (.npz)."""

import os
from pathlib import Path

import numpy as np


def replace_files(paths, write):
    """Calls `write` with a name beside each path, then puts what it wrote in place; gives what `write` gives. Where it fails, all stays as it was.

    Readers go by the last of several files: it is taken away first and put in place last.
    """
    paths = [Path(path) for path in paths]
    parts = [path.with_name(f"{path.name}.{os.getpid()}.part") for path in paths]
    try:
        result = write(*parts)
        if len(paths) > 1:
            paths[-1].unlink(missing_ok=True)
        for part, path in zip(parts, paths):
            part.replace(path)
        return result
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def replace_file(path, write):
    """The same for one file."""
    return replace_files([path], write)


def replace_text(path, text):
    """Writes a text file in UTF-8, whole or not at all."""
    replace_file(path, lambda part: part.write_text(text, encoding="utf-8"))


def save_scene(path, **arrays):
    """Writes a scene file."""

    def write(part):
        with open(part, "wb") as file:  # Given a name, numpy would add a suffix.
            np.savez(file, **arrays)

    replace_file(path, write)


def scene_paths(folder):
    """The scene files of a folder in the order of their names."""
    return sorted(Path(folder).glob("*.npz"))


def read_pair(path):
    """Image `[row, col, rgb]` and label `[row, col]` of a scene file."""
    with np.load(path) as stored:
        return stored["image"], stored["label"]
