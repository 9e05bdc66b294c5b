"""Cuts an orthomosaic and a layer of drawn polygons (QGIS) into labelled chips of the mask layout.

`python3 models/training/cut_chips.py east.tif plots.gpkg --gsd 0.025 --out target/chips --looked-at area.gpkg`

Every polygon has its class name in a field (`class`, as `tianmu scan` writes it). Chips lie on a plain
grid: those that touch a polygon, and as many without. Outside the polygons of `--looked-at` and beyond the picture
labels are 255, so nothing is learnt there; without it all that is not drawn counts as background, so draw everything.
A second orthomosaic may go into the same folder; each is a group of its own in chips.csv. What is there is never replaced.
"""

import argparse
import csv
import io
import math
import re
import sys
from pathlib import Path

import numpy as np
from osgeo import gdal, osr
from PIL import Image

from learn.chip_labels import class_file
from learn.images import ChipError, fail
from render.canvas import IGNORE
from render.files import replace_text

COLUMNS = ["chip", "group", "gsd_m", "src_image", "labels"]

gdal.UseExceptions()


def layer_in(path, raster):
    """The first layer of a file in the raster's reference system, in memory; keep the dataset alive."""
    return gdal.VectorTranslate("", gdal.OpenEx(str(path), gdal.OF_VECTOR), format="Memory", dstSRS=raster.GetProjection(), options=["-preserve_fid"])


def known_classes(dataset, field, folder):
    """Class names by value, background first; classes that the folder has keep their values."""
    layer = dataset.GetLayer(0)
    if layer.GetLayerDefn().GetFieldIndex(field) < 0:
        fields = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
        raise ChipError(f"the polygons have no field `{field}`, they have {fields}", "name the field of the class with --class-field")
    seen = sorted({str(feature.GetField(field) or "") for feature in layer})
    if "" in seen:
        raise ChipError(f"a polygon has nothing in the field `{field}`", "give every polygon its class, then save the layer")
    names = (class_file(folder)[0] or {}) if folder.exists() else {}
    names = [names[v] for v in sorted(names)] or ["background"]
    return names + [name for name in seen if name not in names]


def burn(layer, frame, shape, value, options=()):
    """`value` where polygons cover a pixel's centre, else 0: uint8 `[row, col]` over a frame (geotransform, projection)."""
    memory = gdal.GetDriverByName("MEM").Create("", shape[1], shape[0], 1)
    memory.SetGeoTransform(frame[0])
    memory.SetProjection(frame[1])
    gdal.RasterizeLayer(memory, [1], layer, burn_values=[value], options=list(options))
    return memory.ReadAsArray()


class Cutter:
    """Chips of one orthomosaic on a grid of `side` metres, and which polygons they show."""

    def __init__(self, args):
        self.raster = gdal.Open(str(args.raster))
        reference = osr.SpatialReference(wkt=self.raster.GetProjection())
        if not reference.IsProjected():
            raise ChipError(f"`{args.raster}` has no reference system in metres", "project it first: gdalwarp -t_srs EPSG:4547 (or your CGCS2000 zone)")
        left, dx, skew, top, _, dy = self.raster.GetGeoTransform()
        if skew or dy > 0:
            raise ChipError(f"`{args.raster}` is turned or upside down", "run gdalwarp on it first")
        self.unit = args.gsd / reference.GetLinearUnits()
        self.left, self.top, self.size = left, top, args.size
        self.side = args.size * self.unit
        # The last column and row reach beyond the picture, unless by a rounding error only.
        self.cols = math.ceil(dx * self.raster.RasterXSize / self.side - 1e-6)
        self.rows = math.ceil(-dy * self.raster.RasterYSize / self.side - 1e-6)
        self.field = args.class_field
        self.drawn, self.area = layer_in(args.polygons, self.raster), args.looked_at and layer_in(args.looked_at, self.raster)
        self.shown = set()  # Numbers of the polygons of which a chip shows a pixel.

    def frame(self, row, col):
        """Geotransform and projection of a chip."""
        return (self.left + col * self.side, self.unit, 0, self.top - row * self.side, 0, -self.unit), self.raster.GetProjection()

    def touched(self):
        """Which chips a polygon touches, and which have their middle in the area that was looked at: `[row, col]`."""
        frame = ((self.left, self.side, 0, self.top, 0, -self.side), self.raster.GetProjection())
        shape = (self.rows, self.cols)
        drawn = burn(self.drawn.GetLayer(0), frame, shape, 1, options=["ALL_TOUCHED=TRUE"]) > 0
        return drawn, burn(self.area.GetLayer(0), frame, shape, 1) > 0 if self.area else np.ones(shape, bool)

    def chip(self, row, col, classes):
        """Image and label of a chip; None where most of it is nodata and it shows no polygon."""
        (left, _, _, top, _, _), projection = frame = self.frame(row, col)
        bounds = (left, top - self.side, left + self.side, top)
        warped = gdal.Warp("", self.raster, format="MEM", outputBounds=bounds, width=self.size, height=self.size, resampleAlg="bilinear")
        image = warped.ReadAsArray()[:3].transpose(1, 2, 0)
        seen = warped.GetRasterBand(1).GetMaskBand().ReadAsArray() > 0
        seen &= image.any(-1)
        label = np.zeros((self.size, self.size), np.uint8)
        known = seen & (burn(self.area.GetLayer(0), frame, label.shape, 1) > 0) if self.area else seen
        layer, shown = self.drawn.GetLayer(0), set()
        layer.SetSpatialFilterRect(*bounds)
        for number, name in [(feature.GetFID(), str(feature.GetField(self.field))) for feature in layer]:
            layer.SetAttributeFilter(f"FID = {number}")
            inside = burn(layer, frame, label.shape, 1) > 0
            layer.SetAttributeFilter(None)
            label[inside] = np.maximum(label[inside], classes.index(name))
            if (inside & known).any():
                shown.add(number)
        layer.SetSpatialFilter(None)
        if seen.mean() < 0.5 and not shown:
            return None
        self.shown |= shown
        return image.astype(np.uint8), np.where(known, label, IGNORE).astype(np.uint8)

    def missed(self):
        """Polygons on the ground of the picture that no chip shows, as a reader may look for them."""
        layer = self.drawn.GetLayer(0)
        _, dx, _, _, _, dy = self.raster.GetGeoTransform()
        layer.SetSpatialFilterRect(self.left, self.top + dy * self.raster.RasterYSize, self.left + dx * self.raster.RasterXSize, self.top)
        names = [f"{feature.GetFID()} ({feature.GetField(self.field)})" for feature in layer if feature.GetFID() not in self.shown]
        layer.SetSpatialFilter(None)
        return names


