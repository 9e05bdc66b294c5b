"""Labels of chips in three layouts (YOLO, COCO, masks) as class numbers per pixel."""

import json
import re
from pathlib import Path

import numpy as np

from learn.images import ChipError, read_mask

IGNORE = 255


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


def simple_yaml(path):
    """The keys of a flat `data.yaml` that matter here: `names` as value -> name, `gsd_m`, `background`."""
    facts, names, inside = {}, {}, False
    for line in path.read_text(encoding="utf-8").splitlines():
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
        facts = json.loads(path.read_text(encoding="utf-8"))
        names = facts.pop("classes", None) or {k: v for k, v in facts.items() if k.isdigit()}
        if isinstance(names, list):
            names = dict(enumerate(names))
        return {int(k): v for k, v in names.items()}, facts, path
    if (path := folder / "classes.txt").exists():
        names = {}
        for line in filter(str.strip, path.read_text(encoding="utf-8").splitlines()):
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
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line.strip():
                continue
            where = f"line {number}"
            try:
                value, *numbers = [float(word) for word in line.split()]
            except ValueError:
                raise ChipError(f"label `{path}`, {where}: `{line}` is not a row of numbers", "wanted `class cx cy w h` or `class x1 y1 x2 y2 x3 y3 ...`") from None
            if int(value) not in self.names:
                raise ChipError(f"label `{path}`, {where}: class {int(value)} is not in {self.source}, which has {sorted(self.names)}", "add the class there, or correct the label")
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


class CocoLabels:
    """`annotations.json`: polygons, run lengths or, where neither is given, boxes."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "annotations.json"
        data = json.loads(self.path.read_text(encoding="utf-8"))
        self.source = self.path
        self.names = {c["id"]: c["name"] for c in data.get("categories", [])}
        self.facts = {k: v for k, v in {**data.get("info", {}), **data}.items() if k == "gsd_m"}
        self.images = {Path(i["file_name"]).name: i for i in data.get("images", [])}
        self.of_image = {}
        for annotation in data.get("annotations", []):
            self.of_image.setdefault(annotation["image_id"], []).append(annotation)

    def shapes(self, image_path, height, width):
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
            if not given and "bbox" not in annotation:
                raise ChipError(f"`{self.path}`, {where}: neither `segmentation` nor `bbox`", "draw the shape again")
            rings = [list(zip(r[::2], r[1::2])) for r in given] if given else [box(*annotation["bbox"])]
            for ring in rings:
                check_inside(self.path, where, ring, height, width)
            shapes += [(name, [ring]) for ring in rings]  # Parts of one object; holes come as run lengths.
        return shapes


def run_lengths(given, path, where, height, width):
    """Mask `[row, col]` of COCO run lengths, plain or packed; they run down the columns."""
    counts = given["counts"]
    if isinstance(counts, str):
        numbers, at = [], 0
        while at < len(counts):
            value, shift, more = 0, 0, True
            while more:
                code = ord(counts[at]) - 48
                value |= (code & 31) << shift
                more, at, shift = bool(code & 32), at + 1, shift + 5
            if code & 16:
                value -= 1 << shift
            numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        counts = numbers
    if sum(counts) != height * width:
        raise ChipError(f"`{path}`, {where}: run lengths of {sum(counts)} px, but the image has {height} x {width}", "export images and annotations together")
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T


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


def open_labels(folder, layout=None):
    """The labels of a folder, its layout told or seen from what lies in it."""
    seen = [name for name, sign in (("coco", "annotations.json"), ("mask", "masks"), ("yolo", "labels")) if (folder / sign).exists()]
    if layout is None and len(seen) != 1:
        raise ChipError(
            f"`{folder}` holds {' and '.join(seen) or 'no labels'}, wanted one of labels/ (YOLO), annotations.json (COCO), masks/",
            "name the layout with --layout" if seen else "give the folder that holds images/",
        )
    layout = layout or seen[0]
    if layout not in seen:
        raise ChipError(f"`{folder}` has no labels of layout `{layout}`", f"it looks like {' or '.join(seen)}" if seen else "give the folder that holds images/")
    return {"yolo": YoloLabels, "coco": CocoLabels, "mask": MaskLabels}[layout](folder), layout
