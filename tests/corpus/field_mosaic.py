"""A real orthomosaic with a trained U-Net: sites drawn again equal one whole-image inference.

Columns 13 and 14 of the mosaic (x >= 8320) were not trained on. They are cut out without loss and
fed to ONNX Runtime in one piece; tianmu scans the same cut in tiles of 256, 512 and 640, and the
full mosaic within an area of interest.
"""

import sys
from pathlib import Path

import geopandas
import numpy as np
import onnxruntime
import rasterio
import shapely
from rasterio.windows import Window
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
import geometry
import scenes
from mosaic import CLASSES, LEFT, draw, held_out, iou

REACH = 64  # The network sees at most this far to each side.
EXPECTED = {"potato": 0.884, "weed": 0.495}
WEED_COMPONENTS = 411


def whole_image(onnx, image):
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    fed = (image[None] / np.float32(255)).astype(np.float32)
    return session.run(None, {"input": fed})[0][0].argmax(axis=0).astype(np.uint8)


def main():
    args, checks = common.start("field_mosaic", __doc__.splitlines()[0], corpus_needed=True)
    folder = Path(args.corpus) / "field_mosaic"
    mosaic, onnx = folder / "potato_weed_mosaic.tif", folder / "potato_weed_unet.onnx"
    image, truth, transform, crs = held_out(folder)
    with rasterio.open(mosaic) as raster:
        wider = raster.read(window=Window(LEFT - REACH, 0, raster.width - LEFT + REACH, raster.height))
    cut = scenes.write_tiff(args.work / "cut.tif", image, transform, crs)
    whole = whole_image(onnx, image)
    reference = {n: iou(whole, truth, v) for n, v in CLASSES.items()}
    components = {n: ndimage.label(whole == v, geometry.FOUR)[1] for n, v in CLASSES.items()}
    for name, value in EXPECTED.items():
        checks.at_most(abs(reference[name] - value), 0.002, f"whole image: IoU of {name} is the known one")
    checks.at_most(
        abs(components["weed"] - WEED_COMPONENTS), 4, "whole image: weed components are the known ones"
    )
    print(
        f"whole image: potato {reference['potato']:.4f} in {components['potato']}, "
        f"weed {reference['weed']:.4f} in {components['weed']}"
    )

    config = ["--model-config", Path(__file__).with_suffix("").parent / "potato_weed_unet.json"]
    by_size = {}
    for size in (640, 512, 256):
        label = f"tiles of {size}"
        result = common.scan(args, f"tile_{size}", cut, onnx, *config, "--tile-size", size)
        sites = result.layer()
        drawn, twice = draw(sites, transform, crs, whole.shape)
        by_size[size] = {n: iou(drawn, truth, v) for n, v in CLASSES.items()}
        report(checks, label, sites, drawn, twice, whole, truth, reference, components)
    for name in CLASSES:
        values = [v[name] for v in by_size.values()]
        checks.at_most(max(values) - min(values), 0.005, f"IoU of {name} at 256, 512 and 640")
        print(f"IoU of {name} differs by {max(values) - min(values):.5f} between tile sizes")

    # The full mosaic: tiles at the border of the area see what lies left of it.
    with_context = whole_image(onnx, wider)[:, REACH:]
    area = args.work / "area.gpkg"
    corners = [transform * p for p in ((0, 0), image.shape[:0:-1])]
    box = shapely.box(corners[0][0], corners[1][1], corners[1][0], corners[0][1])
    geopandas.GeoDataFrame(geometry=[box], crs=crs).to_crs("EPSG:4326").to_file(area)
    result = common.scan(args, "area", mosaic, onnx, *config, "--aoi", area)
    sites = result.layer()
    drawn, twice = draw(sites, transform, crs, whole.shape)
    reference = {n: iou(with_context, truth, v) for n, v in CLASSES.items()}
    components = {n: ndimage.label(with_context == v, geometry.FOUR)[1] for n, v in CLASSES.items()}
    report(
        checks, "full mosaic with an area", sites, drawn, twice, with_context, truth, reference, components
    )
    outlines = geometry.to_pixels(sites.geometry, transform, crs)
    outside = max(-min(shapely.bounds(o)[0] for o in outlines), 0)
    checks.at_most(outside, 1.0, "full mosaic: sites reach outside the area, in pixels")
    checks.finish()


def report(checks, label, sites, drawn, twice, whole, truth, reference, components):
    agreement = (drawn == whole).mean()
    checks.that(agreement >= 0.999, f"{label}: classes agree", f"{agreement:.6f}")
    checks.equal(twice, 0, f"{label}: pixels that two sites claim")
    line = f"{label}: {100 * agreement:.4f} % agree, {(drawn != whole).sum()} px differ"
    for name, value in CLASSES.items():
        got, count = iou(drawn, truth, value), int((sites["class"] == name).sum())
        checks.at_most(abs(got - reference[name]), 0.01, f"{label}: IoU of {name} against the whole image's")
        line += f"; {name} IoU {got:.4f} ({reference[name]:.4f}), {count} sites ({components[name]})"
    count = int((sites["class"] == "weed").sum())
    checks.at_most(abs(count / components["weed"] - 1), 0.03, f"{label}: number of weed sites")
    print(line, flush=True)


main()
