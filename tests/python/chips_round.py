"""Training chips of a round say what people found, to the readers that others wrote.

The sample county is scanned into a campaign, answers are put into it with sqlite3, and chips are made
in all layouts. PyYAML reads data.yaml, pycocotools the COCO files, rasterio masks and pictures. Labels
are compared with the answers: outlines of sites or those that were walked, brought into chip pixels
with pyproj, drawn with rasterio; pixels with those of the image, black where nobody knows.
"""

import csv
import sqlite3
import warnings

import geopandas
import numpy as np
import rasterio
import shapely
import yaml
from pycocotools.coco import COCO
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

import common
import geometry

SIZE = 192
COUNTY = common.REPOSITORY / "samples" / "ridge-county"
CLASSES = ["cannabis", "opium_poppy"]
# What is found at each site in the order of their numbers: outcome, species, whether it was walked.
FOUND = [
    ("confirmed", "opium_poppy", False),
    ("confirmed", "cannabis", True),
    ("false_alarm", "", False),
    ("legal_crop", "", False),
    ("not_found", "", False),
    ("false_alarm", "", False),
]


def campaign(args):
    path = args.work / "county.gpkg"
    common.tianmu(args, "campaign", "new", path, "--year", 2026, "--county-code", 990101, "-q")
    for file, role in [("villages.shp", "villages"), ("buildings.gpkg", "buildings")]:
        common.tianmu(args, "campaign", "import", path, COUNTY / file, "--role", role, "-q")
    model = common.REPOSITORY / "models" / "poppy-seg"
    # Readers of JPEG differ in its pixels.
    image = args.work / "round1.tif"
    with rasterio.open(COUNTY / "round1.tif") as raster:
        profile = dict(driver="GTiff", dtype="uint8", count=3, width=raster.width, height=raster.height)
        profile |= dict(crs=raster.crs, transform=raster.transform, compress="deflate", tiled=True)
        with rasterio.open(image, "w", **profile) as lossless:
            lossless.write(raster.read([1, 2, 3]))
    common.tianmu(args, "scan", image, "-m", model, "--campaign", path, "-o", args.work / "s.gpkg", "-q")
    return path


def answer(path, sites):
    """Puts the answers in; gives the outline of each site as it should be learned."""
    base = sqlite3.connect(path)
    # Triggers of the spatial index ask for these, which only other programs bring.
    for name, count in [("ST_IsEmpty", 1), ("ST_MinX", 1), ("ST_MaxX", 1), ("ST_MinY", 1), ("ST_MaxY", 1)]:
        base.create_function(name, count, lambda _: 1)
    base.execute("UPDATE sites SET setting = 'open'")
    outlines = {}
    for (outcome, species, walked), (site, outline) in zip(FOUND, sites.items()):
        plot = ""
        if walked:
            outline = outline.minimum_rotated_rectangle.buffer(5e-6)
            plot = outline.wkt
        outlines[site] = outline
        base.execute(
            "INSERT INTO checks (check_id, site_id, checked_at, outcome, species, plot, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (f"check-{site}", site, "2026-06-01T10:00:00", outcome, species, plot, "counted"),
        )
    base.commit()
    base.close()
    return outlines


