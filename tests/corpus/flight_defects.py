"""Real photos, each with what must be said of it: what it lacks, what is wrong with its picture.

Where `exiftool` is installed, places, heights, angles and times are compared with what it reads.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
import flight_camera as camera
import flight_reading as reading
import flight_tags as tags

# State, what is missing, verdicts on the picture. A photo without a known height above the ground or
# without a yaw cannot be placed.
PLACED, REFUSED = reading.PLACED, reading.REFUSED
WANTED = {
    "dji_flight/DJI_0018.JPG": (PLACED, set(), set()),
    "dji_flight/DJI_0019.JPG": (PLACED, set(), set()),
    "dji_flight/DJI_0020.JPG": (PLACED, set(), set()),
    "dji_flight/DJI_0021.JPG": (PLACED, set(), set()),
    "dji_flight/DJI_0022.JPG": (PLACED, set(), set()),
    "p4_multispectral_rtk/issue555_1.tif": (PLACED, set(), set()),
    # Stripped of all that DJI wrote.
    "dji_defects/DJI_20251001132715_0396_D_POOR_SHARPNESS.JPG": (REFUSED, {reading.YAW, reading.HEIGHT}, {reading.BLURRED}),
    # These keep a pitch, the aircraft's yaw and an absolute altitude, but no RelativeAltitude.
    "dji_defects/DJI_20251001213509_0003_D_LENS_CAP.JPG": (REFUSED, {reading.HEIGHT}, {reading.LENS_CAP}),
    "dji_defects/DJI_20251027143608_0008_D_LENS_CAP.JPG": (REFUSED, {reading.HEIGHT}, {reading.LENS_CAP}),
    # Fixed wing: angles of the airframe and a height above the ground are said, in its maker's own tags.
    "sensefly/IMG_0460.jpg": (PLACED, set(), set()),
    "sensefly/IMG_0461.jpg": (PLACED, set(), set()),
    "canon_gps_only/img_4092.jpg": (REFUSED, {reading.YAW, reading.HEIGHT}, set()),
}
# What else may be said to be missing: whether an aircraft's yaw stands in for a camera's is a choice.
ALSO_MISSING = {"pitch", "roll", "attitude"}
ALSO_MISSING_OF_DEFECTS = ALSO_MISSING | {reading.YAW}
# A picture of a lens cap has no edges either.
ALSO_WRONG = {reading.LENS_CAP: {reading.BLURRED}}
# Verdicts that say why a picture shows nothing; how it was exposed is a matter of degree.
REASONS = reading.SPOILT
# The same in the words of exiftool, and how far two readings may be apart.
EXIFTOOL = {
    "height_m": (("RelativeAltitude", "Height"), 0.01),
    "yaw_deg": (("GimbalYawDegree",), 0.01),
    "pitch_deg": (("GimbalPitchDegree",), 0.01),
    "roll_deg": (("GimbalRollDegree",), 0.01),
}
# senseFly gives its place to EXIF and XMP in different digits.
PLACE_M = 0.05


def verdicts(checks, flight):
    for path, (state, missing, wrong) in WANTED.items():
        photo = flight.photos.get(Path(path).name)
        if not checks.that(photo is not None, f"{path}: is spoken of"):
            continue
        print(f"{path}: {photo.state}, missing {photo.missing}, verdicts {photo.verdicts}, {photo.problem}")
        checks.equal(photo.state, state, f"{path}: state")
        also = ALSO_MISSING_OF_DEFECTS if path.startswith("dji_defects/") else ALSO_MISSING
        checks.equal(set(photo.missing) - (also - missing), missing, f"{path}: what is missing")
        forgiven = set().union(*(ALSO_WRONG.get(reason, set()) for reason in wrong))
        checks.equal(set(photo.verdicts) & REASONS - forgiven, wrong, f"{path}: verdicts")
        if state == REFUSED:
            checks.that(bool(photo.problem), f"{path}: says why it is refused")
            checks.that(photo.footprint.is_empty, f"{path}: no footprint")


def as_read_here(checks, folder, flight):
    """Places and angles against tags as Pillow and a search for names give them."""
    for path in WANTED:
        photo = flight.photos.get(Path(path).name)
        with Image.open(folder / path) as image:
            place = tags.exif_place(image)
        if photo is None or photo.lon is None:
            continue
        off = camera.GEOD.inv(photo.lon, photo.lat, *place)[2]
        checks.at_most(off, PLACE_M, f"{path}: metres from the place in EXIF")
        said = tags.dji(folder / path)
        for name, key in (("yaw_deg", "GimbalYawDegree"), ("pitch_deg", "GimbalPitchDegree"), ("roll_deg", "GimbalRollDegree")):
            if key in said and photo.said.get(name) is not None:
                checks.at_most(abs(photo.said[name] - float(said[key])), 0.006, f"{path}: {name}")
        if said.get("RtkFlag") == "50":
            checks.that(photo.pos_err_m is not None, f"{path}: an error")


def as_points(args, checks, paths):
    """Photos that cannot be placed, but say where they were taken, are points when points are allowed."""
    flight = reading.flight(args, paths, reading.NO_QUALITY, reading.ALLOW_POINTS)
    for path, (state, _, _) in WANTED.items():
        photo = flight.photos.get(Path(path).name)
        if photo and state == REFUSED:
            checks.equal(photo.state, reading.POINT, f"{path}: state with {reading.ALLOW_POINTS}")
            checks.that(photo.lon is not None and photo.footprint.is_empty, f"{path}: a place, no footprint")


def exiftool(checks, folder, flight):
    program = shutil.which("exiftool")
    if not program:
        print("skipped: exiftool is not installed")
        return
    paths = [folder / path for path in WANTED]
    read = json.loads(subprocess.run([program, "-j", "-n", *map(str, paths)], capture_output=True, check=False).stdout)
    for path, own in zip(WANTED, read):
        photo = flight.photos.get(Path(path).name)
        if photo is None:
            continue
        if photo.lon is not None and "GPSLongitude" in own:
            off = camera.GEOD.inv(photo.lon, photo.lat, own["GPSLongitude"], own["GPSLatitude"])[2]
            checks.at_most(off, PLACE_M, f"{path}: metres from exiftool's place")
        for name, (keys, limit) in EXIFTOOL.items():
            seen = photo.said.get(name)
            wanted = next((float(own[key]) for key in keys if key in own), None)
            if seen is not None and wanted is not None:
                checks.at_most(abs(seen - wanted), limit, f"{path}: {name} against exiftool's")


def main():
    args, checks = common.start("flight_defects", __doc__.splitlines()[0], corpus_needed=True)
    folder = Path(args.corpus) / "drone_photos"
    paths = [folder / path for path in WANTED]
    flight = reading.flight(args, paths)
    verdicts(checks, flight)
    as_read_here(checks, folder, flight)
    as_points(args, checks, paths)
    exiftool(checks, folder, flight)
    checks.finish()


if __name__ == "__main__":
    main()
