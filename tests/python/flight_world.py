"""A made-up flight over the sample scene: photos through a known camera, with poses that are a little wrong.

    python tests/python/flight_world.py --work FOLDER [--seed N] [--hilly] [--rtk] [--distorted]

Three lines of four nadir photos (75 % and 60 % overlap), two at a pitch of -60, one that does not say its yaw,
one blurred, one twice. `poses.json` holds the true and the said poses. The same seed gives the same bytes
with the same versions of the libraries.
"""

import argparse
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import common
import flight_camera as camera
import flight_tags as tags
import numpy as np
import pyproj
import rasterio
import scenes
from PIL import Image
from rasterio.transform import Affine
from scipy import ndimage

SAMPLE = common.REPOSITORY / "samples/hill-county"
SIZE, FOCAL_PX, GSD_M = (1680, 1260), 2400.0, 0.025
BASE_M = 1812.0
# What absolute altitudes are off by: nobody knows their datum.
DATUM_OFF_M = -37.4
LINES, PHOTOS, ALONG, ACROSS, HEADING = 3, 4, 0.75, 0.60, 5.0
# The middle of the flight in metres from the scene's upper left corner.
MIDDLE = 38.8, 27.0
DISTORTION = {"k1": -0.09, "k2": 0.06, "p1": 0.0005, "p2": -0.0004, "k3": -0.01}
GIMBAL_DEG, YAW_DEG = 0.3, 1.0
PLAIN_M, RTK_M = 1.0, 0.03
NADIR, OBLIQUE, NO_YAW, BLURRED, TWICE = "nadir", "oblique", "no_yaw", "blurred", "twice"
BLUR_PX = 6.0
NODE_PX = 10


@dataclass
class Shot:
    """A photo: how it was taken and what it says of that."""

    path: Path
    kind: str
    form: str
    true: camera.Pose
    said: camera.Pose
    taken: datetime

    @property
    def has_pose(self):
        return self.kind != NO_YAW

    @property
    def is_usable(self):
        return self.kind in (NADIR, OBLIQUE)


@dataclass
class World:
    """A flight in a folder; `dem` is a file where the ground is not flat."""

    folder: Path
    lens: camera.Lens
    ground: object
    dem: Path | None
    takeoff: tuple  # longitude, latitude, height in metres
    shots: list
    sigma_m: float

    @property
    def paths(self):
        return [shot.path for shot in self.shots]

    def said_view(self, shot):
        return camera.View(self.lens, shot.said, self.ground)

    def true_view(self, shot):
        return camera.View(self.lens, shot.true, self.ground)


