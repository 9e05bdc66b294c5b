"""Each setting of `scan` does what it says, against numpy and shapely.

Classes, smallest area, threshold, merge distance, area of interest, bands, batch, tile size and
overlap, and several images of one ground in different coordinate systems.
"""

import math

import geopandas
import numpy as np
import pyproj
import rasterio
import shapely
from rasterio import features
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
from scipy import ndimage
from scipy.sparse.csgraph import connected_components

import colour_models
import common
import geometry
import scenes

CRS = "EPSG:32648"
TRANSFORM = Affine(0.05, 0, 368123.4, 0, -0.05, 2739001.7)
SHAPE = (480, 610)


def pixels(scan):
    sites = scan.layer()
    return sites, geometry.to_pixels(sites.geometry, TRANSFORM, CRS)


def drawn(sites, outlines, numbers):
    shapes = [(o, numbers[c]) for o, c in zip(outlines, sites["class"])]
    return (
        features.rasterize(shapes, SHAPE, transform=Affine.identity(), dtype=np.uint8)
        if shapes
        else np.zeros(SHAPE, np.uint8)
    )


def same_sites(checks, what, first, second, tolerance=0.0, ids=False):
    """Two results have the same sites; scores may differ by `tolerance`."""
    a, b = (r.layer().sort_values(["lon", "lat"]).reset_index(drop=True) for r in (first, second))
    if checks.equal(len(b), len(a), f"{what}: number of sites"):
        checks.that((a["class"] == b["class"]).all(), f"{what}: classes")
        if ids:
            checks.equal(b.site_id.tolist(), a.site_id.tolist(), f"{what}: ids")
        checks.that(all(x.equals(y) for x, y in zip(a.geometry, b.geometry)), f"{what}: outlines")
        checks.at_most(float(abs(a.prob - b.prob).max()), tolerance, f"{what}: scores")
    print(f"{what}: {len(b)} sites")


def selections(args, checks, path, model, label):
    numbers = {n: k for k, n in enumerate(scenes.COLOURS)}
    full = common.scan(args, "full", path, model)
    sites, outlines = pixels(full)
    checks.that((drawn(sites, outlines, numbers) == label).all(), "all: sites fill to the painted pixels")

    only, only_outlines = pixels(common.scan(args, "classes", path, model, "--classes", "hemp"))
    checks.equal(set(only["class"]), {"hemp"}, "--classes: the class asked for")
    checks.equal(len(only), int((sites["class"] == "hemp").sum()), "--classes: number of sites")
    checks.that(
        (drawn(only, only_outlines, numbers) == np.where(label == 2, 2, 0)).all(), "--classes: pixels"
    )
    print(f"--classes: {len(only)} of {len(sites)} sites")

    limit = float(np.median(sites.area_m2)) + 1e-6
    large = common.scan(args, "min_area", path, model, "--min-area", limit).layer()
    wanted = sites[sites.area_m2 >= limit]
    checks.equal(
        sorted(large.area_m2.round(6)), sorted(wanted.area_m2.round(6)), "--min-area: sites that stay"
    )
    print(f"--min-area {limit:.2f}: {len(large)} of {len(sites)} sites")

    swapped = scenes.write_tiff(
        args.work / "images/bgr.tif", rasterio.open(path).read()[::-1], TRANSFORM, CRS
    )
    same_sites(
        checks,
        "--bands 3,2,1 of a BGR copy",
        full,
        common.scan(args, "bands", swapped, model, "--bands", "3,2,1"),
    )
    same_sites(
        checks, "--batch 5", full, common.scan(args, "batch", path, model, "--batch", 5), 1e-4, ids=True
    )
    for size, overlap in ((64, 0), (96, 13), (256, 64), (1024, 32)):
        words = ["--tile-size", size, "--overlap", overlap]
        other = common.scan(args, f"tiles_{size}_{overlap}", path, model, *words)
        same_sites(checks, f"--tile-size {size} --overlap {overlap}", full, other, 1e-4)
    return sites, outlines


def merging(args, checks, path, model, label):
    """Parts of one class no further apart than the distance become one site with the sum of areas."""
    truth = geometry.components(label)
    single = pixels(common.scan(args, "apart", path, model))[0]
    for distance in (2.5, 4.0):
        reach = distance / 0.05
        n = len(truth)
        near = np.array(
            [[a.value == b.value and a.outline.distance(b.outline) <= reach for b in truth] for a in truth]
        )
        groups, group = connected_components(near, directed=False)
        merged = common.scan(args, f"merge_{distance}", path, model, "--merge-distance", distance).layer()
        checks.equal(len(merged), groups, f"--merge-distance {distance}: number of sites")
        parts = sorted(len(shapely.get_parts(g)) for g in merged.geometry)
        checks.equal(
            parts, sorted(np.bincount(group).tolist()), f"--merge-distance {distance}: parts of sites"
        )
        checks.at_most(
            abs(merged.area_m2.sum() / single.area_m2.sum() - 1), 1e-6, f"--merge-distance {distance}: area"
        )
        print(f"--merge-distance {distance}: {n} parts in {len(merged)} sites")


