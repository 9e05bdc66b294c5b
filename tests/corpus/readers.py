"""Real rasters of many makes: what is taken as valid, what is fed, and what is refused.

A colour model over 8-bit rasters must give the classes of each valid pixel as numpy does, with as
many sites as components; 16-bit values must be scaled by percentiles that the run record states;
what cannot be scanned is refused with a hint.
"""

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio import features
from rasterio.transform import Affine
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import colour_models
import common
import geometry
import scenes
from measured import measure

COLOURS = {"ground": (110, 115, 90), "bright": (185, 175, 165), "dark": (50, 60, 45)}
EIGHT_BIT = ("OSBS_029", "australia", "dummy_fotomap_small", "pix4d_alpha_nodata", "test_tiled")


def nearest(image, colours):
    """The number of the nearest colour in each pixel, and how clear the decision is."""
    centres = np.array(list(colours.values()), np.float64)
    distance = ((image.astype(np.float64).transpose(1, 2, 0)[:, :, None] - centres) ** 2).sum(axis=-1)
    ordered = np.sort(distance, axis=-1)
    return distance.argmin(axis=-1), ordered[..., 1] - ordered[..., 0]


def eight_bit(args, checks, path, model):
    name = path.stem
    with rasterio.open(path) as raster:
        image, valid = raster.read([1, 2, 3]), raster.dataset_mask() > 0
        transform, crs, compression = raster.transform, raster.crs, raster.compression
    if compression and "jpeg" in compression.name.lower():
        scenes.lossless_copy(path, args.work / f"{name}.tif")
        path = args.work / f"{name}.tif"
    label, clear = nearest(image, COLOURS)
    label = np.where(valid, label, 0)
    result = common.scan(args, name, path, model)
    sites = result.layer()
    numbers = {n: k for k, n in enumerate(COLOURS)}
    outlines = geometry.to_pixels(sites.geometry, transform, crs)
    shapes = [(o, numbers[c]) for o, c in zip(outlines, sites["class"])]
    drawn = features.rasterize(shapes, label.shape, transform=Affine.identity(), dtype=np.uint8)
    differ = (drawn != label) & (clear > 1)
    checks.equal(int(differ.sum()), 0, f"{name}: pixels of another class")
    checks.equal(int((drawn[~valid] > 0).sum()), 0, f"{name}: sites on invalid pixels")
    for value, word in enumerate(COLOURS):
        if value:
            count = ndimage.label(label == value, geometry.FOUR)[1]
            found = int((sites["class"] == word).sum())
            checks.at_most(
                abs(found - count),
                2 + (clear <= 1).sum(),
                f"{name}: sites of {word} against {count} components",
            )
    checks.that(
        sites.geometry.is_valid.all(),
        f"{name}: valid geometries",
        f"{(~sites.geometry.is_valid).sum()} are not",
    )
    covered = geometry.to_pixels([result.layer("coverage").union_all()], transform, crs)[0].area
    checks.at_most(abs(covered / valid.sum() - 1), 0.03, f"{name}: coverage against valid pixels")
    print(
        f"{name}: {len(sites)} sites, {differ.sum()} of {valid.sum()} valid pixels differ, "
        f"{100 * (1 - valid.mean()):.1f} % invalid, coverage {100 * covered / valid.sum():.2f} % of the valid",
        flush=True,
    )


def sixteen_bit(args, checks, corpus):
    """What was fed follows a line through two percentiles of the band, which the record states."""
    path = corpus / "geotiffs/ftw-inference-img.tif"
    model = colour_models.red_meter(args.work / "meter", None, tile_px=256)
    result = common.scan(args, "uint16", path, model, "--bands", "3,2,1", heatmap=True)
    with rasterio.open(path) as raster:
        values = raster.read(3).astype(float)
    with rasterio.open(result.heatmap) as raster:
        fed = raster.read(1)
    checks.equal(fed.shape, values.shape, "uint16: heatmap size")
    inner = (fed > 0.02) & (fed < 0.98)
    checks.that(inner.mean() > 0.5, "uint16: most of the range is used", f"{inner.mean():.3f}")
    slope, offset = np.polyfit(values[inner], fed[inner], 1)
    residual = abs(values[inner] * slope + offset - fed[inner]).max()
    low, high = -offset / slope, (1 - offset) / slope
    shares = [100 * (values < low).mean(), 100 * (values > high).mean()]
    checks.at_most(residual, 1e-3, "uint16: what is fed is linear in the values")
    checks.that(all(s <= 5 for s in shares), "uint16: percentiles cut little", f"{shares}")
    text = json.dumps(result.record())
    checks.that("percentile" in text.lower(), "uint16: the run record speaks of percentiles")
    stated = [str(int(round(v))) for v in (low, high)]
    checks.that(all(s in text for s in stated), "uint16: the run record states the values", f"{stated}")
    print(f"uint16: fed from {low:.1f} to {high:.1f}; {shares[0]:.2f} % below, {shares[1]:.2f} % above")


