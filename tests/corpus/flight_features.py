"""Neighbouring photos of a real flight: the same ground lies in the same place, within the stated error.

Features that an independent matcher (SIFT with a ratio test, RANSAC with a homography) finds in two photos
are projected to the ground from both. The distance between the two places holds all that is wrong with
positions, angles, lens and height of both photos, so its median must stay below the error stated for both.
The flat patches of this flight, a road and lawns beside it, lie near the plane that a homography follows.

With --stand-in, projection and errors are the script's own (no program needed).
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
import flight_camera as camera
import flight_reading as reading
import flight_tags as tags

# At a quarter of the size the matcher finds ten times as much as at full size: leaves move, crowns do not.
SCALE, FEATURES, CONTRAST, RATIO, REACH_PX = 0.25, 8000, 0.01, 0.8, 8.0
# Homographies through fewer matches may be chance.
FEWEST = 15
# FC300S: a 1/2.3" sensor, 6.17 mm for 4000 columns.
PITCH_MM = 6.17 / 4000
# Standard errors: receiver, attitude, yaw, height of the ground.
GNSS_M, ATTITUDE_DEG, YAW_DEG, GROUND_M = 3.0, 1.0, 3.0, 5.0


def features(path):
    """Pixels of the full picture and their descriptors (square roots of SIFT's, which match better)."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    image = cv2.resize(image, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA)
    points, found = cv2.SIFT_create(FEATURES, contrastThreshold=CONTRAST).detectAndCompute(image, None)
    # OpenCV's pixels have whole numbers at their centres.
    pixels = (np.array([p.pt for p in points]) + 0.5) / SCALE
    return pixels, np.sqrt(found / found.sum(axis=1, keepdims=True))


def matches(first, second):
    """Pixels of the same features in two photos."""
    alike = first[1] @ second[1].T
    best = alike.argmax(axis=1)
    rows = np.arange(len(best))
    top = alike[rows, best]
    alike_but_best = alike.copy()
    alike_but_best[rows, best] = -1
    # Descriptors have length 1, so squared distances are 2 - 2 times the product.
    kept = (1 - top) < RATIO**2 * (1 - alike_but_best.max(axis=1))
    kept &= alike.argmax(axis=0)[best] == rows
    a, b = first[0][kept], second[0][best[kept]]
    if len(a) < 4:
        return a[:0], b[:0]
    cv2.setRNGSeed(9)
    _, fits = cv2.findHomography(a, b, cv2.RANSAC, REACH_PX, maxIters=10_000)
    fits = np.zeros(len(a), bool) if fits is None else fits.ravel() > 0
    return a[fits], b[fits]


def stand_in(paths):
    """A projection of the script's own: RelativeAltitude above flat ground, the defaults for errors."""

    def view(path):
        said = tags.dji(path)
        with Image.open(path) as image:
            lon, lat = tags.exif_place(image)
            lens = camera.Lens.pinhole(*image.size, float(image.getexif().get_ifd(0x8769)[0x920A]) / PITCH_MM)
        angles = (float(said[f"Gimbal{name}Degree"]) for name in ("Yaw", "Pitch", "Roll"))
        return camera.View(lens, camera.Pose(lon, lat, float(said["RelativeAltitude"]), *angles), camera.Flat())

    views = {path.name: view(path) for path in paths}

    def project(rows):
        found = np.full((3, len(rows)), np.nan)
        names = np.array([name for name, _, _ in rows])
        pixels = np.array([row[1:] for row in rows], float)
        for name, own in views.items():
            here = names == name
            east, north, height = own.to_local(*pixels[here].T)
            found[:2, here] = camera.moved(own.pose.lon, own.pose.lat, east, north)
            found[2, here] = error_m(np.hypot(east, north), height)
        return found

    return project


def error_m(r, h, gnss=GNSS_M, ground=GROUND_M):
    attitude, yaw = np.radians([ATTITUDE_DEG, YAW_DEG])
    return np.sqrt(gnss**2 + (h * attitude) ** 2 + (r * yaw) ** 2 + (ground * r / h) ** 2)


def compare(checks, label, project, found):
    rows = [(name, *pixel) for pair, both in found.items() for name, side in zip(pair, both) for pixel in side]
    lon, lat, error = project(rows)
    checks.equal(int(np.isnan(lon).sum()), 0, f"{label}: features without a place on the ground")
    distances, stated, start = {}, {}, 0
    for pair, (a, _) in found.items():
        one, two = (slice(start + k * len(a), start + (k + 1) * len(a)) for k in (0, 1))
        start += 2 * len(a)
        distances[pair] = np.asarray(camera.GEOD.inv(lon[one], lat[one], lon[two], lat[two])[2])
        stated[pair] = np.hypot(error[one], error[two])
        print(line(f"{label}: {' '.join(n[4:8] for n in pair)}", distances[pair], stated[pair]), flush=True)
    every, errors = np.concatenate([*distances.values()]), np.concatenate([*stated.values()])
    print(line(f"{label}: all", every, errors))
    checks.that(np.median(every) <= np.median(errors), f"{label}: median within the stated error", f"{np.median(every):.2f} m")
    # A standard error in each direction holds 95 % of places within 2.45 of it.
    checks.that(np.percentile(every, 95) <= 2.45 * np.median(errors), f"{label}: 95 % within 2.45 of the stated error")


def line(label, distances, stated):
    return (
        f"{label}: {len(distances)} features, median {np.median(distances):.2f} m, 95 % {np.percentile(distances, 95):.2f} m; "
        f"stated for both {np.median(stated):.2f} m, {100 * (distances <= stated).mean():.1f} % within it"
    )


def main():
    alone = "--stand-in" in sys.argv
    if alone:
        sys.argv.remove("--stand-in")
        sys.argv += ["--tianmu", sys.executable]
    args, checks = common.start("flight_features", __doc__.splitlines()[0], corpus_needed=True)
    paths = sorted((Path(args.corpus) / "drone_photos" / "dji_flight").glob("*.JPG"))
    own = {path.name: features(path) for path in paths}
    names = list(own)
    pairs = [(a, b) for step in (1, 2) for a, b in zip(names, names[step:])]
    found = {pair: matches(own[pair[0]], own[pair[1]]) for pair in pairs}
    found = {pair: both for pair, both in found.items() if len(both[0]) >= FEWEST}
    neighbours = [pair for pair in found if names.index(pair[1]) - names.index(pair[0]) == 1]
    checks.that(len(neighbours) >= 3, "neighbours with features in common", f"{len(neighbours)} pairs")
    compare(checks, "stand-in", stand_in(paths), found)
    if not alone:
        compare(checks, "tianmu", lambda rows: reading.project(args, paths, rows), found)
    checks.finish()


if __name__ == "__main__":
    main()
