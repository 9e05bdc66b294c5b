"""The invented county around the two flights: valleys, heights, village borders, roads, forest and houses.

Plans are in metres east and north of the county's south-west corner; `to_map` gives eastings and northings. What lies
under the flights (stream, road, houses, edge of the forest) is taken from the rendered scene.
"""

import numpy as np
from osgeo import gdal, ogr

import county_rounds
from render.fields import gaussian_blur, smooth_noise
from render.seeds import COUNTY_SEED
from render.terrain import COVER

CORNER = (461_900.0, 2_737_600.0)  # Easting and northing of the south-west corner.
SIZE = (3200.0, 2400.0)
CELL_M, MARGIN_M = 10.0, 100.0  # Of the height model, which reaches beyond the county.
FLOOR_M = 1750.0  # Height of the river where it leaves the county.
RIVER = [(-150, 640), (330, 560), (830, 430), (1250, 520), (1700, 560), (2200, 440), (2600, 370), (3350, 480)]
SIDE_VALLEYS = [
    [(620, 2480), (660, 1980), (770, 1480), "scene", (845, 640), (850, 470)],
    [(2330, 2480), (2290, 2060), (2170, 1560), (2010, 1050), (1880, 760), (1790, 590)],
    [(1290, -80), (1330, 230), (1290, 515)],
    [(2840, 2000), (2930, 1400), (2890, 900), (2790, 470)],
    [(2750, -80), (2720, 180), (2640, 368)],
]
VILLAGE_ROADS = [
    [(255, 640), (400, 780), (560, 900), (720, 955), "scene", (1010, 1010), (1200, 1190), (1370, 1270), (1620, 1300), (1850, 1120), (1900, 870), (1850, 628)],
    [(1370, 1270), (1300, 1500), (1180, 1760), (1020, 1980), (830, 2090)],
    [(1850, 1120), (2080, 1420), (2210, 1750), (2330, 2000)],
    [(2640, 450), (2810, 760), (2850, 1180), (2820, 1560)],
    [(1340, 590), (1395, 330), (1390, 120)],
]
NODES = {
    "W": (40, 1180), "N": (1560, 2350), "E": (3150, 1250), "S1": (1010, 50), "S2": (2170, 40),
    "A": (760, 1340), "B": (1500, 1210), "C": (2290, 1010),
}
BORDERS = {  # Points between two nodes; the border of A and S1 passes the flights 27 m to the west.
    "W-A": [(330, 1270)], "A-S1": [(786, 1150), (784, 1030), (782, 975), (785, 915), (806, 720), (880, 420)], "A-B": [(1120, 1230)],
    "B-N": [(1450, 1760)], "B-C": [(1900, 1180)], "C-E": [(2760, 1160)], "C-S2": [(2330, 520)],
    "W-N": [(60, 1900), (220, 2330), (900, 2310)], "N-E": [(2300, 2290), (2960, 2330), (3110, 1850)],
    "E-S2": [(3140, 500), (3040, 110), (2600, 60)], "S2-S1": [(1600, 90)], "S1-W": [(500, 80), (110, 120), (70, 650)],
}
VILLAGES = [  # Code, village, town, borders around it in order, hamlets; the office stands in the first.
    ("990101101002", "云岭社区", "青桐镇", ["W-N", "N-B", "B-A", "A-W"], [(1330, 1490), (1150, 1790), (560, 1700)]),
    ("990101101203", "松岗村", "青桐镇", ["N-E", "E-C", "C-B", "B-N"], [(2230, 1730), (2830, 1530), (1960, 1270)]),
    ("990101201201", "石门村", "白石乡", ["W-A", "A-S1", "S1-W"], [(400, 740), (640, 610), (560, 930)]),
    ("990101201202", "竹溪村", "白石乡", ["A-B", "B-C", "C-S2", "S2-S1", "S1-A"], [(1330, 650), (1850, 690), (1250, 1200), (1390, 260)]),
    ("990101201204", "下坝村", "白石乡", ["C-E", "E-S2", "S2-C"], [(2620, 500), (2840, 850)]),
]
GREENHOUSES = [(1050, 560, 5), (2420, 570, 6), (520, 650, 3)]  # East, north, how many side by side.
POND = (1960, 640)
CLEAR_OF = [(1318, 1290, 1400, 1370), (1710, 820, 1830, 1590)]  # The other samples, where this county knows no house.


def to_map(points):
    """Eastings and northings of points of the plan."""
    return np.asarray(points, float) + CORNER


def from_map(points):
    """The reverse."""
    return np.asarray(points, float) - CORNER


