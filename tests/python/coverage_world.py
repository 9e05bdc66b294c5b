"""Campaigns with villages and looked-at ground of any shape, made without the program's own writers, and the coverage
that shapely and pyproj reckon for them. `coverage_shapely.py` and `coverage_at_scale.py` use it.

Images are rows of the table `coverage`, appended by GDAL as they are: nothing repairs them on the way.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import date

import geopandas
import numpy as np
import pyogrio
import pyproj
import shapely

import common

CROPS = {"opium_poppy": ((4, 1), (5, 31)), "cannabis": ((7, 1), (9, 30))}
LATITUDES = (20, 30)


@dataclass
class Image:
    """A row of the table `coverage`, WGS 84."""

    outline: shapely.Geometry
    gsd_cm: float | None
    capture_time: str
    run: str = "any"
    ground: shapely.Geometry = field(default=None, repr=False)


def phenology():
    rows = []
    for crop, (first, last) in CROPS.items():
        start, end = (f"{month:02}-{day:02}" for month, day in (first, last))
        rows.append(
            f'[[window]]\nregion = "x"\ncrop = "{crop}"\nstage = "flower"\nlat_min = {LATITUDES[0]}\n'
            f'lat_max = {LATITUDES[1]}\nstart = "{start}"\nend = "{end}"\nsource = "invented"\n'
        )
    return "\n".join(rows)


def campaign(args, name, villages, images, runs=()):
    """A campaign with these villages (code to outline), images, and runs (id to classes)."""
    path = args.work / f"{name}.gpkg"
    common.tianmu(args, "campaign", "new", path, "--year", "2026", "--county-code", "990101", "-q")
    layer = geopandas.GeoDataFrame(
        {"xzqdm": list(villages), "xzqmc": [f"村{i}" for i in range(len(villages))]},
        geometry=list(villages.values()),
        crs="EPSG:4326",
    )
    shapes = args.work / f"{name}-villages.gpkg"
    layer.to_file(shapes, layer="villages")
    (args.work / "phenology.toml").write_text(phenology(), encoding="utf-8")
    common.tianmu(args, "campaign", "import", path, shapes, "--role", "villages", "-q")
    common.tianmu(args, "campaign", "import", path, args.work / "phenology.toml", "--role", "phenology", "-q")
    if images:
        rows = geopandas.GeoDataFrame(
            {
                "run_id": [i.run for i in images],
                "image": [f"{n}.tif" for n in range(len(images))],
                "capture_time": [i.capture_time for i in images],
                "gsd_cm": [i.gsd_cm for i in images],
                "area_m2": 0.0,
            },
            geometry=[as_multi(i.outline) for i in images],
            crs="EPSG:4326",
        )
        pyogrio.write_dataframe(rows, path, layer="coverage", append=True, geometry_type="MultiPolygon")
    with sqlite3.connect(path) as store:
        for run, classes in dict(runs).items():
            facts = json.dumps({"settings": json.dumps({"classes": classes})})
            store.execute("insert into runs (run_id, model, facts) values (?, ?, ?)", (run, run, facts))
    return path


def as_multi(outline):
    return outline if outline.geom_type == "MultiPolygon" else shapely.MultiPolygon([outline])


def zone_of(villages):
    """The 3-degree zone of the middle of all villages."""
    west, _, east, _ = shapely.total_bounds(list(villages))
    return int(((west + east) / 2 + 1.5) // 3)


def mover(zone):
    # CGCS2000, easting without the zone's number: zone 25 is EPSG:4534.
    to_zone = pyproj.Transformer.from_crs("EPSG:4326", f"EPSG:{4509 + zone}", always_xy=True)

    def move(outline):
        """An outline in the metres of the zone, valid, every place once; long edges as lines in degrees."""
        # Repaired first: GEOS loses half of a bow tie whose crossing has vertices a hair apart.
        parts = [repaired(p) for p in shapely.get_parts(outline)]
        fine = [shapely.segmentize(p, 0.0005) for p in parts]
        plane = [shapely.transform(p, lambda xy: np.column_stack(to_zone.transform(xy[:, 0], xy[:, 1]))) for p in fine]
        parts = [repaired(q) for p in plane for q in shapely.get_parts(p)]
        return shapely.union_all(parts)

    return move


def repaired(polygon):
    """A polygon made valid, ring by ring: GEOS fills a hole whose edge lies on the exterior's but for a hair."""
    ground = areas(shapely.make_valid(shapely.Polygon(polygon.exterior)))
    for hole in polygon.interiors:
        ground = areas(ground.symmetric_difference(areas(shapely.make_valid(shapely.Polygon(hole)))))
    return ground


