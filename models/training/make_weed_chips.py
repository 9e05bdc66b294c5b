"""Cuts a field mosaic with potato and weed labels into chip folders of the mask layout, by columns of 640 px.

`python3 models/training/make_weed_chips.py FOLDER OUT` reads FOLDER/potato_weed_mosaic.tif and
FOLDER/potato_weed_gt_mask.tif (data of paglab/UAV-weed-detection-paper, MIT, stitched) and writes
OUT/training: columns 0-11 in chips of 1280 x 1280, groups of two columns, and column 12 as group
`column-12`, for validation; and OUT/held-out: columns 13 and 14 as one picture.
"""

import argparse
import csv
from pathlib import Path

from osgeo import gdal
from PIL import Image

gdal.UseExceptions()
COLUMN_PX, CHIP_PX = 640, 1280
CLASSES = "0 soil\n1 potato\n2 weed\n"
GSD_M = 0.005


def save(folder, windows, mosaic, mask):
    """Writes windows `(name, group, left, top, width, height)` as a chip folder."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with open(folder / "chips.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["chip", "group", "gsd_m"])
        for name, group, *window in windows:
            image = mosaic.ReadAsArray(*window).transpose(1, 2, 0)
            Image.fromarray(image).save(folder / "images" / f"{name}.png", compress_level=1)
            Image.fromarray(mask.ReadAsArray(*window)).save(folder / "masks" / f"{name}.png")
            rows.writerow([f"{name}.png", group, GSD_M])
    (folder / "classes.txt").write_text(CLASSES)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    mosaic, mask = (gdal.Open(str(args.folder / f"potato_weed_{name}.tif")) for name in ("mosaic", "gt_mask"))
    height = mosaic.RasterYSize
    training = []
    for left in range(0, 13 * COLUMN_PX, CHIP_PX):
        first = left // COLUMN_PX
        width = min(CHIP_PX, 13 * COLUMN_PX - left)  # Column 12 stands alone.
        group = "column-12" if first == 12 else f"columns-{first:02}-{first + 1:02}"
        training += [(f"{group}_y{top}", group, left, top, width, CHIP_PX) for top in range(0, height, CHIP_PX)]
    save(args.out / "training", training, mosaic, mask)
    left = 13 * COLUMN_PX
    save(args.out / "held-out", [("columns-13-14", "held-out", left, 0, mosaic.RasterXSize - left, height)], mosaic, mask)
    print(f"{len(training)} chips in {args.out / 'training'}, columns 13 and 14 in {args.out / 'held-out'}")


if __name__ == "__main__":
    main()