def scene_points(rows, cols):
    """Plan points of pixels of the rendered scene."""
    place = county_rounds.TRUE_PLACE
    return from_map(np.stack([place.left + np.asarray(cols) * place.gsd_m, place.top - np.asarray(rows) * place.gsd_m], -1))


def wander(points, rng, roughness, finest_m=25.0):
    """A polyline through the points with ever finer bends, as wide as `roughness` of what they bend."""
    points = [np.asarray(point, float) for point in points]
    while max(np.linalg.norm(b - a) for a, b in zip(points, points[1:])) > finest_m:
        finer = [points[0]]
        for a, b in zip(points, points[1:]):
            step = b - a
            if np.linalg.norm(step) > finest_m:
                aside = np.array([-step[1], step[0]]) * np.clip(rng.normal(0, roughness), -2 * roughness, 2 * roughness)
                finer.append((a + b) / 2 + aside)
            finer.append(b)
        points = finer
    return np.array(points)


def rounded(points, times=3):
    """The polyline with its corners cut; its ends stay."""
    for _ in range(times):
        cut = np.stack([0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]], 1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def middle_line(cover, name, downhill, across):
    """Plan points along the middle of the scene's stream (`across` False: it runs downhill) or road, every 2 m, from west or north."""
    rows, cols = np.nonzero(cover[::4, ::4] == COVER[name])
    y, x = rows * 4.0, cols * 4.0
    down, along = x * np.cos(downhill) + y * np.sin(downhill), -x * np.sin(downhill) + y * np.cos(downhill)
    run, side = (along, down) if across else (down, along)
    step = (2.0 / county_rounds.GSD_M)
    number = np.floor((run - run.min()) / step).astype(int)
    count = np.bincount(number)
    good = count > 20
    run = (np.bincount(number, run) / np.maximum(count, 1))[good]
    side = (np.bincount(number, side) / np.maximum(count, 1))[good]
    down, along = (side, run) if across else (run, side)
    points = scene_points(down * np.sin(downhill) + along * np.cos(downhill), down * np.cos(downhill) - along * np.sin(downhill))
    first = points[:, 0] if across else -points[:, 1]
    return points[np.argsort(first)]


class Lines:
    """The county's streams and roads as polylines of plan points."""

    def __init__(self, terrain):
        rng = np.random.default_rng([COUNTY_SEED, 10])
        self.scene_stream = middle_line(terrain.cover, "water", terrain.downhill, False)
        self.scene_road = middle_line(terrain.cover, "road", terrain.downhill, True)
        self.river = rounded(wander(RIVER, rng, 0.1, 60.0))
        self.streams = [self._through(plan, self.scene_stream, rng, 0.1) for plan in SIDE_VALLEYS]
        for stream in self.streams:  # Each ends in the river.
            stream[-1] = self.river[np.argmin(np.linalg.norm(self.river - stream[-1], axis=1))]
        aside = np.gradient(self.river, axis=0)
        aside = np.stack([-aside[:, 1], aside[:, 0]], 1) / np.linalg.norm(aside, axis=1)[:, None]
        self.main_road = rounded((self.river + 48.0 * aside)[::12])
        self.village_roads = [self._through(plan, self.scene_road, rng, 0.07) for plan in VILLAGE_ROADS]

    @staticmethod
    def _through(plan, scene, rng, roughness):
        """A line along the plan; where it says "scene" it follows the scene's own."""
        if "scene" not in plan:
            return rounded(wander(plan, rng, roughness, 50.0))
        at = plan.index("scene")
        before = rounded(wander([*plan[:at], scene[0]], rng, roughness, 50.0))
        after = rounded(wander([scene[-1], *plan[at + 1 :]], rng, roughness, 50.0))
        return np.concatenate([before[:-1], scene, after[1:]])


def dense(line, step_m=8.0):
    """Points along a line every `step_m` at most."""
    pieces = [np.linspace(a, b, max(2, int(np.ceil(np.linalg.norm(b - a) / step_m)) + 1))[:-1] for a, b in zip(line, line[1:])]
    return np.concatenate([*pieces, line[-1:]])


def nearest(points, x, y):
    """Distance in metres from grid points to the nearest of some points, and its number."""
    best, which = np.full(x.shape, np.inf), np.zeros(x.shape, int)
    for number, (px, py) in enumerate(points):
        distance = (x - px) ** 2 + (y - py) ** 2
        closer = distance < best
        best[closer], which[closer] = distance[closer], number
    return np.sqrt(best), which


