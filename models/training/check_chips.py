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

HEIGHT, WIDTH = 32, 64  # Shares of these are exact in six digits.
# Class, and the corners of a polygon in pixels: a square, a triangle whose slope passes no pixel's centre.
SHAPES = ((1, [(4, 4), (16, 4), (16, 16), (4, 16)]), (2, [(30, 10), (50, 10), (30, 29)]))
NAMES = ("opium_poppy", "corn_poppy")


def truth():
    """The label that every layout must give: a pixel belongs to a shape when its centre does."""
    row, col = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    label = np.zeros((HEIGHT, WIDTH), np.uint8)
    label[(row > 4) & (row < 16) & (col > 4) & (col < 16)] = 1
    label[(row > 10) & (col > 30) & (19 * (col - 30) + 20 * (row - 10) < 380)] = 2
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
    square_as_box = f"0 {10 / WIDTH} {10 / HEIGHT} {12 / WIDTH} {12 / HEIGHT}"
    for name, some in zip(names, (lines, [square_as_box, lines[1]], lines)):
        (folder / "labels" / f"{name}.txt").write_text("\n".join(some) + "\n")
    (folder / "data.yaml").write_text(f"path: .\nnc: 2\nnames:\n  0: {NAMES[0]}\n  1: {NAMES[1]}\ngsd_m: 0.02\n")


