"""Every output opens in other programs and keeps its format's rules.

GeoPackage with pyogrio, geopandas, sqlite and ogrinfo; GeoJSON against RFC 7946 and what ODK
accepts; CSV as a spreadsheet reads it; the run record; equal bytes for one and two workers.
"""

import csv
import io
import json
import math
import shutil
import sqlite3
import subprocess

import numpy as np
import pyogrio
import rasterio
import shapely
from rasterio.transform import Affine

import colour_models
import common
import geometry
import scenes

FIELDS = (
    "site_id run_id model model_sha256 src_image src_sha256 capture_time gsd_cm class prob n_detections "
    "lon lat pos_err_m area_m2 area_mu tile_ids status"
).split()


def geopackage(args, checks, result, image_path, crs):
    kinds = {"sites": "MultiPolygon", "site_points": "Point", "coverage": None, "run": None}
    layers = dict(pyogrio.list_layers(result.gpkg))
    for name, kind in kinds.items():
        if checks.that(name in layers, f"gpkg: layer {name}", f"{sorted(layers)}") and kind:
            checks.equal(layers[name], kind, f"gpkg: geometry type of {name}")
    sites, points, coverage = result.layer(), result.layer("site_points"), result.layer("coverage")
    for name, frame in [("sites", sites), ("site_points", points), ("coverage", coverage)]:
        checks.that(
            frame.crs is not None and frame.crs.to_epsg() == 4326, f"gpkg: CRS of {name}", str(frame.crs)
        )
        checks.that(frame.is_valid.all(), f"gpkg: {name} geometries are valid")
        checks.that(len(frame) > 0, f"gpkg: {name} has features")
    missing = [f for f in FIELDS + ["map_x", "map_y", "map_crs"] if f not in sites.columns]
    checks.equal(missing, [], "gpkg: missing fields of sites")
    checks.that(sites.site_id.is_unique, "gpkg: site_id is unique")
    checks.equal(sorted(points.site_id), sorted(sites.site_id), "gpkg: one point per site")
    at = points.set_index("site_id").geometry.loc[sites.site_id]
    checks.that(all(g.covers(p) for g, p in zip(sites.geometry, at)), "gpkg: points lie inside their sites")
    checks.that((abs(at.x.values - sites.lon) < 2e-7).all(), "gpkg: lon is the point's")
    checks.that((abs(at.y.values - sites.lat) < 2e-7).all(), "gpkg: lat is the point's")
    largest = [max(shapely.get_parts(g), key=lambda p: p.area) for g in sites.geometry]
    checks.that(all(g.covers(p) for g, p in zip(largest, at)), "gpkg: points lie in the largest part")
    mu = abs(sites.area_mu - sites.area_m2 * 3 / 2000)
    checks.at_most(float(mu.max()), 6e-5, "gpkg: mu and m² agree")
    checks.that(sites.prob.between(0, 1).all(), "gpkg: prob lies in 0..1")
    checks.equal(set(sites.src_sha256), {common.sha256(image_path)}, "gpkg: image hash")
    checks.equal(set(sites.model_sha256), {common.sha256(args.work / "model/model.onnx")}, "gpkg: model hash")
    checks.that((abs(sites.gsd_cm - 5) < 0.02).all(), "gpkg: gsd_cm", f"{set(sites.gsd_cm)}")
    expected = 100 * sites.area_m2.sum() / (100 * sites.geometry.map(geometry.geodesic_area).sum())
    checks.at_most(abs(expected - 1), 0.01, "gpkg: sum of areas against the geometry's")

    with rasterio.open(image_path) as raster:
        mask = raster.dataset_mask() > 0
    seen = geometry.to_pixels([coverage.union_all()], raster.transform, crs)[0]
    covered = seen.area / mask.sum()
    checks.at_most(abs(covered - 1), 0.02, "gpkg: coverage equals the valid area")

    with sqlite3.connect(result.gpkg) as base:
        checks.equal(base.execute("pragma integrity_check").fetchone()[0], "ok", "gpkg: integrity")
        checks.equal(base.execute("pragma foreign_key_check").fetchall(), [], "gpkg: foreign keys")
        checks.equal(base.execute("pragma application_id").fetchone()[0], 0x47504B47, "gpkg: application id")
        tables = [row[0] for row in base.execute("select name from sqlite_master where type = 'table'")]
        styles = []
        if checks.that("layer_styles" in tables, "gpkg: table layer_styles", f"{tables}"):
            styles = base.execute(
                "select f_table_name, styleQML from layer_styles where useAsDefault"
            ).fetchall()
        checks.that(
            "sites" in [s[0] for s in styles], "gpkg: QGIS style of sites", f"{[s[0] for s in styles]}"
        )
        checks.that(all(s[1] and "<qgis" in s[1] for s in styles), "gpkg: styles are QML")
        run_rows = base.execute("select count(*) from run").fetchone()[0] if "run" in tables else 0
        checks.that(run_rows > 0, "gpkg: run has rows")
        extents = base.execute("select table_name, min_x, min_y, max_x, max_y from gpkg_contents").fetchall()
        box = {e[0]: e[1:] for e in extents}["sites"]
        checks.that(np.allclose(box, sites.total_bounds, atol=1e-6), "gpkg: extent of sites", f"{box}")
    leftovers = [
        p.name
        for p in result.folder.iterdir()
        if p.suffix in (".gpkg-wal", ".gpkg-shm", ".tmp", ".gpkg-journal")
    ]
    checks.equal(leftovers, [], "gpkg: no side files")
    if shutil.which("ogrinfo"):
        said = subprocess.run(
            ["ogrinfo", "-so", "-al", result.gpkg], capture_output=True, text=True, check=False
        )
        checks.equal(said.returncode, 0, "ogrinfo: exit code")
        checks.equal(said.stderr.strip(), "", "ogrinfo: no warning")
        checks.that(f"Feature Count: {len(sites)}" in said.stdout, "ogrinfo: count of sites")
    print(
        f"gpkg: {len(sites)} sites, {len(points)} points, coverage {100 * covered:.2f} % of the valid pixels"
    )
    return sites