class Relief:
    """Heights above sea level of the height model's cells, `[row, col]` from the north-west, and height above the valley floor."""

    def __init__(self, lines):
        self.cols, self.rows = (int((side + 2 * MARGIN_M) / CELL_M) for side in SIZE)
        east = -MARGIN_M + (np.arange(self.cols) + 0.5) * CELL_M
        north = SIZE[1] + MARGIN_M - (np.arange(self.rows) + 0.5) * CELL_M
        self.x, self.y = np.meshgrid(east, north)
        rng = np.random.default_rng([COUNTY_SEED, 11])
        river = dense(lines.river, 20.0)
        river_floor = FLOOR_M + 28.0 * (1 - np.linspace(0, 1, len(river)))
        sides = [self._valley(river, river_floor, rng)]
        for stream in lines.streams:
            points = dense(stream, 20.0)
            mouth = river_floor[np.argmin(np.linalg.norm(river - points[-1], axis=1))]
            to_mouth = np.append(np.cumsum(np.linalg.norm(np.diff(points[::-1], axis=0), axis=1))[::-1], 0.0)
            sides.append(self._valley(points, mouth + 150.0 * (1 - np.exp(-to_mouth / 1100.0)), rng))
        floors, rises = (np.stack(layers) for layers in zip(*sides))
        heights = floors + rises
        self.height = gaussian_blur(-18.0 * np.log(np.exp(-(heights - heights.min(0)) / 18.0).sum(0)) + heights.min(0), 1.2)
        self.above_floor = rises.min(0)

    def _valley(self, points, floor, rng):
        away, which = nearest(points, self.x, self.y)
        bends = np.clip(1 + 0.2 * smooth_noise(rng, self.x.shape, 28) + 0.08 * smooth_noise(rng, self.x.shape, 9), 0.3, 2.0)
        flat = np.maximum(away - 20.0, 0.0)
        # Between two points of a winding valley the nearest one changes of a sudden; the ground does not.
        return gaussian_blur(floor[which], 6.0), 235.0 * bends * (1 - np.exp(-((flat / 420.0) ** 1.15)))


def border(name):
    """Map points of a border between two nodes, in the direction that its name says."""
    reverse = name not in BORDERS
    first, last = name.split("-")[::-1] if reverse else name.split("-")
    key = f"{first}-{last}"
    rng = np.random.default_rng([COUNTY_SEED, 12, list(BORDERS).index(key)])
    points = np.round(to_map(wander([NODES[first], *BORDERS[key], NODES[last]], rng, 0.09)), 2)
    return points[::-1] if reverse else points


def polygon(points):
    """A polygon of map points; the ring is closed."""
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for east, north in points:
        ring.AddPoint_2D(float(east), float(north))
    ring.CloseRings()
    geometry = ogr.Geometry(ogr.wkbPolygon)
    geometry.AddGeometry(ring)
    return geometry


def line(points):
    """A line of map points."""
    geometry = ogr.Geometry(ogr.wkbLineString)
    for east, north in points:
        geometry.AddPoint_2D(float(east), float(north))
    return geometry


def village_polygons():
    """The outline of each village; neighbours share their border point by point."""
    return [polygon(np.concatenate([border(name)[:-1] for name in names])) for _, _, _, names, _ in VILLAGES]


def box(east, north, long_m, wide_m, angle):
    """A rectangle around a map point, its long side in that direction (radians from east)."""
    u = np.array([np.cos(angle), np.sin(angle)]) * long_m / 2
    v = np.array([-np.sin(angle), np.cos(angle)]) * wide_m / 2
    return polygon(np.round(np.array([east, north]) + [u + v, v - u, -u - v, u - v], 2))


def scene_houses(houses):
    """The roofs of the rendered scene where they stand."""
    for house in houses:
        (east, north), = to_map(scene_points([house.row], [house.col]))
        yield box(east, north, 2 * house.half_long, 2 * house.half_short, -house.angle)


def hamlet_houses(lines):
    """Houses of the hamlets: near a road, apart from one another, off streams and the other samples."""
    rng = np.random.default_rng([COUNTY_SEED, 13])
    roads = np.concatenate([dense(road) for road in [lines.main_road, *lines.village_roads]])
    waters = np.concatenate([dense(water) for water in [lines.river, *lines.streams]])
    taken = [np.array(POND)]
    for _, _, _, _, hamlets in VILLAGES:
        for centre in hamlets:
            wanted, angle = int(rng.integers(8, 16)), rng.uniform(0, np.pi)
            for _ in range(wanted * 12):
                at = np.array(centre) + rng.normal(0, 42.0, 2)
                off_road = np.linalg.norm(roads - at, axis=1).min()
                off_water = np.linalg.norm(waters - at, axis=1).min()
                clear = all(np.linalg.norm(other - at) > 17.0 for other in taken)
                on_sample = any(west - 30 < at[0] < east + 30 and south - 30 < at[1] < north + 30 for west, south, east, north in CLEAR_OF)
                if wanted and clear and 9.0 < off_road < 160.0 and off_water > 14.0 and not on_sample:
                    taken.append(at)
                    wanted -= 1
                    yield box(*to_map(at), rng.uniform(8.0, 13.5), rng.uniform(5.5, 8.5), angle + rng.choice([0, np.pi / 2]) + rng.normal(0, 0.12))


