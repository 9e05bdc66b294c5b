"""Measures what the screen saves: the same scan with and without it, on a mosaic of held-out forest.

`.test-python/bin/python models/training/screen_speed.py --scenes target/screen-held-out --program target/release/tianmu`
lays scenes of screen_scenes.py side by side, enlarges their pixels to the fine model's and adds overviews, so that the
screen sees what was drawn, and scans in turns. It prints a line of Markdown, and what it was measured on.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling

from render.files import scene_paths

FINE_M, COARSE_M = 0.025, 0.3
TIMES = round(COARSE_M / FINE_M)


def save_mosaic(scenes, across, path):
    """A GeoTIFF of the scenes, row by row, at `FINE_M`, with overviews up to 16 times."""
    images = [np.load(scene)["image"] for scene in scenes]
    rows = [np.concatenate(images[i : i + across], axis=1) for i in range(0, len(images), across)]
    coarse = np.concatenate(rows).transpose(2, 0, 1)
    height, width = (n * TIMES for n in coarse.shape[1:])
    place = {"crs": "EPSG:32648", "transform": rasterio.Affine(FINE_M, 0, 500000, 0, -FINE_M, 3000000)}
    options = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate", "interleave": "pixel"}
    with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=3, dtype="uint8", **place, **options) as raster:
        for row in range(0, coarse.shape[1], 40):
            part = coarse[:, row : row + 40].repeat(TIMES, axis=1).repeat(TIMES, axis=2)
            raster.write(part, window=((row * TIMES, row * TIMES + part.shape[1]), (0, width)))
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2, 4, 8, 16], Resampling.average)


def scan(program, image, model, screen, folder):
    """Seconds by the clock, and the run record."""
    out = folder / "sites.gpkg"
    words = [program, "scan", image, "--model", model, "-o", out, "--overwrite", "--quiet"]
    begun = time.perf_counter()
    subprocess.run([*words, *(["--screen", screen] if screen else [])], check=True)
    seconds = time.perf_counter() - begun
    return seconds, json.loads((folder / "sites.gpkg.run.json").read_text())


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("models/poppy-seg"))
    parser.add_argument("--screen", type=Path, default=Path("models/ground-screen"))
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--across", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    scenes = scene_paths(args.scenes)[: args.count // args.across * args.across]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        save_mosaic(scenes, args.across, folder / "forest.tif")
        ratios, records = [], []
        for _ in range(args.runs):
            plain, _ = scan(args.program, folder / "forest.tif", args.model, None, folder)
            screened, record = scan(args.program, folder / "forest.tif", args.model, args.screen, folder)
            ratios.append(plain / screened)
            records.append(record)
    counts, timings = records[0]["counts"], records[0]["timings_s"]
    spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
    print(f"{len(scenes)} scenes, {counts['total']} tiles, {counts['screened']} dropped ({counts['screened'] / counts['total']:.1%}), coarse pass {timings['screen']:.1f} s")
    print(f"speed-up {statistics.median(ratios):.2f} ({spread}), medians of {args.runs} interleaved runs, {os.cpu_count()} cores, {platform.machine()}")


if __name__ == "__main__":
    main()