def signed_area(ring):
    """Twice the signed area, relative to the first point so that no digits are lost."""
    x, y = (np.array(ring) - np.array(ring[0])).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())


def geojson(checks, result, sites):
    raw = result.geojson.read_bytes()
    checks.that(not raw.startswith(b"\xef\xbb\xbf"), "geojson: no byte order mark")
    data = json.loads(raw.decode("utf-8"), parse_constant=lambda c: checks.that(False, f"geojson: no {c}"))
    checks.equal(data["type"], "FeatureCollection", "geojson: one FeatureCollection")
    checks.that("crs" not in data, "geojson: no crs member")
    checks.equal(len(data["features"]), len(sites), "geojson: number of features")
    ids = [f.get("id") for f in data["features"]]
    checks.that(
        len(set(ids)) == len(ids) and all(isinstance(i, str) and i for i in ids), "geojson: unique ids"
    )
    checks.equal(sorted(ids), sorted(sites.site_id), "geojson: ids are those of the GeoPackage")
    by_id = sites.set_index("site_id")
    longest = worst = 0
    for feature in data["features"]:
        name, geometry, properties = feature["id"], feature["geometry"], feature["properties"]
        checks.equal(feature["type"], "Feature", f"geojson: {name} type")
        checks.that(
            geometry["type"] in ("Point", "LineString", "Polygon"),
            f"geojson: {name} geometry for ODK",
            geometry["type"],
        )
        checks.that(bool(properties.get("title")), f"geojson: {name} title")
        missing = [f for f in FIELDS if f not in properties]
        checks.equal(missing, [], f"geojson: {name} missing fields")
        checks.that(
            not any(isinstance(v, (dict, float)) and not finite(v) for v in properties.values()),
            f"geojson: {name} plain values",
        )
        for k, ring in enumerate(geometry["coordinates"]):
            checks.that(len(ring) >= 4 and ring[0] == ring[-1], f"geojson: {name} ring is closed")
            checks.that(
                all(len(p) == 2 and abs(p[0]) <= 180 and abs(p[1]) <= 90 for p in ring),
                f"geojson: {name} positions",
            )
            turn = signed_area(ring)
            checks.that(
                turn > 0 if k == 0 else turn < 0, f"geojson: {name} ring {k} follows the right-hand rule"
            )
        shape = shapely.geometry.shape(geometry)
        checks.that(shape.is_valid, f"geojson: {name} is valid", shapely.is_valid_reason(shape))
        row = by_id.loc[name]
        if len(shapely.get_parts(row.geometry)) == 1:
            worst = max(worst, shapely.hausdorff_distance(shape, row.geometry))
        checks.that(
            abs(properties["lon"] - row.lon) < 2e-7 and abs(properties["lat"] - row.lat) < 2e-7,
            f"geojson: {name} lon, lat",
        )
        checks.that(abs(properties["area_m2"] / row.area_m2 - 1) < 1e-2, f"geojson: {name} area")
    text = raw.decode("utf-8").split('"coordinates"')[1:]
    for part in text:
        numbers = part[: part.index("}")]
        longest = max(
            longest,
            *(
                len(n.split(".")[1])
                for n in numbers.replace("[", " ").replace("]", " ").replace(",", " ").split()
                if "." in n and n[-1].isdigit()
            ),
        )
    checks.that(longest <= 7, "geojson: at most 7 decimals", f"{longest}")
    checks.at_most(worst, 2e-7, "geojson: geometry against the GeoPackage, in degrees")
    print(
        f"geojson: {len(ids)} features, {longest} decimals, furthest from the GeoPackage {worst:.1e} degrees"
    )


