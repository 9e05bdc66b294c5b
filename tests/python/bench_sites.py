"""`tianmu bench` counts sites and plots as real scans, matched by shapely, count them.

Two flights of two scenes and one scene more, two of them finer than the model, one with a hole. A
segmenter, a tile classifier and a detector with soft scores: plots, found, sites and false sites by
class, scene, size and stage, the false sites on look-alikes, and at six thresholds of the sweep
what a scan with `--threshold` finds, with and without `--outline-threshold`. And the same within an
area of interest that cuts through plots.
"""

from dataclasses import replace

import geopandas
import numpy as np
import pyproj
import shapely
from scipy import stats

import bench_matching as matching
import bench_models
import bench_world
import common
from bench_matching import near, ratio

THRESHOLDS = (0.05, 0.2, 0.25, 0.4, 0.7, 0.9)
SIZES_M2 = (0, 1, 4, 20, 100, 200, np.inf)
SIZE_NAMES = ("below 1 m2", "1-4 m2", "4-20 m2", "20-100 m2", "100-200 m2", "200 m2 and more")


def cases(folder):
    """Name, model and settings of each run."""
    segmenter = bench_models.segmenter(folder / "segmenter")
    tiles = bench_models.classifier(folder / "classifier")
    yield "segmenter", segmenter, ()
    yield "segmenter, outlines", segmenter, ("--threshold", 0.7, "--outline-threshold", 0.25)
    yield "segmenter, argmax", segmenter, ("--threshold", "argmax")
    yield "classifier", tiles, ()
    yield "classifier, outlines", tiles, ("--threshold", 0.4, "--outline-threshold", 0.15)
    yield "detector", bench_models.detector(folder / "detector"), ()


def rates(checks, name, row, counts, km2):
    """A row's figures, where it has them, are those of the counts."""
    plots, found, sites, false = (int(n) for n in counts)
    wanted = {"plots": plots, "found": found, "sites": sites, "false_sites": false}
    for key, value in wanted.items():
        if key in row:
            checks.equal(row[key], value, f"{name}: {key}")
    precision, recall = ratio(sites - false, sites), ratio(found, plots)
    shares = {"recall": recall, "precision": precision, "false_per_km2": ratio(false, km2)}
    if "f1" in row:
        shares["f1"] = 2 * found / plots * (precision or 0) / (recall + (precision or 0)) if found else 0.0
    if "visits_per_100_km2" in row:
        shares["visits_per_100_km2"] = 100 * sites / km2
    if "false_per_km2_below" in row:
        shares["false_per_km2_below"] = stats.chi2.ppf(0.95, 2 * (false + 1)) / 2 / km2
    for key, value in shares.items():
        if key in row:
            seen = row[key]["value"] if isinstance(row[key], dict) else row[key]
            checks.that(near(seen, value), f"{name}: {key}", f"{seen}, wanted {value}")


def breakdowns(checks, name, site, found, scene_list, km2):
    by_class = {row["name"]: row for row in site["classes"]}
    checks.equal(set(by_class), set(bench_world.CLASSES), f"{name}: classes")
    for crop, row in by_class.items():
        rates(checks, f"{name}, {crop}", row, matching.total(found, crop), km2)
    checks.equal([row["name"] for row in site["by_scene"]], [s.name for s in scene_list], f"{name}: scenes")
    for row, outcome in zip(site["by_scene"], found):
        rates(checks, f"{name}, scene {row['name']}", row, outcome.counts(), outcome.km2)
    geod = pyproj.Geod(ellps="WGS84")
    areas = [np.array([abs(geod.geometry_area_perimeter(g)[0]) for g in o.plots.geometry]) for o in found]
    sizes = {n: [(low <= a) & (a < high) for a in areas] for n, low, high in zip(SIZE_NAMES, SIZES_M2, SIZES_M2[1:])}
    stages = {stage: [np.asarray(o.plots["stage"] == stage) for o in found] for stage in sorted(bench_world.STAGES)}
    for key, parts in (("by_size", sizes), ("by_stage", stages)):
        wanted = {n: sum(o.counts(plots=part)[:2] for o, part in zip(found, own)) for n, own in parts.items()}
        wanted = {n: tuple(int(c) for c in counts) for n, counts in wanted.items() if counts[0]}
        checks.equal({row["name"]: (row["plots"], row["found"]) for row in site[key]}, wanted, f"{name}: {key}")


def lookalikes(checks, name, site, found, scene_list):
    """How many look-alikes were seen, how many a false site lies on, how many false sites lie on any."""
    patches = hit = on_any = 0
    for outcome, scene in zip(found, scene_list):
        places = scene.lookalikes.to_crs("EPSG:4326").geometry.values
        places = places[matching.are_seen(scene, scene.lookalikes, checks)]
        patches += len(places)
        pairs = [(s, p) for s, p in matching.hits(outcome.sites, places) if not outcome.true[s]]
        crops, of_plot = outcome.sites.table["class"], outcome.plots["class"]
        wrong = {s for s, p in matching.hits(outcome.sites, outcome.plots.geometry.values) if crops[s] != of_plot[p]}
        hit += len({p for _, p in pairs})
        on_any += len({s for s, _ in pairs} - wrong)
    rows = [row for row in site["lookalikes"] if row["name"] and not row["name"].startswith("plot of")]
    seen = tuple(sum(row[key] for row in rows) for key in ("patches", "hit", "false_sites"))
    checks.equal(seen, (patches, hit, on_any), f"{name}: look-alikes, those hit, false sites on them")
    checks.equal(sum(r["false_sites"] for r in site["lookalikes"]), site["false_sites"], f"{name}: false sites lie somewhere")


