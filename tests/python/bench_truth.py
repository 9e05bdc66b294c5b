"""`tianmu bench` counts the same whatever file the plots stand in, and counts ready-made predictions.

The same plots as GeoJSON, GeoPackage and shapefile in other reference systems, mask, YOLO polygons and
COCO; plots as boxes and as points, predictions against plots within an area, and a scan's own file, all
of them against shapely's matching. Truth in the image's own pixels knows no error of its position.
"""

import json

import geopandas
import numpy as np
import pandas as pd
import pyproj
import shapely

import bench_matching as matching
import bench_models
import bench_world
import common
from bench_matching import near, ratio

CLASSES = bench_world.CLASSES
AREA = 1e-7  # Relative: a hundredth of a millimetre along the border of what is looked at.


# ---- Files of truth -------------------------------------------------------------------------------


def gpkg(folder, scene):
    scene.plots.to_crs("EPSG:4544").to_file(folder / f"{scene.name}.gpkg", layer="plots")
    return {"truth": f"{scene.name}.gpkg"}


def shapefile(folder, scene):
    scene.plots.to_crs("EPSG:32647").to_file(folder / f"{scene.name}.shp")
    return {"truth": f"{scene.name}.shp"}


def points(folder, scene):
    centres(scene).to_file(folder / f"{scene.name}.geojson", driver="GeoJSON", COORDINATE_PRECISION=15)
    return {"truth": f"{scene.name}.geojson"}


def centres(scene):
    """A point in each plot, longitude and latitude."""
    rows = scene.plots.copy()
    rows.geometry = rows.geometry.representative_point()
    return rows.to_crs("EPSG:4326")


def shares(scene):
    """Class number and corners, as shares of the image's size, of each plot."""
    size = np.array(scene.shape[::-1])
    for name, outline in zip(scene.plots["class"], scene.pixels(scene.plots)):
        yield CLASSES.index(name), np.array(outline.exterior.coords)[:-1] / size


def yolo(folder, scene):
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    lines = [" ".join([str(k), *(f"{v:.10f}" for v in corners.ravel())]) for k, corners in shares(scene)]
    (folder / f"{scene.name}.txt").write_text("\n".join(lines), encoding="utf-8")
    return {"truth": f"{scene.name}.txt", "names": "classes.txt"}


def yolo_boxes(folder, scene):
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    lines = []
    for k, corners in shares(scene):
        low, high = corners.min(axis=0), corners.max(axis=0)
        lines.append(" ".join([str(k), *(f"{v:.10f}" for v in (*((low + high) / 2), *(high - low)))]))
    (folder / f"{scene.name}.txt").write_text("\n".join(lines), encoding="utf-8")
    return {"truth": f"{scene.name}.txt", "names": "classes.txt"}


def coco(scene_list):
    """All scenes in one file; gives what writes it and names it for a scene."""
    rows = []
    for number, scene in enumerate(scene_list, start=1):
        for name, outline in zip(scene.plots["class"], scene.pixels(scene.plots)):
            left, top, right, bottom = outline.bounds
            ring = np.round(np.array(outline.exterior.coords)[:-1].ravel(), 6).tolist()
            rows.append({"id": len(rows) + 1, "image_id": number, "category_id": 5 + CLASSES.index(name), "segmentation": [ring],
                         "bbox": [left, top, right - left, bottom - top], "area": outline.area, "iscrowd": 0})
    images = [{"id": n, "file_name": s.path.name, "width": s.shape[1], "height": s.shape[0]} for n, s in enumerate(scene_list, start=1)]
    text = json.dumps({"images": images, "annotations": rows, "categories": [{"id": 5 + k, "name": n} for k, n in enumerate(CLASSES)]})

    def write(folder, scene):
        (folder / "annotations.json").write_text(text, encoding="utf-8")
        return {"truth": "annotations.json"}

    return write


