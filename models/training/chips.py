"""Prints what is in a folder of labelled chips and what is wrong with it, before hours of training.

`python3 models/training/chips.py DIR`; what such a folder holds stands in learn/chips.py.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from learn.chips import add_arguments, read_chips
from learn.images import ChipError, fail
from render.canvas import IGNORE


def summary(chips):
    """Prints counts of a folder; reads every picture and label, so every mistake shows."""
    count = np.zeros(256, np.int64)
    on_chips = np.zeros(256, np.int64)
    sizes, wrong = set(), 0
    for chip in chips.chips:
        try:
            image, label = chips.pair(chip)
        except ChipError as error:
            wrong += 1
            if wrong <= 20:
                print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
            continue
        sizes.add(f"{image.shape[1]} x {image.shape[0]}")
        here = np.bincount(label.ravel(), minlength=256)
        count += here
        on_chips += here > 0
    shown = ", ".join(sorted(sizes)[:4]) + (" ..." if len(sizes) > 4 else "")
    gsd = chips.gsd_m()
    print(f"{len(chips.chips)} chips ({chips.layout}), {shown} px, {'ground sample distance unknown: give --gsd' if gsd is None else f'{gsd:g} m per pixel'}")
    groups = chips.groups()
    print(f"{len(groups)} groups: {', '.join(groups[:8])}{' ...' if len(groups) > 8 else ''}")
    for value, name in [*enumerate(chips.classes), (IGNORE, "(ignored)")]:
        print(f"  {value:3} {name:20} {100 * count[value] / max(count.sum(), 1):7.3f} % of pixels, on {on_chips[value]} chips")
        if 0 < value < IGNORE and count[value] == 0:
            print(f"warning: no pixel is `{name}`", file=sys.stderr)
    for words in sorted({chip.checked for chip in chips.chips} - {""}):
        print(f"labels of {sum(c.checked == words for c in chips.chips)} chips: {words}")
    if len(groups) == 1:
        print("warning: one group only: there will be nothing to validate on", file=sys.stderr)
    if wrong:
        print(f"{wrong} of {len(chips.chips)} chips cannot be used")
        raise SystemExit(1)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    add_arguments(parser)
    args = parser.parse_args()
    try:
        summary(read_chips(args.folder, args.layout, args.gsd, args.group_by))
    except ChipError as error:
        fail(error)


if __name__ == "__main__":
    main()
