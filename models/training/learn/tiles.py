"""Whole tiles: cutting a labelled picture as `tianmu` does for a classifier, and the class of a tile."""

import numpy as np

from learn.chip_labels import IGNORE


def tile_class(label, classes, positive_share):
    """Class of a tile by its label `[row, col]`; None when it is neither clearly one class nor clearly background."""
    shares = [np.count_nonzero(label == value) / label.size for value in range(1, classes)]
    if max(shares) >= positive_share:
        return 1 + int(np.argmax(shares))
    return 0 if max(shares) == 0 and not (label == IGNORE).any() else None


def cut_tiles(image, label, size):
    """All whole tiles of a picture side by side: (image `[size, size, rgb]`, label `[size, size]`)."""
    for row in range(0, label.shape[0] - size + 1, size):
        for col in range(0, label.shape[1] - size + 1, size):
            here = (slice(row, row + size), slice(col, col + size))
            yield image[here], label[here]