def run_lengths(mask):
    """Run lengths down the columns, beginning with those outside."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()


def packed(counts):
    """Run lengths as COCO packs them into text: low five bits first, 32 says that more follow, 48 makes it readable."""
    text = ""
    for at, value in enumerate(counts):
        value -= counts[at - 2] if at > 2 else 0
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            text += chr(48 + bits + (32 if more else 0))
    return text


def coco(folder):
    """One picture with polygons, one with a box and plain run lengths, one with a polygon and packed run lengths."""
    names = pictures(folder)
    images = [{"id": i, "file_name": f"{n}.png", "width": WIDTH, "height": HEIGHT} for i, n in enumerate(names)]
    counts = run_lengths(truth() == 2)
    square, triangle = ({"segmentation": [[x for point in ring for x in point]]} for _, ring in SHAPES)
    plain, text = ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": c}} for c in (counts, packed(counts)))
    kinds = ((square, triangle), ({"bbox": [4, 4, 12, 12]}, plain), (square, text))
    annotations = [{"id": 10 * i + k, "image_id": i, "category_id": k + 5, **shape} for i, some in enumerate(kinds) for k, shape in enumerate(some)]
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
            for chip in chips.chips:
                wrong = np.count_nonzero(chips.pair(chip)[1] != truth())
                assert wrong == 0, f"{write.__name__}, {chip.path.name}: {wrong} pixels differ"
            learn, check = split(chips.chips)
            assert learn and check and not {c.group for c in learn} & {c.group for c in check}

        def spoilt(write, words, spoil):
            folder = work / "spoilt"
            shutil.rmtree(folder, ignore_errors=True)
            write(folder)
            spoil(folder)
            refuses(folder, words)

        def label(text):
            return lambda f: (f / f"labels/{first}.txt").write_text(text)

        def entry(list_name, number, **facts):
            """Other facts in one entry of annotations.json; None takes the fact out."""

            def spoil(f):
                data = json.loads((f / "annotations.json").read_text())
                data[list_name][number].update(facts)
                data[list_name][number] = {k: v for k, v in data[list_name][number].items() if v is not None}
                (f / "annotations.json").write_text(json.dumps(data))

            return spoil

        first = "east_r1_c1"
        spoilt(yolo, "holds no pictures", lambda f: shutil.rmtree(f / "images"))
        spoilt(yolo, "holds mask and yolo", lambda f: (f / "masks").mkdir())
        spoilt(yolo, "has no label file", lambda f: (f / f"labels/{first}.txt").unlink())
        spoilt(yolo, "lies outside the image", label("0 1.2 0.5 0.1 0.1\n"))
        spoilt(yolo, "lies outside the image", label("0 nan 0.5 0.1 0.1\n"))
        spoilt(yolo, "class 7 is not in", label("7 0.5 0.5 0.1 0.1\n"))
        spoilt(yolo, "class 0.5 is not in", label("0.5 0.5 0.5 0.1 0.1\n"))
        spoilt(yolo, "is not a row of numbers", label("poppy 0.5 0.5 0.1 0.1\n"))
        spoilt(yolo, "5 numbers after the class", label("0 0.5 0.5 0.1 0.1 0.1\n"))
        spoilt(yolo, "is not UTF-8 text", lambda f: (f / "data.yaml").write_bytes(b"names: [\xd3\xa3\xcb\xda]\n"))
        spoilt(yolo, "cannot read image", lambda f: (f / f"images/{first}.png").write_bytes(b"no picture"))
        spoilt(yolo, "has no class names", lambda f: (f / "data.yaml").unlink())
        spoilt(yolo, "says `2 cm` for the ground", lambda f: (f / "data.yaml").write_text("names: [a, b]\ngsd_m: 2 cm\n"))
        spoilt(mask, "has no mask", lambda f: (f / f"masks/{first}.png").unlink())
        spoilt(mask, "has value 9", lambda f: Image.fromarray(truth() + 9).save(f / f"masks/{first}.png"))
        spoilt(mask, "has 3 bands of uint8", lambda f: Image.new("RGB", (WIDTH, HEIGHT)).save(f / f"masks/{first}.png"))
        spoilt(mask, "but its image has", lambda f: Image.fromarray(truth()[1:]).save(f / f"masks/{first}.png"))
        spoilt(mask, "names the classes", lambda f: (f / "classes.txt").write_text("0 background\n1 poppy\n2 poppy\n"))
        spoilt(mask, "does not stand in", lambda f: (f / "chips.csv").write_text("chip,flight\nother.png,east\n"))
        spoilt(mask, "none of which names the chip", lambda f: (f / "chips.csv").write_text("picture,flight\na.png,east\n"))
        spoilt(mask, "says `-2` for the ground", lambda f: (f / "chips.csv").write_text(f"chip,flight,gsd_cm\n{first}.png,east,-2\n"))
        spoilt(coco, "does not stand in", lambda f: Image.new("RGB", (WIDTH, HEIGHT)).save(f / "images/new.png"))
        spoilt(coco, "holds no labels", lambda f: (f / "annotations.json").unlink())
        spoilt(coco, "is not JSON", lambda f: (f / "annotations.json").write_text('{"images": ['))
        spoilt(coco, "holds a list", lambda f: (f / "annotations.json").write_text("[]"))
        spoilt(coco, "has no `category_id`", entry("annotations", 0, category_id=None))
        spoilt(coco, "category 9 is not in", entry("annotations", 0, category_id=9))
        spoilt(coco, "`bbox` is None", entry("annotations", 0, segmentation=None))
        spoilt(coco, "a polygon of 5 numbers", entry("annotations", 0, segmentation=[[1, 2, 3, 4, 5]]))
        spoilt(coco, "says 9 x 32", entry("images", 0, width=9))
        spoilt(coco, "run lengths of 12 px", entry("annotations", 3, segmentation={"counts": [5, 7]}))
        spoilt(coco, "in the middle of a number", entry("annotations", 3, segmentation={"counts": "o"}))

    assert name_group("east_0612_r3_c11") == "east_0612" and name_group("DJI_0012") == "DJI" and name_group("12") == "12"
    numbers, count = components(truth() > 0)
    assert count == 2 and matched(numbers, numbers) == ({1, 2}, {1, 2})
    assert lies_on(numbers, {2}, truth(), ("soil", *NAMES)) == {"soil": 0, NAMES[0]: 1, NAMES[1]: 0}
    print("the chip readers work")


if __name__ == "__main__":
    main()
