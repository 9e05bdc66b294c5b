"""`tianmu scan PHOTOS` on a made-up flight: every plot is found where it is, within the stated error, and once.

Three flights over the sample scene: flat ground and plain GPS; hills with an elevation model, RTK and a lens
with distortion; and the photos of the first together with the orthomosaic. Plots that the model does not
find in the orthomosaic itself are not asked for.
"""

from dataclasses import dataclass

import common
import flight_camera as camera
import flight_reading as reading
import flight_world as world
import geopandas
import numpy as np
import shapely
from scipy import optimize

MODEL = common.REPOSITORY / "models/poppy-seg"
USABLE_DEG = 30.0
EDGE = 0.02
# Sites further from a plot than this share of their error belong to no plot.
REACH = 2.0
# The model sees some plants of a plot apart from the others, on the orthomosaic as on photos.
PARTS = ("--merge-distance", "2")


@dataclass
class Found:
    """Sites and plots, each site given to the plot of its class that it lies nearest to, one to one."""

    sites: geopandas.GeoDataFrame
    distances: np.ndarray  # [plot, site] in metres, infinite for other classes
    of_plot: dict  # plot to site


def truth():
    table = geopandas.read_file(world.SAMPLE / "truth.geojson")
    centres = table.to_crs("EPSG:4543").geometry.centroid.to_crs("EPSG:4326")
    return table.assign(lon=centres.x, lat=centres.y)


def matched(plots, sites):
    far = np.full((len(plots), len(sites)), np.inf)
    for row, plot in enumerate(plots.itertuples()):
        for column, site in enumerate(sites.itertuples()):
            if site.kind == plot.kind:
                far[row, column] = camera.GEOD.inv(plot.lon, plot.lat, site.lon, site.lat)[2]
    rows, columns = optimize.linear_sum_assignment(np.where(np.isfinite(far), far, 1e6))
    return Found(sites, far, {int(r): int(c) for r, c in zip(rows, columns) if np.isfinite(far[r, c])})


def with_kinds(plots, sites):
    """Both tables with the class under a name that a tuple may have."""
    return plots.assign(kind=plots["class"]), sites.rename(columns={"class": "kind"})


def in_mosaic(args, plots):
    """Rows of the plots that the model finds in the orthomosaic: a site's centre lies on the plot, or a tenth of both is shared."""
    sites = reading.scan(args, "mosaic", [world.SAMPLE / "scene.tif"], MODEL, *PARTS)
    found = set()
    for row, plot in enumerate(plots.itertuples()):
        for site, kind in zip(sites.geometry, sites["class"]):
            shared = site.intersection(plot.geometry).area / max(site.union(plot.geometry).area, 1e-300)
            if kind == plots["class"][row] and (plot.geometry.covers(site.centroid) or shared >= 0.1):
                found.add(row)
    return found, len(sites)


def wholly_seen(flight, plot):
    """How many usable photos truly show all of a plot, steeply enough."""
    corners = shapely.get_coordinates(plot)
    count = 0
    for shot in flight.shots:
        view = flight.true_view(shot)
        if shot.is_usable and view.sees(*corners.T).all():
            count += bool((view.depression(*view.to_pixel(*corners.T)) >= USABLE_DEG).all())
    return count


def could(flight, usable, lon, lat):
    """How many usable photos would show a place, had they been taken as they say."""
    return sum(bool(flight.said_view(s).sees(np.array(lon), np.array(lat))) for s in usable)


def bounds(flight, usable, outline):
    """How many usable photos would show a site wholly, and any of it, give or take the frame's edge."""
    corners = shapely.get_coordinates(outline)
    views = [flight.said_view(s) for s in usable]
    return sum(bool(v.sees(*corners.T, -EDGE).all()) for v in views), sum(bool(v.sees(*corners.T, EDGE).any()) for v in views)


def photos(args, checks, label, flight, words):
    """The program's word on each photo; those it may use."""
    said = reading.flight(args, flight.paths, *words).photos
    checks.equal(sorted(said), [p.name for p in flight.paths], f"{label}: photos")
    for shot in flight.shots:
        photo = said[shot.path.name]
        where = f"{label}, {photo.name} ({shot.kind})"
        if not shot.has_pose:
            checks.equal((photo.state, photo.missing), (reading.REFUSED, [reading.YAW]), f"{where}: state, what is missing")
            checks.that(bool(photo.problem), f"{where}: says why")
            continue
        checks.equal(photo.state, reading.PLACED, f"{where}: state ({photo.problem})")
        wanted = {reading.BLURRED} if shot.kind == world.BLURRED else set()
        checks.equal(set(photo.verdicts) & (reading.SPOILT - {reading.DUPLICATE}), wanted, f"{where}: verdicts")
    twins = [said[s.path.name] for s in flight.shots if s.kind == world.TWICE or s.said == flight.shots[-1].said]
    checks.equal(sum(reading.DUPLICATE in p.verdicts for p in twins), 1, f"{label}: one of two equal photos is a duplicate")
    others = [p.name for p in said.values() if reading.DUPLICATE in p.verdicts and p not in twins]
    checks.equal(others, [], f"{label}: no other photo is a duplicate")
    return [s for s in flight.shots if said[s.path.name].usable]