class Scene:
    """The sample's pixels by longitude and latitude, and plain soil where it has none."""

    def __init__(self, rng):
        with rasterio.open(SAMPLE / "scene.tif") as raster:
            image, valid = raster.read().astype(np.float32), raster.dataset_mask() > 0
            self.inverse, self.transform, self.crs = ~raster.transform, raster.transform, raster.crs
        margin = 4000
        high, wide = (n + 2 * margin for n in valid.shape)
        coarse = rng.normal(0, 1, (3, high // 40 + 2, wide // 40 + 2)).mean(axis=0)
        self.soil = ndimage.gaussian_filter(coarse, 2)[None] * 60 + np.array([121, 104, 78])[:, None, None]
        # Cubic: lines between pixels would blur what a model looks for. And 2.8 m2 of poppies do not outlive
        # a second JPEG of the quality that the scene has.
        self.image = [ndimage.spline_filter(band, 3, output=np.float32) for band in image]
        self.valid, self.margin = valid.astype(np.float32), margin
        self.into = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        self.back = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)

    def place(self, right_m, down_m):
        """Longitude and latitude of a place, metres from the upper left corner."""
        return self.back.transform(*(self.transform * (right_m / 0.025, down_m / 0.025)))

    def pixels(self, lon, lat, east, north):
        """Columns and rows, with whole numbers at pixel centres, of places around another."""
        x, y = self.into.transform(*camera.moved(lon, lat, [0, 50, 0], [0, 0, 50]))
        map_x = x[0] + (east * (x[1] - x[0]) + north * (x[2] - x[0])) / 50
        map_y = y[0] + (east * (y[1] - y[0]) + north * (y[2] - y[0])) / 50
        col, row = self.inverse * (map_x, map_y)
        return col - 0.5, row - 0.5

    def look(self, col, row):
        """Colours [3, ...] at pixels."""
        far = np.stack([(row + self.margin) / 40, (col + self.margin) / 40])
        soil = np.stack([ndimage.map_coordinates(band, far, order=1, mode="nearest") for band in self.soil])
        near = np.stack([row, col])
        cubic = {"order": 3, "mode": "nearest", "prefilter": False}
        seen = np.stack([ndimage.map_coordinates(band, near, **cubic) for band in self.image])
        shown = ndimage.map_coordinates(self.valid, near, order=1, mode="constant")
        return np.where(shown > 0.999, seen, soil)


def hills(path, scene, rng):
    """Heights in cells of 1 m around the scene, some metres up and down."""
    cells, edge = 400, 160
    south, east = np.mgrid[0:cells, 0:cells].astype(float)
    heights = np.full((cells, cells), BASE_M)
    for length, size in ((130, 3.0), (70, 1.6), (37, 0.6)):
        bearing, phase = rng.uniform(0, 2 * np.pi, 2)
        heights += size * np.sin(2 * np.pi * (east * np.cos(bearing) + south * np.sin(bearing)) / length + phase)
    left, top = scene.transform * (0, 0)
    return scenes.write_tiff(path, heights[None].astype(np.float32), Affine(1, 0, left - edge, 0, -1, top + edge), scene.crs)


def plan(scene, height_m):
    """Kind, place and angles of each photo, in the order of the flight."""
    middle = scene.place(*MIDDLE)
    wide, high = (n * GSD_M for n in SIZE)
    turn = np.radians(HEADING)

    def at(right, ahead):
        east, north = right * np.cos(turn) + ahead * np.sin(turn), ahead * np.cos(turn) - right * np.sin(turn)
        return tuple(float(v) for v in camera.moved(*middle, east, north))

    found = []
    for line in range(LINES):
        for step in range(PHOTOS):
            back = line % 2
            ahead = (step - (PHOTOS - 1) / 2) * high * (1 - ALONG) * (-1 if back else 1)
            found.append((NADIR, at((line - (LINES - 1) / 2) * wide * (1 - ACROSS), ahead), HEADING + 180 * back, -90.0))
    found.append((OBLIQUE, at(-3, -40), HEADING, -60.0))
    found.append((OBLIQUE, at(8, 36), HEADING + 180, -60.0))
    found.append((NO_YAW, at(5, -2), HEADING, -90.0))
    found.append((BLURRED, at(-6, 3), HEADING, -90.0))
    return [(kind, *place, BASE_M + height_m, yaw, pitch) for kind, place, yaw, pitch in found]


def wrong(pose, rng, sigma_m):
    """What a drone would say of a pose, in the digits it has."""
    east, north, up = rng.normal(0, [sigma_m, sigma_m, sigma_m / 2])
    yaw, pitch, roll = rng.normal(0, [YAW_DEG, GIMBAL_DEG, GIMBAL_DEG])
    lon, lat = camera.moved(pose.lon, pose.lat, east, north)
    turned = (round(pose.yaw + yaw, 2), round(pose.pitch + pitch, 2), round(pose.roll + roll, 2))
    return camera.Pose(round(float(lon), 8), round(float(lat), 8), round(pose.z + up, 2), *turned)


def render(scene, view, rng):
    """The picture [row, col, 3]; rays are cast at nodes and lie on lines between them."""
    wide, high = view.lens.width, view.lens.height
    cols, rows = np.arange(0, wide + 1, NODE_PX), np.arange(0, high + 1, NODE_PX)
    east, north, _ = view.to_local(*np.meshgrid(cols.astype(float), rows.astype(float)), quick=True)
    nodes = scene.pixels(view.pose.lon, view.pose.lat, east, north)

    def weights(count, size):
        at = (np.arange(size) + 0.5) / NODE_PX
        first = np.minimum(at.astype(int), count - 2)
        table = np.zeros((size, count))
        table[np.arange(size), first], table[np.arange(size), first + 1] = 1 - (at - first), at - first
        return table

    down, along = weights(len(rows), high), weights(len(cols), wide)
    col, row = (down @ node @ along.T for node in nodes)
    return scene.look(col, row).transpose(1, 2, 0) + rng.normal(0, 1.5, (high, wide, 1))


def written(shot, picture, world, with_distortion, rtk, quality):
    """Writes a photo with its tags."""
    relative = shot.said.z - world.takeoff[2]
    absolute = shot.said.z + DATUM_OFF_M
    values = tags.pose_values(shot.said, relative, absolute)
    if shot.kind == NO_YAW:
        del values["GimbalYawDegree"]
    else:
        values["FlightYawDegree"] = tags.signed((shot.said.yaw + 3.3 + 180) % 360 - 180)
    lens = world.lens
    values["CalibratedFocalLength"] = f"{lens.fx:.6f}"
    values["CalibratedOpticalCenterX"], values["CalibratedOpticalCenterY"] = f"{lens.width / 2:.6f}", f"{lens.height / 2:.6f}"
    if with_distortion:
        terms = [lens.fx, lens.fy, lens.cx - lens.width / 2, lens.cy - lens.height / 2, lens.k1, lens.k2, lens.p1, lens.p2, lens.k3]
        values["DewarpFlag"], values["DewarpData"] = "0", "2026-01-15;" + ",".join(f"{t:.9f}" for t in terms)
    if rtk:
        values |= {"GpsStatus": "RTK", "RtkFlag": "50"}
        values |= {"RtkStdLon": f"{RTK_M:.5f}", "RtkStdLat": f"{RTK_M:.5f}", "RtkStdHgt": f"{RTK_M / 2:.5f}"}
    place = {"lon": shot.said.lon, "lat": shot.said.lat, "altitude": absolute}
    exif = tags.exif("DJI", "FC9001", shot.taken, size=SIZE, focal_mm=12.0, **place)
    Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8)).save(
        shot.path, quality=quality, exif=exif, xmp=tags.xmp(values, shot.form)
    )