def finite(value):
    return isinstance(value, float) and math.isfinite(value)


def table(checks, result, sites):
    raw = result.csv.read_bytes()
    checks.that(raw.startswith(b"\xef\xbb\xbf"), "csv: byte order mark")
    text = raw[3:].decode("utf-8")
    checks.that("\n" not in text.replace("\r\n", ""), "csv: every line ends with CR LF")
    checks.that(text.endswith("\r\n"), "csv: the last line ends too")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    checks.equal(len(rows), len(sites), "csv: number of rows")
    missing = [f for f in ("site_id", "class", "prob", "lon", "lat", "area_m2") if f not in rows[0]]
    checks.equal(missing, [], "csv: missing columns")
    bad = [v for r in rows for v in [*r.values(), *r] if v and v[0] in "=+-@\t\r" and not is_number(v)]
    checks.equal(bad, [], "csv: cells a spreadsheet would run as formulas")
    by_id = sites.set_index("site_id")
    for row in rows:
        site = by_id.loc[row["site_id"]]
        near = abs(float(row["lon"]) - site.lon) < 2e-6 and abs(float(row["lat"]) - site.lat) < 2e-6
        checks.that(near, f"csv: {row['site_id']} lon, lat")
    print(f"csv: {len(rows)} rows, {len(rows[0])} columns")


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def record(args, checks, result, image_path):
    data = result.record()
    text = json.dumps(data)
    for wanted in (common.sha256(image_path), common.sha256(args.work / "model/model.onnx")):
        checks.that(wanted in text, "run record: hash of an input", wanted)
    words = {
        "version": "version",
        "command line": "command",
        "settings": "settings",
        "counts": "tiles",
        "timings": "seconds",
        "memory": "memory",
        "failures": "fail",
    }
    keys = " ".join(all_keys(data)).lower()
    for what, key in words.items():
        checks.that(key in keys, f"run record: {what}", f"no key with `{key}` in {keys[:400]}")
    print(f"run record: {len(text)} bytes, top level {', '.join(data)}")


def all_keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from all_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from all_keys(inner)


def workers(args, checks, image_path, model):
    first, second = (
        common.scan(args, f"workers_{n}/out", image_path, model, "--workers", n, heatmap=True) for n in (1, 2)
    )
    for name in ("sites.gpkg", "sites.geojson", "sites.csv", "heat.tif"):
        a, b = common.sha256(first.folder / name), common.sha256(second.folder / name)
        checks.equal(a, b, f"workers: bytes of {name}")
    print("workers: GeoPackage, GeoJSON, CSV and heatmap of 1 and 2 workers compared byte by byte")


