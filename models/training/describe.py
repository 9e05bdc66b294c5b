"""Writes model.json: what the model expects and gives, as a STAC item with the MLM extension.

`python3 models/training/describe.py poppy-seg --poppy 0.75 --cannabis 0.7 --min-area 0.6 --smallest-plot 2`
`python3 models/training/describe.py own --weights target/own.pt --threshold opium_poppy=0.6 --title "..."`
"""

import argparse
import json
from pathlib import Path

from nets import build, parameter_count, receptive_field_px
from recipes import RECIPES
from weights import load_named

CREATED = "2026-05-01T00:00:00Z"
SYNTHETIC = "Demonstration model trained on synthetic scenes only; not fit for operational decisions"


def overlap_px(net):
    """The receptive field, up to a whole number of strides."""
    return -(-receptive_field_px(net) // net.stride_px) * net.stride_px


def describe(net, title, thresholds, min_area_m2, smallest_plot_m2, created=CREATED):
    """The item as a dictionary. Without `thresholds` the best class of a pixel wins."""
    recipe = net.recipe
    segmenter = recipe.kind == "segmentation"
    task = "semantic-segmentation" if segmenter else "scene-classification"
    classes = [{"value": value, "name": label} for value, label in enumerate(recipe.classes)]
    count = len(classes)
    result = {"shape": [-1, count, -1, -1] if segmenter else [-1, count], "dim_order": ["batch", "classes", "height", "width"] if segmenter else ["batch", "classes"], "data_type": "float32"}
    properties = {
        "title": title,
        "datetime": created,
        "mlm:name": recipe.name,
        "mlm:architecture": "U-Net" if segmenter else "CNN",
        "mlm:tasks": [task],
        "mlm:framework": "ONNX",
        "mlm:total_parameters": parameter_count(net),
        "mlm:pretrained": True,
        "mlm:input": [{
            "name": "image",
            "bands": ["red", "green", "blue"],
            "input": {
                "shape": [-1, 3, -1, -1] if segmenter else [-1, 3, recipe.tile_px, recipe.tile_px],
                "dim_order": ["batch", "bands", "height", "width"],
                "data_type": "float32",
            },
            "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
            "resize_type": None,
        }],
        "mlm:output": [{"name": "logits", "tasks": [task], "result": result, "classification:classes": classes}],
        "tianmu:gsd_m": recipe.gsd_m,
        "tianmu:tile_size": recipe.tile_px,
        "tianmu:overlap_px": overlap_px(net) if segmenter else 0,
        "tianmu:stride_px": net.stride_px,
        "tianmu:activation": "softmax",
        "tianmu:background": [recipe.classes[0]],
    }
    if thresholds:
        properties["tianmu:threshold"] = thresholds
    if segmenter:
        properties["tianmu:min_area_m2"] = min_area_m2
    else:
        properties["tianmu:positive_share"] = recipe.positive_share
    if smallest_plot_m2 is not None:
        properties["tianmu:smallest_plot_m2"] = smallest_plot_m2
    return {
        "stac_version": "1.1.0",
        "type": "Feature",
        "stac_extensions": ["https://stac-extensions.github.io/mlm/v1.5.0/schema.json"],
        "id": recipe.name,
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": {"model": {"href": "model.onnx", "type": "application/octet-stream; application=onnx", "roles": ["mlm:model"]}},
    }


def numbers_by_class(text):
    """`weed=0.5,potato=0.4` as a dictionary."""
    try:
        return {name.strip(): float(value) for name, _, value in (pair.partition("=") for pair in text.split(","))}
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not of the form class=number,class=number") from None


def check_classes(numbers, recipe):
    """Refuses names that are no class of the recipe."""
    for name in numbers or {}:
        if name not in recipe.classes:
            raise SystemExit(f"error: `{name}` is no class of `{recipe.name}`\nhint: its classes are {', '.join(recipe.classes)}")


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--weights", type=Path, help="weights file that train.py wrote; needed for a model that is no recipe of this kit")
    parser.add_argument("--title", help="one line for whoever lists the model")
    parser.add_argument("--date", default=CREATED, help="when it was made, as 2026-05-01T00:00:00Z")
    parser.add_argument("--threshold", type=numbers_by_class, help="probability from which on a class counts, as `opium_poppy=0.75,cannabis=0.7`; without any, the best class wins")
    parser.add_argument("--poppy", type=float, help="threshold of opium_poppy; 0.5 for the poppy recipes")
    parser.add_argument("--cannabis", type=float, help="threshold of cannabis; 0.5 for the poppy recipes")
    parser.add_argument("--min-area", type=float, default=0.5, help="smallest site in m2 (segmentation)")
    parser.add_argument(
        "--smallest-plot", type=float, help="m2 from which on at least 95 %% of flowering plots were found, by metrics.json; printed with every result"
    )
    parser.add_argument("--models", type=Path, default=Path("models"))
    args = parser.parse_args()
    if args.weights:
        net = load_named(args.weights, args.name)
    elif args.name in RECIPES:
        net = build(RECIPES[args.name])
    else:
        parser.error(f"`{args.name}` is no recipe of this kit ({', '.join(RECIPES)}); give --weights")
    thresholds = args.threshold or {}
    for name, value in (("opium_poppy", args.poppy), ("cannabis", args.cannabis)):
        if value is not None or (net.recipe.rendered and name not in thresholds):
            thresholds[name] = 0.5 if value is None else value
    check_classes(thresholds, net.recipe)
    title = args.title or (SYNTHETIC if net.recipe.rendered else f"{net.recipe.name}: {', '.join(net.recipe.classes[1:])}")
    item = describe(net, title, thresholds, args.min_area, args.smallest_plot, args.date)
    path = args.models / args.name / "model.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(item, indent=2) + "\n")


if __name__ == "__main__":
    main()
