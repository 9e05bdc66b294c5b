"""Labels of chips as class numbers per pixel: drawing them, class names, and the layouts YOLO and masks."""

import json
import re

import numpy as np

from learn.images import ChipError, read_mask
from render.canvas import IGNORE


def fill(rings, height, width):
    """Mask `[row, col]` of the pixels whose centres lie inside rings of `(x, y)`; rings in rings are holes."""
    turns = np.zeros((height, width + 1), np.int32)  # How often the outline is crossed just before a pixel.
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]]):
            low, high = sorted((y0, y1))
            rows = np.arange(max(0, int(np.ceil(low - 0.5))), min(height, int(np.ceil(high - 0.5))))
            if len(rows):
                x = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
                np.add.at(turns, (rows, np.clip(np.ceil(x - 0.5), 0, width).astype(int)), 1)
    return turns.cumsum(1)[:, :width] % 2 == 1


def draw(shapes, height, width):
    """Label `[row, col]` uint8 of `(value, rings in pixels | mask)`; smaller shapes lie on larger ones."""
    masks = [(value, shape if isinstance(shape, np.ndarray) else fill(shape, height, width)) for value, shape in shapes]
    label = np.zeros((height, width), np.uint8)
    for value, mask in sorted(masks, key=lambda item: -int(item[1].sum())):
        label[mask] = value
    return label


def box(left, top, width, height):
    """The ring of a box in pixels."""
    return [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]


def check_inside(path, where, ring, height, width):
    """Refuses a shape that reaches more than two pixels out of its image."""
    for x, y in ring:
        if not (-2 <= x <= width + 2 and -2 <= y <= height + 2):
            raise ChipError(
                f"label `{path}`, {where}: point ({x:.1f}, {y:.1f}) lies outside the image of {width} x {height} px",
                "export the labels again for exactly these images; they may belong to another size",
            )


