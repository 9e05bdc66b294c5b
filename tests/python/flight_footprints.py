"""Footprints that `tianmu flight` draws, against rays cast with numpy and geodesics of pyproj.

Photos at random places, heights and angles, through lenses said in all ways that tags have: calibrated,
by millimetres and a camera's sensor, zoomed, resized, by the focal length on film, with distortion. Every
corner of the outline must lie on the frame's border seen from the said pose: within 1 mm on flat ground,
within 5 cm on elevation models, whose heights are linear between the centres of their cells.
"""

import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import common
import flight_camera as camera
import flight_reading as reading
import flight_tags as tags
import numpy as np
import scenes
import shapely
from PIL import Image
from rasterio.transform import Affine

FLAT_M, DEM_M = 1e-3, 0.05
PER_SIDE = 8
# Rays that meet the ground flatter than this are cut off; which of the two a footprint has may be chosen.
CUTS_DEG = (30.0, 10.0)
HOME = 101.63, 24.75
BASE_M = 1500.0
NADIR, SLANTED, FLAT_LOOK = (-90.0, -75.0), (-75.0, -63.0), (-56.0, -5.0)


@dataclass
class Case:
    """Photos of one camera: what its EXIF says, what its XMP says besides the pose, the lens that both mean."""

    name: str
    lens: camera.Lens
    make: str = "DJI"
    model: str = "FC9001"
    exif: tuple = ()
    xmp: tuple = ()


def calibrated(lens):
    return (
        ("CalibratedFocalLength", f"{lens.fx:.6f}"),
        ("CalibratedOpticalCenterX", f"{lens.cx:.6f}"),
        ("CalibratedOpticalCenterY", f"{lens.cy:.6f}"),
    )


def dewarp(lens, flag):
    terms = (lens.fx, lens.fy, lens.cx - lens.width / 2, lens.cy - lens.height / 2, lens.k1, lens.k2, lens.p1, lens.p2, lens.k3)
    middle = camera.Lens.pinhole(lens.width, lens.height, lens.fx)
    text = "2026-01-15;" + ",".join(f"{term:.9f}" for term in terms)
    return (*calibrated(middle), ("DewarpFlag", str(flag)), ("DewarpData", text))


def cases(draw):
    plain = camera.Lens.pinhole(4000, 3000, 2857.143)
    yield Case("calibrated", plain, xmp=calibrated(plain))
    off = replace(plain, cx=2011.4, cy=1491.9)
    yield Case("optical centre", off, xmp=calibrated(off))
    phantom = camera.Lens.pinhole(5472, 3648, 8.8 / (13.2 / 5472))
    yield Case("sensor", phantom, model="FC6310", exif=(("focal_mm", 8.8),))
    small = phantom.scaled(0.25)
    yield Case("resized", small, model="FC6310", exif=(("focal_mm", 8.8),))
    zoomed = camera.Lens.pinhole(5472, 3648, 2 * phantom.fx)
    yield Case("zoomed", zoomed, model="FC6310", exif=(("focal_mm", 8.8), ("zoom", 2.0)))
    mavic = camera.Lens.pinhole(5280, 3956, 12.29 / (17.3 / 5280))
    yield Case("Mavic 3E", mavic, model="M3E", exif=(("focal_mm", 12.29),))
    film = camera.Lens.of_film(4000, 3000, 26)
    yield Case("film", film, model="FC9002", exif=(("focal_35mm", 26),))
    for number in range(4):
        k1, k2, k3 = draw.uniform(-0.12, 0.06), draw.uniform(-0.06, 0.1), draw.uniform(-0.05, 0.02)
        p1, p2 = draw.uniform(-2e-3, 2e-3, 2)
        bent = camera.Lens(2640, 1978, 1875.5, 1871.25, 1320 + draw.uniform(-25, 25), 989 + draw.uniform(-25, 25), k1, k2, p1, p2, k3)
        yield Case(f"distorted {number + 1}", bent, xmp=dewarp(bent, 0))
    # Flag 1: the camera has taken the distortion out, and a pinhole is left.
    straight = camera.Lens.pinhole(2640, 1978, 1875.5)
    yield Case("dewarped", straight, xmp=dewarp(replace(straight, k1=-0.1, k2=0.03), 1))


def blank(lens, made={}):
    """A JPEG without tags of a lens's size, as bytes."""
    size = lens.width, lens.height
    if size not in made:
        file = io.BytesIO()
        Image.new("L", size, 120).save(file, "JPEG", quality=30)
        made[size] = file.getvalue()
    return made[size]


