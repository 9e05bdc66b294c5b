"""Reading pictures with whatever this Python has: PIL, or rasterio."""

import sys
import warnings

import numpy as np


class ChipError(Exception):
    """What is wrong with the data, and what to do."""

    def __init__(self, message, hint):
        super().__init__(message)
        self.hint = hint


def fail(error):
    """Ends the program with an error and its hint."""
    print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
    raise SystemExit(1)


def _read(path, mode):
    try:
        from PIL import Image
    except ImportError:
        import rasterio

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                return raster.read().transpose(1, 2, 0)
    with Image.open(path) as picture:
        return np.array(picture if mode is None else picture.convert(mode))


def read_image(path):
    """Picture as uint8 `[row, col, rgb]`."""
    try:
        image = _read(path, "RGB")[..., :3]
    except Exception as cause:
        raise ChipError(f"cannot read image `{path}`: {cause}", "open it in an image viewer; copy it again if that fails too") from cause
    if image.dtype != np.uint8 or image.shape[2] != 3:
        raise ChipError(f"image `{path}` has {image.shape[2]} bands of {image.dtype}, wanted red, green and blue with 8 bits", "cut the chips again from an 8-bit RGB picture")
    return image


def read_mask(path):
    """Class numbers as uint8 `[row, col]`; a palette gives its numbers, not its colours."""
    try:
        mask = _read(path, None)
    except Exception as cause:
        raise ChipError(f"cannot read mask `{path}`: {cause}", "open it in an image viewer; copy it again if that fails too") from cause
    mask = mask[..., 0] if mask.ndim == 3 and mask.shape[2] == 1 else mask
    if mask.ndim != 2 or mask.dtype not in (np.uint8, np.bool_):
        raise ChipError(f"mask `{path}` has {mask.shape[2] if mask.ndim == 3 else 1} bands of {mask.dtype}, wanted one 8-bit band", "save class numbers, not colours")
    return mask.astype(np.uint8)
