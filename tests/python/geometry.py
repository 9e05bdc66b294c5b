"""Components, outlines and their comparison, in pixel coordinates (column, row)."""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from rasterio import features
from rasterio.transform import Affine
from scipy import ndimage, optimize
from shapely import affinity

FOUR = ndimage.generate_binary_structure(2, 1)
EIGHT = ndimage.generate_binary_structure(2, 2)


@dataclass
class Component:
    """Connected pixels of one class: their exact outline, and their mask within `window`."""

    value: int
    window: tuple
    mask: np.ndarray
    outline: shapely.Geometry

    @property
    def pixels(self):
        return int(self.mask.sum())


def components(label, values=None, structure=FOUR):
    """Connected components of equal class, in pixel coordinates (column, row)."""
    found = []
    for value in values if values is not None else [v for v in np.unique(label) if v]:
        marked, _ = ndimage.label(label == value, structure)
        for i, window in enumerate(ndimage.find_objects(marked), start=1):
            mask = marked[window] == i
            outline = affinity.translate(outline_of(mask), window[1].start, window[0].start)
            found.append(Component(int(value), window, mask, outline))
    return found


def outline_of(mask):
    """The exact outline of a mask, in pixel coordinates."""
    parts = features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4)
    return shapely.union_all([shapely.geometry.shape(g) for g, _ in parts])


def to_pixels(geometries, transform, crs, axis_from="EPSG:4326"):
    """WGS 84 geometries as pixel coordinates (column, row) of a raster."""
    project = pyproj.Transformer.from_crs(axis_from, crs, always_xy=True)
    inverse = ~transform

    def move(xy):
        x, y = project.transform(xy[:, 0], xy[:, 1])
        col, row = inverse * (np.asarray(x), np.asarray(y))
        return np.column_stack([col, row])

    return [shapely.transform(g, move) for g in geometries]


def fill(geometry, shape):
    """True where a pixel's centre lies inside a geometry given in pixel coordinates."""
    if geometry.is_empty:
        return np.zeros(shape, bool)
    return features.rasterize([geometry], shape, transform=Affine.identity(), dtype=np.uint8).astype(bool)


def match(first, second):
    """Pairs two lists of geometries so that the sum of their IoUs is largest: [(i, j, iou)]."""
    if not first or not second:
        return []
    a, b = np.array(first, object), np.array(second, object)
    table = np.zeros((len(a), len(b)))
    tree = shapely.STRtree(b)
    for i, j in zip(*tree.query(a, predicate="intersects")):
        table[i, j] = iou(a[i], b[j])
    rows, cols = optimize.linear_sum_assignment(-table)
    return [(i, j, table[i, j]) for i, j in zip(rows, cols) if table[i, j] > 0]


def iou(a, b):
    union = shapely.union(a, b).area
    return shapely.intersection(a, b).area / union if union else 0.0


def geodesic_area(geometry):
    return abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(geometry))[0])
