"""Tile scores on real rasters equal a Python run to 1e-4, and outlines the union of cells.

Scanned at each raster's own GSD, so that both see the same pixels.
"""

import sys
from pathlib import Path

import numpy as np
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import colour_models
import common
import contracts
import geometry
import scenes
from tiles import classify, compare_heatmap, compare_outlines, expected_sites, positive_tiles, tile_grid

MODEL = common.REPOSITORY / "models/poppy-tile"
RASTERS = ("australia", "dummy_fotomap_small", "pix4d_alpha_nodata", "test_tiled")


def main():
    args, checks = common.start("classification", __doc__.splitlines()[0], corpus_needed=True)
    colours = {"ground": (100, 110, 80), "bright": (170, 160, 150), "dark": (60, 70, 60)}
    painted = colour_models.classifier(args.work / "model", None, colours, tile_px=64, sharpness=8.0)
    for name in RASTERS:
        path = Path(args.corpus) / f"geotiffs/{name}.tif"
        with rasterio.open(path) as raster:
            image, valid = raster.read([1, 2, 3]), raster.dataset_mask() > 0
            transform, crs, compression = raster.transform, raster.crs, raster.compression
        if compression and "jpeg" in compression.name.lower():
            path = args.work / f"{name}.tif"
            scenes.lossless_copy(Path(args.corpus) / f"geotiffs/{name}.tif", path)
        image = np.where(valid, image, 0)
        for model, words in ((MODEL, ["--gsd", abs(transform.a)]), (painted, [])):
            what = f"{name} {model.name}"
            size = int(contracts.read(model)["tianmu:tile_size"])
            scores = classify(image, model)
            result = common.scan(
                args, what.replace(" ", "_"), path, model, *words, "--min-area", 0, heatmap=True
            )
            compare_heatmap(checks, what, result, scores, size, valid)
            positive = positive_tiles(scores, model)
            for tile in tile_grid(*valid.shape, size):
                if not valid[tile.slices].any():
                    positive[tile.row, tile.col] = 0
            outlines = geometry.to_pixels(result.layer().geometry, transform, crs)
            compare_outlines(checks, what, expected_sites(positive, size, valid.shape), outlines)
    checks.finish()


main()
