"""An invented county of any size, for tests and timings of what a campaign does with many villages and sites.

`.test-python/bin/python tests/python/county_at_scale.py FOLDER --villages 5000 --sites 100000` writes, in half a minute,

    villages.gpkg       square villages side by side, EPSG:4543, XZQDM of 12 digits, towns of at most 20 villages
    grid.csv            one worker a group, by role
    sites.gpkg          layers `sites`, `site_points`, `coverage` and the table `run` with the columns of a scan, EPSG:4326
    previous.gpkg       nine in ten of the sites a round earlier, 2 m off, with the outcomes of their checks
    history.geojson     points of earlier years, one for fifty sites
    site-villages.csv   where each site lies: xzqdm, and metres from its middle to the nearest border of its village

Sites are regular octagons and villages squares of the map, so a site's middle lies in the village that holds most of it.
A border is drawn between villages and around the county. The same arguments give the same values.
"""

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyogrio
import pyproj
import shapely

MAP_CRS = "EPSG:4543"
CORNER = (430_000.0, 2_660_000.0)  # South-west, metres east and north.
COUNTY = "990101"  # A prefix that no place in China has.
TOWN_OF = 20  # Villages; more where the county would run out of numbers of towns.
CLASSES = ("opium_poppy", "cannabis")
OUTCOMES = ("confirmed", "false_alarm", "not_found", "already_removed", "unreachable", "legal_crop", "")
RUN_ID = "5ca1e0000000000000000000000000aa"


@dataclass(frozen=True)
class Size:
    """How large a county is made."""

    villages: int = 5_000
    sites: int = 100_000
    side_m: float = 2_000.0
    seed: int = 20260420

    @property
    def columns(self):
        """Villages in a row; the last row may be shorter."""
        return int(np.ceil(np.sqrt(self.villages)))