def count_errors(checks, name, count, found):
    each = [(o.counts()[2] - o.counts()[0]) for o in found]
    wanted = {"relative": sum(each) / matching.total(found)[0], "mean": np.mean(each), "mean_absolute": np.mean(np.abs(each))}
    for key, value in wanted.items():
        checks.that(near(count[key], value), f"{name}: count error, {key}", f"{count[key]}, wanted {value}")


def sweep(args, checks, name, model, words, rows, scene_list, km2):
    """Rows of thresholds against one real scan each."""
    seen = []
    # Under argmax all rows are those of plain thresholds.
    tried = THRESHOLDS[1::2] if "argmax" in words else THRESHOLDS
    for threshold in tried:
        given = ["--threshold", threshold]
        if "--outline-threshold" in words:  # It is never above the threshold.
            given += ["--outline-threshold", min(threshold, words[words.index("--outline-threshold") + 1])]
        by_scene = matching.together(args, f"{name} at {threshold}", scene_list, model, *given)
        found = [matching.compare(s, scene.plots, matching.are_seen(scene, scene.plots)) for s, scene in zip(by_scene, scene_list)]
        for crop in ("", *bench_world.CLASSES):
            own = [row for row in rows if row["class"] == crop and row["threshold"] == threshold]
            checks.equal(len(own), 1, f"{name}: rows of threshold {threshold} of `{crop}`")
            rates(checks, f"{name} at {threshold} `{crop}`", own[0], matching.total(found, crop or None), km2)
        seen.append(tuple(int(n) for n in matching.total(found)[1:]))
    checks.that(len(set(seen)) == len(tried), f"{name}: each threshold gives something else", str(seen))
    return seen


def check(args, checks, scene_list, dataset, name, model, words):
    report = matching.bench(args, dataset, [model], *words)
    checks.equal((report["dataset"]["group_unit"], report["dataset"]["groups"]), ("flight", 3), f"{name}: flights")
    own = report["models"][0]
    results = matching.scans(args, name, scene_list, model, *words)
    found = matching.outcomes(checks, results, scene_list)
    km2 = sum(o.km2 for o in found)
    checks.that(near(own["km2"], km2), f"{name}: ground", f"{own['km2']}, wanted {km2}")
    counts = matching.total(found)
    checks.that(0 < counts[1] < counts[0] and 0 < counts[3] < counts[2], f"{name}: neither perfect nor useless", counts)
    rates(checks, name, own["site"], counts, km2)
    for crop in ("", *bench_world.CLASSES):
        row = next(r for r in own["thresholds"] if r["class"] == crop and r["threshold"] is None)
        rates(checks, f"{name}, the run's own row of `{crop}`", row, matching.total(found, crop or None), km2)
    breakdowns(checks, name, own["site"], found, scene_list, km2)
    lookalikes(checks, name, own["site"], found, scene_list)
    count_errors(checks, name, own["site"]["count"], found)
    ignored = sum(len(matching.Sites.of(r)) for r in results) - counts[2]
    unseen = sum(len(s.plots) for s in scene_list) - counts[0]
    seen = sweep(args, checks, name, model, words, own["thresholds"], scene_list, km2)
    told = f"found {counts[1]}, {counts[2]} sites and {ignored} that do not count, {counts[3]} false"
    print(f"{name}: {counts[0]} plots and {unseen} hardly seen, {told}; sweep {seen}", flush=True)
    return [int(row["plots"]) for row in own["site"]["by_scene"]]


def check_area(args, checks, scene_list, models):
    """Within an area along pixels, where the model sees these: what lies mostly outside is not asked for."""
    chosen = [s for s in scene_list if s.transform.a == bench_world.GSD]
    left, top, right, bottom = 70, 50, 330, 260
    path = args.work / "area.gpkg"
    boxes = [shapely.affinity.affine_transform(shapely.box(left, top, right, bottom), s.transform.to_shapely()) for s in chosen]
    geopandas.GeoSeries(boxes, crs=bench_world.CRS).to_file(path)
    inside = np.zeros(chosen[0].shape, bool)
    inside[top:bottom, left:right] = True
    cut = [replace(s, valid=s.valid & inside) for s in chosen]
    dataset = bench_world.dataset(args.work / "area", chosen, aoi=path.as_posix())
    for model in models:
        own = matching.bench(args, dataset, [model])["models"][0]
        results = matching.scans(args, f"area {model.name}", chosen, model, "--aoi", path)
        found = matching.outcomes(checks, results, cut)
        counts, km2 = matching.total(found), sum(o.km2 for o in found)
        rates(checks, f"{model.name} in an area", own["site"], counts, km2)
        breakdowns(checks, f"{model.name} in an area", own["site"], found, chosen, km2)
        kept = sum(len(matching.Sites.of(r)) for r in results) - counts[2]
        print(f"{model.name} in an area: {counts.tolist()} plots, found, sites, false sites, and {kept} that do not count", flush=True)


def main():
    args, checks = common.start("bench_sites", __doc__.splitlines()[0])
    scene_list = bench_world.campaign(args.work / "scenes")
    dataset = bench_world.dataset(args.work / "set", scene_list)
    asked = {name: check(args, checks, scene_list, dataset, name, model, words) for name, model, words in cases(args.work / "models")}
    checks.that(len({tuple(plots) for plots in asked.values()}) == 1, "all models are asked for the same plots of each scene", str(asked))
    check_area(args, checks, scene_list, [args.work / "models" / name for name in ("segmenter", "classifier", "detector")])
    checks.finish()


main()
