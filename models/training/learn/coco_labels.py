"""Labels of chips in the layout COCO: polygons, run lengths or boxes in one `annotations.json`."""

from pathlib import Path

import numpy as np

from learn.chip_labels import box, check_inside, read_json
from learn.images import ChipError


def entries(data, key, wanted, path):
    """The objects of one list of the file, each of which must hold the keys `wanted`."""
    for number, entry in enumerate(data.get(key, [])):
        if missing := [name for name in wanted if name not in entry]:
            raise ChipError(f"`{path}`, entry {number} of `{key}` has no `{missing[0]}`", "export it again as COCO 1.0 (instances)")
        yield entry


class CocoLabels:
    """`annotations.json`: polygons, run lengths or, where neither is given, boxes."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "annotations.json"
        data = read_json(self.path)
        self.source = self.path
        self.names = {c["id"]: c["name"] for c in entries(data, "categories", ("id", "name"), self.path)}
        self.facts = {k: v for k, v in {**data.get("info", {}), **data}.items() if k == "gsd_m"}
        self.images = {Path(i["file_name"]).name: i for i in entries(data, "images", ("id", "file_name"), self.path)}
        self.of_image = {}
        for annotation in entries(data, "annotations", ("image_id", "category_id"), self.path):
            self.of_image.setdefault(annotation["image_id"], []).append(annotation)

    def shapes(self, image_path, height, width):
        """Class name and rings, or mask, of every object of an image."""
        entry = self.images.get(image_path.name)
        if entry is None:
            raise ChipError(f"image `{image_path}` does not stand in `{self.path}`", "export the annotations with all images, also those without objects")
        if (seen := (entry.get("width", width), entry.get("height", height))) != (width, height):
            raise ChipError(f"image `{image_path}` has {width} x {height} px, but `{self.path}` says {seen[0]} x {seen[1]}", "export images and annotations together")
        shapes = []
        for annotation in self.of_image.get(entry["id"], []):
            where = f"annotation {annotation.get('id')}"
            if annotation["category_id"] not in self.names:
                raise ChipError(f"`{self.path}`, {where}: category {annotation['category_id']} is not in `categories`, which has {sorted(self.names)}", "add it there")
            name, given = self.names[annotation["category_id"]], annotation.get("segmentation")
            if isinstance(given, dict):
                shapes.append((name, run_lengths(given, self.path, where, height, width)))
                continue
            rings = polygons(given, self.path, where) if given else [bounding_box(annotation, self.path, where)]
            for ring in rings:
                check_inside(self.path, where, ring, height, width)
            shapes += [(name, [ring]) for ring in rings]  # Parts of one object; holes come as run lengths.
        return shapes


def polygons(given, path, where):
    """The rings of a `segmentation`: lists `x1 y1 x2 y2 x3 y3 ...` in pixels."""
    for numbers in given:
        if not isinstance(numbers, list) or len(numbers) < 6 or len(numbers) % 2:
            seen = f"{len(numbers)} numbers" if isinstance(numbers, list) else f"`{numbers}`"
            raise ChipError(f"`{path}`, {where}: a polygon of {seen}, wanted 6 and more in pairs, each polygon in a list of its own", "draw the shape again")
    return [list(zip(numbers[::2], numbers[1::2])) for numbers in given]


def bounding_box(annotation, path, where):
    """The ring of an object's `bbox`."""
    numbers = annotation.get("bbox")
    if not numbers or len(numbers) != 4:
        raise ChipError(f"`{path}`, {where}: no `segmentation`, and `bbox` is {numbers}, wanted left, top, width, height", "draw the shape again")
    return box(*numbers)


def unpacked(text):
    """Run lengths out of COCO's text form: five bits a character, from the fourth on as the change against the last but one."""
    numbers, at = [], 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            code = ord(text[at]) - 48
            value |= (code & 31) << shift
            more, at, shift = bool(code & 32), at + 1, shift + 5
        if code & 16:
            value -= 1 << shift
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
    return numbers


def run_lengths(given, path, where, height, width):
    """Mask `[row, col]` of COCO run lengths, plain or packed; they run down the columns."""
    counts = given.get("counts", [])
    if isinstance(counts, str):
        try:
            counts = unpacked(counts)
        except IndexError:
            raise ChipError(f"`{path}`, {where}: packed run lengths end in the middle of a number", "export the annotations again") from None
    if sum(counts) != height * width or min(counts) < 0:
        raise ChipError(f"`{path}`, {where}: run lengths of {sum(counts)} px, but the image has {height} x {width}", "export images and annotations together")
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T