def yolo_folder(folder, scene_list):
    """A plain folder: images, labels, classes.txt."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for scene in scene_list:
        yolo(folder / "labels", scene)
        (folder / "images" / scene.path.name).symlink_to(scene.path)
    (folder / "labels/classes.txt").rename(folder / "classes.txt")
    return folder


# ---- Comparison -----------------------------------------------------------------------------------


def counted(report):
    """All counts of a report, and nothing else."""
    model = report["models"][0]
    site = model["site"]
    keys = ("plots", "found", "sites", "false_sites")
    rows = {part: [[row["name"], *(row.get(k) for k in keys)] for row in site[part]] for part in ("classes", "by_scene")}
    table = [[row["class"], row["threshold"], row["sites"], row["found"], row["false_sites"]] for row in model["thresholds"]]
    return {"all": [site[k] for k in keys], **rows, "thresholds": table}


def check_counts(checks, name, report, outcomes):
    """A report against own matching."""
    site = report["models"][0]["site"]
    seen = [site[k] for k in ("plots", "found", "sites", "false_sites")]
    checks.equal(seen, matching.total(outcomes).tolist(), f"{name}: plots, found, sites, false sites")
    for row in site["classes"]:
        wanted = matching.total(outcomes, row["name"])
        checks.equal([row["plots"], row["found"], row["false_sites"]], wanted[[0, 1, 3]].tolist(), f"{name}: {row['name']}")
    for row, outcome in zip(site["by_scene"], outcomes, strict=True):
        checks.equal([row["plots"], row["found"], row["false_sites"]], outcome.counts()[[0, 1, 3]].tolist(), f"{name}: scene {row['name']}")
    return seen


def check_formats(args, checks, scene_list, model):
    formats = {"geojson": None, "gpkg": gpkg, "shapefile": shapefile, "mask": bench_world.mask_truth, "yolo": yolo, "coco": coco(scene_list)}
    words = {"mask": "mask"}
    outcomes = matching.outcomes(checks, matching.scans(args, "scan", scene_list, model), scene_list)
    first = None
    for name, truth in formats.items():
        report = matching.bench(args, bench_world.dataset(args.work / name, scene_list, truth), [model])
        checks.equal({s["truth"] for s in report["dataset"]["scenes"]}, {words.get(name, "polygons")}, f"{name}: kind of truth")
        seen = check_counts(checks, name, report, outcomes)
        first = first or counted(report)
        checks.equal(counted(report), first, f"{name}: all counts are those of GeoJSON")
        checks.that(report["models"][0]["pixel"] and report["models"][0]["object"], f"{name}: there are all levels")
    report = matching.bench(args, yolo_folder(args.work / "folder", scene_list), [model])
    checks.equal(counted(report), first, "folder of YOLO labels: all counts are those of GeoJSON")
    print(f"{', '.join([*formats, 'folder'])}: plots, found, sites, false sites {seen}", flush=True)


def changed(scene_list, plots_of):
    """The scenes with other plots."""
    return [bench_world.with_plots(scene, plots_of(scene)) for scene in scene_list]


def boxes_of(scene):
    rows = scene.plots.copy()
    turn = scene.transform.to_shapely()
    rows.geometry = [shapely.affinity.affine_transform(shapely.box(*g.bounds), turn) for g in scene.pixels(rows)]
    return rows


def check_less_exact(args, checks, scene_list, model):
    """Boxes and points as truth, and the levels that these leave out."""
    results = matching.scans(args, "again", scene_list, model)
    for name, truth, known in (("boxes", yolo_boxes, changed(scene_list, boxes_of)), ("points", points, changed(scene_list, centres))):
        report = matching.bench(args, bench_world.dataset(args.work / name, scene_list, truth), [model])
        checks.equal({s["truth"] for s in report["dataset"]["scenes"]}, {name}, f"{name}: kind of truth")
        seen = check_counts(checks, name, report, matching.outcomes(checks, results, known))
        own = report["models"][0]
        wanted = {"boxes": {"pixel"}, "points": {"pixel", "object"}}[name]
        checks.equal({level for level in ("pixel", "object") if own[level] is None}, wanted, f"{name}: levels left out")
        checks.that(wanted <= set(own["left_out"]), f"{name}: reasons for levels left out", str(own["left_out"]))
        print(f"{name}: plots, found, sites, false sites {seen}", flush=True)


def check_position_error(args, checks, scene_list, model):
    """Where none is given it is 2 m, and 0 where truth is drawn in pixels."""
    seen = {}
    for name, truth, error in (("vector", None, 2), ("mask", bench_world.mask_truth, 0), ("yolo", yolo, 0), ("coco", coco(scene_list), 0)):
        dataset = bench_world.dataset(args.work / f"error_{name}", scene_list, truth)
        report = matching.bench(args, dataset, [model], given=())
        results = matching.scans(args, f"error_{name}", scene_list, model, given=("--position-error", error))
        seen[name] = check_counts(checks, f"{name}, no position error given", report, matching.outcomes(checks, results, scene_list))
    checks.that(seen["vector"] != seen["mask"], "the position error changes something", str(seen))
    print(f"no position error given: plots, found, sites, false sites {seen}", flush=True)


# ---- Ready-made predictions -----------------------------------------------------------------------


def scattered(rng, count):
    """Turned boxes on half a square kilometre, as pieces of a table in metres, with classes."""
    x, y = rng.uniform(0, 700, (2, count))
    sizes = rng.uniform(2, 12, count)
    shapes = [shapely.affinity.rotate(shapely.box(a, b, a + s, b + s * 0.7), t) for a, b, s, t in zip(x, y, sizes, rng.uniform(0, 90, count))]
    classes = rng.choice(CLASSES, count, p=[0.6, 0.4])
    return geopandas.GeoDataFrame({"class": classes, "geometry": shapes}, crs=bench_world.CRS)


def predictions(rng, truth):
    """Most plots, moved a little, with higher scores than what is wrong; some of them as points."""
    found = truth[rng.random(len(truth)) < 0.75]
    moved = [shapely.affinity.translate(g, *rng.normal(0, 3, 2)) for g in found.geometry]
    swapped = [c if rng.random() < 0.9 else CLASSES[1 - CLASSES.index(c)] for c in found["class"]]
    right = geopandas.GeoDataFrame({"class": swapped, "geometry": moved}, crs=truth.crs)
    wrong = scattered(rng, 60)
    wrong.geometry = wrong.geometry.translate(400_000, 2_750_000)
    rows = geopandas.GeoDataFrame({"class": [*right["class"], *wrong["class"]], "geometry": [*right.geometry, *wrong.geometry]}, crs=truth.crs)
    rows["score"] = np.round(np.concatenate([rng.beta(4, 2, len(right)), rng.beta(2, 4, len(wrong))]), 4)
    is_point = rng.random(len(rows)) < 0.2
    rows.loc[is_point, "geometry"] = rows.geometry[is_point].centroid
    rows["pos_err_m"] = np.where(rng.random(len(rows)) < 0.3, 4.0, np.nan)
    return rows


def on_the_edge():
    """Plots that lie by four tenths in the area, on its left edge, and predictions that hit them from within."""
    y = np.arange(100, 600, 60)
    left = 100 - 10 * (y - 60) / 600
    for shift, columns in ((0, {}), (3, {"score": np.linspace(0.3, 0.9, len(y)).round(4), "pos_err_m": np.nan})):
        shapes = shapely.box(left - 6 + shift, y, left + 4 + shift, y + 7)
        rows = geopandas.GeoDataFrame({"class": CLASSES[0], **columns, "geometry": shapes}, crs=bench_world.CRS)
        rows.geometry = rows.geometry.translate(400_000, 2_750_000)
        yield rows


def as_sites(rows, error):
    """Predictions as sites of a scan; one that is a point has no outline."""
    rows = rows.to_crs("EPSG:4326")
    outlines = [shapely.Polygon() if g.geom_type == "Point" else g for g in rows.geometry]
    table = geopandas.GeoDataFrame({"class": rows["class"], "prob": rows["score"]}, geometry=outlines, crs=rows.crs)
    errors = rows["pos_err_m"].fillna(error).to_numpy()
    return matching.Sites(table.reset_index(drop=True), shapely.centroid(rows.geometry.values), errors)


def check_rows(checks, name, rows, outcome, thresholds):
    """Each threshold's row: what has at least that score, by class and of all.

    There is one for each score, be it only of a site that does not count.
    """
    scores, classes = outcome.sites.table["prob"].to_numpy(), outcome.sites.table["class"].to_numpy()
    of_plot = outcome.plots["class"].to_numpy()
    best = np.full(len(of_plot), -1.0)
    for site, plot in outcome.pairs:
        best[plot] = max(best[plot], scores[site])
    for crop in ("", *sorted(CLASSES)):
        own = [row for row in rows if row["class"] == crop and row["threshold"] is not None]
        checks.equal([row["threshold"] for row in own], thresholds, f"{name}: thresholds of `{crop}`")
        sites, plots = ((of == crop) | (crop == "") for of in (classes, of_plot))
        for row in own:
            above = sites & (scores >= row["threshold"])
            found, false = int((plots & (best >= row["threshold"])).sum()), int((above & ~outcome.true).sum())
            what = f"{name}: `{crop}` at {row['threshold']}"
            checks.equal((row["sites"], row["found"], row["false_sites"]), (int(above.sum()), found, false), what)
            checks.that(near(row["recall"], ratio(found, int(plots.sum()))), f"{what}: recall", row["recall"])
            rate = None if np.isnan(outcome.km2) else false / outcome.km2
            checks.that(near(row["false_per_km2"], rate, AREA), f"{what}: false sites per km2", row["false_per_km2"])


def check_predictions(args, checks):
    rng = np.random.default_rng(3)
    truth = scattered(rng, 90)
    truth.geometry = truth.geometry.translate(400_000, 2_750_000)
    given = predictions(rng, truth)
    truth, given = (pd.concat([rows, more], ignore_index=True) for rows, more in zip((truth, given), on_the_edge()))
    paths = {name: args.work / f"{name}.geojson" for name in ("predictions", "truth")}
    for rows, path in zip((given, truth), paths.values()):
        rows.to_crs("EPSG:4326").to_file(path, driver="GeoJSON", COORDINATE_PRECISION=15)
    # Edges of 100 m, which are straight on all maps.
    area = shapely.Polygon([(100, 60), (650, 20), (690, 600), (300, 400), (90, 660)])
    area = shapely.affinity.translate(area.segmentize(100), 400_000, 2_750_000)
    ground = geopandas.GeoSeries([area], crs=bench_world.CRS).to_crs("EPSG:4326")
    ground.to_crs("EPSG:3857").to_file(args.work / "area.gpkg")
    km2 = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(ground[0])[0]) / 1e6
    sites, plots = as_sites(given, 1.5), truth.to_crs("EPSG:4326")
    inside = shapely.contains(ground[0], sites.points)
    within = (truth.intersection(area).area >= 0.5 * truth.area).to_numpy()
    cases = {
        "predictions": ((), sites, matching.compare(sites, plots)),
        "predictions in an area": (("--aoi", args.work / "area.gpkg"), sites.part(inside), matching.compare(sites.part(inside), plots, within, km2)),
    }
    cut = cases["predictions in an area"]
    touched = truth.intersects(area).to_numpy() & ~within
    checks.that(touched.any() and len(cut[2].sites) < len(cut[1]), "sites on plots that lie mostly outside", f"{touched.sum()} plots")
    for name, (words, given, outcome) in cases.items():
        files = [word for key, path in paths.items() for word in (f"--{key}", path)]
        run = common.tianmu(args, "bench", *files, *words, "--position-error", 1.5, "--json", "--quiet")
        own = json.loads(run.out)["models"][0]
        wanted = outcome.counts().tolist()
        checks.equal([own["site"][k] for k in ("plots", "found", "sites", "false_sites")], wanted, f"{name}: plots, found, sites, false sites")
        checks.that(near(own["km2"], 0.0 if np.isnan(outcome.km2) else outcome.km2, AREA), f"{name}: ground", f"{own['km2']}, wanted {outcome.km2}")
        check_rows(checks, name, own["thresholds"], outcome, sorted(set(given.table["prob"])))
        for most in (1, 5, 20):
            rates = [r for r in own["thresholds"] if r["class"] == "" and r["false_per_km2"] is not None and r["false_per_km2"] <= most]
            best = max([r["recall"] for r in rates], default=0.0) if not np.isnan(outcome.km2) else None
            checks.that(near(own["site"][f"recall_at_{most}"]["value"], best), f"{name}: recall at {most} false sites per km2")
        print(f"{name}: plots, found, sites, false sites {wanted}, {len(own['thresholds'])} rows", flush=True)


def check_own_file(args, checks, scene, model):
    """A GeoPackage of a scan, of whose layers that of the sites is read."""
    result = matching.scan(args, "own", [scene.path], model)
    bench_world.geojson_truth(args.work / "own", scene)
    sites = matching.Sites.of(result)
    # As the table tells them, in whole centimetres.
    sites.errors = sites.table["pos_err_m"].to_numpy()
    outcome = matching.compare(sites, scene.plots)
    files = ("--predictions", result.gpkg, "--truth", args.work / "own" / f"{scene.name}_truth.geojson")
    own = json.loads(common.tianmu(args, "bench", *files, "--json", "--quiet").out)["models"][0]
    wanted = outcome.counts().tolist()
    checks.equal([own["site"][k] for k in ("plots", "found", "sites", "false_sites")], wanted, "a scan's GeoPackage: plots, found, sites, false sites")
    check_rows(checks, "a scan's GeoPackage", own["thresholds"], outcome, sorted(set(sites.table["prob"])))
    print(f"a scan's GeoPackage: plots, found, sites, false sites {wanted}", flush=True)


def main():
    args, checks = common.start("bench_truth", __doc__.splitlines()[0])
    scene_list = bench_world.campaign(args.work / "scenes", hole=False, crossing=False)
    model = bench_models.segmenter(args.work / "model")
    check_formats(args, checks, scene_list, model)
    check_less_exact(args, checks, scene_list, model)
    check_position_error(args, checks, scene_list, model)
    check_predictions(args, checks)
    check_own_file(args, checks, scene_list[0], model)
    checks.finish()


main()
