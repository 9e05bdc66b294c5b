"""The canvas: colour, height and class of every pixel, and how a plant or a tree is stamped on it."""

from dataclasses import dataclass

import numpy as np

BACKGROUND, OPIUM_POPPY, CANNABIS, ROSETTE, IGNORE = 0, 1, 2, 254, 255
HOLE = -1e3  # Height of a sprite's empty pixels.


@dataclass
class Sprite:
    """A small picture from above: linear RGB and height above its foot in metres."""

    rgb: np.ndarray
    height: np.ndarray


class Canvas:
    """Linear RGB `[row, col, 3]`, surface height in metres and class label, all of one size."""

    def __init__(self, shape, gsd_m):
        self.gsd_m = gsd_m
        self.shape = shape
        self.rgb = np.zeros((*shape, 3), np.float32)
        self.height = np.zeros(shape, np.float32)
        self.label = np.zeros(shape, np.uint8)

    def window(self, row, col, size):
        """Slices of the canvas and of a `size` sprite centred at (row, col), or None outside."""
        row0, col0 = int(row) - size[0] // 2, int(col) - size[1] // 2
        top, left = max(0, -row0), max(0, -col0)
        bottom = min(size[0], self.shape[0] - row0)
        right = min(size[1], self.shape[1] - col0)
        if top >= bottom or left >= right:
            return None
        on_canvas = (slice(row0 + top, row0 + bottom), slice(col0 + left, col0 + right))
        return on_canvas, (slice(top, bottom), slice(left, right))

    def stamp(self, sprite, row, col, foot_m, tint=1.0, label=None):
        """Puts a sprite where it is higher than what stands there already."""
        slices = self.window(row, col, sprite.height.shape)
        if slices is None:
            return
        here, part = slices
        height = sprite.height[part] + foot_m
        target = self.height[here]
        wins = height > target
        target[wins] = height[wins]
        self.rgb[here][wins] = sprite.rgb[part][wins] * tint
        if label is not None:
            self.label[here][wins] = label

    def foot(self, ground, row, col):
        """Ground height under a pixel, clamped to the canvas."""
        row = min(max(int(row), 0), self.shape[0] - 1)
        col = min(max(int(col), 0), self.shape[1] - 1)
        return float(ground[row, col])


def sprite_axes(radius_m, gsd_m):
    """Metre coordinates (y down, x right) of a square sprite of that radius."""
    half = int(np.ceil(radius_m / gsd_m)) + 1
    axis = np.arange(-half, half + 1, dtype=np.float32) * gsd_m
    return np.meshgrid(axis, axis, indexing="ij")
