"""The field mosaic's held-out columns, and sites drawn again as class numbers per pixel."""

import sys
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.windows import Window
from shapely import affinity

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import geometry

LEFT, CLASSES = 8320, {"potato": 1, "weed": 2}


def held_out(folder):
    """Image `[rgb, row, col]`, true classes `[row, col]`, transform and CRS of columns 13 and 14."""
    with rasterio.open(folder / "potato_weed_mosaic.tif") as raster:
        part = Window(LEFT, 0, raster.width - LEFT, raster.height)
        image, transform, crs = raster.read(window=part), raster.window_transform(part), raster.crs
    with rasterio.open(folder / "potato_weed_gt_mask.tif") as raster:
        return image, raster.read(1, window=part), transform, crs


def iou(a, b, value):
    return ((a == value) & (b == value)).sum() / ((a == value) | (b == value)).sum()


def draw(sites, transform, crs, shape):
    """The sites as class numbers per pixel, and how many pixels two sites claim."""
    outlines = geometry.to_pixels(sites.geometry, transform, crs)
    drawn, claimed = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for outline, name in zip(outlines, sites["class"]):
        left, top, right, bottom = np.rint(shapely.bounds(outline) + [-1, -1, 1, 1]).astype(int)
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, shape[1]), min(bottom, shape[0])
        if right <= left or bottom <= top:
            continue
        own = affinity.translate(outline, -left, -top)
        inside = geometry.fill(own, (bottom - top, right - left))
        drawn[top:bottom, left:right][inside] = CLASSES[name]
        claimed[top:bottom, left:right] += inside
    return drawn, int((claimed > 1).sum())