def thresholds(args, checks):
    """A model that gives back the red band: sites are where it reaches the threshold."""
    rng = np.random.default_rng(5)
    red = ndimage.gaussian_filter(rng.normal(size=SHAPE), 14)
    red = np.rint((red - red.min()) / np.ptp(red) * 255).astype(np.uint8)
    image = np.stack([red, np.full_like(red, 40), np.full_like(red, 80)])
    path = scenes.write_tiff(args.work / "images/smooth.tif", image, TRANSFORM, CRS)
    model = colour_models.red_meter(args.work / "meter", 0.05, threshold=0.5)
    for words, limit in (([], 0.5), (["--threshold", "0.7"], 0.7), (["--threshold", "plot=0.61"], 0.61)):
        name = f"threshold_{limit}"
        sites, outlines = pixels(common.scan(args, name, path, model, *words))
        wanted = red / 255 >= limit
        got = drawn(sites, outlines, {"plot": 1}) == 1
        differ = int((wanted != got).sum())
        checks.equal(differ, 0, f"{name}: pixels that differ")
        checks.equal(
            len(sites), len(geometry.components(wanted.astype(np.uint8))), f"{name}: number of sites"
        )
        for site, outline in zip(sites.itertuples(), outlines):
            inside = red[geometry.fill(outline, SHAPE)] / 255
            checks.that(
                inside.min() - 2e-3 <= site.prob <= inside.max() + 2e-3,
                f"{name}: prob lies between its pixels",
                f"{site.prob} of {inside.min()}..{inside.max()}",
            )
        print(f"{name}: {len(sites)} sites, {wanted.sum()} pixels, {differ} differ")


def areas(args, checks, path, model, label):
    """Inside the area of interest everything is as without it, outside there is nothing."""
    numbers = {n: k for k, n in enumerate(scenes.COLOURS)}
    height, width = SHAPE
    ring = [
        (60, 20),
        (width - 90.3, 55.7),
        (width - 40, height - 130),
        (0.45 * width, 0.6 * height),
        (140.5, height - 12),
    ]
    hole = [(0.5 * width, 0.3 * height), (0.62 * width, 0.33 * height), (0.55 * width, 0.55 * height)]
    area = shapely.Polygon(ring, [hole])
    ground = shapely.transform(area, lambda xy: np.column_stack(TRANSFORM * (xy[:, 0], xy[:, 1])))
    inside = geometry.fill(area, SHAPE)
    frame = geopandas.GeoDataFrame(geometry=[ground], crs=CRS)
    for name, crs in (
        ("area.gpkg", "EPSG:4490"),
        ("area.geojson", "EPSG:4326"),
        ("area.shp", CRS),
        ("area.kml", "EPSG:4326"),
    ):
        file = args.work / name
        frame.to_crs(crs).to_file(file)
        result = common.scan(args, f"aoi/{name}", path, model, "--aoi", file)
        sites, outlines = pixels(result)
        wanted = np.where(inside, label, 0)
        differ = int((drawn(sites, outlines, numbers) != wanted).sum())
        limit = 0 if name != "area.kml" else 20
        checks.at_most(differ, limit, f"--aoi {name}: pixels that differ")
        covered = geometry.to_pixels([result.layer("coverage").union_all()], TRANSFORM, CRS)[0].area
        checks.at_most(abs(covered / inside.sum() - 1), 0.02, f"--aoi {name}: coverage against the area")
        print(
            f"--aoi {name} ({crs}): {len(sites)} sites, {differ} of {inside.sum()} pixels differ, coverage {covered:.0f} px"
        )


def several(args, checks, path, model, sites):
    """The same ground in two images of different coordinate systems gives each site once."""
    with rasterio.open(path) as raster:
        image = raster.read()
    target = "EPSG:4543"
    project = pyproj.Transformer.from_crs(CRS, target, always_xy=True)
    corners = [
        project.transform(*(TRANSFORM * c)) for c in ((0, 0), (SHAPE[1], 0), (0, SHAPE[0]), SHAPE[::-1])
    ]
    left, top = min(c[0] for c in corners), max(c[1] for c in corners)
    width = math.ceil((max(c[0] for c in corners) - left) / 0.05)
    height = math.ceil((top - min(c[1] for c in corners)) / 0.05)
    other = Affine(0.05, 0, left, 0, -0.05, top)
    moved = np.zeros((4, height, width), np.uint8)
    for band in range(3):
        reproject(
            image[band],
            moved[band],
            src_transform=TRANSFORM,
            src_crs=CRS,
            dst_transform=other,
            dst_crs=target,
            resampling=Resampling.nearest,
        )
    reproject(
        np.full(SHAPE, 255, np.uint8),
        moved[3],
        src_transform=TRANSFORM,
        src_crs=CRS,
        dst_transform=other,
        dst_crs=target,
    )
    second = scenes.write_tiff(
        args.work / "images/second.tif", moved, other, target, photometric="rgb", alpha="yes"
    )
    alone = common.scan(args, "second", second, model).layer()
    checks.at_most(abs(len(alone) - len(sites)), 0, "several: the second image alone gives as many sites")
    merged = common.scan(args, "several", [path, second], model).layer()
    apart = common.scan(args, "several_apart", [path, second], model, "--no-merge-inputs").layer()
    checks.equal(len(merged), len(sites), "several: each site once")
    checks.equal(len(apart), len(sites) + len(alone), "several: --no-merge-inputs gives them all")
    both = [n for n in merged.src_image if path.name in n and second.name in n]
    checks.equal(len(both), len(merged), "several: sites list both images")
    checks.at_most(abs(merged.area_m2.sum() / sites.area_m2.sum() - 1), 0.03, "several: area is counted once")
    checks.that(merged.geometry.is_valid.all(), "several: geometries are valid")
    print(f"several: {len(sites)} and {len(alone)} sites, {len(merged)} together, {len(apart)} apart")


