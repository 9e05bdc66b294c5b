"""`tianmu bench` on the field mosaic's held-out columns gives the pixel IoU that the corpus' index knows.

Columns 13 and 14 (x >= 8320) were not trained on. They are cut out without loss, with the class mask
and with the merged polygons as truth, and measured tile by tile (640, no overlap) and in tiles that
overlap; and once more on the whole mosaic within an area. Other figures are printed only.
"""

import json
import shutil
import sys
from pathlib import Path

import geopandas
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
import scenes
from mosaic import CLASSES, held_out

# Tile by tile, and as one image, which is what tiles with enough around them amount to.
KNOWN = {
    "tile by tile": {"background": 0.992, "potato": 0.886, "weed": 0.503},
    "overlapping": {"background": 0.992, "potato": 0.884, "weed": 0.495},
}
TILES = {
    "tile by tile": ("--tile-size", 640, "--overlap", 0),
    "overlapping": ("--tile-size", 1024, "--overlap", 256),
}
TOLERANCE = 0.005
# Plants are centimetres, and the image is its own map: there is no error of position but a few pixels.
SETTINGS = ("--threshold", "argmax", "--position-error", 0.01, "--repeats", 0, "--resamples", 0)


def model_of(folder, onnx):
    """The network with the sidecar that the other scripts give it."""
    folder.mkdir()
    shutil.copyfile(onnx, folder / "model.onnx")
    item = json.loads(Path(__file__).with_name("potato_weed_unet.json").read_text())
    item["assets"]["model"]["href"] = "model.onnx"
    (folder / "model.json").write_text(json.dumps(item), encoding="utf-8")
    return folder


def dataset(folder, image, truth, *lines):
    folder.mkdir()
    text = ["[[scene]]", f'image = "{image}"', f'truth = "{truth}"', *lines]
    (folder / "dataset.toml").write_text("\n".join(text) + "\n", encoding="utf-8")
    return folder / "dataset.toml"


def value(measured):
    return "-" if measured is None or measured["value"] is None else f"{measured['value']:.4f}"


def tell(name, own):
    """What is not asserted."""
    site, pixel, objects, tile = (own[level] for level in ("site", "pixel", "object", "tile"))
    parts = [f"mean IoU {value(pixel['mean_iou'])}", f"AP50 {value(objects['ap50'])}", f"AP50:95 {value(objects['ap50_95'])}"]
    parts += [f"{site['plots']} plots, {site['sites']} sites", f"site recall {value(site['recall'])}", f"precision {value(site['precision'])}"]
    parts += [f"{row['name']} {row['found']} of {row['plots']}" for row in site["classes"]]
    parts += [f"tile F1 of {row['name']} {value(row['f1'])}" for row in tile["classes"]]
    parts += [f"count error {site['count']['relative']:.3f}", f"ECE {value(own['calibration']['ece'])}"]
    print(f"{name}: {', '.join(parts)}", flush=True)


def check(args, checks, name, tiles, path, model):
    words = ["bench", path, "--model", model, *TILES[tiles], *SETTINGS, "--json", "--quiet"]
    own = json.loads(common.tianmu(args, *words).out)["models"][0]
    seen = {row["name"]: row["iou"]["value"] for row in own["pixel"]["classes"]}
    checks.equal(set(seen), set(KNOWN[tiles]), f"{name}: rows")
    for row, wanted in KNOWN[tiles].items():
        checks.at_most(abs(seen.get(row, 0.0) - wanted), TOLERANCE, f"{name}: IoU of {row}, {seen.get(row)} against {wanted}")
    print(f"{name}: IoU " + ", ".join(f"{row} {seen[row]:.4f} ({wanted})" for row, wanted in KNOWN[tiles].items()))
    tell(name, own)


def main():
    args, checks = common.start("bench", __doc__.splitlines()[0], corpus_needed=True)
    folder = Path(args.corpus).resolve() / "field_mosaic"
    model = model_of(args.work / "unet", folder / "potato_weed_unet.onnx")
    image, truth, transform, crs = held_out(folder)
    cut = scenes.write_tiff(args.work / "cut.tif", image, transform, crs)
    mask = scenes.write_tiff(args.work / "cut_mask.tif", truth[None], transform, crs)
    classes = ", ".join(f"{number} = {json.dumps(name)}" for name, number in CLASSES.items())
    named = f"mask-classes = {{ {classes} }}"
    corners = [transform * p for p in ((0, 0), image.shape[:0:-1])]
    box = shapely.box(corners[0][0], corners[1][1], corners[1][0], corners[0][1])
    # Labels end at seams that the cut follows; what only touches it belongs to the columns before.
    merged = geopandas.read_file(folder / "potato_weed_gt_instances_merged.geojson")
    merged = merged[merged.intersects(box.buffer(-transform.a / 10))][["class", "geometry"]]
    merged.to_file(args.work / "merged.gpkg")
    geopandas.GeoSeries([box], crs=crs).to_file(args.work / "area.gpkg")

    by_mask = dataset(args.work / "by_mask", cut, mask, named)
    by_polygons = dataset(args.work / "by_polygons", cut, args.work / "merged.gpkg")
    for tiles in TILES:
        check(args, checks, f"mask, {tiles}", tiles, by_mask, model)
        check(args, checks, f"merged polygons, {tiles}", tiles, by_polygons, model)
    # The program reads JPEG by another library than this script: pixels differ by some levels here and there.
    area = f'aoi = "{args.work / "area.gpkg"}"'
    whole = dataset(args.work / "whole", folder / "potato_weed_mosaic.tif", folder / "potato_weed_gt_mask.tif", named, area)
    check(args, checks, "mask of the whole mosaic within an area, tile by tile", "tile by tile", whole, model)
    checks.finish()


main()