def areas(geometry):
    """The polygons of a geometry: repairs and cuts leave lines and points, too."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon")]
    parts += [areas(p) for p in shapely.get_parts(geometry) if p.geom_type == "GeometryCollection"]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def day(image):
    try:
        return date.fromisoformat(image.capture_time[:10])
    except ValueError:
        return None


def in_season(crop, when, latitude):
    first, last = CROPS[crop]
    return LATITUDES[0] <= latitude <= LATITUDES[1] and first <= (when.month, when.day) <= last


class Expected:
    """The coverage of one village, worked out with shapely."""

    def __init__(self, outline, ground, images, runs, max_gsd=10.0, days_apart=10, min_gap=100.0, min_width=1.0):
        self.area = ground.area
        south, north = outline.bounds[1], outline.bounds[3]
        latitude = (south + north) / 2
        seen, by_crop = [], {crop: [] for crop in CROPS}
        others = {"undated": [], "out_of_season": [], "too_coarse": []}
        for image in images:
            share = areas(image.ground.intersection(ground))
            if share.area <= 0:
                continue
            if image.gsd_cm is None or image.gsd_cm > max_gsd:
                others["too_coarse"].append(share)
            elif day(image) is None:
                others["undated"].append(share)
            else:
                # A model whose classes name no crop of the phenology may have looked for any.
                searched = [c for c in runs.get(image.run, CROPS) if c in CROPS] or list(CROPS)
                crops = [c for c in CROPS if c in searched and in_season(c, day(image), latitude)]
                if not crops:
                    others["out_of_season"].append(share)
                    continue
                seen.append((image, share))
                for crop in crops:
                    by_crop[crop].append((day(image), share))
        union = shapely.union_all([share for _, share in seen])
        self.covered = union.area
        self.imaged = shapely.union_all([union, *(s for many in others.values() for s in many)]).area
        self.crops = {c: shapely.union_all([s for _, s in own]).area for c, own in by_crop.items()}
        pairs = [
            areas(a.intersection(b))
            for own in by_crop.values()
            for i, (first, a) in enumerate(own)
            for second, b in own[i + 1 :]
            if abs((first - second).days) >= days_apart
        ]
        self.twice = shapely.union_all(pairs).area if pairs else 0.0
        self.dates = sorted({str(day(i)) for i, _ in seen})
        self.gsd = self.median([(i.gsd_cm, s.area) for i, s in seen])
        self.union = union
        self.gaps = self.split(areas(ground.difference(union)), others, min_gap, min_width)

    @staticmethod
    def median(weighted):
        weighted = sorted(weighted)
        half, so_far = sum(w for _, w in weighted) / 2, 0.0
        for value, weight in weighted:
            so_far += weight
            if so_far >= half:
                return value
        return None

    @staticmethod
    def split(rest, others, min_gap, min_width):
        """The gaps as (reason, polygon)."""
        worth = lambda p: p.area >= min_gap and 2 * p.area >= min_width * p.length
        grounds = {reason: shapely.union_all(many) for reason, many in others.items()}
        found = []
        for part in shapely.get_parts(rest):
            if not worth(part):
                continue
            left, pieces = part, []
            for reason, ground in grounds.items():
                pieces += [(reason, p) for p in shapely.get_parts(areas(left.intersection(ground)))]
                left = areas(left.difference(ground))
            pieces += [("not_imaged", p) for p in shapely.get_parts(left)]
            kept = [(reason, p) for reason, p in pieces if worth(p)]
            if not kept:
                sums = {reason: sum(p.area for r, p in pieces if r == reason) for reason, _ in pieces}
                kept = [(max(sums, key=sums.get), part)]
            found += kept
        return found
