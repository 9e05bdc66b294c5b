"""Sites of real scans against known plots, by shapely on a local map: which hit, which are false.

A site hits a plot of its class with an intersection over union of 0.1, or with its point within its
position error of the plot; a plot that is a point, where it lies in the site or within the error of
its point. Several sites may hit one plot. A plot of which less than half lies on pixels of the image
that show something is not asked for, and a site that hits only such a plot does not count.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import numpy as np
import pyproj
import shapely

import common
import geometry

HIT_IOU, LEAST_SEEN = 0.1, 0.5
# Outlines of whole pixels have whole areas but for what going to the map and back adds.
SHARE_MARGIN = 1e-6
SETTINGS = ("--position-error", 0.3)


def bench(args, dataset, models, *words, wanted=(0,), given=SETTINGS):
    """The report of a benchmark without costs, and hardly with intervals unless `words` ask for them."""
    named = [word for model in models for word in ("--model", model)]
    fewer = () if "--resamples" in words else ("--resamples", 20)
    run = common.tianmu(args, "bench", dataset, *named, "--json", "--quiet", "--repeats", 0, *fewer, *given, *words, wanted=wanted)
    return json.loads(run.out)


def scan(args, name, images, model, *words, heatmap=False, given=SETTINGS):
    """A scan into a GeoPackage only."""
    result = common.Scan(args.work / name, None)
    result.folder.mkdir(parents=True)
    outputs = ["-o", result.gpkg, *(["--heatmap", result.heatmap] if heatmap else [])]
    result.run = common.tianmu(args, "scan", *images, "--model", model, *outputs, "--quiet", *given, *words)
    return result


def scans(args, name, scene_list, model, *words, **options):
    """A scan of each scene, as `bench` makes it."""
    return [scan(args, f"{name}_{s.name}", [s.path], model, *words, **options) for s in scene_list]


def together(args, name, scene_list, model, *words):
    """One scan of all scenes in which none has to do with another; sites by scene."""
    images = [scene.path for scene in scene_list]
    result = scan(args, name, images, model, "--no-merge-inputs", *words)
    sites = Sites.of(result)
    return [sites.part(sites.table["src_image"].isin([s.path.name, s.name])) for s in scene_list]


@dataclass
class Sites:
    """Sites, longitude and latitude, with their points and how far these may be off, metres."""

    table: geopandas.GeoDataFrame
    points: np.ndarray
    errors: np.ndarray

    @classmethod
    def of(cls, result):
        table, points = result.layer(), result.layer("site_points")
        assert list(table["site_id"]) == list(points["site_id"])
        by_image = errors(result.record())
        exact = np.array([by_image[name] for name in table["src_image"]])
        assert (abs(exact - table["pos_err_m"]) <= 0.00501).all()
        return cls(table, points.geometry.values, exact)

    def part(self, keep):
        keep = np.asarray(keep)
        return Sites(self.table[keep].reset_index(drop=True), self.points[keep], self.errors[keep])

    def __len__(self):
        return len(self.table)


def errors(record):
    """By image: the error of a site's point, which tables show in whole centimetres.

    It is that of the image and half the diagonal of a cell, squared and added.
    """
    settings = {s["name"]: s["value"] for s in record["settings"]}
    cell = settings["tile-size"] if settings["task"] == "classification" else 1
    found = {}
    for image in record["images"]:
        sides = np.array(image["scale"]) * [image["gsd"]["x_m"], image["gsd"]["y_m"]] * cell
        found[Path(image["path"]).name] = float(np.hypot(settings["position-error"], np.hypot(*sides) / 2))
    return found


@dataclass
class Outcome:
    """What became of the plots and sites of a scene; sites that do not count are left out.

    `pairs` are sites and the plots of their class that they hit; `unseen` are plots nobody asks for.
    """

    plots: geopandas.GeoDataFrame
    found: np.ndarray
    sites: Sites
    true: np.ndarray
    km2: float = float("nan")
    pairs: list = field(default_factory=list)
    unseen: geopandas.GeoDataFrame = None

    def counts(self, name=None, plots=None):
        """Plots, found, sites and false sites of a class or of all; `plots` picks some."""
        of_class = np.ones(len(self.plots), bool) if name is None else np.asarray(self.plots["class"] == name)
        of_site = np.ones(len(self.sites), bool) if name is None else np.asarray(self.sites.table["class"] == name)
        of_class = of_class if plots is None else of_class & plots
        return np.array([of_class.sum(), self.found[of_class].sum(), of_site.sum(), (~self.true[of_site]).sum()])


def metres_around(place):
    """From longitude and latitude to metres around a place, over the ellipsoid."""
    local = f"+proj=tmerc +lat_0={place.y} +lon_0={place.x} +k=1 +datum=WGS84 +units=m"
    project = pyproj.Transformer.from_crs("EPSG:4326", local, always_xy=True)
    return lambda geometries: shapely.transform(np.asarray(geometries, object), lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1])))


def hits(sites, plots):
    """Pairs (site, plot), whatever their class; `plots` are geometries in longitude and latitude."""
    if not len(sites) or not len(plots):
        return []
    metres = metres_around(sites.points[0])
    outlines, points, plots = metres(sites.table.geometry.values), metres(sites.points), metres(plots)
    tree = shapely.STRtree(plots)
    # Everything that a site may hit: what meets its outline or lies within the error of its point.
    reach = shapely.union(outlines, shapely.buffer(points, sites.errors * 1.01))
    near = tree.query(reach, predicate="intersects").T
    return [(i, j) for i, j in near if is_hit(outlines[i], points[i], sites.errors[i], plots[j])]


def is_hit(outline, point, error, plot):
    if shapely.distance(point, plot) <= error:
        return True
    if plot.geom_type == "Point":
        return shapely.contains(outline, plot)
    shared = shapely.intersection(outline, plot).area
    return shared / (outline.area + plot.area - shared) >= HIT_IOU


def seen_shares(scene, plots):
    """The share of each plot that lies on pixels which show something; of a point, whether its pixel does."""
    return np.array([seen_share(scene, outline) for outline in scene.pixels(plots)])


def seen_share(scene, outline):
    if outline.geom_type == "Point":
        row, col = int(np.floor(outline.y)), int(np.floor(outline.x))
        inside = 0 <= row < scene.shape[0] and 0 <= col < scene.shape[1]
        return float(inside and scene.valid[row, col])
    return (geometry.fill(outline, scene.shape) & scene.valid).sum() / outline.area


def are_seen(scene, plots, checks=None):
    """By plot: whether it is asked for."""
    shares = seen_shares(scene, plots)
    if checks:
        checks.that((abs(shares - LEAST_SEEN) > SHARE_MARGIN).all(), "no plot is seen by just a half", str(shares))
    return shares >= LEAST_SEEN


def compare(sites, plots, seen=None, km2=float("nan")):
    """The outcome of sites against the plots of a scene (a table with `class`); `seen` are those asked for."""
    plots = plots.to_crs("EPSG:4326")
    seen = np.ones(len(plots), bool) if seen is None else seen
    classes, of_plot = sites.table["class"].to_numpy(), plots["class"].to_numpy()
    found, true, ignored = np.zeros(len(plots), bool), np.zeros(len(sites), bool), np.zeros(len(sites), bool)
    pairs = [(s, p) for s, p in hits(sites, plots.geometry.values) if classes[s] == of_plot[p]]
    for site, plot in pairs:
        if seen[plot]:
            found[plot], true[site] = True, True
        else:
            ignored[site] = True
    kept = true | ~ignored
    # By their places among the sites and plots that are left.
    pairs = [(kept[:s].sum(), seen[:p].sum()) for s, p in pairs if kept[s] and seen[p]]
    asked, unseen = (plots[k].reset_index(drop=True) for k in (seen, ~seen))
    return Outcome(asked, found[seen], sites.part(kept), true[kept], km2, pairs, unseen)


def outcomes(checks, results, scene_list):
    """The outcome of each scene's scan, with the ground that its run record tells."""
    found = []
    for result, scene in zip(results, scene_list, strict=True):
        km2 = result.record()["images"][0]["covered_m2"] / 1e6
        found.append(compare(Sites.of(result), scene.plots, are_seen(scene, scene.plots, checks), km2))
    return found


def total(found, name=None):
    """Plots, found, sites and false sites of all scenes."""
    return sum(outcome.counts(name) for outcome in found)


def ratio(part, whole):
    return part / whole if whole else None


def near(seen, wanted, tolerance=1e-9):
    """Whether two numbers, or two nothings, are the same."""
    if seen is None or wanted is None:
        return seen is None and wanted is None
    return abs(seen - wanted) <= tolerance * max(1.0, abs(wanted))