def earlier_rows(out, group):
    """Rows of the chips.csv that the folder has; refuses a group that is there already, and the table of another program."""
    table, rows = out / "chips.csv", []
    if table.exists():
        with open(table, newline="", encoding="utf-8-sig") as file:
            header, *rows = [row for row in csv.reader(file) if row] or [[]]
        if header != COLUMNS:
            raise ChipError(f"`{table}` has the columns {', '.join(header)}, wanted {', '.join(COLUMNS)}", "name a folder of its own with --out")
    name = re.compile(re.escape(group) + r"_r\d+_c\d+\.png")
    pictures = [path for part in ("images", "masks") for path in (out / part).glob("*.png") if name.fullmatch(path.name)]
    if pictures or group in {row[1] for row in rows}:
        raise ChipError(
            f"`{out}` holds chips of the group `{group}` already, such as `{pictures[0].name if pictures else table.name}`, wanted a new group",
            "name the flight with --group; to cut it anew, or after a run that broke off, delete its pictures, masks and rows",
        )
    return rows


def cut(args):
    """Writes the chips; returns how many show polygons, how many none, and which polygons no chip shows."""
    cutter = Cutter(args)
    if cutter.raster.RasterCount < 3 or cutter.raster.GetRasterBand(1).DataType != gdal.GDT_Byte:
        raise ChipError(f"`{args.raster}` is no 8-bit RGB picture", "convert it first: gdal_translate -ot Byte -scale -b 1 -b 2 -b 3")
    classes = known_classes(cutter.drawn, args.class_field, args.out)
    group = args.group or args.raster.stem
    rows = earlier_rows(args.out, group)
    for part in ("images", "masks"):
        (args.out / part).mkdir(parents=True, exist_ok=True)
    touched, inside = cutter.touched()
    places = list(zip(*np.nonzero(touched)))
    empty = np.random.default_rng(1).permutation(np.argwhere(~touched & inside))
    wanted = args.background if args.background is not None else max(20, len(places))
    counts = [0, 0]
    for kind, some in enumerate((places, empty)):
        for row, col in some:
            if kind and counts[1] >= wanted:
                break
            if pair := cutter.chip(int(row), int(col), classes):
                name = f"{group}_r{row}_c{col}.png"
                Image.fromarray(pair[0]).save(args.out / "images" / name)
                Image.fromarray(pair[1]).save(args.out / "masks" / name)
                rows.append([name, group, args.gsd, args.raster.name, args.labels])
                counts[kind] += 1
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *rows])
    replace_text(args.out / "classes.txt", "".join(f"{value} {name}\n" for value, name in enumerate(classes)))
    replace_text(args.out / "chips.csv", table.getvalue())
    return *counts, cutter.missed()


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raster", type=Path, help="orthomosaic, 8-bit RGB, in metres")
    parser.add_argument("polygons", type=Path, help="layer with a polygon for each plot")
    parser.add_argument("--class-field", default="class")
    parser.add_argument("--looked-at", type=Path, help="polygons of the ground that was looked at; default: all")
    parser.add_argument("--gsd", type=float, required=True, help="metres per pixel of the chips: the model's")
    parser.add_argument("--size", type=int, default=512, help="side of a chip in pixels")
    parser.add_argument("--background", type=int, help="chips without any polygon; default: as many as with, at least 20")
    parser.add_argument("--group", help="name of the flight; default: the orthomosaic's")
    parser.add_argument("--labels", default="drawn by hand", help="where the polygons come from, for chips.csv; for example `of a scan, not corrected`; default: %(default)s")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        found, empty, missed = cut(args)
    except (ChipError, RuntimeError) as error:
        fail(error if isinstance(error, ChipError) else ChipError(str(error), "look at the file in QGIS"))
    print(f"{args.out}: {found} chips with polygons, {empty} without, of {args.raster.name}")
    if missed:
        print(
            f"warning: no chip shows {len(missed)} polygons: {', '.join(missed[:20])}{' ...' if len(missed) > 20 else ''}; "
            "they lie on nodata, outside --looked-at, or are smaller than a pixel",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
