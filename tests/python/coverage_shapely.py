"""`tianmu coverage` against shapely and pyproj: covered, twice, imaged and gap areas of odd villages under odd images.

Villages with holes, islands, overlaps, long edges, on both sides of the zone's border, without ground near images;
images that cross or touch themselves, overlap their own parts, lie outside, lack a date or a resolution.
"""

import json
import math
from collections import defaultdict

import common
import coverage_world as world
import numpy as np
import shapely
from shapely.affinity import rotate, scale, translate

SHARE = 1e-3
# Below this, in square metres, a thousandth is no more than rounding.
FLOOR = 1.0
M = 1 / 111_320


def odd_villages():
    """Villages by code, degrees; all within some kilometres of 103.3 E, 25 N, which is near the zone's border."""
    at = lambda east, north: (103.3 + east * M / math.cos(math.radians(25)), 25 + north * M)
    ring = lambda *points: [at(*p) for p in points]
    box = lambda w, s, e, n: ring((w, s), (e, s), (e, n), (w, n))
    hole = shapely.Polygon(box(0, 0, 2000, 2000), [box(600, 600, 1400, 1300)])
    islands = shapely.MultiPolygon([shapely.Polygon(box(2000, 0, 2900, 900)), shapely.Polygon(box(3200, 100, 3900, 2000))])
    bent = shapely.Polygon(ring((4000, 0), (6000, 0), (6000, 400), (4500, 400), (4500, 2000), (4000, 2000)))
    overlapping = shapely.Polygon(ring((-500, 1000), (700, 1100), (400, 2600)))
    narrow = shapely.Polygon(ring((0, -20), (6000, -20), (6000, -26), (0, -26)))
    tiny = shapely.Polygon(box(6100, 0, 6108, 9))
    wide = shapely.Polygon(box(-20_000, 3000, 40_000, 30_000))
    far = shapely.Polygon(box(60_000, 0, 61_000, 1000))
    north = translate(shapely.Polygon(box(0, 0, 3000, 3000)), 0, 5.5)
    touching = shapely.Polygon(ring((7000, 0), (8000, 1000), (9000, 0), (9000, 2000), (8000, 1000), (7000, 2000)))
    shapes = [hole, islands, bent, overlapping, narrow, tiny, wide, far, north, touching]
    return {f"990101101{i + 1:03}": shape for i, shape in enumerate(shapes)}


def cells(draw, count):
    """Villages without room between them: cells around random points."""
    points = np.column_stack([draw.uniform(102.6, 102.9, count), draw.uniform(24.6, 24.9, count)])
    frame = shapely.box(102.6, 24.6, 102.9, 24.9)
    found = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
    return {f"990101202{i + 1:03}": cell.intersection(frame) for i, cell in enumerate(found)}


def outline(draw, x, y, size):
    """The outline of an image around a place, size in metres: any of the shapes that files hold."""
    box = lambda w, s, e, n: [(w, s), (e, s), (e, n), (w, n)]
    ragged = [
        (math.cos(t) * r, math.sin(t) * r)
        for t, r in zip(np.linspace(0, math.tau, 60, endpoint=False), draw.uniform(0.6, 1.0, 60))
    ]
    shape = draw.choice(7)
    unit = [
        shapely.Polygon(box(-1, -0.7, 1, 0.7)),
        shapely.Polygon(ragged),
        shapely.Polygon(box(-1, -1, 1, 1), [box(-0.5, -0.4, 0.3, 0.6)]),
        shapely.Polygon([(-1, -1), (1, 1), (1, -1), (-1, 1)]),
        shapely.Polygon([(-1, -1), (0, 0), (1, -1), (1, 1), (0, 0), (-1, 1)]),
        shapely.MultiPolygon([shapely.Polygon(box(-1, -1, 0.2, 0.2)), shapely.Polygon(box(-0.2, -0.2, 1, 1))]),
        shapely.Polygon(box(-1, -1, 1, 1), [box(-1, -0.2, -0.2, 0.2)]),
    ][shape]
    turned = rotate(unit, draw.uniform(0, 360), origin=(0, 0))
    metres = scale(turned, size * M / math.cos(math.radians(y)), size * M, origin=(0, 0))
    return translate(metres, x, y)


def images(draw, boxes, per_box):
    dates = ["2026-04-02", "2026-04-10T11:00:00+08:00", "2026-04-12", "2026-04-25", "2026-07-20", "2026-09-01"]
    dates += ["2026-12-05", "2026-01-20", "", "2026"]
    found = [
        world.Image(shapely.MultiPolygon(), 2.0, "2026-04-02"),
        world.Image(shapely.box(-70, 4, -69, 5), 2.0, "2026-04-02"),
        world.Image(shapely.box(102.59, 24.59, 102.7, 24.8), 60.0, "2026-04-15"),
    ]
    for (west, south, east, north), size in boxes:
        for _ in range(per_box):
            x, y = draw.uniform(west, east), draw.uniform(south, north)
            gsd = float(draw.choice([1.5, 2.4, 5.0, 10.0, 10.5, 40.0])) if draw.random() > 0.05 else None
            run = str(draw.choice(["any", "both", "poppy", "other"]))
            found.append(world.Image(outline(draw, x, y, draw.uniform(0.3, 1) * size), gsd, str(draw.choice(dates)), run))
    return found


