"""What gives scores to an image: an ONNX model as the program runs it, or a colour threshold to compare with.

A scorer maps an image `[row, col, rgb]` uint8 on the model's grid to scores `[class, row, col]`; class 0 is the
background. Black pixels are nodata.
"""

import json
from pathlib import Path

import numpy as np
from scipy import ndimage


def _softmax(logits, axis):
    shifted = np.exp(logits - logits.max(axis, keepdims=True))
    return shifted / shifted.sum(axis, keepdims=True)


class Model:
    """A model's folder: `model.onnx` beside `model.json`."""

    def __init__(self, folder, threads=1):
        import onnxruntime

        self.folder = Path(folder)
        self.facts = json.loads((self.folder / "model.json").read_text(encoding="utf-8"))["properties"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(self.folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        classes = self.facts["mlm:output"][0]["classification:classes"]
        self.classes = [entry["name"] for entry in sorted(classes, key=lambda entry: entry["value"])]
        self.tile_px = self.facts["tianmu:tile_size"]
        self.stride_px = self.facts.get("tianmu:stride_px", 1)
        self.whole_tiles = "scene-classification" in self.facts["mlm:tasks"]
        self.gsd_m = self.facts["tianmu:gsd_m"]

    def run(self, batch):
        """Logits of a batch `[n, 3, row, col]` of 0-1 values."""
        return self.session.run(None, {self.input: batch})[0]

    def __call__(self, image):
        step = self.tile_px if self.whole_tiles else self.stride_px
        height, width = image.shape[:2]
        rows, cols = -(-height // step) * step, -(-width // step) * step
        padded = np.zeros((rows, cols, 3), np.float32)
        padded[:height, :width] = image / np.float32(255)
        if not self.whole_tiles:
            return _softmax(self.run(np.ascontiguousarray(padded.transpose(2, 0, 1)[None]))[0], 0)[:, :height, :width]
        tiles = padded.reshape(rows // step, step, cols // step, step, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, step, step)
        grid = _softmax(self.run(np.ascontiguousarray(tiles)), 1).T.reshape(-1, rows // step, cols // step)
        return grid.repeat(step, 1).repeat(step, 2)[:, :height, :width]


class ColourThreshold:
    """The baseline: how much of the surroundings has the colour of petals, or of dark lush leaves.

    Petals: redder or bluer than green by `petal`, or brighter than `white` in every band. Leaves: green over red and
    blue by `lush`, and darker than `dark`. The score is the share of such pixels within `reach_m`, times `gain`.
    """

    classes = ["background", "opium_poppy", "cannabis"]
    whole_tiles = False
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