def formulas(args, checks, image, transform, crs):
    """Names that a spreadsheet would take for formulas."""
    colours = {
        "ground": scenes.COLOURS["ground"],
        "=1+cmd": scenes.COLOURS["poppy"],
        "@sum": scenes.COLOURS["hemp"],
    }
    model = colour_models.segmenter(args.work / "formula_model", 0.05, colours)
    path = scenes.write_tiff(args.work / 'images/=2+3,"quoted".tif', image, transform, crs)
    result = common.scan(args, "formulas", path, model)
    table(checks, result, result.layer())


def overwriting(args, checks, image_path, model):
    """A result is never replaced without being asked for, and a refusal leaves it as it was."""
    target = args.work / "twice" / "sites.gpkg"
    target.parent.mkdir()
    words = ["scan", image_path, "--model", model, "-o", target, "--quiet"]
    common.tianmu(args, *words)
    before = common.sha256(target)
    refused = common.tianmu(args, *words, wanted=(1, 2))
    checks.that("--overwrite" in refused.err, "overwrite: the refusal names the flag", refused.err)
    checks.equal(common.sha256(target), before, "overwrite: a refusal changes nothing")
    common.tianmu(args, *words, "--overwrite")
    checks.equal(common.sha256(target), before, "overwrite: the same scan again gives the same bytes")
    print("overwrite: refused without the flag, identical with it")


def nothing_found(args, checks, transform, crs, model):
    """Bare ground gives valid, empty outputs and an honest zero."""
    image = np.empty((3, 300, 400), np.uint8)
    image[:] = np.array(scenes.COLOURS["ground"], np.uint8)[:, None, None]
    path = scenes.write_tiff(args.work / "images/bare.tif", image, transform, crs)
    folder = args.work / "nothing"
    folder.mkdir()
    outputs = [folder / f"sites.{e}" for e in ("gpkg", "geojson", "csv")]
    run = common.tianmu(args, "scan", path, "--model", model, *(w for o in outputs for w in ("-o", o)))
    checks.equal(
        len(pyogrio.read_dataframe(outputs[0], layer="sites")), 0, "nothing: no sites in the GeoPackage"
    )
    checks.equal(json.loads(outputs[1].read_text())["features"], [], "nothing: no features in the GeoJSON")
    rows = list(csv.reader(io.StringIO(outputs[2].read_bytes()[3:].decode())))
    checks.equal(len(rows), 1, "nothing: only the header in the CSV")
    checks.that(len(pyogrio.read_dataframe(outputs[0], layer="coverage")) > 0, "nothing: coverage is written")
    said = run.text.lower()
    checks.that("none" in said or "no " in said, "nothing: says so", run.text)
    checks.that(
        "5.0 cm" in said or "5 cm" in said or "5.00 cm" in said, "nothing: says at which GSD", run.text
    )
    checks.that("m²" in said or "ha" in said or "km²" in said, "nothing: says over which area", run.text)
    print("nothing: empty outputs, and the closing words:\n" + run.text)


def main():
    args, checks = common.start("outputs", __doc__.splitlines()[0])
    image, _ = scenes.paint(480, 610)
    transform, crs = Affine(0.05, 0, 368123.4, 0, -0.05, 2739001.7), "EPSG:32648"
    y, x = np.mgrid[0:480, 0:610]
    mask = np.where(x + y > 60, 255, 0).astype(np.uint8)
    path = args.work / "images/scene.tif"
    path.parent.mkdir()
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=3,
            height=480,
            width=610,
            dtype="uint8",
            transform=transform,
            crs=crs,
            compress="deflate",
        ) as raster:
            raster.write(image)
            raster.write_mask(mask)
    model = colour_models.segmenter(args.work / "model", 0.05)
    result = common.scan(args, "scan", path, model)
    sites = geopackage(args, checks, result, path, crs)
    geojson(checks, result, sites)
    table(checks, result, sites)
    record(args, checks, result, path)
    workers(args, checks, path, model)
    formulas(args, checks, image, transform, crs)
    overwriting(args, checks, path, model)
    nothing_found(args, checks, transform, crs, model)
    checks.finish()


main()
