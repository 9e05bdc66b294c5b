"""Contact sheets to look at: the worst false alarms, the largest missed and the smallest found plots of a measurement.

`python3 models/training/pictures.py target/worst.json --survey held-out --out models/poppy-seg` reads what `evaluate.py --worst`
wrote and makes `false.jpg`, `missed.jpg` and `found.jpg`. Those of `--survey real` and `planted` hold photos: out of the repository.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from osgeo import gdal
from PIL import Image, ImageDraw

gdal.UseExceptions()
CHIP_M, CHIP_PX, MODEL_GSD_M = 6.0, 240, 0.025


def chip(raster, row, col):
    """A square of `CHIP_M` around a pixel of a raster."""
    data = gdal.Open(raster)
    gsd_m = data.GetGeoTransform()[1]
    side = max(8, round(CHIP_M / gsd_m))
    top, left = int(np.clip(row - side // 2, 0, data.RasterYSize - side)), int(np.clip(col - side // 2, 0, data.RasterXSize - side))
    side = min(side, data.RasterYSize, data.RasterXSize)
    pixels = np.stack([data.GetRasterBand(n).ReadAsArray(max(0, left), max(0, top), side, side) for n in (1, 2, 3)], -1)
    return Image.fromarray(pixels).resize((CHIP_PX, CHIP_PX), Image.BICUBIC)


def sheet(chips, across=6):
    """Chips with a line of text under each."""
    rows = -(-len(chips) // across)
    page = Image.new("RGB", (across * (CHIP_PX + 4), rows * (CHIP_PX + 18)), "white")
    draw = ImageDraw.Draw(page)
    for number, (picture, text) in enumerate(chips):
        left, top = number % across * (CHIP_PX + 4), number // across * (CHIP_PX + 18)
        page.paste(picture, (left, top))
        draw.text((left + 2, top + CHIP_PX + 2), text, fill="black")
    return page


def false_chips(entries, count):
    """Chips of false sites: `row` and `col` are pixels of the model's grid within a piece."""
    chips = []
    for entry in entries[:count]:
        factor = MODEL_GSD_M / gdal.Open(entry["raster"]).GetGeoTransform()[1]
        place = [origin + at * factor for origin, at in zip(entry["origin"], (entry["row"], entry["col"]))]
        chips.append((chip(entry["raster"], *place), f"{entry['crop']} {entry['peak']:.2f} on {entry['on']}"))
    return chips


def plot_chips(entries, count):
    """Chips of plots."""
    chips = []
    for entry in entries[:count]:
        listing = json.loads(Path(entry["raster"]).with_suffix(".json").read_text(encoding="utf-8"))
        scene = next(c for c in listing["cells"] if c.get("seed") == entry["seed"])
        top, left, bottom, right = entry["window"]
        place = scene["row"] + (top + bottom) / 2, scene["col"] + (left + right) / 2
        gsd = listing["gsd_m"] * 100
        chips.append((chip(entry["raster"], *place), f"{entry['kind']} {entry['stage']} {entry['plants']} pl. {gsd:g} cm"))
    return chips


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worst", type=Path)
    parser.add_argument("--survey", default="held-out", help="held-out, real or planted")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=int, default=18)
    args = parser.parse_args()
    worst = json.loads(args.worst.read_text(encoding="utf-8"))[args.survey]
    args.out.mkdir(parents=True, exist_ok=True)
    for name, draw in (("false", false_chips), ("missed", plot_chips), ("found", plot_chips)):
        chips = draw(worst[name], args.count)
        if chips:
            sheet(chips).save(args.out / f"{name}.jpg", quality=80)


if __name__ == "__main__":
    main()