def codes(size):
    """The 12-digit code of each village, as text."""
    per_town = max(TOWN_OF, -(-size.villages // 899))
    if per_town > 799:
        raise SystemExit(f"error: {size.villages} villages do not fit into one county\nhint: at most {799 * 899}")
    number = np.arange(size.villages)
    return np.array([f"{COUNTY}{100 + n // per_town:03d}{1 + n % per_town:03d}" for n in number])


def villages(size):
    """The villages as squares of the map."""
    number = np.arange(size.villages)
    west = CORNER[0] + number % size.columns * size.side_m
    south = CORNER[1] + number // size.columns * size.side_m
    code = codes(size)
    values = {
        "XZQDM": code,
        "XZQMC": [f"第{n + 1}村" for n in number],
        "XZMC": [f"第{int(c[6:9]) - 99}乡" for c in code],
        "XMC": "规模县",
    }
    squares = shapely.box(west, south, west + size.side_m, south + size.side_m)
    return geopandas.GeoDataFrame(values, geometry=squares, crs=MAP_CRS)


def write_grid(path, size):
    """Two groups a village; a team walks ten villages and starts in the middle of each."""
    number = np.arange(size.villages)
    to_degrees = pyproj.Transformer.from_crs(MAP_CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(
        CORNER[0] + (number % size.columns + 0.5) * size.side_m, CORNER[1] + (number // size.columns + 0.5) * size.side_m
    )
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow("xzqdm group grid_id grid_worker team phone lon lat".split())
        for n, code, x, y in zip(number, codes(size), lon, lat):
            for group in (1, 2):
                worker, team = f"网格员-{2 * n + group:05d}", f"第{n // 10 + 1}队"
                writer.writerow([code, f"{group}组", f"{code}{group:02d}", worker, team, "", f"{x:.7f}", f"{y:.7f}"])


def octagons(east, north, area_m2):
    """Regular octagons around map points, as multipolygons in WGS 84 degrees."""
    radius = np.sqrt(area_m2 / (2 * np.sqrt(2)))
    angle = np.pi / 8 + np.append(np.arange(8), 0) * np.pi / 4
    x = east[:, None] + radius[:, None] * np.cos(angle)
    y = north[:, None] + radius[:, None] * np.sin(angle)
    to_degrees = pyproj.Transformer.from_crs(MAP_CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(x.ravel(), y.ravel())
    rings = shapely.linearrings(np.stack([lon, lat], -1).reshape(*x.shape, 2))
    return shapely.multipolygons(shapely.polygons(rings), indices=np.arange(len(rings))), to_degrees.transform(east, north)


@dataclass(frozen=True)
class Places:
    """Where the sites lie: the middle of each on the map, its size, and the number of its village."""

    east: np.ndarray
    north: np.ndarray
    area_m2: np.ndarray
    village: np.ndarray
    border_m: np.ndarray


def places(size):
    """Sites anywhere in the county, most of them of a few square metres."""
    rng = np.random.default_rng(size.seed)
    village = np.sort(rng.integers(0, size.villages, size.sites))
    u, v = rng.uniform(0, size.side_m, (2, size.sites))
    east = CORNER[0] + village % size.columns * size.side_m + u
    north = CORNER[1] + village // size.columns * size.side_m + v
    area_m2 = np.exp(rng.normal(np.log(8.0), 1.0, size.sites)).clip(0.6, 2_000.0)
    border_m = np.minimum.reduce([u, size.side_m - u, v, size.side_m - v])
    return Places(east, north, area_m2, village, border_m)


def sites(size, at):
    """The sites as a scan writes them, and their middles."""
    rng = np.random.default_rng([size.seed, 1])
    outline, (lon, lat) = octagons(at.east, at.north, at.area_m2)
    crop = rng.choice(2, size.sites, p=[0.7, 0.3])
    prob = np.round(rng.beta(6, 2, size.sites), 6)
    number = np.arange(1, size.sites + 1)
    image = at.village // 4
    evidence = [f'{{"background":{1 - p:.4f},"{CLASSES[0]}":{p if c == 0 else 0:.4f},"{CLASSES[1]}":{p if c == 1 else 0:.4f}}}' for p, c in zip(prob, crop)]
    values = {
        "site_id": [f"{RUN_ID[:8]}-{n:06d}" for n in number],
        "run_id": RUN_ID,
        "model": "scale-test",
        "model_sha256": "5c" * 32,
        "src_image": [f"flight-{n:04d}.tif" for n in image],
        "src_sha256": [f"{n:064x}" for n in image],
        "capture_time": [f"2026-04-{1 + n % 28:02d}T10:00:00" for n in image],
        "gsd_cm": 2.5,
        "class": np.array(CLASSES)[crop],
        "prob": prob,
        "prob_max": np.round(prob + (1 - prob) * 0.8, 6),
        "evidence": evidence,
        "n_detections": rng.integers(1, 4, size.sites),
        "lon": np.round(lon, 7),
        "lat": np.round(lat, 7),
        "map_x": np.round(at.east, 3),
        "map_y": np.round(at.north, 3),
        "map_crs": MAP_CRS,
        "pos_err_m": 2.0,
        "area_m2": np.round(at.area_m2, 2),
        "area_mu": np.round(at.area_m2 * 3 / 2000, 4),
        "tile_ids": [f"r{n // 90 % 90}c{n % 90}" for n in number],
        "status": "candidate",
    }
    points = shapely.points(np.round(lon, 7), np.round(lat, 7))
    return tuple(geopandas.GeoDataFrame(values, geometry=geometry, crs="EPSG:4326") for geometry in (outline, points))


def previous(size, at, now):
    """Nine in ten of the sites in the round before, at most 2 m from where they lie now; most were checked."""
    rng = np.random.default_rng([size.seed, 2])
    kept = np.flatnonzero(rng.random(size.sites) < 0.9)
    away, angle = rng.uniform(0, 2.0, len(kept)), rng.uniform(0, 2 * np.pi, len(kept))
    outline, (lon, lat) = octagons(at.east[kept] + away * np.cos(angle), at.north[kept] + away * np.sin(angle), at.area_m2[kept] * 0.9)
    outcome = rng.choice(OUTCOMES, len(kept), p=[0.3, 0.25, 0.05, 0.1, 0.05, 0.05, 0.2])
    values = {
        "site_id": [f"TM25-{n + 1:06d}" for n in kept],
        "year": 2025,
        "round": 1,
        "class": now["class"].to_numpy()[kept],
        "lon": np.round(lon, 7),
        "lat": np.round(lat, 7),
        "pos_err_m": 2.0,
        "outcome": outcome,
        "checked_at": np.where(outcome == "", "", "2025-04-28T09:30:00"),
    }
    return geopandas.GeoDataFrame(values, geometry=outline, crs="EPSG:4326")


def history(size, at):
    """Points of earlier years, within some metres of every fiftieth site."""
    rng = np.random.default_rng([size.seed, 3])
    chosen = np.arange(0, size.sites, 50)
    to_degrees = pyproj.Transformer.from_crs(MAP_CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(at.east[chosen] + rng.normal(0, 6, len(chosen)), at.north[chosen] + rng.normal(0, 6, len(chosen)))
    values = {"year": rng.integers(2016, 2026, len(chosen)), "crop": rng.choice(CLASSES, len(chosen)), "plants": rng.integers(1, 400, len(chosen))}
    return geopandas.GeoDataFrame(values, geometry=shapely.points(np.round(lon, 7), np.round(lat, 7)), crs="EPSG:4326")


def coverage(size):
    """The whole county as one image."""
    width, height = size.columns * size.side_m, -(-size.villages // size.columns) * size.side_m
    east, north = CORNER
    corners = [(east, north), (east + width, north), (east + width, north + height), (east, north + height)]
    to_degrees = pyproj.Transformer.from_crs(MAP_CRS, "EPSG:4326", always_xy=True)
    outline = shapely.MultiPolygon([shapely.Polygon([to_degrees.transform(*corner) for corner in corners])])
    values = {"image": ["made-up.tif"], "capture_time": ["2026-04-20T10:30:00"], "gsd_cm": [2.5], "area_m2": [width * height]}
    return geopandas.GeoDataFrame(values, geometry=[outline], crs="EPSG:4326")


def write(folder, size):
    """Writes all files of the county into a folder; those of the same names are replaced."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("villages.gpkg", "sites.gpkg", "previous.gpkg", "history.geojson"):
        (folder / name).unlink(missing_ok=True)
    villages(size).to_file(folder / "villages.gpkg", layer="villages", engine="pyogrio")
    write_grid(folder / "grid.csv", size)
    at = places(size)
    outlines, points = sites(size, at)
    outlines.to_file(folder / "sites.gpkg", layer="sites", engine="pyogrio")
    points.to_file(folder / "sites.gpkg", layer="site_points", engine="pyogrio")
    coverage(size).to_file(folder / "sites.gpkg", layer="coverage", engine="pyogrio")
    facts = {"run_id": RUN_ID, "model": "made-up", "model_sha256": "0" * 64, "statement": "made up for timings"}
    run = pandas.DataFrame({"key": list(facts), "value": list(facts.values())})
    pyogrio.write_dataframe(run, folder / "sites.gpkg", layer="run")
    previous(size, at, outlines).to_file(folder / "previous.gpkg", layer="sites", engine="pyogrio")
    history(size, at).to_file(folder / "history.geojson", driver="GeoJSON", engine="pyogrio")
    where = {"site_id": outlines.site_id, "xzqdm": codes(size)[at.village], "border_m": np.round(at.border_m, 2)}
    pandas.DataFrame(where).to_csv(folder / "site-villages.csv", index=False)


def main():
    """Writes a county of the size that the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--villages", type=int, default=Size.villages)
    parser.add_argument("--sites", type=int, default=Size.sites)
    parser.add_argument("--side", type=float, default=Size.side_m, help="of a village, in metres")
    parser.add_argument("--seed", type=int, default=Size.seed)
    args = parser.parse_args()
    size = Size(args.villages, args.sites, args.side, args.seed)
    write(args.folder, size)
    print(f"{size.villages} villages and {size.sites} sites on {size.villages * size.side_m**2 / 1e6:.0f} km2: {args.folder}")


if __name__ == "__main__":
    main()
