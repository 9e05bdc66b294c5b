"""What gives scores to an image: an ONNX model as the program runs it, or a colour threshold to compare with.

A scorer maps an image `[row, col, rgb]` uint8 on the model's grid to scores `[class, row, col]`; class 0 is the
background. Black pixels are nodata.
"""

from pathlib import Path

import numpy as np
from scipy import ndimage

from onnx_tools.contract import as_input, read_contract, softmax
from onnx_tools.sessions import run, session


class Model:
    """A model's folder: `model.onnx` beside `model.json`."""

    def __init__(self, folder, threads=1):
        path = Path(folder) / "model.onnx"
        self.contract = read_contract(path)
        self.session = session(path, self.contract, threads)
        self.classes, self.gsd_m = self.contract.classes, self.contract.gsd_m
        self.whole_tiles, self.rivals = not self.contract.segments, True

    def _probabilities(self, images):
        return softmax(run(self.session, as_input(self.contract, images)))

    def __call__(self, image):
        step = self.contract.tile_px if self.whole_tiles else self.contract.stride_px
        height, width = image.shape[:2]
        rows, cols = -(-height // step), -(-width // step)
        padded = np.zeros((rows * step, cols * step, 3), np.uint8)
        padded[:height, :width] = image
        if not self.whole_tiles:
            return self._probabilities(padded[None])[0, :, :height, :width]
        tiles = padded.reshape(rows, step, cols, step, 3).transpose(0, 2, 1, 3, 4).reshape(-1, step, step, 3)
        grid = self._probabilities(tiles).T.reshape(-1, rows, cols)
        return grid.repeat(step, 1).repeat(step, 2)[:, :height, :width]


class ColourThreshold:
    """The baseline: how much of the surroundings has the colour of petals, or of dark lush leaves.

    Petals: redder or bluer than green by `petal`, or brighter than `white` in every band. Leaves: green over red and
    blue by `lush`, and darker than `dark`. The score is the share of such pixels within `reach_m`, times `gain`.
    """

    classes = ["background", "opium_poppy", "cannabis"]
    whole_tiles = rivals = False
    gsd_m = 0.025

    def __init__(self, petal=24, white=200, lush=22, dark=110, reach_m=0.4, gain=1.5):
        self.petal, self.white, self.lush, self.dark = petal, white, lush, dark
        self.reach_px, self.gain = max(1, round(reach_m / self.gsd_m)), gain

    def __call__(self, image):
        red, green, blue = (image[..., band].astype(np.int16) for band in range(3))
        petal = (np.minimum(red, blue) - green > self.petal) | (np.minimum(np.minimum(red, green), blue) > self.white)
        petal |= (red - green > 2 * self.petal) & (red - blue > self.petal)
        leaf = (green - red > self.lush) & (green - blue > self.lush) & (green < self.dark)
        shares = [ndimage.uniform_filter(mask.astype(np.float32), self.reach_px) * self.gain for mask in (petal, leaf)]
        shares = [np.clip(share, 0.0, 0.999) for share in shares]
        return np.stack([np.full(red.shape, 0.01, np.float32), *shares])
