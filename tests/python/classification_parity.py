"""Tile classification of the sample equals a Python run, tile by tile.

Scores at each tile's core to 1e-4, outlines equal to the union of positive cells, and a plot
across the corner of four tiles is one site.
"""

import numpy as np
from rasterio.transform import Affine

import colour_models
import common
import contracts
import geometry
import scenes
from tiles import classify, compare_heatmap, compare_outlines, expected_sites, positive_tiles, tile_grid

IMAGE = common.REPOSITORY / "samples/hill-county/scene.tif"
MODEL = common.REPOSITORY / "models/poppy-tile"


def four_corners(args, checks):
    """A plot over the corner where four tiles meet is one site; one tile away is another."""
    colours = {"ground": (60, 120, 50), "poppy": (220, 60, 70)}
    size, gsd = 32, 0.05
    model = colour_models.classifier(args.work / "corner/model", gsd, colours, tile_px=size)
    height, width = 5 * size + 11, 6 * size + 7
    image = np.empty((3, height, width), np.uint8)
    image[:] = np.array(colours["ground"], np.uint8)[:, None, None]
    poppy = np.array(colours["poppy"], np.uint8)[:, None, None]
    image[:, size - 26 : size + 26, size - 26 : size + 26] = poppy  # Over the corner of tiles 0 and 1.
    image[:, 2 * size : 3 * size, 2 * size : 3 * size] = poppy  # Touches that by a corner only.
    image[:, :size, 4 * size : 5 * size] = poppy  # Alone.
    image[:, 5 * size :, 6 * size :] = poppy  # The last, partly filled tile: padding dilutes it.
    transform, crs = Affine(gsd, 0, 368123.4, 0, -gsd, 2739001.7), "EPSG:32648"
    path = scenes.write_tiff(args.work / "corner/scene.tif", image, transform, crs)
    result = common.scan(args, "corner", path, model, heatmap=True)
    outlines = geometry.to_pixels(result.layer().geometry, transform, crs)
    scores = classify(image, model)
    wanted = expected_sites(positive_tiles(scores, model), size, (height, width))
    compare_outlines(checks, "corner", wanted, outlines)
    compare_heatmap(checks, "corner", result, scores, size, np.ones((height, width), bool))
    areas = sorted(round(o.area) for o in outlines)
    print(f"corner: sites of {areas} px")
    checks.equal(areas[-2:], [size * size, 5 * size * size], "corner: four tiles and the one at their corner")


def sample(args, checks):
    path = args.work / "scene.tif"
    image, valid, transform, crs = scenes.lossless_copy(IMAGE, path)
    scores = classify(image, MODEL)
    contract = contracts.read(MODEL)
    size = int(contract["tianmu:tile_size"])
    has_pixels = np.zeros(scores.probability.shape[:2], bool)
    for tile in tile_grid(*valid.shape, size):
        has_pixels[tile.row, tile.col] = valid[tile.slices].any()
    result = common.scan(args, "sample", path, MODEL, "--min-area", "0", heatmap=True)
    compare_heatmap(checks, "sample", result, scores, size, valid)
    positive = np.where(has_pixels, positive_tiles(scores, MODEL), 0)
    wanted = expected_sites(positive, size, valid.shape)
    outlines = geometry.to_pixels(result.layer().geometry, transform, crs)
    checks.that(len(wanted) > 0, "sample: the model finds something")
    compare_outlines(checks, "sample", wanted, outlines)


def main():
    args, checks = common.start("classification_parity", __doc__.splitlines()[0])
    four_corners(args, checks)
    sample(args, checks)
    checks.finish()


main()
