"""How the flight scripts speak to the program: all words of its command line and all names in its JSON that they rely on.

`tianmu flight PHOTOS --json` prints `{"photos": [...], "coverage": {...}}`; `tianmu flight PHOTOS --project IN.csv`
takes `path,col,row` and prints `path,col,row,lon,lat,pos_err_m`, in the order of its rows, the last three empty
where a pixel shows no ground; sites of `tianmu scan PHOTOS` say `views_seen`, `views_could` and `pos_err_m`.
"""

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import common
import geopandas
import numpy as np
import shapely

# Words of the command line.
DEM, TAKEOFF, ALLOW_POINTS, NO_QUALITY, PROJECT = "--dem", "--takeoff", "--allow-points", "--no-quality", "--project"
# Exit codes: done, and done but some photos were refused.
DONE = (0, 3)

# States of a photo.
PLACED, POINT, REFUSED = "placed", "point", "refused"
# What `missing` calls the things that a photo does not say.
YAW, HEIGHT, POSITION = "direction", "height", "position"
# What the scripts call that which is wrong with a picture, by the names that `verdicts` has for it.
BLURRED, LENS_CAP, UNIFORM, DUPLICATE, EXPOSURE = "blurred", "lens_cap", "uniform", "duplicate", "exposure"
NAMES = {
    "motion_blurred": BLURRED,
    "no_detail": BLURRED,
    "same_file": DUPLICATE,
    "same_moment": DUPLICATE,
    "underexposed": EXPOSURE,
    "overexposed": EXPOSURE,
}
# Pictures with one of these show nothing that may be scanned or counted.
SPOILT = frozenset({BLURRED, LENS_CAP, UNIFORM, DUPLICATE})

# Properties of sites.
SEEN, COULD, ERROR = "views_seen", "views_could", "pos_err_m"


@dataclass
class Photo:
    """What the program says of a photo."""

    name: str
    state: str
    problem: str
    missing: list
    lon: float
    lat: float
    height_m: float
    angles: tuple  # yaw, pitch, roll
    gsd_cm: tuple  # across, along
    pos_err_m: float
    footprint: shapely.Geometry
    verdicts: list
    quality: dict
    said: dict = field(repr=False)

    @property
    def usable(self):
        """Whether it may show a site."""
        return self.state == PLACED and not SPOILT & set(self.verdicts)


@dataclass
class Flight:
    photos: dict  # by file name
    coverage: dict
    run: common.Run


def verdicts(said):
    """What is wrong with a picture: a name, or a table with one; a duplicate may be told of apart."""
    found = [v if isinstance(v, str) else v.get("fault") or v.get("kind") for v in said.get("verdicts") or []]
    found += [DUPLICATE] if said.get("duplicate_of") else []
    return sorted({NAMES.get(name, name) for name in found})


def photo(said):
    shape = said.get("footprint")
    return Photo(
        name=Path(said["path"]).name,
        state=said["state"],
        problem=said.get("problem") or "",
        missing=said.get("missing") or [],
        lon=said.get("lon"),
        lat=said.get("lat"),
        height_m=said.get("height_m"),
        angles=tuple(said.get(f"{name}_deg") for name in ("yaw", "pitch", "roll")),
        gsd_cm=tuple(said.get("gsd_cm") or ()),
        pos_err_m=said.get("pos_err_m"),
        footprint=shapely.geometry.shape(shape) if shape else shapely.Polygon(),
        verdicts=verdicts(said),
        quality=said.get("quality") or {},
        said=said,
    )


def place(lon, lat):
    """A place as the command line takes it."""
    return f"{lon:.9f},{lat:.9f}"


def flight(args, paths, *words, wanted=DONE, timeout=600):
    """Reads photos, without a look at their pictures unless `words` ask for it."""
    run = common.tianmu(args, "flight", *paths, "--json", *words, wanted=None, timeout=timeout)
    if run.code not in wanted:
        # Thousands of paths are not shown.
        raise SystemExit(f"exit code {run.code}, wanted {wanted}, of `flight` on {len(paths)} photos:\n{run.text[-3000:]}")
    said = json.loads(run.out)
    return Flight({p.name: p for p in map(photo, said["photos"])}, said.get("coverage") or {}, run)


def project(args, paths, rows, *words):
    """The ground that pixels show: `rows` of (file name, column, row) to arrays of longitude, latitude, error."""
    by_name = {Path(path).name: Path(path) for path in paths}
    given = args.work / "pixels.csv"
    with given.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "col", "row"])
        table.writerows([by_name[name], repr(float(col)), repr(float(row))] for name, col, row in rows)
    out = common.tianmu(args, "flight", *paths, PROJECT, given, *words, wanted=DONE).out
    number = lambda text: float(text) if text else np.nan
    found = [[number(row[key]) for key in ("lon", "lat", "pos_err_m")] for row in csv.DictReader(io.StringIO(out))]
    if len(found) != len(rows):
        raise SystemExit(f"{PROJECT}: {len(rows)} pixels given, {len(found)} came back")
    return np.array(found).reshape(-1, 3).T


def scan(args, name, paths, model, *words):
    """Scans photos or rasters to GeoJSON and reads the sites."""
    path = args.work / f"{name}.geojson"
    common.tianmu(args, "scan", *paths, "--model", model, "-o", path, "--quiet", *words, wanted=DONE, timeout=1800)
    return sites(path)


def sites(path):
    """Sites as a table; one without rows has the columns too."""
    table = geopandas.read_file(path)
    for column in ("class", SEEN, COULD, ERROR):
        if column not in table:
            table[column] = None
    return table
