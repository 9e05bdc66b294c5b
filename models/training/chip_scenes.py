"""Writes labelled chips as scenes (.npz), for calibrate.py and quantise.py.

`python3 models/training/chip_scenes.py models/own --chips target/chips --groups west_0618 --out target/own-scenes`
"""

import argparse
from pathlib import Path

import numpy as np

from learn import chips
from learn.images import ChipError, fail
from learn.model_chips import model_facts, of_groups, pairs_for_model, read_for_model


def write(args):
    """Writes the scenes; returns how many."""
    facts, classes = model_facts(args.model)
    folder = read_for_model(args.chips, facts, classes, args.layout, args.gsd, args.group_by)
    chosen = of_groups(folder, set(args.groups.split(",")) if args.groups else None)
    args.out.mkdir(parents=True, exist_ok=True)
    if any(args.out.glob("*.npz")):
        raise ChipError(f"`{args.out}` holds scenes already", "name another folder, or remove them first")
    for number, (image, label) in enumerate(pairs_for_model(folder, chosen, classes)):
        np.savez_compressed(args.out / f"{number:05}.npz", image=image, label=label)
    return len(chosen)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the model")
    parser.add_argument("--chips", type=Path, required=True, help="folder of labelled chips")
    parser.add_argument("--groups", help="only these groups, with commas: those that did not train the model")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    chips.add_arguments(parser)
    args = parser.parse_args()
    try:
        print(f"{write(args)} scenes in {args.out}")
    except ChipError as error:
        fail(error)


if __name__ == "__main__":
    main()
