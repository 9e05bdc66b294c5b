"""Training chips say what the sites say, to the readers that others wrote.

Painted scenes are scanned with chips in all layouts. PyYAML reads data.yaml, pycocotools the COCO
file, rasterio the masks and pictures. Labels are drawn and compared, chip by chip, with the sites of
the GeoPackage, which pyproj and rasterio bring into chip pixels by what chips.csv says.
"""

import csv
import math
import warnings

import numpy as np
import rasterio
import shapely
import yaml
from pycocotools.coco import COCO
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

import colour_models
import common
import geometry
import scenes

SIZE = 160


def cases():
    """Name, pixels on the ground, transform, CRS, whether chips are the source's own pixels."""
    metres = scenes.transverse_mercator(101.64)
    turned = Affine.translation(500123.4, 2739001.7) @ Affine.rotation(30) @ Affine.scale(0.05, -0.05)
    yield "as_it_is", Affine(0.05, 0, 500123.4, 0, -0.05, 2739001.7), metres, True
    yield "turned", turned, metres, True
    yield "south_up", Affine(0.05, 0, 500123.4, 0, 0.05, 2738951.7), metres, True
    yield "finer", Affine(0.031, 0, 500123.4, 0, -0.031, 2739001.7), metres, False
    metres_x, metres_y = 111319.49 * math.cos(math.radians(24.755)) * 1.00061, 110782.0
    yield "degrees", Affine(0.05 / metres_x, 0, 101.6367, 0, -0.05 / metres_y, 24.7551), "EPSG:4490", True


def rows_of(folder):
    with open(folder / "chips.csv", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def chip_transform(row):
    return Affine.from_gdal(*(float(n) for n in row["geotransform"].split()))


def drawn(shapes, size=SIZE):
    """Class numbers of `(value, geometry in chip pixels)`, smaller shapes on larger ones."""
    label = np.zeros((size, size), np.uint8)
    for value, shape in sorted(shapes, key=lambda s: -s[1].area):
        label[geometry.fill(shape, label.shape)] = value
    return label


def wanted_labels(rows, sites, classes, crs):
    """The label of each chip, from the sites alone."""
    window = shapely.box(0, 0, SIZE, SIZE)
    for row in rows:
        outlines = geometry.to_pixels(sites.geometry, chip_transform(row), crs)
        shapes = zip((classes.index(name) + 1 for name in sites["class"]), outlines)
        yield drawn([(value, shapely.intersection(o, window)) for value, o in shapes if o.intersects(window)])


def yolo_labels(checks, name, folder, rows, classes):
    data = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
    checks.equal(data["names"], dict(enumerate(classes)), f"{name}: names in data.yaml")
    checks.equal((data["path"], data["train"], data["val"]), ("", "images", "images"), f"{name}: data.yaml")
    for row in rows:
        shapes = []
        for line in (folder / "labels" / row["chip"]).with_suffix(".txt").read_text().splitlines():
            value, *numbers = [float(word) for word in line.split()]
            corners = np.array(numbers).reshape(-1, 2)
            checks.that(0 <= corners.min() and corners.max() <= 1, f"{name}: shares of {row['chip']}")
            # Even-odd: a hole behind a cut of no width stays a hole.
            shapes.append((int(value) + 1, shapely.Polygon(corners * SIZE)))
        yield drawn(shapes)


def coco_labels(checks, name, folder, rows, classes):
    coco = COCO(str(folder / "annotations.json"))
    names = {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())}
    checks.equal(names, dict(enumerate(classes, 1)), f"{name}: categories")
    of_name = {image["file_name"]: image for image in coco.loadImgs(coco.getImgIds())}
    checks.equal(sorted(of_name), sorted(row["chip"] for row in rows), f"{name}: COCO images")
    for row in rows:
        image = of_name[row["chip"]]
        label = np.zeros((image["height"], image["width"]), np.uint8)
        found = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        for annotation in sorted(found, key=lambda a: -a["area"]):
            mask = coco.annToMask(annotation).astype(bool)
            label[mask] = annotation["category_id"]
            off = abs(mask.sum() - annotation["area"])
            checks.at_most(off, 0.1 * annotation["area"] + 15, f"{name}: area of annotation {annotation['id']}")
            ys, xs = np.nonzero(mask)
            left, top, width, height = annotation["bbox"]
            edges = [xs.min() - left, ys.min() - top, xs.max() + 1 - left - width, ys.max() + 1 - top - height]
            checks.at_most(np.abs(edges).max(), 1.01, f"{name}: box of annotation {annotation['id']}")
        yield label