def compare(args, checks, name, villages, shown, runs, *words, **settings):
    path = world.campaign(args, name, villages, shown, runs)
    gaps_file = args.work / f"{name}.geojson"
    done = common.tianmu(args, "coverage", path, "-o", gaps_file, "--json", *words)
    said = json.loads(done.out)["report"]
    checks.equal(said["zone"], world.zone_of(villages.values()), f"{name}: zone")
    move = world.mover(said["zone"])
    for image in shown:
        # What is on the other side of the Earth has no place in the zone.
        far = image.outline.is_empty or image.outline.bounds[0] < 90
        image.ground = shapely.MultiPolygon() if far else move(image.outline)
    by_village = defaultdict(lambda: defaultdict(list))
    features = json.loads(gaps_file.read_text(encoding="utf-8"))["features"]
    checks.equal(len(features), len(said["gaps"]), f"{name}: gaps in file and report")
    for feature in features:
        gap = shapely.geometry.shape(feature["geometry"])
        about, code = feature["properties"], feature["properties"]["xzqdm"]
        checks.that(gap.geom_type == "Polygon" and gap.is_valid, f"{feature['id']} is a valid polygon")
        turns = [gap.exterior.is_ccw] + [not ring.is_ccw for ring in gap.interiors]
        checks.that(all(turns), f"{feature['id']} keeps to the right-hand rule")
        points = shapely.get_coordinates(gap)
        checks.that((np.round(points, 7) == points).all(), f"{feature['id']} has 7 decimals")
        by_village[code][about["reason"]].append((about["area_m2"], move(gap)))
    worst = defaultdict(float)

    def near(seen, wanted, what):
        off = abs(seen - wanted)
        if wanted > FLOOR / SHARE:
            worst[what.rsplit(" ", 1)[-1]] = max(worst[what.rsplit(" ", 1)[-1]], off / wanted)
        checks.at_most(off, max(SHARE * wanted, FLOOR), f"{what}: {seen:.2f}, wanted {wanted:.2f}")

    totals = defaultdict(float)
    for row, (code, shape) in zip(said["villages"], sorted(villages.items()), strict=True):
        checks.equal(row["xzqdm"], code, f"{name}: order of villages")
        ground = move(shape)
        wanted = world.Expected(shape, ground, shown, runs, **settings)
        near(row["area_m2"], wanted.area, f"{name} {code} area")
        near(row["imaged_m2"], wanted.imaged, f"{name} {code} imaged")
        near(row["covered_m2"], wanted.covered, f"{name} {code} covered")
        near(row["twice_m2"], wanted.twice, f"{name} {code} twice")
        for crop in row["crops"]:
            near(crop["covered_m2"], wanted.crops[crop["crop"]], f"{name} {code} {crop['crop']}")
        checks.equal(row["dates"], wanted.dates, f"{name} {code} dates")
        checks.equal(row["median_gsd_cm"], wanted.gsd, f"{name} {code} median GSD")
        for reason in ("not_imaged", "too_coarse", "out_of_season", "undated"):
            own = by_village[code][reason]
            expected = shapely.union_all([p for r, p in wanted.gaps if r == reason])
            drawn = shapely.union_all([p for _, p in own])
            near(sum(area for area, _ in own), expected.area, f"{name} {code} {reason}")
            near(drawn.area, expected.area, f"{name} {code} {reason} drawn")
            totals[reason] += expected.area
        drawn = shapely.union_all([p for many in by_village[code].values() for _, p in many])
        # Seven decimals are half a centimetre to either side.
        rounding = FLOOR + 0.01 * drawn.length
        checks.at_most(world.areas(drawn.intersection(wanted.union)).area, rounding, f"{code} gaps seen")
        checks.at_most(world.areas(drawn.difference(ground)).area, rounding, f"{code} gaps outside")
    print(f"{name}: {len(villages)} villages, {len(shown)} images, {len(features)} gaps; largest differences:")
    print("  " + ", ".join(f"{what} {share:.1e}" for what, share in sorted(worst.items())))
    print("  gaps in m2: " + ", ".join(f"{reason} {area:.0f}" for reason, area in totals.items()))
    return path


def main():
    args, checks = common.start("coverage_shapely", __doc__)
    draw = np.random.default_rng(8)
    runs = {"both": ["opium_poppy", "cannabis"], "poppy": ["opium_poppy"], "other": ["tobacco"]}
    around = [((103.29, 24.99, 103.4, 25.03), 700), ((103.1, 25.03, 103.7, 25.27), 4000)]
    compare(args, checks, "odd", odd_villages(), images(draw, around, 40), runs)
    own = images(draw, [((102.6, 24.6, 102.9, 24.9), 2500)], 120)
    path = compare(args, checks, "cells", cells(draw, 60), own, runs)
    words = ("--max-gsd", "5", "--days-apart", "3", "--min-gap", "5000")
    limits = {"max_gsd": 5.0, "days_apart": 3, "min_gap": 5000.0}
    compare(args, checks, "strict", cells(draw, 25), own, runs, *words, **limits)
    empty = compare(args, checks, "empty", cells(draw, 5), [], {})
    table = common.tianmu(args, "coverage", empty, "--dry-run", "--lang", "en").out
    checks.that("says nothing of the ground" in table and "found" not in table, "a zero without coverage", table)
    again = json.loads(common.tianmu(args, "coverage", path, "--json").out)
    checks.equal(len(again["report"]["villages"]), 60, "villages the second time")
    checks.finish()


if __name__ == "__main__":
    main()
