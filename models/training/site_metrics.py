"""Tiled inference and site matching for evaluation: probabilities to sites, sites against truth."""

import numpy as np
from osgeo import gdal, ogr, osr


def softmax(logits, axis):
    """Probabilities from logits."""
    shifted = np.exp(logits - logits.max(axis, keepdims=True))
    return shifted / shifted.sum(axis, keepdims=True)


def segment_image(run, image, tile_px=512, overlap_px=104):
    """Probabilities `[class, row, col]` of a whole image by overlapping tiles; `run` maps NCHW to logits."""
    height, width = image.shape[:2]
    margin, core = overlap_px // 2, tile_px - overlap_px
    rows, cols = -(-height // core), -(-width // core)
    padded = np.zeros((rows * core + overlap_px, cols * core + overlap_px, 3), np.float32)
    padded[margin : margin + height, margin : margin + width] = image / np.float32(255)
    result = np.empty((3, rows * core, cols * core), np.float32)
    for r in range(rows):
        for c in range(cols):
            tile = padded[r * core : r * core + tile_px, c * core : c * core + tile_px]
            logits = run(np.ascontiguousarray(tile.transpose(2, 0, 1)[None]))[0]
            result[:, r * core : (r + 1) * core, c * core : (c + 1) * core] = softmax(logits, 0)[
                :, margin : margin + core, margin : margin + core
            ]
    return result[:, :height, :width]


def classify_image(run, image, tile_px):
    """Probabilities `[class, row, col]` of whole tiles on the plain grid, every pixel with its tile's value."""
    rows, cols = image.shape[0] // tile_px, image.shape[1] // tile_px
    tiles = image[: rows * tile_px, : cols * tile_px].reshape(rows, tile_px, cols, tile_px, 3).transpose(0, 2, 4, 1, 3)
    batch = np.ascontiguousarray(tiles.reshape(rows * cols, 3, tile_px, tile_px) / np.float32(255))
    grid = softmax(run(batch), 1).T.reshape(-1, rows, cols)
    return grid.repeat(tile_px, 1).repeat(tile_px, 2)


def components(mask):
    """Parts of a mask joined by edge or corner, as the program joins them; numbered from 1 in `[row, col]`; and their count."""
    height, width = mask.shape
    memory = gdal.GetDriverByName("MEM").Create("", width, height, 2, gdal.GDT_Int32)
    memory.GetRasterBand(1).WriteArray(mask.astype(np.int32))
    plane = osr.SpatialReference()
    plane.SetLocalCS("pixels")
    memory.SetSpatialRef(plane)
    parts = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = parts.CreateLayer("parts", plane, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("number", ogr.OFTInteger))
    band = memory.GetRasterBand(1)
    gdal.Polygonize(band, band, layer, -1, ["8CONNECTED=8"])
    for number, part in enumerate(list(layer), 1):
        part.SetField("number", number)
        layer.SetFeature(part)
    gdal.RasterizeLayer(memory, [2], layer, options=["ATTRIBUTE=number"])
    return memory.GetRasterBand(2).ReadAsArray(), layer.GetFeatureCount()


def find_sites(probability, value, threshold, min_area_m2, gsd_m):
    """Sites of one class: `number [row, col]` and the list of (number, area_m2, mean probability)."""
    numbers, count = components(probability[value] >= threshold)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    means = np.bincount(numbers.ravel(), probability[value].ravel(), minlength=count + 1) / np.maximum(sizes, 1)
    area = sizes * gsd_m**2
    return numbers, [(n, float(area[n]), float(means[n])) for n in range(1, count + 1) if area[n] >= min_area_m2]


def _centre_inside(numbers, number, overlap, plot):
    """Whether the centre of a site lies on a plot."""
    if overlap[number] == 0:
        return False
    rows, cols = np.nonzero(numbers == number)
    row, col = int(rows.mean()) - plot.window[0].start, int(cols.mean()) - plot.window[1].start
    height, width = plot.mask.shape
    return 0 <= row < height and 0 <= col < width and bool(plot.mask[row, col])


def match_sites(numbers, sites, plots, value_label, label, halo_px=20):
    """Which plots were hit and which sites are false.

    A plot is hit when a site has an IoU of at least 0.1 with it or its centre inside it. A site is
    false when nothing of its class, and no plot of an ignored stage, lies within `halo_px` of its box.
    """
    hit = []
    count = int(numbers.max()) + 1
    sizes = np.bincount(numbers.ravel(), minlength=count)
    for plot in plots:
        overlap = np.bincount(numbers[plot.window][plot.mask], minlength=count)
        iou = overlap / (sizes + plot.mask.sum() - overlap)
        hit.append(any(iou[n] >= 0.1 or _centre_inside(numbers, n, overlap, plot) for n, _, _ in sites))
    false_sites = []
    truth = (label == value_label) | (label == 255)
    for number, area, mean in sites:
        rows, cols = np.nonzero(numbers == number)
        window = (
            slice(max(0, rows.min() - halo_px), rows.max() + halo_px + 1),
            slice(max(0, cols.min() - halo_px), cols.max() + halo_px + 1),
        )
        if not truth[window].any():
            false_sites.append((area, mean, int(rows.mean()), int(cols.mean())))
    return hit, false_sites
