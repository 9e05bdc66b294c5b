"""Draws docs/sample-sites.png: the sample scene, the sites a scan found, and the planted plots.

Run from the repository root after the scan of README.md, with any Python that has matplotlib and
rasterio:

    python3 docs/picture.py
"""

import io
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import rasterio
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from PIL import Image
from rasterio.enums import Resampling
from rasterio.warp import transform_geom

ROOT = Path(__file__).resolve().parents[1]
SCENE = ROOT / "samples/hill-county/scene.tif"
TRUTH = ROOT / "samples/hill-county/truth.geojson"
SITES = ROOT / "demo/sites.geojson"
PICTURE = ROOT / "docs/sample-sites.png"

WIDTH = 900  # pixels of the scene in the picture
COLOURS = 48  # of the scene; few, so that the file stays small
MAX_BYTES = 400_000
SITE_COLOURS = {"opium_poppy": "#ff00d4", "cannabis": "#00e5ff"}
OTHER_COLOUR = "#ffe600"
TRUTH_COLOUR = "#ffffff"
LABEL_BOX = {"facecolor": "black", "edgecolor": "none", "pad": 1.2}


def read_scene():
    """The scene averaged down to the picture's size, white where it is empty; its transform and CRS."""
    with rasterio.open(SCENE) as scene:
        step = scene.width / WIDTH
        shape = (3, round(scene.height / step), WIDTH)
        image = scene.read(out_shape=shape, resampling=Resampling.average).transpose(1, 2, 0)
        mask = scene.dataset_mask(out_shape=shape[1:], resampling=Resampling.nearest)
        image[mask == 0] = 255
        to_picture = ~(scene.transform * scene.transform.scale(step))
        return image, to_picture, scene.crs


def polygons(geometry):
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


def read_outlines(path, to_picture, crs):
    """(properties, drawable outline) of each feature, in pixels of the picture."""
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        geometry = transform_geom("EPSG:4326", crs, feature["geometry"])
        rings = [ring for polygon in polygons(geometry) for ring in polygon]
        paths = [Outline([to_picture * point[:2] for point in ring], closed=True) for ring in rings]
        yield feature["properties"], Outline.make_compound_path(*paths)


def main():
    image, to_picture, crs = read_scene()
    height, width = image.shape[:2]
    figure = plt.figure(figsize=(width / 100, (height + 60) / 100), dpi=100, facecolor="white")
    axes = figure.add_axes([0, 60 / (height + 60), 1, height / (height + 60)])
    axes.imshow(image, interpolation="none", extent=(0, width, height, 0))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()

    drawn = {}
    for properties, outline in read_outlines(TRUTH, to_picture, crs):
        patch = PathPatch(outline, fill=False, edgecolor=TRUTH_COLOUR, linewidth=1.6, linestyle=(0, (3, 2)))
        axes.add_patch(patch)
        drawn.setdefault("planted plot (truth)", patch)
        box = outline.get_extents()
        axes.text(
            box.x0, box.y0 - 5, properties["id"], fontsize=9, fontweight="bold", color="white",
            bbox=LABEL_BOX,
        )
    for properties, outline in read_outlines(SITES, to_picture, crs):
        colour = SITE_COLOURS.get(properties["class"], OTHER_COLOUR)
        patch = PathPatch(outline, fill=False, edgecolor=colour, linewidth=1.6)
        axes.add_patch(patch)
        drawn.setdefault(f"candidate site: {properties['class']}", patch)
        box = outline.get_extents()
        number = properties["site_id"].split("-")[-1].lstrip("0")
        axes.text(box.x1 + 4, box.y1 + 3, number, fontsize=8, color=colour, va="top", bbox=LABEL_BOX)

    metre = width / (image_width_m())
    axes.plot([width - 30 - 10 * metre, width - 30], [height - 25] * 2, color="white", linewidth=4)
    axes.text(width - 30 - 5 * metre, height - 32, "10 m", color="white", ha="center", fontsize=10, bbox=LABEL_BOX)
    figure.legend(
        drawn.values(), drawn.keys(), loc="lower center", ncols=len(drawn), frameon=True,
        facecolor="black", labelcolor="white", fontsize=11, bbox_to_anchor=(0.5, 0.006),
    )
    save(figure, image)


def image_width_m():
    with rasterio.open(SCENE) as scene:
        return scene.bounds.right - scene.bounds.left


def save(figure, image):
    """Saves with a palette: colours of the scene, and those drawn on it with their soft edges."""
    scene = Image.fromarray(image).quantize(COLOURS).getpalette()[: 3 * COLOURS]
    drawn = [0, 0, 0, 255, 255, 255]
    for colour in [*SITE_COLOURS.values(), OTHER_COLOUR, TRUTH_COLOUR]:
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        drawn += [round(share * part) for share in (1, 0.75, 0.5, 0.25) for part in rgb]
    palette = Image.new("P", (1, 1))
    palette.putpalette(scene + drawn)

    full = io.BytesIO()
    figure.savefig(full, format="png")
    picture = Image.open(full).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    picture.save(PICTURE, optimize=True)
    size = PICTURE.stat().st_size
    if size > MAX_BYTES:
        raise SystemExit(f"{PICTURE} has {size} bytes, wanted at most {MAX_BYTES}")
    print(f"{PICTURE.relative_to(ROOT)}: {size // 1024} KiB")


if __name__ == "__main__":
    main()