def make(folder, seed=9, hilly=False, rtk=False, distorted=False, quality=97):
    """Makes the flight in an empty folder."""
    rng = np.random.default_rng(seed)
    photos = folder / "photos"
    photos.mkdir(parents=True)
    scene = Scene(rng)
    lens = replace(camera.Lens.pinhole(*SIZE, FOCAL_PX), **(DISTORTION if distorted else {}))
    if distorted:
        lens = replace(lens, fy=lens.fy * 0.9985, cx=lens.cx + 7.5, cy=lens.cy - 11.0)
    dem = hills(folder / "dem.tif", scene, rng) if hilly else None
    ground = camera.Dem(dem) if hilly else camera.Flat(BASE_M)
    start = scene.place(20.0, 110.0)
    takeoff = (*start, float(ground.height(*map(np.array, start))))
    sigma = RTK_M if rtk else PLAIN_M
    world = World(folder, lens, ground, dem, takeoff, [], sigma)
    clock = datetime(2026, 4, 18, 10, 42, tzinfo=timezone(timedelta(hours=8)))
    for number, (kind, lon, lat, z, yaw, pitch) in enumerate(plan(scene, GSD_M * FOCAL_PX), start=1):
        off = rng.normal(0, [0.4, 0.4, 0.2, 0.8, 0.4, 0.4])
        lon, lat = (float(v) for v in camera.moved(lon, lat, *off[:2]))
        true = camera.Pose(lon, lat, z + off[2], yaw + off[3], pitch + off[4], off[5])
        form = tags.XMP_FORMS[0] if number % 3 else tags.XMP_FORMS[1 + number // 3 % 2]
        shot = Shot(photos / f"DJI_{number:04}.JPG", kind, form, true, wrong(true, rng, sigma), clock + timedelta(seconds=2 * number))
        picture = render(scene, world.true_view(shot), rng)
        if kind == BLURRED:
            picture = ndimage.gaussian_filter(picture, (BLUR_PX, BLUR_PX, 0))
        written(shot, picture, world, distorted, rtk, quality)
        world.shots.append(shot)
    first = world.shots[5]
    again = replace(first, path=photos / f"DJI_{len(world.shots) + 1:04}.JPG", kind=TWICE)
    shutil.copyfile(first.path, again.path)
    world.shots.append(again)
    (folder / "poses.json").write_text(json.dumps(described(world, seed), indent=1), encoding="utf-8")
    return world


def described(world, seed):
    return {
        "seed": seed,
        "lens": {name: getattr(world.lens, name) for name in world.lens.__dataclass_fields__},
        "takeoff": world.takeoff,
        "datum_off_m": DATUM_OFF_M,
        "photos": [
            {"file": s.path.name, "kind": s.kind, "form": s.form, "true": s.true.as_dict(), "said": s.said.as_dict()}
            for s in world.shots
        ],
    }


def sample(folder):
    """The photos of `samples/photos`: one line, one oblique, one without yaw, one blurred."""
    with tempfile.TemporaryDirectory() as place:
        world = make(Path(place), seed=20260418, rtk=True, quality=80)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for shot in world.shots[4:8] + world.shots[13:16]:
            shutil.copyfile(shot.path, folder / shot.path.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, help="folder for the flight; what is in it goes")
    parser.add_argument("--sample", type=Path, help="make the few photos of samples/photos there instead")
    parser.add_argument("--tianmu", type=Path, help="not needed; the other scripts have it")
    parser.add_argument("--seed", type=int, default=9)
    for name in ("hilly", "rtk", "distorted"):
        parser.add_argument(f"--{name}", action="store_true")
    args = parser.parse_args()
    if args.sample:
        return sample(args.sample)
    folder = args.work.resolve() / "flight_world"
    shutil.rmtree(folder, ignore_errors=True)
    world = make(folder, args.seed, args.hilly, args.rtk, args.distorted)
    for shot in world.shots:
        print(f"{shot.path.name} {shot.kind} {shot.form} {common.sha256(shot.path)[:16]}")
    print(f"ok flight_world: {folder}")


if __name__ == "__main__":
    main()
