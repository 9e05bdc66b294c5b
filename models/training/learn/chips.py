"""A unit's own labelled chips: YOLO, COCO or mask folders as images and labels.

A folder holds `images/` and one of `labels/` (YOLO, with data.yaml or classes.txt), `annotations.json`
(COCO) or `masks/` (class numbers, 255 ignored, with classes.txt or classes.json), and may hold
`chips.csv` with a row per chip: its file, what it was cut from, its ground sample distance.
"""

import csv
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from learn.chip_labels import MaskLabels, YoloLabels, draw
from learn.coco_labels import CocoLabels
from learn.images import ChipError, read_image
from render.canvas import IGNORE

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}
FILE_COLUMNS = ("chip", "file", "file_name", "image", "name", "path")
GROUP_COLUMNS = ("group", "flight", "src_image", "source_image", "source", "raster", "capture_date", "capture_time", "date")
GSD_COLUMNS = {"gsd_m": 1.0, "chip_gsd_m": 1.0, "gsd_cm": 0.01}


LAYOUTS = {"coco": ("annotations.json", CocoLabels), "mask": ("masks", MaskLabels), "yolo": ("labels", YoloLabels)}


@dataclass
class Chip:
    """One picture with where it comes from."""

    path: Path
    group: str
    gsd_m: float | None
    checked: str = ""  # What chips.csv says of its labels.


@dataclass
class ChipSet:
    """A folder of chips. `classes` are the names by label value, background first."""

    folder: Path
    layout: str
    classes: tuple
    chips: list
    labels: object = field(repr=False)

    def pair(self, chip):
        """Image uint8 `[row, col, rgb]` and label uint8 `[row, col]`, 255 ignored, of one chip."""
        image = read_image(chip.path)
        height, width = image.shape[:2]
        if self.layout == "mask":
            stored = self.labels.mask(chip.path, height, width)
            table = np.full(256, IGNORE, np.uint8)
            for value, name in self.labels.names.items():
                table[value] = self.classes.index(name)
            return image, table[stored]
        shapes = [(self.classes.index(name), shape) for name, shape in self.labels.shapes(chip.path, height, width)]
        return image, draw(shapes, height, width)

    def numbers_in(self, classes):
        """The number in `classes`, background first, of every label value; 255 stays."""
        table = np.full(256, IGNORE, np.uint8)
        for value, name in enumerate(self.classes):
            table[value] = classes.index(name) if value else 0
        return table

    def groups(self):
        """Names of the groups, sorted."""
        return sorted({chip.group for chip in self.chips})

    def gsd_m(self):
        """The middle of the chips' ground sample distances, or None when nothing says it."""
        known = [chip.gsd_m for chip in self.chips if chip.gsd_m]
        return float(np.median(known)) if known else None


def open_labels(folder, layout=None):
    """The labels of a folder and their layout, told or seen from what lies in it."""
    seen = [name for name, (sign, _) in LAYOUTS.items() if (folder / sign).exists()]
    if layout is None and len(seen) != 1:
        raise ChipError(
            f"`{folder}` holds {' and '.join(seen) or 'no labels'}, wanted one of labels/ (YOLO), annotations.json (COCO), masks/",
            "name the layout with --layout" if seen else "give the folder that holds images/",
        )
    layout = layout or seen[0]
    if layout not in seen:
        raise ChipError(f"`{folder}` has no labels of layout `{layout}`", f"it looks like {' or '.join(seen)}" if seen else "give the folder that holds images/")
    return LAYOUTS[layout][1](folder), layout


