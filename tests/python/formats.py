"""One scene in many file formats gives the same sites, and JPEG noise in a collar gives none.

The scene is the bundled sample where it exists (with the bundled segmentation model) and a painted
one. Lossless copies must agree exactly, JPEG copies one to one with an IoU of at least 0.95.
"""

import shutil

import numpy as np
import rasterio
import shapely
from rasterio.enums import ColorInterp, Resampling
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine
from rasterio.windows import Window

import colour_models
import common
import geometry
import scenes

SAMPLE = common.REPOSITORY / "samples/hill-county/scene.tif"
SAMPLE_MODEL = common.REPOSITORY / "models/poppy-seg"
RGBA = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]


def painted_scene():
    """A painted scene with a ragged collar: image, validity, transform and CRS."""
    height, width = 640, 800
    image, _ = scenes.paint(height, width)
    x, y = scenes.centres(height, width)
    valid = (x > 25 + 9 * np.sin(y / 31)) & (y > 18 + 7 * np.sin(x / 23)) & (x + y < width + height - 190)
    return image, valid, Affine(0.05, 0, 368123.4, 0, -0.05, 2739001.7), "EPSG:32648"


def sample_scene():
    """The upper left part of the sample, its ragged edge included."""
    part = Window(0, 0, 1792, 1536)
    with rasterio.open(SAMPLE) as raster:
        valid = raster.dataset_mask(window=part) > 0
        return raster.read(window=part), valid, raster.window_transform(part), raster.crs


def write_formats(folder, image, valid, transform, crs, wanted=None):
    """Writes the scene in every format, or those `wanted`: {name: (path, lossless)}."""
    alpha = np.where(valid, 255, 0).astype(np.uint8)
    clean = np.where(valid, image, 0).astype(np.uint8)
    rgba = np.concatenate([clean, alpha[None]])
    made = {}

    def write(name, bands, lossless, mask=None, colours=None, overviews=False, **options):
        path = folder / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = dict(driver="GTiff", count=len(bands), height=bands.shape[1], width=bands.shape[2])
        profile |= dict(dtype=bands.dtype, transform=transform, crs=crs, **options)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as raster:
            if colours:
                raster.colorinterp = colours
            raster.write(bands)
            if mask is not None:
                raster.write_mask(mask)
        if overviews:
            with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as raster:
                raster.build_overviews([2, 4, 8], Resampling.average)
        made[name] = (path, lossless)
        return path

    tiles = dict(tiled=True, blockxsize=256, blockysize=256)
    jpeg = dict(compress="jpeg", jpeg_quality=95)
    write("rgba_deflate", rgba, True, colours=RGBA, compress="deflate", alpha="yes", **tiles)
    write("rgba_deflate_striped", rgba, True, colours=RGBA, compress="deflate", alpha="yes", blockysize=1)
    write("rgba_deflate_bands", rgba, True, colours=RGBA, compress="deflate", alpha="yes", interleave="band")
    write("mask_lzw_overviews", clean, True, mask=alpha, compress="lzw", overviews=True, **tiles)
    write("mask_bigtiff", clean, True, mask=alpha, compress="zstd", bigtiff="yes", **tiles)
    nodata = np.where(valid, np.maximum(clean, 1), 0).astype(np.uint8)
    if (nodata == clean).all():
        write("nodata_deflate", nodata, True, nodata=0, compress="deflate", **tiles)
    write("rgba_jpeg", rgba, False, colours=RGBA, alpha="yes", **jpeg, **tiles)
    write("mask_jpeg", clean, False, mask=alpha, photometric="ycbcr", **jpeg, **tiles)
    write("mask_jpeg_striped", clean, False, mask=alpha, photometric="ycbcr", blockysize=16, **jpeg)
    cog = folder / "cog_jpeg_mask.tif"
    copy_raster(made["mask_lzw_overviews"][0], cog, driver="COG", compress="JPEG", quality=95, blocksize=256)
    made["cog_jpeg_mask"] = (cog, False)
    vrt = folder / "scene.vrt"
    copy_raster(made["rgba_deflate"][0], vrt, driver="VRT")
    made["vrt"] = (vrt, True)
    return {name: made[name] for name in wanted or made}


def facts(scan):
    """What must be identical for lossless copies: everything but the file's own name and hash."""
    sites = scan.layer().sort_values(["lon", "lat", "class"]).reset_index(drop=True)
    columns = ["class", "prob", "lon", "lat", "area_m2", "map_x", "map_y", "n_detections"]
    return sites[columns].to_csv() + "".join(shapely.to_wkb(sites.geometry, hex=True))


