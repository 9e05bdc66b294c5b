"""The sample county as a campaign and its field packs, for the scripts that read packs.

`packs` makes a campaign of round 2 with every layer of samples/ridge-county, scans the image of that round into it,
and makes a pack in Chinese and one in English. With `--pack FOLDER`, which may be repeated, the scripts read packs
that lie there already instead; a sealed form is looked for beside each as NAME.zip.age, with the passphrase below.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import common

PASSPHRASE = "芝麻 open"
DATE = "2026-04-21"
COUNTY = common.REPOSITORY / "samples/ridge-county"
MODEL = common.REPOSITORY / "models/poppy-seg"
LAYERS = {
    "villages": "villages.shp",
    "grid": "grid.csv",
    "history": "history.geojson",
    "whitelist": "whitelist.gpkg",
    "targets": "targets.csv",
    "tips": "tips.csv",
    "buildings": "buildings.gpkg",
    "roads": "roads.gpkg",
    "water": "water.gpkg",
    "forest": "forest.gpkg",
    "dem": "dem.tif",
    "phenology": "phenology.toml",
}


def start(name, subject):
    """As `common.start`, with `--pack`: arguments, checks, and the packs that were named."""
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--pack", type=Path, action="append", default=[])
    known, rest = own.parse_known_args()
    sys.argv[1:] = rest
    args, checks = common.start(name, subject)
    return args, checks, [pack.resolve() for pack in known.pack]


def campaign(args):
    """The campaign of round 2 with all layers and what the model finds."""
    path = args.work / "county.gpkg"
    words = ("--year", "2026", "--round", "2", "--county-code", "990101", "--county", "天目县")
    common.tianmu(args, "campaign", "new", path, *words)
    for role, name in LAYERS.items():
        common.tianmu(args, "campaign", "import", path, COUNTY / name, "--role", role)
    common.tianmu(args, "scan", COUNTY / "round2.tif", "--model", MODEL, "--campaign", path, "--quiet")
    return path


def pack(args, made, name, *words):
    """A pack of a copy of the campaign, so that each pack is its first."""
    copy = args.work / f"{name}.gpkg"
    shutil.copy(made, copy)
    output = args.work / name
    common.tianmu(args, "tasks", copy, "-o", output, "--date", DATE, "--control", "20%", "--quiet", *words)
    copy.unlink()
    return output


def packs(args, named, formats, sealed=False):
    """Packs to read, each with its sealed form or None: those that were named, or two of the county."""
    if named:
        beside = [folder.parent / f"{folder.name}.zip.age" for folder in named]
        return [(folder, seal if seal.exists() else None) for folder, seal in zip(named, beside)]
    made = campaign(args)
    found = []
    for lang in ("zh", "en"):
        words = ("--lang", lang, "--formats", formats)
        folder = pack(args, made, lang, *words)
        seal = None
        if sealed and lang == "zh":
            os.environ["TIANMU_PASSPHRASE"] = PASSPHRASE
            seal = pack(args, made, f"{lang}.zip.age", "--encrypt", *words)
        found.append((folder, seal))
    return found