def poses(draw, count, pitches, ground_of, reach_m=900.0):
    """Poses above the ground, some of them upside down (roll 180 and yaw turned as far)."""
    for number in range(count):
        lon, lat = (float(v) for v in camera.moved(*HOME, *draw.uniform(-reach_m, reach_m, 2)))
        yaw, pitch, roll = draw.uniform(-180, 180), draw.uniform(*pitches), draw.uniform(-4, 4)
        if number % 7 == 3:
            yaw, roll = 0.0, 0.0
        if number % 7 == 5 and pitches is NADIR:
            pitch, roll = -90.0, 180.0
        low = float(ground_of(np.array(lon), np.array(lat)))
        yield camera.Pose(lon, lat, low + draw.uniform(25, 130), yaw, pitch, roll)


def written(path, case, pose, takeoff_z, form, taken):
    values = tags.pose_values(pose, pose.z - takeoff_z, pose.z - 31.7, digits=9) | dict(case.xmp)
    exif = tags.exif(
        case.make, case.model, taken, lon=pose.lon, lat=pose.lat, altitude=pose.z - 31.7,
        size=(case.lens.width, case.lens.height), **dict(case.exif),
    )
    path.write_bytes(tags.spliced(blank(case.lens), exif, tags.xmp(values, form)))


