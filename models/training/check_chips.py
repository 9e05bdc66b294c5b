"""Checks the chip readers: one small scene written in every layout reads as the same labels, and mistakes are named.

`python3 models/training/check_chips.py` needs nothing but the kit; a second or two.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from learn.chips import name_group, read_chips, split
from learn.images import ChipError
from measure.objects import components, lies_on, matched

HEIGHT, WIDTH = 40, 60
# Class, and the corners of a polygon in pixels: a square, a triangle.
SHAPES = ((1, [(5, 5), (15, 5), (15, 15), (5, 15)]), (2, [(30, 10), (50, 10), (30, 30)]))
NAMES = ("opium_poppy", "corn_poppy")


def truth():
    """The label that every layout must give: a pixel belongs to a shape when its centre does."""
    row, col = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    label = np.zeros((HEIGHT, WIDTH), np.uint8)
    label[(row > 5) & (row < 15) & (col > 5) & (col < 15)] = 1
    label[(row > 10) & (col > 30) & (row + col < 60)] = 2
    return label


def pictures(folder, names=("east_r1_c1", "east_r1_c2", "west_r1_c1")):
    """Writes noise as images."""
    (folder / "images").mkdir(parents=True)
    for name in names:
        noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        Image.fromarray(noise).save(folder / "images" / f"{name}.png")
    return names


def yolo(folder):
    names = pictures(folder)
    (folder / "labels").mkdir()
    lines = [f"{value - 1} " + " ".join(f"{x / WIDTH:.6f} {y / HEIGHT:.6f}" for x, y in ring) for value, ring in SHAPES]
    lines[0] = f"0 {10 / WIDTH} {10 / HEIGHT} {10 / WIDTH} {10 / HEIGHT}"  # The square as a box.
    for name in names:
        (folder / "labels" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    (folder / "data.yaml").write_text(f"path: .\nnc: 2\nnames:\n  0: {NAMES[0]}\n  1: {NAMES[1]}\ngsd_m: 0.02\n")


def packed(mask):
    """Run lengths down the columns, as COCO writes them in plain."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()


def coco(folder):
    names = pictures(folder)
    images = [{"id": i, "file_name": f"{n}.png", "width": WIDTH, "height": HEIGHT} for i, n in enumerate(names)]
    shapes = [
        {"bbox": [5, 5, 10, 10]},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": packed(truth() == 2)}},
    ]
    annotations = [{"id": 10 * i + k, "image_id": i, "category_id": k + 5, **shape} for i in range(len(names)) for k, shape in enumerate(shapes)]
    categories = [{"id": k + 5, "name": name} for k, name in enumerate(NAMES)]
    data = {"info": {"gsd_m": 0.02}, "images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(data))


def mask(folder):
    names = pictures(folder)
    (folder / "masks").mkdir()
    for name in names:
        Image.fromarray(truth()).save(folder / "masks" / f"{name}.png")
    (folder / "classes.txt").write_text(f"0 background\n1 {NAMES[0]}\n2 {NAMES[1]}\n")
    rows = [f"{name}.png,{name[:4]},2" for name in names]
    (folder / "chips.csv").write_text("chip,flight,gsd_cm\n" + "\n".join(rows) + "\n")


def refuses(folder, words):
    """Reading the folder must fail with these words and a hint."""
    try:
        chips = read_chips(folder)
        for chip in chips.chips:
            chips.pair(chip)
    except ChipError as error:
        assert words in str(error) and error.hint, f"seen `{error}`, wanted `{words}`"
        return
    raise AssertionError(f"`{words}` was not refused")


def main():
    """Runs all checks."""
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        for write in (yolo, coco, mask):
            folder = work / write.__name__
            write(folder)
            chips = read_chips(folder)
            assert (chips.layout, chips.classes, chips.gsd_m()) == (write.__name__, ("background", *NAMES), 0.02), chips
            assert chips.groups() == ["east", "west"], chips.groups()
            _, label = chips.pair(chips.chips[0])
            wrong = np.count_nonzero(label != truth())
            # The slope of the triangle runs through centres, where six digits of YOLO decide.
            assert wrong <= (20 if write is yolo else 0), f"{write.__name__}: {wrong} pixels differ"
            learn, check = split(chips.chips)
            assert learn and check and not {c.group for c in learn} & {c.group for c in check}

        def spoilt(write, words, spoil):
            folder = work / "spoilt"
            shutil.rmtree(folder, ignore_errors=True)
            write(folder)
            spoil(folder)
            refuses(folder, words)

        first = "east_r1_c1"
        spoilt(yolo, "has no label file", lambda f: (f / f"labels/{first}.txt").unlink())
        spoilt(yolo, "lies outside the image", lambda f: (f / f"labels/{first}.txt").write_text("0 1.2 0.5 0.1 0.1\n"))
        spoilt(yolo, "class 7 is not in", lambda f: (f / f"labels/{first}.txt").write_text("7 0.5 0.5 0.1 0.1\n"))
        spoilt(yolo, "is not a row of numbers", lambda f: (f / f"labels/{first}.txt").write_text("poppy 0.5 0.5 0.1 0.1\n"))
        spoilt(yolo, "5 numbers after the class", lambda f: (f / f"labels/{first}.txt").write_text("0 0.5 0.5 0.1 0.1 0.1\n"))
        spoilt(yolo, "cannot read image", lambda f: (f / f"images/{first}.png").write_bytes(b"no picture"))
        spoilt(yolo, "has no class names", lambda f: (f / "data.yaml").unlink())
        spoilt(mask, "has no mask", lambda f: (f / f"masks/{first}.png").unlink())
        spoilt(mask, "has value 9", lambda f: Image.fromarray(truth() + 9).save(f / f"masks/{first}.png"))
        spoilt(mask, "but its image has", lambda f: Image.fromarray(truth()[1:]).save(f / f"masks/{first}.png"))
        spoilt(mask, "does not stand in", lambda f: (f / "chips.csv").write_text("chip,flight\nother.png,east\n"))
        spoilt(coco, "does not stand in", lambda f: Image.new("RGB", (WIDTH, HEIGHT)).save(f / "images/new.png"))
        spoilt(coco, "holds no labels", lambda f: (f / "annotations.json").unlink())

    assert name_group("east_0612_r3_c11") == "east_0612" and name_group("DJI_0012") == "DJI" and name_group("12") == "12"
    numbers, count = components(truth() > 0)
    assert count == 2 and matched(numbers, numbers) == ({1, 2}, {1, 2})
    assert lies_on(numbers, {2}, truth(), ("soil", *NAMES)) == {"soil": 0, NAMES[0]: 1, NAMES[1]: 0}
    print("the chip readers work")


if __name__ == "__main__":
    main()