def mask_labels(checks, name, folder, rows, classes):
    lines = (folder / "classes.txt").read_text(encoding="utf-8").splitlines()
    wanted = [f"{number} {c}" for number, c in enumerate(["background", *classes])]
    checks.equal(lines, wanted, f"{name}: classes.txt")
    for row in rows:
        with rasterio.open(folder / "masks" / row["chip"]) as mask:
            checks.equal((mask.count, mask.dtypes[0]), (1, "uint8"), f"{name}: mask {row['chip']}")
            yield mask.read(1)


# Each reader with the least IoU; pycocotools rounds corners to fifths of a pixel before it fills.
READERS = {"yolo": (yolo_labels, 0.995), "coco": (coco_labels, 0.98), "mask": (mask_labels, 0.999)}


def compare_pixels(checks, name, folder, rows, image):
    """Pictures hold the source's own pixels where chips are cut at its own scale."""
    for row in rows:
        left, top = round(float(row["src_col"])), round(float(row["src_row"]))
        with rasterio.open(folder / "images" / row["chip"]) as picture:
            same = (picture.read() == image[:, top : top + SIZE, left : left + SIZE]).all()
        checks.that(same, f"{name}: pixels of {row['chip']}")


def compare(args, checks, name, transform, crs, native):
    image, label = scenes.paint(480, 610)
    path = scenes.write_tiff(args.work / name / "scene.tif", image, transform, crs)
    with rasterio.open(path) as raster:  # As the file says it, not as it was asked for.
        crs = raster.crs
    model = colour_models.segmenter(args.work / name / "model", 0.05)
    classes = [c for c in scenes.COLOURS if c != "ground"]
    worst = {}
    for layout, (reader, least) in READERS.items():
        folder = args.work / name / layout
        words = ["--chips", folder, "--chips-layout", layout, "--chip-size", SIZE, "--chips-background", 2]
        result = common.scan(args, f"{name}_{layout}", path, model, *words)
        rows = rows_of(folder)
        sites = result.layer()
        checks.that(len(rows) > 3 and len(sites) > 10, f"{name}: chips and sites")
        shown = {site for row in rows for site in row["site_ids"].split("; ") if site}
        checks.equal(shown, set(sites["site_id"]), f"{name}: every site is shown")
        if native:
            compare_pixels(checks, name, folder, rows, image)
        wanted = wanted_labels(rows, sites, classes, crs)
        for row, seen, want in zip(rows, reader(checks, name, folder, rows, classes), wanted, strict=True):
            checks.equal((want > 0).any(), row["kind"] == "sites", f"{name}: kind of {row['chip']}")
            for value in range(1, len(classes) + 1):
                a, b = seen == value, want == value
                # A sliver at the edge of a chip is a matter of single pixels.
                if b.sum() < 40:
                    checks.at_most(abs(int(a.sum()) - int(b.sum())), 12, f"{name}, {layout}: sliver in {row['chip']}")
                    continue
                overlap = (a & b).sum() / (a | b).sum()
                worst[layout] = min(overlap, worst.get(layout, 1.0))
                checks.that(overlap >= least, f"{name}, {layout}: {classes[value - 1]} in {row['chip']}", f"IoU {overlap:.4f}")
    text = ", ".join(f"{layout} {value:.4f}" for layout, value in worst.items())
    print(f"{name}: {len(rows)} chips, least IoU of labels with the sites: {text}")


def main():
    # Chips are plain pictures; where they lie stands in chips.csv.
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    args, checks = common.start("chips", __doc__.splitlines()[0])
    for case in cases():
        compare(args, checks, *case)
    checks.finish()


if __name__ == "__main__":
    main()
