"""Painted scenes with known plots, and how they are written to files."""

import math

import numpy as np
import rasterio

# Far from one another, also after JPEG's coarser colour.
COLOURS = {"ground": (60, 120, 50), "poppy": (220, 60, 70), "hemp": (70, 90, 220)}


def centres(height, width):
    y, x = np.mgrid[0:height, 0:width]
    return x + 0.5, y + 0.5


def paint(height, width, seed=7, colours=None, noise=6):
    """Flat plots of two classes on noisy ground, some cut by the raster's edge: [3, row, col]."""
    colours = colours or COLOURS
    names = list(colours)
    rng = np.random.default_rng(seed)
    label = np.zeros((height, width), np.uint8)
    x, y = centres(height, width)
    first, second = 1, 2

    def disc(value, cx, cy, r):
        label[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = value

    def box(value, cx, cy, w, h, degrees=0.0):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        u, v = (x - cx) * c + (y - cy) * s, -(x - cx) * s + (y - cy) * c
        label[(abs(u) < w / 2) & (abs(v) < h / 2)] = value

    # Corners where four tiles of 128 meet (stride 96), one across many tiles, one with a hole.
    disc(first, 0.18 * width, 0.2 * height, 31)
    disc(second, 0.42 * width, 0.17 * height, 23.4)
    box(first, 0.7 * width, 0.22 * height, 120, 34, 24)
    box(second, 0.5 * width, 0.5 * height, 0.55 * width, 22, -8)
    disc(first, 0.2 * width, 0.78 * height, 44)
    disc(0, 0.2 * width + 5, 0.78 * height - 4, 17.3)
    box(first, 0.5 * width, 0.8 * height, 60, 18)
    box(first, 0.5 * width + 21, 0.8 * height + 20, 18, 40)
    box(second, 0.66 * width, 0.78 * height, 41, 29, 45)
    disc(second, 0.84 * width, 0.7 * height, 12.6)
    # Two of different class side by side, and plots cut by all four edges, corners included.
    box(first, 0.83 * width, 0.47 * height, 30, 30)
    box(second, 0.83 * width + 30, 0.47 * height, 30, 30)
    disc(second, 0, 0.45 * height, 19)
    disc(first, width, height, 25)
    disc(second, 0.35 * width, height, 14)
    disc(first, 0.6 * width, 0, 14)
    table = np.array([colours[n] for n in names], np.float64)
    image = table[label].transpose(2, 0, 1) + rng.uniform(-noise, noise, (3, height, width))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), label


def write_tiff(path, image, transform, crs, **options):
    """Writes [band, row, col] with rasterio; tiled DEFLATE unless said otherwise."""
    bands, height, width = image.shape
    profile = {
        "driver": "GTiff",
        "count": bands,
        "height": height,
        "width": width,
        "dtype": image.dtype,
        "crs": crs,
        "transform": transform,
        "compress": "deflate",
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        **options,
    }
    profile = {k: v for k, v in profile.items() if v is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(image)
    return path


def transverse_mercator(lon):
    """A WGS 84 grid whose scale is 1 at `lon`, so that map metres are ground metres there."""
    return f"+proj=tmerc +lat_0=0 +lon_0={lon} +k=1 +x_0=500000 +y_0=0 +datum=WGS84 +units=m +type=crs"


def lossless_copy(source, path):
    """A DEFLATE copy with an internal mask: the pixels, validity, transform and CRS it holds.

    Two builds of libjpeg decode the same JPEG a little differently, which is no one's fault; a copy
    gives both sides the same pixels.
    """
    with rasterio.open(source) as raster:
        image, valid = raster.read([1, 2, 3]), raster.dataset_mask() > 0
        transform, crs = raster.transform, raster.crs
    image = np.where(valid, image, 0).astype(np.uint8)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write_tiff(path, image, transform, crs)
        with rasterio.open(path, "r+") as raster:
            raster.write_mask(valid)
    return image, valid, transform, crs
