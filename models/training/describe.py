"""Writes model.json: what the model expects and gives, as a STAC item with the MLM extension.

`python3 models/training/describe.py target/poppy-seg.pt --threshold opium_poppy=0.75,cannabis=0.7 --min-area 0.6 --out models/poppy-seg`
With `--keep` what is not given stays as a model.json that is there says: for weights that it was already chosen for.
"""

import argparse
import json
from datetime import datetime, timezone
from pathlib import Path

from learn.nets import parameter_count, receptive_field_px
from learn.recipes import RECIPES
from learn.weights import load

DEMONSTRATION = "Demonstration model trained on rendered scenes; not fit for operational decisions"


def default_title(recipe):
    """What a model is called that was given no title."""
    known = RECIPES.get(recipe.name)
    return DEMONSTRATION if known and known.rendered else f"{recipe.name}: {', '.join(recipe.classes[1:])}"


def overlap_px(net):
    """The receptive field, rounded up so that tile origins stay on the network's own grid."""
    return -(-receptive_field_px(net) // (2 * net.stride_px)) * 2 * net.stride_px


def describe(name, net, kept, created):
    """The item as a dictionary; `kept` are the `tianmu:` keys that the network does not tell."""
    recipe = net.recipe
    segmenter = recipe.kind == "segmentation"
    task = "semantic-segmentation" if segmenter else "scene-classification"
    count = len(recipe.classes)
    side = -1 if segmenter else recipe.tile_px
    layout = ["batch", "classes", "height", "width"] if segmenter else ["batch", "classes"]
    properties = {
        "title": kept.pop("title"),
        "datetime": created,
        "mlm:name": name,
        "mlm:architecture": "U-Net" if segmenter else "CNN",
        "mlm:tasks": [task],
        "mlm:framework": "ONNX",
        "mlm:total_parameters": parameter_count(net),
        "mlm:pretrained": True,
        "mlm:hyperparameters": {"recipe": recipe.facts()},  # With it training can go on from model.onnx.
        "mlm:input": [{
            "name": "image",
            "bands": ["red", "green", "blue"],
            "input": {"shape": [-1, 3, side, side], "dim_order": ["batch", "bands", "height", "width"], "data_type": "float32"},
            "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
            "resize_type": None,
        }],
        "mlm:output": [{
            "name": "logits",
            "tasks": [task],
            "result": {"shape": [-1, count, -1, -1] if segmenter else [-1, count], "dim_order": layout, "data_type": "float32"},
            "classification:classes": [{"value": value, "name": label} for value, label in enumerate(recipe.classes)],
        }],
        "tianmu:gsd_m": recipe.gsd_m,
        "tianmu:tile_size": recipe.tile_px,
        "tianmu:overlap_px": overlap_px(net) if segmenter else 0,
        "tianmu:stride_px": net.stride_px,
        "tianmu:activation": "softmax",
        "tianmu:background": [recipe.classes[0]],
    }
    if not segmenter:
        properties["tianmu:positive_share"] = recipe.positive_share
    properties |= kept
    return {
        "stac_version": "1.1.0",
        "type": "Feature",
        "stac_extensions": ["https://stac-extensions.github.io/mlm/v1.5.0/schema.json"],
        "id": name,
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": {"model": {"href": "model.onnx", "type": "application/octet-stream; application=onnx", "roles": ["mlm:model"]}},
    }


def pairs(text):
    """`a=0.5,b=0.7` as a dictionary."""
    return {name: float(value) for name, value in (pair.split("=") for pair in text.split(","))}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="weights file that train.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model; its name is the model's")
    parser.add_argument("--threshold", type=pairs, help="least score of each class: class=0.5,class=0.7; default 0.5")
    parser.add_argument("--outline-threshold", type=pairs, help="score that outlines reach down to, of each class; default: the threshold (segmentation)")
    parser.add_argument("--min-area", type=float, help="smallest site in m2 (segmentation)")
    parser.add_argument("--smallest-plot", type=float, help="m2 from which on at least 95 %% of plots were found, by metrics.json; printed with every result")
    parser.add_argument("--keep", action="store_true", help="take what is not given from the model.json that is there")
    parser.add_argument("--title", help="one line that says what the model is")
    parser.add_argument("--datetime", help="when it was made, RFC 3339; default: now")
    args = parser.parse_args()
    net = load(args.weights)
    path = args.out / "model.json"
    old = json.loads(path.read_text(encoding="utf-8"))["properties"] if args.keep and path.exists() else {}
    kept = {"title": args.title or old.get("title") or default_title(net.recipe)}
    chosen = {"tianmu:threshold": args.threshold, "tianmu:outline_threshold": args.outline_threshold, "tianmu:min_area_m2": args.min_area, "tianmu:smallest_plot_m2": args.smallest_plot}
    defaults = {"tianmu:threshold": dict.fromkeys(net.recipe.classes[1:], 0.5)} | ({"tianmu:min_area_m2": 0.1} if net.recipe.kind == "segmentation" else {})
    for key, value in chosen.items():
        value = value if value is not None else old.get(key, defaults.get(key))
        if value is not None:
            kept[key] = value
    created = args.datetime or old.get("datetime") or datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    args.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(describe(args.out.resolve().name, net, kept, created), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
