"""How long `tianmu coverage` takes on 5,000 villages and 2,000 images; measured, not judged.

    python tests/python/coverage_at_scale.py --work FOLDER [--tianmu PATH]
"""

import math
import time

import common
import coverage_world as world
import numpy as np
import shapely

VILLAGES, IMAGES = 5000, 2000
WEST, SOUTH, WIDE, HIGH = 102.0, 24.5, 1.0, 0.8
M = 1 / 111_320


def villages(draw):
    points = np.column_stack([draw.uniform(WEST, WEST + WIDE, VILLAGES), draw.uniform(SOUTH, SOUTH + HIGH, VILLAGES)])
    frame = shapely.box(WEST, SOUTH, WEST + WIDE, SOUTH + HIGH)
    found = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
    # Borders as surveys have them, a vertex every 50 m.
    cells = shapely.segmentize(shapely.intersection(found, frame), 50 * M)
    return {f"9901{i // 900 + 10:02}{i // 90 % 10 + 100}{i % 90 + 201:03}": cell for i, cell in enumerate(cells)}


def staircase(draw, x, y, size, step):
    """A square, turned, with an edge in steps as the outlines of valid ground have it."""
    turn = draw.uniform(0, math.pi / 2)
    count = int(size / step)
    marks = np.arange(-count // 2, count // 2) * step
    east, north = np.meshgrid(marks + step / 2, marks + step / 2)
    a, b = east * math.cos(turn) + north * math.sin(turn), north * math.cos(turn) - east * math.sin(turn)
    inside = (abs(a) < size / 3) & (abs(b) < size / 3)
    rows = []
    for row in range(len(marks)):
        columns = np.flatnonzero(inside[row])
        if len(columns):
            w, e = marks[columns[0]], marks[columns[-1]] + step
            rows.append(shapely.box(w, marks[row], e, marks[row] + step))
    outline = shapely.union_all(rows)
    along = M / math.cos(math.radians(y))
    return shapely.transform(outline, lambda xy: xy * [along, M] + [x, y])


def main():
    args, checks = common.start("coverage_at_scale", __doc__)
    draw = np.random.default_rng(5)
    dates = ["2026-04-02", "2026-04-10", "2026-04-15", "2026-04-25", "2026-07-20", ""]
    shown = []
    for _ in range(IMAGES):
        x, y = draw.uniform(WEST, WEST + WIDE), draw.uniform(SOUTH, SOUTH + HIGH)
        gsd = float(draw.choice([1.5, 2.5, 5.0, 12.0]))
        outline = staircase(draw, x, y, draw.uniform(1000, 3500), gsd / 100 * 32 * 4)
        shown.append(world.Image(outline, gsd, str(draw.choice(dates))))
    vertices = sum(shapely.get_num_coordinates(i.outline) for i in shown)
    named = villages(draw)
    path = world.campaign(args, "scale", named, shown)
    for words in (("--dry-run",), ("-o", args.work / "gaps.geojson", "--overwrite"), ("-o", args.work / "gaps.geojson", "--overwrite")):
        begin = time.monotonic()
        done = common.tianmu(args, "coverage", path, "--lang", "en", *words)
        seconds = time.monotonic() - begin
        print(f"{seconds:.1f} s with {' '.join(str(w) for w in words)}")
    summary = [line for line in done.out.splitlines() if "villages," in line or "gaps to fly" in line]
    print(f"{len(named)} villages, {len(shown)} images with {vertices} vertices: " + "; ".join(summary[:2]))
    checks.that(len(named) == VILLAGES, "villages")
    checks.finish()


if __name__ == "__main__":
    main()
