"""The rasters of `benches/limit.sh`: `python benches/limit/make_rasters.py FOLDER`.

`jpeg-30000.tif` and `jpeg-10000.tif`: JPEG in YCbCr, cloud-optimised, overviews; `striped-10000.tif`: four bands of
uint16, LZW, in strips, pixel by pixel; `rgba-4096.tif`: red, green, blue and alpha, DEFLATE, tiled. All of 5 cm in
EPSG:32650, ground of smoothed noise with red patches on it, the same on every run. What is there already is kept.
Needs numpy and rasterio.
"""

import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window

PATTERN = 2048  # The ground repeats after so many pixels, each time with patches elsewhere.
PLACE = dict(crs="EPSG:32650", transform=Affine(0.05, 0, 412345.0, 0, -0.05, 2890123.0))


def ground(seed=1):
    """Smoothed noise `[row, col, rgb]` uint8, which meets itself at its edges."""
    random = np.random.default_rng(seed)
    total = np.zeros((PATTERN, PATTERN, 3), np.float32)
    for cell, weight in ((1, 14), (4, 12), (16, 10), (128, 16)):
        coarse = random.normal(0, weight, (PATTERN // cell, PATTERN // cell, 1)).astype(np.float32)
        tint = random.normal(0, weight / 4, (PATTERN // cell, PATTERN // cell, 3)).astype(np.float32)
        total += (coarse + tint).repeat(cell, 0).repeat(cell, 1)
    return np.clip(total + np.float32([95, 110, 70]), 1, 255).astype(np.uint8)


def square(pattern, row, col, height, width):
    """A piece of the raster at a multiple of the pattern, with five red patches of its own."""
    piece = pattern[:height, :width].copy()
    random = np.random.default_rng([row, col])
    y, x = np.ogrid[:height, :width]
    for _ in range(5):
        (cy, cx), (ry, rx) = random.uniform(0, PATTERN, 2), random.uniform(15, 90, 2)
        inside = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1
        piece[inside] = piece[inside] // 4 + np.uint8([150, 20, 25])
    return piece


def fill(raster, size, pattern, bands):
    """Writes the whole raster; `bands` gives the planes `[band, row, col]` of a piece."""
    for row in range(0, size, PATTERN):
        height = min(PATTERN, size - row)
        strip = [square(pattern, row, col, height, min(PATTERN, size - col)) for col in range(0, size, PATTERN)]
        raster.write(bands(np.concatenate(strip, 1)), window=Window(0, row, size, height))


def jpeg(path, size, pattern):
    """8-bit JPEG, cloud-optimised."""
    plain = path.with_suffix(".plain.tif")
    options = dict(tiled=True, blockxsize=512, blockysize=512, compress="jpeg", photometric="ycbcr", jpeg_quality=90, interleave="pixel")
    with rasterio.open(plain, "w", driver="GTiff", width=size, height=size, count=3, dtype="uint8", **options, **PLACE) as raster:
        fill(raster, size, pattern, lambda piece: piece.transpose(2, 0, 1))
    copy(plain, path, driver="COG", compress="jpeg", quality=90, blocksize=512, num_threads="all_cpus")
    plain.unlink()


def striped(path, size, pattern):
    """16-bit, four bands, in strips."""
    with rasterio.open(path, "w", driver="GTiff", width=size, height=size, count=4, dtype="uint16", compress="lzw", interleave="pixel", **PLACE) as raster:
        raster.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.undefined]
        fill(raster, size, pattern, lambda piece: np.concatenate([piece, piece.max(2, keepdims=True)], 2).astype(np.uint16).transpose(2, 0, 1) * 12)


def rgba(path, size, pattern):
    """8-bit with an alpha band that is opaque."""
    options = dict(tiled=True, blockxsize=256, blockysize=256, compress="deflate", alpha="yes", interleave="pixel")
    with rasterio.open(path, "w", driver="GTiff", width=size, height=size, count=4, dtype="uint8", **options, **PLACE) as raster:
        raster.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
        fill(raster, size, pattern, lambda piece: np.concatenate([piece, np.full_like(piece[..., :1], 255)], 2).transpose(2, 0, 1))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pattern = ground()
    for name, make, size in (("rgba-4096", rgba, 4096), ("striped-10000", striped, 10_000), ("jpeg-10000", jpeg, 10_000), ("jpeg-30000", jpeg, 30_000)):
        path = folder / f"{name}.tif"
        if not path.exists():
            print(f"making {path}", flush=True)
            part = path.with_suffix(".part.tif")
            make(part, size, pattern)
            part.rename(path)


if __name__ == "__main__":
    main()
