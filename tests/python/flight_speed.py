"""How many photos a second `tianmu flight` reads when it looks at their tags only.

One photo of the made-up flight stands in 2,000 files that differ in place and time. The first run fills the
cache; of three more, the fastest counts. With --least N (default 500) fewer photos a second are a failure.
"""

import os
import sys
import time
from datetime import datetime, timedelta, timezone

import common
import flight_camera as camera
import flight_reading as reading
import flight_tags as tags
import numpy as np
from PIL import Image

PHOTOS, RUNS, LEAST = 2000, 3, 500.0


def picture():
    """A JPEG without tags, as a camera's size would be: most of its bytes need not be read."""
    draw = np.random.default_rng(9)
    coarse = Image.fromarray(draw.integers(40, 200, (150, 200, 3), np.uint8))
    return coarse.resize((2000, 1500), Image.Resampling.BICUBIC)


def photos(folder, count):
    folder.mkdir()
    draw = np.random.default_rng(10)
    bare = folder / "bare"
    picture().save(bare, "JPEG", quality=80)
    data = bare.read_bytes()
    bare.unlink()
    start = datetime(2026, 4, 18, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    paths = []
    for number in range(count):
        lon, lat = (float(v) for v in camera.moved(101.6, 24.7, number % 50 * 12, number // 50 * 18))
        pose = camera.Pose(lon, lat, 1900 + draw.normal(0, 0.3), draw.uniform(-180, 180), -90 + draw.normal(0, 0.3))
        values = tags.pose_values(pose, pose.z - 1800, pose.z) | {"CalibratedFocalLength": "2400.000000"}
        values |= {f"Flight{name}Degree": tags.signed(draw.uniform(-9, 9)) for name in ("Roll", "Yaw", "Pitch")}
        exif = tags.exif("DJI", "FC9001", start + timedelta(seconds=2 * number), lon, lat, pose.z, (2000, 1500), focal_mm=12.0)
        path = folder / f"DJI_{number + 1:04}.JPG"
        path.write_bytes(tags.spliced(data, exif, tags.xmp(values, tags.XMP_FORMS[number % 3])))
        paths.append(path)
    return paths, len(data)


def option(name, default):
    """Takes an option that the other scripts do not have off the command line."""
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = float(sys.argv[at + 1])
    del sys.argv[at : at + 2]
    return value


def main():
    count, least = int(option("--photos", PHOTOS)), option("--least", LEAST)
    args, checks = common.start("flight_speed", __doc__.splitlines()[0])
    paths, size = photos(args.work / "photos", count)
    print(f"{count} photos of {size / 1e6:.2f} MB, {os.cpu_count()} processors")
    said = reading.flight(args, paths, reading.NO_QUALITY).photos
    checks.equal(len(said), count, "photos that the program speaks of")
    checks.equal({p.state for p in said.values()}, {reading.PLACED}, "their states")
    seconds = []
    for _ in range(RUNS):
        start = time.monotonic()
        reading.flight(args, paths, reading.NO_QUALITY)
        seconds.append(time.monotonic() - start)
    rate = count / min(seconds)
    print("seconds: " + ", ".join(f"{s:.2f}" for s in seconds) + f"; {rate:.0f} photos a second")
    checks.that(rate >= least, f"at least {least:g} photos a second", f"{rate:.0f}")
    checks.finish()


if __name__ == "__main__":
    main()