def refused(args, checks, corpus):
    rgb = colour_models.segmenter(args.work / "rgb", None, COLOURS, tile_px=256)
    fine = colour_models.segmenter(args.work / "fine", 0.05, {"dark": (40,), "bright": (200,)}, tile_px=256)
    broken = args.work / "broken.onnx"
    broken.write_bytes((rgb / "model.onnx").read_bytes()[:90])
    small = corpus / "odd_tiffs/gdal_autotest/alg/data/utmsmall_average.tiff"
    photo = corpus / "drone_photos/canon_gps_only/img_4092.jpg"
    spectral = corpus / "drone_photos/p4_multispectral_rtk/issue555_1.tif"
    image = corpus / "geotiffs/australia.tif"
    text = args.work / "not_an_image.tif"
    text.write_text("this is no raster\n")
    cut = args.work / "cut_off.tif"
    cut.write_bytes(image.read_bytes()[: image.stat().st_size // 2])
    cases = [
        ("a photo without the direction of its camera", photo, rgb, []),
        ("a band of a multispectral camera without CRS", spectral, rgb, []),
        ("one band for a model of three", small, rgb, []),
        ("a band that is not there", image, rgb, ["--bands", "1,2,9"]),
        ("no such file", args.work / "missing.tif", rgb, []),
        ("text named .tif", text, rgb, []),
        ("a cut-off copy", cut, rgb, []),
        ("a cut-off model", image, broken, []),
        ("a folder without a model", image, corpus / "geotiffs", []),
        ("a CRS that does not exist", spectral, fine, ["--assume-crs", "EPSG:99999"]),
        ("an area that is no vector file", image, rgb, ["--aoi", text]),
        ("a threshold above one", image, rgb, ["--threshold", "7"]),
        ("a class that the model lacks", image, rgb, ["--classes", "maize"]),
        ("an unknown format", image, rgb, ["-o", args.work / "sites.xyz"]),
        ("pixels a thousand times the model's", small, fine, []),
    ]
    for number, (what, path, model, words) in enumerate(cases):
        out = args.work / f"refused_{number}.gpkg"
        command = [args.tianmu, "scan", path, "--model", model, "-o", out, "--quiet", *words]
        done = measure(command, 60, args.work)
        checks.that(not done.accident, f"{what}: no accident", f"{done.accident}\n{done.err[-600:]}")
        checks.that(
            done.code in (1, 2, 3), f"{what}: is refused", f"exit code {done.code}\n{done.err[-400:]}"
        )
        checks.that("hint:" in done.err or done.code == 2, f"{what}: there is a hint", done.err[-400:])
        checks.at_most(done.peak_mib, 1024, f"{what}: peak memory, MiB")
        if done.code in (1, 2):
            checks.that(not out.exists(), f"{what}: nothing is left behind")
        print(f"{what}: exit code {done.code}: {' / '.join(done.err.split(chr(10)))[:230]}", flush=True)


def main():
    args, checks = common.start("readers", __doc__.splitlines()[0], corpus_needed=True)
    corpus = Path(args.corpus)
    model = colour_models.segmenter(args.work / "model", None, COLOURS, tile_px=256)
    for name in EIGHT_BIT:
        eight_bit(args, checks, corpus / f"geotiffs/{name}.tif", model)
    sixteen_bit(args, checks, corpus)
    refused(args, checks, corpus)
    checks.finish()


main()