def greenhouses():
    """Plastic tunnels on the valley floor, side by side."""
    for number, (east, north, count) in enumerate(GREENHOUSES):
        angle = np.random.default_rng([COUNTY_SEED, 14, number]).uniform(-0.2, 0.2)
        for i in range(count):
            aside = 9.5 * i * np.array([-np.sin(angle), np.cos(angle)])
            yield box(*to_map(np.array([east, north]) + aside), 28.0, 7.5, angle)


def forest_polygons(relief, lines, terrain, clearings):
    """Forest of the county, and as rendered under the flights; `clearings` are left open."""
    rng = np.random.default_rng([COUNTY_SEED, 15])
    score = (relief.above_floor - 76.0) / 50.0 + 0.5 * smooth_noise(rng, relief.x.shape, 22) + 0.25 * smooth_noise(rng, relief.x.shape, 8)
    cover = terrain.cover[::40, ::40] == COVER["forest"]
    height, width = cover.shape
    rows, cols = np.nonzero(cover)
    (middle_x, middle_y), = scene_points([terrain.cover.shape[0] / 2], [terrain.cover.shape[1] / 2])
    # Around the flights the forest goes on as it begins there: on the side of its middle.
    wooded = scene_points(rows * 40.0, cols * 40.0).mean(0) - [middle_x, middle_y]
    wooded /= np.linalg.norm(wooded)
    u, v = relief.x - middle_x, relief.y - middle_y
    here = np.exp(-(np.hypot(u, v) / 330.0) ** 4)
    score = (1 - here) * score + here * ((u * wooded[0] + v * wooded[1]) - 4.0 + 12.0 * smooth_noise(rng, relief.x.shape, 6)) / 60.0
    for _, _, _, _, hamlets in VILLAGES:
        for east, north in hamlets:
            score = np.minimum(score, (np.hypot(relief.x - east, relief.y - north) - 130.0) / 60.0)
    wet = np.concatenate([dense(lines.river, 20.0), dense(lines.main_road, 20.0)])
    score = np.minimum(score, (nearest(wet, relief.x, relief.y)[0] - 35.0) / 60.0)
    wide = contour(score, to_map([[-MARGIN_M, SIZE[1] + MARGIN_M]])[0], CELL_M).Simplify(3.0).Buffer(0)
    seen = contour(np.where(cover, 1.0, -1.0), to_map(scene_points([0], [0]))[0], 1.0).Simplify(0.4).Buffer(0)
    top_left, = to_map(scene_points([0], [0]))
    rectangle = polygon([(top_left[0], top_left[1]), (top_left[0] + width, top_left[1]), (top_left[0] + width, top_left[1] - height), (top_left[0], top_left[1] - height)])
    whole = wide.Difference(rectangle).Union(seen.Buffer(0.05).Intersection(rectangle))
    for clearing in clearings:
        whole = whole.Difference(clearing)
    county = ogr.Geometry(ogr.wkbMultiPolygon)
    for outline in village_polygons():
        county.AddGeometry(outline)
    whole = whole.Intersection(county.UnionCascaded())
    parts = [whole.GetGeometryRef(i).Clone() for i in range(whole.GetGeometryCount())] if whole.GetGeometryType() == ogr.wkbMultiPolygon else [whole]
    return [part for part in parts if part.GetArea() > 150.0]


def contour(score, top_left, cell_m):
    """The ground where a field is above 0, with smooth outlines."""
    rows, cols = score.shape
    memory = gdal.GetDriverByName("MEM").Create("", cols, rows, 1, gdal.GDT_Float64)
    memory.SetGeoTransform((top_left[0], cell_m, 0, top_left[1], 0, -cell_m))
    memory.GetRasterBand(1).WriteArray(np.clip(score, -3.0, 3.0).astype(float))
    found = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = found.CreateLayer("parts", geom_type=ogr.wkbMultiPolygon)
    layer.CreateField(ogr.FieldDefn("high", ogr.OFTReal))
    gdal.ContourGenerateEx(memory.GetRasterBand(1), layer, options=["FIXED_LEVELS=0,9", "POLYGONIZE=YES", "ELEV_FIELD_MAX=0"])
    whole = ogr.Geometry(ogr.wkbMultiPolygon)
    for part in layer:
        if part.GetField("high") > 0:
            whole = whole.Union(part.GetGeometryRef().MakeValid())
    return whole