def read_text(path):
    """Text of a file, which must be UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        raise ChipError(f"`{path}` is not UTF-8 text: {cause}", "save it as UTF-8 in a text editor") from cause


def read_json(path):
    """What a JSON file holds, which must be an object."""
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as cause:
        raise ChipError(f"`{path}` is not JSON: {cause}", "export it again; the file may have been cut off") from cause
    if not isinstance(data, dict):
        raise ChipError(f"`{path}` holds a {type(data).__name__}, wanted an object", "export it again; one `{...}` with names and values is wanted")
    return data


def simple_yaml(path):
    """The keys of a flat `data.yaml` that matter here: `names` as value -> name, `gsd_m`, `background`."""
    facts, names, inside = {}, {}, False
    for line in read_text(path).splitlines():
        line = line.split(" #")[0].rstrip()
        if inside and (entry := re.match(r"\s*(?:-\s+|(\d+)\s*:\s*)(.+)$", line)):
            names[int(entry[1]) if entry[1] else len(names)] = entry[2].strip("'\" ")
            continue
        inside = False
        if pair := re.match(r"(\w+)\s*:\s*(.*)$", line):
            key, value = pair[1], pair[2].strip()
            if key == "names" and not value:
                inside = True
            elif key == "names" and value[0] in "[{":
                for number, entry in enumerate(value.strip("[]{} ").split(",")):
                    value_of, _, name = entry.rpartition(":")
                    names[int(value_of) if value_of.strip() else number] = name.strip("'\" ")
            else:
                facts[key] = value.strip("'\"")
    return facts | {"names": names}


def class_file(folder):
    """Classes by value from `data.yaml`, `classes.json` or `classes.txt`, and other facts such as `gsd_m`."""
    for name in ("data.yaml", "dataset.yaml"):
        if (folder / name).exists():
            facts = simple_yaml(folder / name)
            return facts.pop("names"), facts, folder / name
    if (path := folder / "classes.json").exists():
        facts = read_json(path)
        names = facts.pop("classes", None) or {k: v for k, v in facts.items() if k.isdigit()}
        if isinstance(names, list):
            names = dict(enumerate(names))
        return {int(k): v for k, v in names.items()}, facts, path
    if (path := folder / "classes.txt").exists():
        names = {}
        for line in filter(str.strip, read_text(path).splitlines()):
            entry = re.match(r"\s*(?:(\d+)[\s:,=]+)?(\S.*)$", line)
            names[int(entry[1]) if entry[1] else len(names)] = entry[2].strip()
        return names, {}, path
    return None, {}, None


class YoloLabels:
    """`labels/NAME.txt`: `class cx cy w h` or `class x1 y1 x2 y2 x3 y3 ...`, all as shares of the image's size."""

    def __init__(self, folder):
        self.folder = folder
        self.names, self.facts, source = class_file(folder)
        if not self.names:
            raise ChipError(f"`{folder}` has no class names", "write data.yaml with `names: [first, second]`, or classes.txt with one name a line")
        self.source = source

    def shapes(self, image_path, height, width):
        relative = image_path.relative_to(self.folder / "images").with_suffix(".txt")
        path = self.folder / "labels" / relative
        if not path.exists():
            raise ChipError(f"image `{image_path}` has no label file `{path}`", "an image without any object needs an empty file; else export its labels")
        shapes = []
        for number, line in enumerate(read_text(path).splitlines(), 1):
            if not line.strip():
                continue
            where = f"line {number}"
            try:
                value, *numbers = [float(word) for word in line.split()]
            except ValueError:
                raise ChipError(f"label `{path}`, {where}: `{line}` is not a row of numbers", "wanted `class cx cy w h` or `class x1 y1 x2 y2 x3 y3 ...`") from None
            if value not in self.names:
                raise ChipError(f"label `{path}`, {where}: class {value:g} is not in {self.source}, which has {sorted(self.names)}", "add the class there, or correct the label")
            if len(numbers) == 4:
                cx, cy, w, h = numbers
                ring = box((cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height)
            elif len(numbers) >= 6 and len(numbers) % 2 == 0:
                ring = [(x * width, y * height) for x, y in zip(numbers[::2], numbers[1::2])]
            else:
                raise ChipError(f"label `{path}`, {where}: {len(numbers)} numbers after the class", "wanted 4 (cx cy w h), or 6 and more in pairs (a polygon)")
            check_inside(path, where, ring, height, width)
            shapes.append((self.names[int(value)], [ring]))
        return shapes


class MaskLabels:
    """`masks/NAME.png`: the class number in every pixel, 255 where nothing is said."""

    def __init__(self, folder):
        self.folder = folder
        self.names, self.facts, self.source = class_file(folder)
        if not self.names:
            raise ChipError(f"`{folder}` has no class names", "write classes.txt with lines such as `0 background` and `1 opium_poppy`")

    def mask(self, image_path, height, width):
        """The mask with values as stored."""
        relative = image_path.relative_to(self.folder / "images").with_suffix("")
        found = [p for s in (".png", ".tif", ".tiff") if (p := (self.folder / "masks" / relative).with_name(relative.name + s)).exists()]
        if not found:
            raise ChipError(f"image `{image_path}` has no mask `{self.folder / 'masks' / relative}.png`", "every image needs a mask of the same name; all 0 where nothing is seen")
        mask = read_mask(found[0])
        if mask.shape != (height, width):
            raise ChipError(
                f"mask `{found[0]}` has {mask.shape[1]} x {mask.shape[0]} px, but its image has {width} x {height}", "export both in one go, at the same size"
            )
        unknown = set(np.unique(mask).tolist()) - set(self.names) - {IGNORE}
        if unknown:
            raise ChipError(f"mask `{found[0]}` has value {min(unknown)}, but {self.source} knows {sorted(self.names)}", "add the class there; 255 means `do not learn here`")
        return mask
