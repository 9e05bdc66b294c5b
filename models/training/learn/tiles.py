"""Whole tiles: cutting a labelled picture as `tianmu` does, what it lacks to a tile, and the class of a tile."""

import numpy as np

from render.canvas import IGNORE


def grown(image, label, size):
    """The pair itself, or where it is smaller than `size` with black pixels added that are ignored."""
    rows, cols = (max(0, size - n) for n in label.shape)
    if rows or cols:
        image = np.pad(image, ((0, rows), (0, cols), (0, 0)))
        label = np.pad(label, ((0, rows), (0, cols)), constant_values=IGNORE)
    return image, label


def tile_class(label, classes, positive_share):
    """Class of a tile by its label `[row, col]`; None when it is neither clearly one class nor clearly background."""
    shares = [np.count_nonzero(label == value) / label.size for value in range(1, classes)]
    if max(shares) >= positive_share:
        return 1 + int(np.argmax(shares))
    return 0 if max(shares) == 0 and not (label == IGNORE).any() else None


def cut_tiles(image, label, size, step=None):
    """All whole tiles of a picture, side by side or `step` pixels apart: (image `[size, size, rgb]`, label `[size, size]`)."""
    for row in range(0, label.shape[0] - size + 1, step or size):
        for col in range(0, label.shape[1] - size + 1, step or size):
            here = (slice(row, row + size), slice(col, col + size))
            yield image[here], label[here]