def metres(text, where):
    """A ground sample distance, which must be a number above 0."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = 0.0
    if not 0 < value < 1000:
        raise ChipError(f"{where} says `{text}` for the ground sample distance, wanted a number above 0", "correct it there, or give --gsd METRES")
    return value


def name_group(stem):
    """What a chip was cut from by its name: all before the numbers at its end (`east_0612_r3_c11` -> `east_0612`)."""
    return re.sub(r"([_-]?[a-zA-Z]?\d+){1,2}$", "", stem) or stem


def chip_rows(folder, group_by):
    """Rows of chips.csv by the chip's stem, and which columns say the group and the distance."""
    path = folder / "chips.csv"
    if not path.exists():
        if group_by:
            raise ChipError(f"`{path}` does not exist, so there is no column `{group_by}`", "leave --group-by out: the beginning of the names is taken then")
        return {}, None, None
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0]) if rows else []
    file_column = next((c for c in FILE_COLUMNS if c in columns), None)
    if rows and file_column is None:
        raise ChipError(f"`{path}` has columns {columns}, none of which names the chip", f"name it one of {', '.join(FILE_COLUMNS)}")
    if group_by and group_by not in columns:
        raise ChipError(f"`{path}` has no column `{group_by}`, it has {columns}", "choose one of these with --group-by")
    group_column = group_by or next((c for c in GROUP_COLUMNS if c in columns), None)
    gsd_column = next((c for c in GSD_COLUMNS if c in columns), None)
    return {Path(row[file_column]).stem: row for row in rows}, group_column, gsd_column


def read_chips(folder, layout=None, gsd_m=None, group_by=None, background="background"):
    """Finds the chips of a folder. `gsd_m` counts before what the folder says.

    In YOLO and COCO folders class numbers mean objects, so `background` is added in front; of masks
    value 0 is the background.
    """
    folder = Path(folder)
    labels, layout = open_labels(folder, layout)
    paths = sorted(p for p in (folder / "images").rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise ChipError(f"`{folder / 'images'}` holds no pictures ({', '.join(sorted(SUFFIXES))})", "give the folder that holds images/")
    names = [labels.names[value] for value in sorted(labels.names)]
    if layout == "mask" and 0 not in labels.names or layout != "mask" and background not in names:
        names = [background, *names]
    elif layout != "mask":
        names = [background, *(n for n in names if n != background)]
    if len(set(names)) != len(names) or len(names) < 2:
        raise ChipError(f"{labels.source} names the classes {names}, wanted at least one besides the background, each once", "correct the names there")
    rows, group_column, gsd_column = chip_rows(folder, group_by)
    told = gsd_m or (metres(labels.facts["gsd_m"], f"`{labels.source}`") if "gsd_m" in labels.facts else None)
    chips = []
    for path in paths:
        row = rows.get(path.stem)
        if rows and row is None:
            raise ChipError(f"image `{path}` does not stand in `{folder / 'chips.csv'}`", "add a row for it, or remove the picture")
        group = row[group_column] if row and group_column else name_group(path.stem)
        gsd = told
        if gsd_m is None and row and gsd_column and row[gsd_column]:
            gsd = metres(row[gsd_column], f"`{folder / 'chips.csv'}`, chip `{path.name}`,") * GSD_COLUMNS[gsd_column]
        day = group[:10] if group_column == "capture_time" else group
        chips.append(Chip(path, day, gsd, row.get("labels", "") if row else ""))
    return ChipSet(folder, layout, tuple(names), chips, labels)


def split(chips, share=0.2, seed=1, groups=None):
    """Training and validation chips, whole groups apart: tiles of one flight look alike, so they never part.

    `groups` names the validation groups; without it groups are drawn until `share` of the chips is reached.
    """
    known = sorted({c.group for c in chips})
    if groups:
        if missing := set(groups) - set(known):
            raise ChipError(f"no chip is of group `{sorted(missing)[0]}`", f"the groups are {', '.join(known)}")
        chosen = set(groups)
    elif len(known) == 1:
        print(
            f"warning: all chips are of one group (`{known[0]}`), so nothing is left for validation; fly or cut a second area, or give chips.csv a column `group`",
            file=sys.stderr,
        )
        return chips, []
    else:
        chosen, count = set(), 0
        for name in np.random.default_rng(seed).permutation(known)[:-1]:
            if count >= share * len(chips):
                break
            chosen.add(str(name))
            count += sum(c.group == name for c in chips)
    if chosen == set(known):
        raise ChipError("every group is for validation, so nothing is left to train on", "name fewer groups")
    return [c for c in chips if c.group not in chosen], [c for c in chips if c.group in chosen]


def add_arguments(parser):
    """The options by which a chip folder is read."""
    parser.add_argument("--layout", choices=("yolo", "coco", "mask"), help="how the labels are stored; default: seen from the folder")
    parser.add_argument("--gsd", type=float, help="metres per pixel of the chips; default: what the folder says")
    parser.add_argument("--group-by", help="column of chips.csv that tells flights or images apart")