def compare(args, checks, label, flight, plots, expected, mosaic_sites, also=()):
    words = (reading.DEM, flight.dem, reading.TAKEOFF, reading.place(*flight.takeoff[:2])) if flight.dem else ()
    usable = photos(args, checks, label, flight, words)
    sites = reading.scan(args, label.replace(" ", "_"), [*also, *flight.paths], MODEL, *PARTS, *words)
    plots, sites = with_kinds(plots, sites)
    found = matched(plots, sites)
    within, asked, off = 0, 0, []
    for row, plot in enumerate(plots.itertuples()):
        views = wholly_seen(flight, plot.geometry)
        where = f"{label}: {plot.id}, {plot.kind}, {plot.stage}, {plot.area_m2} m2"
        site = found.of_plot.get(row)
        near = site is not None and found.distances[row, site] <= REACH * sites[reading.ERROR][site]
        if near:
            print(line(where, views, found, row, site, flight, usable))
        else:
            print(f"{where}: wholly in {views}; not found")
        if views and (row in expected):
            asked += 1
            if checks.that(near, f"{where}: found within {REACH:g} of its error"):
                within += found.distances[row, site] <= sites[reading.ERROR][site]
                off.append(found.distances[row, site])
        if near:
            once(checks, where, found, row, site)
            counts(checks, where, sites, site, flight, usable, bool(also))
    matched_sites = set(found.of_plot.values())
    others = [f"{s.kind} at {s.lon:.6f}, {s.lat:.6f}" for s in sites.itertuples() if s.Index not in matched_sites]
    print(
        f"{label}: {asked} plots asked for, {within} within their error; distances in m: median {np.median(off or [np.nan]):.2f}, "
        f"largest {max(off, default=np.nan):.2f}; {len(sites)} sites, {mosaic_sites} in the orthomosaic; on no plot: {others}",
        flush=True,
    )
    checks.that(asked >= 5, f"{label}: plots that say something", f"{asked}")
    # Errors are standard errors: a third of places may lie outside of one.
    checks.that(within >= asked / 2, f"{label}: half the plots within one error", f"{within} of {asked}")
    checks.at_most(len(others), 2, f"{label}: sites on no plot")


def line(where, views, found, row, site, flight, usable):
    own = found.sites.iloc[site]
    exact = could(flight, usable, own.lon, own.lat)
    return (
        f"{where}: wholly in {views}; off {found.distances[row, site]:.2f} m of {own[reading.ERROR]:.2f} m; "
        f"seen {own[reading.SEEN]} of {own[reading.COULD]}, of {exact} by own count"
    )


def once(checks, where, found, row, site):
    """No second site of the class lies within the site's error, but those of other plots."""
    own = found.sites.iloc[site]
    others = set(found.of_plot.values()) - {site}
    near = []
    for other in found.sites.itertuples():
        if other.Index == site or other.Index in others or other.kind != own.kind:
            continue
        far = camera.GEOD.inv(own.lon, own.lat, other.lon, other.lat)[2]
        if far <= own[reading.ERROR]:
            near.append(f"{far:.2f} m")
    checks.equal(near, [], f"{where}: second sites within its error of {own[reading.ERROR]:.2f} m")


def counts(checks, where, sites, site, flight, usable, with_mosaic):
    """`seen` and `could` against an own count; photos that have the site on their border may count or not.

    An orthomosaic may be counted as one more view.
    """
    own = sites.iloc[site]
    low, high = bounds(flight, usable, own.geometry)
    # What has seen it could, whatever its said pose makes of that.
    said, high = own[reading.COULD], max(high + with_mosaic, own[reading.SEEN])
    checks.that(low <= said <= high, f"{where}: {reading.COULD}", f"{said}, by own count {low} to {high}")
    checks.that(1 <= own[reading.SEEN] <= said, f"{where}: {reading.SEEN}", f"{own[reading.SEEN]} of {said}")


def main():
    args, checks = common.start("flight_scan", __doc__.splitlines()[0])
    plots = truth()
    expected, mosaic_sites = in_mosaic(args, plots)
    print(f"orthomosaic: {len(expected)} of {len(plots)} plots found: {' '.join(sorted(plots['id'][r] for r in expected))}")
    flat = world.make(args.work / "flat_world", seed=9)
    compare(args, checks, "flat", flat, plots, expected, mosaic_sites)
    hilly = world.make(args.work / "hilly_world", seed=10, hilly=True, rtk=True, distorted=True)
    compare(args, checks, "hilly", hilly, plots, expected, mosaic_sites)
    compare(args, checks, "with the orthomosaic", flat, plots, expected, mosaic_sites, also=[world.SAMPLE / "scene.tif"])
    checks.finish()


if __name__ == "__main__":
    main()
