"""Chips as a model knows them: at its ground sample distance and with its class numbers."""

import json

from learn.chips import read_chips
from learn.images import ChipError


def model_facts(folder):
    """What a model's `model.json` says, and its class names by value, background first."""
    path = folder / "model.json"
    if not path.is_file():
        raise ChipError(f"`{path}` is missing", "give the folder of a model; describe.py writes its model.json")
    facts = json.loads(path.read_text(encoding="utf-8"))["properties"]
    named = sorted(facts["mlm:output"][0]["classification:classes"], key=lambda c: c["value"])
    return facts, [c["name"] for c in named]


def read_for_model(folder, facts, classes, layout=None, gsd_m=None, group_by=None):
    """A chip folder for a model with these classes; refuses chips of another ground sample distance."""
    chips = read_chips(folder, layout, gsd_m, group_by, background=classes[0])
    seen, wanted = chips.gsd_m(), facts["tianmu:gsd_m"]
    if seen and abs(seen / wanted - 1) > 0.1:
        raise ChipError(f"`{folder}` has {seen:g} m per pixel, but the model wants {wanted:g}", "cut the chips at the model's distance")
    if missing := set(chips.classes[1:]) - set(classes):
        raise ChipError(f"`{folder}` has the class `{sorted(missing)[0]}`, which the model does not know", f"the model knows {', '.join(classes)}")
    return chips


def of_groups(chips, groups):
    """The chips of some groups, all for None."""
    chosen = [chip for chip in chips.chips if groups is None or chip.group in groups]
    if not chosen:
        raise ChipError(f"no chip of `{chips.folder}` is of the groups {', '.join(sorted(groups))}", f"its groups are {', '.join(chips.groups())}")
    return chosen


def pairs_for_model(chips, chosen, classes):
    """Image `[row, col, rgb]` and label `[row, col]` in the model's class numbers, 255 ignored, of each chip."""
    table = chips.numbers_in(classes)
    for chip in chosen:
        image, label = chips.pair(chip)
        yield image, table[label]