def compare(args, checks, name, scene, model, wanted=None, least=None):
    """Scans each format; `least` gives the IoU wanted of some JPEG formats instead of 0.95."""
    image, valid, transform, crs = scene
    files = write_formats(args.work / name / "images", image, valid, transform, crs, wanted)
    reference = None
    for label, (path, lossless) in files.items():
        result = common.scan(args, f"{name}/{label}", path, model)
        sites = result.layer()
        pixels = geometry.to_pixels(sites.geometry, transform, crs)
        if reference is None:
            reference, first, first_facts, first_sites = label, pixels, facts(result), sites
            checks.that(len(sites) >= 3, f"{name}: the reference finds sites", f"{len(sites)}")
            print(f"{name}: {len(sites)} sites in {label}")
            continue
        if lossless:
            same = facts(result) == first_facts
            checks.that(same, f"{name}: {label} gives exactly the sites of {reference}")
            print(f"{name}: {label}: {len(sites)} sites, {'identical' if same else 'DIFFERENT'}")
            continue
        pairs = geometry.match(first, pixels)
        worst = min((s for _, _, s in pairs), default=0.0)
        checks.equal((len(sites), len(pairs)), (len(first), len(first)), f"{name}: {label} sites, pairs")
        limit = (least or {}).get(label, 0.95)
        checks.that(worst >= limit, f"{name}: {label} worst IoU", f"{worst:.4f}")
        for i, j, _ in pairs:
            same = first_sites.iloc[i]["class"] == sites.iloc[j]["class"]
            checks.that(same, f"{name}: {label} class of {sites.iloc[j].site_id}")
        print(f"{name}: {label}: {len(sites)} sites, {len(pairs)} pairs, worst IoU {worst:.4f}")


def collar(args, checks):
    """A model that takes darkness for a plot finds none in a noisy collar, and the plots inside."""
    dark = {"ground": (110, 160, 90), "dark": (4, 4, 4)}
    height, width = 512, 640
    image, label = scenes.paint(
        height, width, colours={"ground": dark["ground"], "dark": dark["dark"], "other": (120, 150, 110)}
    )
    x, y = scenes.centres(height, width)
    valid = (abs(x - width / 2) + 6 * np.sin(y / 17) < width / 2 - 60) & (
        abs(y - height / 2) < height / 2 - 48
    )
    transform, crs = Affine(0.05, 0, 368123.4, 0, -0.05, 2739001.7), "EPSG:32648"
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 9, image.shape).astype(np.uint8)
    alpha = np.where(valid, 255, 0).astype(np.uint8)
    noisy = np.where(valid, image, noise).astype(np.uint8)
    folder = args.work / "collar"
    jpeg = dict(compress="jpeg", jpeg_quality=60, tiled=True, blockxsize=256, blockysize=256)
    model = colour_models.segmenter(folder / "model", 0.05, colours=dark)
    inside = [c for c in geometry.components((label == 1) & valid) if c.pixels >= 80]
    for name, bands, options, mask in [
        ("rgba_jpeg", np.concatenate([noisy, alpha[None]]), dict(alpha="yes"), None),
        ("mask_jpeg", noisy, dict(photometric="ycbcr"), alpha),
    ]:
        path = folder / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = dict(driver="GTiff", count=len(bands), height=height, width=width, dtype="uint8")
        profile |= dict(transform=transform, crs=crs, **jpeg, **options)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as raster:
            if len(bands) == 4:
                raster.colorinterp = RGBA
            raster.write(bands)
            if mask is not None:
                raster.write_mask(mask)
        with rasterio.open(path) as raster:
            stored = raster.read()
        spread = stored[3][~valid].max() if len(bands) == 4 else stored[:, ~valid].max()
        result = common.scan(args, f"collar/{name}", path, model)
        outlines = geometry.to_pixels(result.layer().geometry, transform, crs)
        outside = geometry.outline_of(~valid)
        worst = max((shapely.intersection(o, outside).area for o in outlines), default=0.0)
        deep = max((shapely.intersection(o, outside.buffer(-8)).area for o in outlines), default=0.0)
        pairs = [p for p in geometry.match([c.outline for c in inside], outlines) if p[2] > 0.7]
        checks.equal(len(pairs), len(inside), f"collar: {name}: plots inside are still found")
        checks.equal(deep, 0.0, f"collar: {name}: sites within the collar, in pixels")
        checks.equal(len(outlines), len(inside), f"collar: {name}: number of sites")
        print(
            f"collar: {name}: {len(outlines)} sites, {len(inside)} plots, largest part of one in the collar "
            f"{worst:.0f} px (deeper than a JPEG block {deep:.0f} px); collar noise reaches {spread}"
        )


def main():
    args, checks = common.start("formats", __doc__.splitlines()[0])
    scene = painted_scene()
    model = colour_models.segmenter(args.work / "painted/model", 0.05)
    compare(args, checks, "painted", scene, model)
    collar(args, checks)
    if SAMPLE.exists() and (SAMPLE_MODEL / "model.onnx").exists():
        wanted = ["rgba_deflate", "rgba_deflate_striped", "rgba_jpeg", "mask_jpeg", "cog_jpeg_mask"]
        # These two store colour at half the resolution and so blur the petals once more: that
        # changes the picture, not how it is read.
        least = {"mask_jpeg": 0.9, "cog_jpeg_mask": 0.9}
        compare(args, checks, "sample", sample_scene(), SAMPLE_MODEL, wanted, least)
        shutil.rmtree(args.work / "sample/images")
    else:
        checks.that(False, "the bundled sample and model exist", f"{SAMPLE}, {SAMPLE_MODEL}")
    checks.finish()


main()
