"""Real pictures as a survey: each as it is, to count false alarms, and once more with rendered plots on it.

`python3 models/training/real_survey.py FOLDER target/real-survey` writes the files that `survey.py` writes, one set for
each picture; FOLDER as in real_images.py. What comes out holds the photos, so it stays out of the repository.
"""

import argparse
from pathlib import Path

import numpy as np

from render.real_images import at_gsd, list_images, read
from render.planting import plant_on
from render.styles import HELD_OUT
from survey import numbered, save_survey

TOO_COARSE_M = 0.12  # Coarser pictures are not planted: no plant shows in them.


def write(out, name, pixels, valid, gsd_m, targets, lookalikes, facts):
    """One picture with the plots that stand in it."""
    numbers, records = numbered(targets, lookalikes, valid.shape, gsd_m)
    cell = {"row": 0, "col": 0, "height": valid.shape[0], "width": valid.shape[1], "objects": records}

    def fill(picture, objects):
        for band in range(3):
            picture.GetRasterBand(band + 1).WriteArray(np.where(valid, np.maximum(pixels[..., band], 1), 0).astype(np.uint8))
        objects.GetRasterBand(1).WriteArray(numbers)
        return facts | {"gsd_m": gsd_m, "km2": float(valid.sum()) * gsd_m**2 / 1e6, "cells": [cell]}

    save_survey(out, name, valid.shape, gsd_m, fill)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(list_images(args.folder)):
        pixels, valid = read(args.folder, image)
        gsd_m = max(image.gsd_m, 0.01)  # Finer detail is no use to models for 2.5 cm.
        if gsd_m > image.gsd_m:
            pixels, valid = at_gsd(pixels, image.gsd_m, gsd_m), at_gsd(valid.astype(np.uint8), image.gsd_m, gsd_m) > 0
        facts = {"title": image.title, "use": image.use, "gsd_from": image.gsd_from}
        stem = "".join(c if c.isalnum() else "-" for c in image.title)
        write(args.out, f"bare-{stem}", pixels, valid, gsd_m, [], [], facts | {"survey": "real"})
        if image.use == "held-out" and gsd_m < TOO_COARSE_M and "lens cap" not in image.title and "oblique" not in image.title:
            planted, _, targets, lookalikes = plant_on(pixels, valid, gsd_m, 7000 + number, HELD_OUT, 150.0, 0.0)
            write(args.out, f"planted-{stem}", planted, valid, gsd_m, targets, lookalikes, facts | {"survey": "planted"})
        print(f"{image.title}: {valid.sum() * gsd_m**2 / 1e4:.3f} ha at {gsd_m * 100:g} cm, {image.use}", flush=True)


if __name__ == "__main__":
    main()