def photos(args, draw, label, pitches, ground, takeoff_z, count):
    """Writes photos of all cases; views by file name."""
    folder = args.work / label
    folder.mkdir()
    found, clock = {}, datetime(2026, 4, 18, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    for case in cases(draw):
        for number, pose in enumerate(poses(draw, count, pitches, ground.height), start=1):
            name = f"{case.name.replace(' ', '_')}_{number:02}.JPG"
            clock += timedelta(seconds=3)
            written(folder / name, case, pose, takeoff_z, tags.XMP_FORMS[number % 3], clock)
            found[name] = case, camera.View(case.lens, pose, ground)
    return folder, found


def on_border(view, vertices):
    """Of each corner of an outline, its pixel, that of the frame's border nearest to it, metres between both."""
    col, row = view.to_pixel(*vertices.T)
    w, h = view.lens.width, view.lens.height
    inside_col, inside_row = np.clip(col, 0, w), np.clip(row, 0, h)
    to_side = np.stack([inside_col, w - inside_col, inside_row, h - inside_row])
    side = to_side.argmin(axis=0)
    near_col = np.where(side == 0, 0, np.where(side == 1, w, inside_col))
    near_row = np.where(side == 2, 0, np.where(side == 3, h, inside_row))
    metres = camera.GEOD.inv(*vertices.T, *view.to_ground(near_col, near_row))[2]
    return np.column_stack([col, row]), np.column_stack([near_col, near_row]), side, np.asarray(metres)


def local(view, lon, lat):
    return shapely.Polygon(np.column_stack(camera.offsets(view.pose.lon, view.pose.lat, lon, lat)))


def compare(checks, label, case, view, said, limit_m):
    """One photo; the largest distance in metres."""
    where = f"{label}, {said.name}"
    depressions = view.depression(*view.border())
    if depressions.max() < max(CUTS_DEG) and said.footprint.is_empty:
        return np.nan
    if not checks.equal(said.state, reading.PLACED, f"{where}: state ({said.problem})"):
        return np.nan
    off = camera.GEOD.inv(said.lon, said.lat, view.pose.lon, view.pose.lat)[2]
    checks.at_most(off, FLAT_M, f"{where}: position, in metres")
    turned = view.pose.matrix() - camera.rotation(*said.angles)
    checks.at_most(np.abs(turned).max(), 1e-5, f"{where}: how the camera is turned")
    outline = said.footprint
    if not checks.that(outline.geom_type == "Polygon" and outline.is_valid and not outline.is_empty, f"{where}: a valid polygon"):
        return np.nan
    checks.that(outline.exterior.is_ccw and not outline.interiors, f"{where}: counterclockwise, without holes")
    vertices = shapely.get_coordinates(outline)[:-1]
    pixels, _, side, metres = on_border(view, vertices)
    col, row = view.border()
    lowest = depressions.min()
    bound = metres <= limit_m
    if lowest > max(CUTS_DEG) + 0.2:
        worst = metres.max()
        checks.at_most(worst, limit_m, f"{where}: metres from the frame's border")
        for number in range(4):
            checks.that((side == number).sum() >= PER_SIDE, f"{where}: points of side {number}", f"{(side == number).sum()}")
        wide, high = float(view.lens.width), float(view.lens.height)
        corners = np.column_stack(view.to_ground(np.array([0, wide, wide, 0]), np.array([0, 0, high, high])))
        nearest = [np.min(camera.GEOD.inv(*np.broadcast_to(c, vertices.shape).T, *vertices.T)[2]) for c in corners]
        checks.at_most(max(nearest), limit_m, f"{where}: metres from the frame's corners")
        wanted = local(view, *view.to_ground(col, row))
        alike = local(view, *vertices.T)
        differs = shapely.symmetric_difference(wanted, alike).area / wanted.area
        checks.at_most(differs, 0.002 if isinstance(view.ground, camera.Flat) else 0.01, f"{where}: share of the area that differs")
    else:
        # Corners away from the border lie where the look is as flat as the limit allows.
        inner = ~bound
        seen = view.depression(*pixels[inner].T) if inner.any() else np.array([min(CUTS_DEG)])
        cut = min(CUTS_DEG, key=lambda c: abs(np.median(seen) - c))
        checks.at_most(np.abs(seen - cut).max() if lowest < cut else 0.0, 0.05, f"{where}: depression of the cut, from {cut}")
        checks.that((view.depression(*pixels.T) > cut - 0.05).all(), f"{where}: nothing flatter than {cut} degrees")
        worst = metres[bound].max() if bound.any() else np.nan
    resolution(checks, where, view, said)
    return worst


def resolution(checks, where, view, said):
    """GSD in the middle of the picture on flat ground, and that errors grow from the receiver's to the corner's."""
    if not isinstance(view.ground, camera.Flat) or len(said.gsd_cm) != 2:
        return
    middle = np.array(view.lens.width / 2), np.array(view.lens.height / 2)
    if view.depression(*middle) < max(CUTS_DEG):
        return
    wanted = view.gsd_cm(*middle)
    for name, seen, own in zip(("across", "along"), said.gsd_cm, wanted):
        checks.at_most(abs(seen / float(own) - 1), 0.01, f"{where}: GSD {name}, {seen} for {float(own):.3f} cm")
    checks.that(said.pos_err_m >= 2.9, f"{where}: no error below the receiver's", f"{said.pos_err_m}")


def run(args, checks, draw, label, pitches, ground, takeoff, limit_m, count, *words):
    folder, views = photos(args, draw, label, pitches, ground, takeoff[2], count)
    said = reading.flight(args, sorted(folder.glob("*.JPG")), reading.NO_QUALITY, *words).photos
    checks.equal(sorted(said), sorted(views), f"{label}: photos")
    worst = {}
    for name, (case, view) in views.items():
        if name in said:
            # The last resort's formula has five digits.
            slack = 1e-5 * view.pose.z if case.name == "film" and isinstance(ground, camera.Flat) else 0.0
            off = compare(checks, label, case, view, said[name], limit_m + slack)
            worst[case.name] = np.fmax(worst.get(case.name, 0.0), off)
    print(f"{label}: {len(views)} photos; largest distance in mm: " + ", ".join(f"{n} {1000 * w:.3f}" for n, w in worst.items()), flush=True)


def hills(path, crs, cell, left, top, wide, high, metres):
    """Smooth hills, 50 m up and down within some hundred metres; `metres` is the size of a map unit."""
    south, east = np.mgrid[0:high, 0:wide] * cell * metres
    z = BASE_M + 28 * np.sin(east / 140) * np.cos(south / 170) + 16 * np.sin((east + south) / 95 + 1) + 6 * np.cos(south / 41)
    return scenes.write_tiff(path, z[None].astype(np.float32), Affine(cell, 0, left, 0, -cell, top), crs)


def main():
    args, checks = common.start("flight_footprints", __doc__.splitlines()[0])
    draw = np.random.default_rng(9)
    flat = camera.Flat(0.0)
    for label, pitches in (("flat nadir", NADIR), ("flat slanted", SLANTED), ("flat far", FLAT_LOOK)):
        run(args, checks, draw, label, pitches, flat, (*HOME, 0.0), FLAT_M, 5)
    grid = hills(args.work / "grid.tif", "EPSG:4543", 10.0, 460_200.0, 2_740_700.0, 460, 460, 1.0)
    degrees = hills(args.work / "degrees.tif", "EPSG:4326", 1 / 3600, HOME[0] - 0.03, HOME[1] + 0.03, 216, 216, 108_000.0)
    for label, path in (("grid", grid), ("degrees", degrees)):
        ground = camera.Dem(path)
        start = tuple(float(v) for v in camera.moved(*HOME, 210, -340))
        takeoff = (*start, float(ground.height(*map(np.array, start))))
        words = (reading.DEM, path, reading.TAKEOFF, reading.place(*start))
        for tilt, pitches in (("nadir", NADIR), ("slanted", SLANTED)):
            run(args, checks, draw, f"{label} {tilt}", pitches, ground, takeoff, DEM_M, 3, *words)
    checks.finish()


if __name__ == "__main__":
    main()
