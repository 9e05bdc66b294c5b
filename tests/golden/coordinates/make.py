"""Writes places in the forms that field teams get, as PROJ and plain formulas compute them.

    python tests/golden/coordinates/make.py

Writes vectors.json beside this script; src/georef/coordinate_tests.rs compares. Needs pyproj; last
run with pyproj 3.7.2 and PROJ 9.5.1. The same numbers come out each time. The program's tests need
the file only.
"""

import json
import math
from pathlib import Path

from pyproj import Transformer

HERE = Path(__file__).resolve().parent
PI = math.pi

# Longitude, latitude. After the first eight: either side of the border of two zones, on the
# meridian at which the shift has a cusp, the far west and east, and an island in the south.
PLACES = [
    (116.404, 39.915),
    (121.5272106, 31.1774276),
    (113.912316, 22.543847),
    (116.377817, 39.911954),
    (104.3731, 33.7853),
    (100.23, 23.88),
    (109.2795, 23.3306),
    (106.93, 26.62),
    (103.499999, 26.5),
    (103.500001, 26.5),
    (105.0, 35.0),
    (75.2, 38.1),
    (134.6, 48.3),
    (112.35, 16.85),
]


def gcj02(lon, lat):
    """WGS 84 to GCJ-02."""
    a, ee = 6378245.0, 0.00669342162296594323
    x, y = lon - 105, lat - 35
    both = 20 * math.sin(6 * x * PI) + 20 * math.sin(2 * x * PI)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (both + 20 * math.sin(y * PI) + 40 * math.sin(y / 3 * PI)) * 2 / 3
    north += (160 * math.sin(y / 12 * PI) + 320 * math.sin(y / 30 * PI)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (both + 20 * math.sin(x * PI) + 40 * math.sin(x / 3 * PI)) * 2 / 3
    east += (150 * math.sin(x / 12 * PI) + 300 * math.sin(x / 30 * PI)) * 2 / 3
    w = 1 - ee * math.sin(math.radians(lat)) ** 2
    return (
        lon + math.degrees(east / (a / math.sqrt(w) * math.cos(math.radians(lat)))),
        lat + math.degrees(north / (a * (1 - ee) / w**1.5)),
    )


def bd09(lon, lat):
    """GCJ-02 to BD-09."""
    k = PI * 3000 / 180
    radius = math.hypot(lon, lat) + 2e-5 * math.sin(lat * k)
    angle = math.atan2(lat, lon) + 3e-6 * math.cos(lon * k)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def project(epsg, lon, lat):
    """WGS 84 to metres east and north."""
    return Transformer.from_crs("EPSG:4326", f"EPSG:{epsg}", always_xy=True).transform(lon, lat)


def case(lon, lat):
    """All forms of one place."""
    zone = math.floor(lon / 3 + 0.5)
    plain, prefixed = 4509 + zone, 4488 + zone
    east, north = project(plain, lon, lat)
    east_prefixed, _ = project(prefixed, lon, lat)
    return {
        "wgs84": [lon, lat],
        "gcj02": [round(v, 10) for v in gcj02(lon, lat)],
        "bd09": [round(v, 10) for v in bd09(*gcj02(lon, lat))],
        "zone": zone,
        "epsg": plain,
        "epsg_prefixed": prefixed,
        "north_m": round(north, 4),
        "east_m": round(east, 4),
        "east_prefixed_m": round(east_prefixed, 4),
    }


lines = ",\n".join("  " + json.dumps(case(*place)) for place in PLACES)
(HERE / "vectors.json").write_text(f"[\n{lines}\n]\n")
