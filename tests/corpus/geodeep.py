"""A real orthomosaic: detections and masks equal GeoDeep's, run on the same cut of it.

GeoDeep runs in a Python of its own: $GEODEEP_PYTHON, or one that is made in the work folder. The
detector has YOLOv8's layout and stands on the trained U-Net of the mosaic, see
tests/golden/geodeep/make.py. The figures go to `figures.json` in the work folder; those of the
run that was looked at are beside this script.
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
import geodeep_compare as compare

MAKE = common.REPOSITORY / "tests/golden/geodeep/make.py"
LIBRARIES = ["geodeep==0.9.13", "numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.32.0", "rasterio==1.4.4"]
LEFT, WIDTH, HEIGHT = 7200, 2400, 6400
SLACK = 3  # So much a count may differ from the known one where another machine rounds otherwise.


def python_with_geodeep(work):
    named = os.environ.get("GEODEEP_PYTHON")
    if named:
        return Path(named)
    folder = work / "geodeep-python"
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        quiet = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*quiet, *LIBRARIES], check=True)
    return python


def main():
    args, checks = common.start("geodeep", __doc__.splitlines()[0], corpus_needed=True)
    folder = Path(args.corpus).resolve() / "field_mosaic"
    golden = args.work / "golden"
    # The environment outlives the work folder of this script, which each run empties.
    command = [python_with_geodeep(args.work.parent), MAKE, "--work", golden]
    command += ["--raster", folder / "potato_weed_mosaic.tif", "--window", LEFT, 0, WIDTH, HEIGHT]
    command += ["--unet", folder / "potato_weed_unet.onnx", "--classes", "soil,potato,weed"]
    subprocess.run([str(word) for word in command], check=True)
    # GeoDeep's tiles now start where a network that halves its input sees it otherwise than in ours.
    shifted = args.work / "golden-15"
    command[command.index(golden)] = shifted
    subprocess.run([str(word) for word in [*command, "--mask-overlap", 15]], check=True)
    cut = golden / "cut.tif"
    with rasterio.open(cut) as raster:
        transform, crs = raster.transform, raster.crs

    place = (args, checks, cut, golden, transform, crs)
    figures = {"no flags": compare.detections(*place)}
    # Other rules for what is one object, for their figures only.
    for words in (["--suppression-by", "ios"], ["--overlap", "160"]):
        figures[" ".join(words)] = compare.detections(*place, words=words, checked=False)
    figures["masks"] = compare.masks(*place)
    figures["masks out of phase"] = compare.masks(args, checks, cut, shifted, transform, crs, checked=False)
    (args.work / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")

    known = json.loads(Path(__file__).with_suffix(".json").read_text())
    for part, way in (("no flags", "geodeep_in_ours"), ("masks", "geodeep_unfiltered_in_ours")):
        for where, wanted in known[part][way].items():
            if where in ("away", "at_seams"):
                apart = max(abs(figures[part][way][where][k] - v) for k, v in wanted.items())
                checks.at_most(apart, SLACK, f"{part}, {way}, {where}: the known figures")
    checks.finish()


main()