def rows_of(folder):
    with open(folder / "chips.csv", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def in_chip(row, crs, outline):
    transform = Affine.from_gdal(*(float(n) for n in row["geotransform"].split()))
    return geometry.to_pixels([outline], transform, crs)[0]


def drawn(row, crs, outlines):
    label = np.zeros((SIZE, SIZE), np.uint8)
    window = shapely.box(0, 0, SIZE, SIZE)
    for value, outline in outlines:
        label[geometry.fill(shapely.intersection(in_chip(row, crs, outline), window), label.shape)] = value
    return label


def yolo_label(folder, row):
    label = np.zeros((SIZE, SIZE), np.uint8)
    for line in (folder / "labels" / row["chip"]).with_suffix(".txt").read_text().splitlines():
        value, *numbers = [float(word) for word in line.split()]
        shape = shapely.Polygon(np.array(numbers).reshape(-1, 2) * SIZE)
        label[geometry.fill(shape, label.shape)] = int(value) + 1
    return label


def coco_label(folder, row, coco):
    label = np.zeros((SIZE, SIZE), np.uint8)
    [image] = [i for i in coco.loadImgs(coco.getImgIds()) if i["file_name"] == row["chip"]]
    for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
        label[coco.annToMask(annotation).astype(bool)] = annotation["category_id"]
    return label


def compare(args, checks, layout, path, sites, outlines):
    folder = args.work / layout
    words = ["--layout", layout, "--chip-size", SIZE, "--val-share", "0"]
    common.tianmu(args, "chips", path, "-o", folder, "-q", *words)
    rows = rows_of(folder)
    checks.that(len(rows) >= 3, f"{layout}: chips")
    train = folder / "train"
    checks.equal(rows_of(train), rows, f"{layout}: rows of the side")
    coco = COCO(str(train / "annotations.json")) if layout == "coco" else None
    if layout == "yolo":
        data = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
        checks.equal(data["names"], dict(enumerate(CLASSES)), "names in data.yaml")
        checks.equal((data["train"], data["val"]), ("train/images", "val/images"), "sides in data.yaml")
        checks.that(all((folder / data[side]).is_dir() for side in ("train", "val")), "folders of data.yaml")
    if coco:
        names = [c["name"] for c in coco.loadCats(coco.getCatIds())]
        checks.equal(names, CLASSES, "categories")
    with rasterio.open(args.work / "round1.tif") as raster:
        image, crs = raster.read([1, 2, 3]), raster.crs
    answers = dict(zip(sites, FOUND))
    objects = {s: 1 + CLASSES.index(f[1] or "opium_poppy") for s, f in answers.items() if f[0] in ("confirmed", "legal_crop")}
    unknown = [sites[s] for s in sites if answers.get(s, ("",))[0] in ("", "not_found")]
    shown, least = set(), 1.0
    for row in rows:
        wanted = drawn(row, crs, [(value, outlines[site]) for site, value in objects.items()])
        hidden = (drawn(row, crs, [(1, outline) for outline in unknown]) > 0) & (wanted == 0)
        if layout == "mask":
            with rasterio.open(train / "masks" / row["chip"]) as mask:
                seen = mask.read(1)
            off = ((seen == 255) != hidden).sum()
            checks.at_most(off, 12, f"mask: painted over in {row['chip']}")
            seen = np.where(seen == 255, 0, seen)
        else:
            seen = coco_label(train, row, coco) if coco else yolo_label(train, row)
        for value in (1, 2):
            a, b = seen == value, wanted == value
            if b.sum() >= 40:
                overlap = (a & b).sum() / (a | b).sum()
                least = min(least, overlap)
                checks.that(overlap >= 0.97, f"{layout}: {CLASSES[value - 1]} in {row['chip']}", f"IoU {overlap:.4f}")
            else:
                checks.at_most(int(a.sum()), 60, f"{layout}: {CLASSES[value - 1]} in {row['chip']}")
        ids = [i for i in row["site_ids"].split("; ") if i]
        shown |= set(ids)
        checks.equal(row["kind"], "sites" if (wanted > 0).any() else "negative", f"{layout}: kind of {row['chip']}")
        left, top = round(float(row["src_col"])), round(float(row["src_row"]))
        with rasterio.open(train / "images" / row["chip"]) as picture:
            pixels = picture.read()
        source = image[:, top : top + SIZE, left : left + SIZE]
        # At the border of what was painted over a pixel may be on either side.
        same = (pixels == source).all(axis=0) | (pixels == 0).all(axis=0)
        checks.that(same.all(), f"{layout}: pixels of {row['chip']}")
        checks.at_most(int((pixels == 0).all(axis=0).sum() - hidden.sum()), 12, f"{layout}: black in {row['chip']}")
    taught = {s for s, f in answers.items() if f[0] != "not_found"}
    checks.equal(shown, taught, f"{layout}: the places that are shown")
    print(f"{layout}: {len(rows)} chips, least IoU {least:.4f}")


def main():
    # Chips are plain pictures; where they lie stands in chips.csv.
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    args, checks = common.start("chips_round", __doc__.splitlines()[0])
    path = campaign(args)
    table = geopandas.read_file(path, layer="sites").sort_values("site_id")
    sites = dict(zip(table["site_id"], table.geometry))
    checks.that(len(sites) == 7, "sites", f"{len(sites)}")
    outlines = answer(path, sites)
    for layout in ("yolo", "coco", "mask"):
        compare(args, checks, layout, path, sites, outlines)
    checks.finish()


if __name__ == "__main__":
    main()