def empty_value(args, checks, image, label, model):
    """`--nodata` takes pixels out of what is read, whatever the file says."""
    frame = np.ones(SHAPE, bool)
    frame[70:-50, 90:-60] = False
    red = np.array(scenes.COLOURS["poppy"], np.uint8)  # So that it would be a site otherwise.
    framed = np.where(frame, red[:, None, None], image)
    framed[0][~frame & (framed[0] == red[0])] -= 1
    path = scenes.write_tiff(args.work / "images/framed.tif", framed, TRANSFORM, CRS)
    numbers = {n: k for k, n in enumerate(scenes.COLOURS)}
    seen = common.scan(args, "frame_seen", path, model).layer()
    checks.that(seen.area_m2.max() > frame.sum() * 0.0025 * 0.9, "--nodata: without it the frame is a site")
    # No single value marks the frame here, so each band's own is checked by a gray copy.
    gray = np.where(frame, 220, np.where(label == 1, 221, np.where(label == 2, 120, 60))).astype(np.uint8)
    gray_path = scenes.write_tiff(args.work / "images/gray.tif", gray[None], TRANSFORM, CRS)
    colours = {"ground": (60,), "poppy": (220,), "hemp": (120,)}
    gray_model = colour_models.segmenter(args.work / "gray", 0.05, colours)
    sites, outlines = pixels(common.scan(args, "frame_nodata", gray_path, gray_model, "--nodata", 220))
    wanted = np.where(frame, 0, label)
    differ = int((drawn(sites, outlines, numbers) != wanted).sum())
    checks.equal(differ, 0, "--nodata: pixels that differ")
    print(f"--nodata: {len(sites)} sites, {differ} pixels differ")


def sources(args, checks, path, model, sites):
    """A flag wins over the config file, that over the model, and the record says so."""
    config = args.work / "tianmu.toml"
    config.write_text('min-area = 1.0\nclasses = ["hemp"]\nmerge-distance = 4.0\n')
    words = ["--config", config, "--merge-distance", 0]
    result = common.scan(args, "config", path, model, *words)
    wanted = sites[(sites["class"] == "hemp") & (sites.area_m2 >= 1.0)]
    checks.equal(len(result.layer()), len(wanted), "config: number of sites")
    said = {s["name"]: (s["value"], s["source"]) for s in result.record()["settings"]}
    checks.equal(said["min-area"], (1.0, "config"), "config: source of min-area")
    checks.equal(said["classes"], (["hemp"], "config"), "config: source of classes")
    checks.equal(said["merge-distance"], (0.0, "flag"), "config: source of merge-distance")
    checks.that(said["gsd"][1] in ("model", "sidecar"), "config: source of gsd", f"{said['gsd']}")
    checks.equal(said["batch"][1], "default", "config: source of batch")
    config.write_text("min-aera = 1.0\n")
    out = args.work / "typo.gpkg"
    run = common.tianmu(args, "scan", path, "--model", model, "-o", out, "--config", config, wanted=(1, 2))
    checks.that("min-aera" in run.err, "config: a wrong name is named", run.err)
    print(f"config: {len(wanted)} sites, sources recorded, a wrong name is refused")


def main():
    args, checks = common.start("settings", __doc__.splitlines()[0])
    image, label = scenes.paint(*SHAPE)
    path = scenes.write_tiff(args.work / "images/scene.tif", image, TRANSFORM, CRS)
    model = colour_models.segmenter(args.work / "model", 0.05)
    sites, _ = selections(args, checks, path, model, label)
    merging(args, checks, path, model, label)
    thresholds(args, checks)
    areas(args, checks, path, model, label)
    several(args, checks, path, model, sites)
    empty_value(args, checks, image, label, model)
    sources(args, checks, path, model, sites)
    checks.finish()


main()
