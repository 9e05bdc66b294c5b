"""Writes model.json: what the model expects and gives, as a STAC item with the MLM extension.

`python3 models/training/describe.py poppy-seg --poppy 0.75 --cannabis 0.7 --min-area 0.6 --smallest-plot 2`
"""

import argparse
import json
from pathlib import Path

from datasets import GSD_M, POSITIVE_SHARE, TILE_PX
from export import NETS
from nets import CLASSES, SEGMENTER_STRIDE_PX, PlotSegmenter, TileClassifier, parameter_count, receptive_field_px

CREATED = "2026-05-01T00:00:00Z"


def describe(name, thresholds, min_area_m2, smallest_plot_m2):
    """The item as a dictionary."""
    segmenter = name == "poppy-seg"
    net = PlotSegmenter() if segmenter else TileClassifier()
    task = "semantic-segmentation" if segmenter else "scene-classification"
    classes = [{"value": value, "name": label} for value, label in enumerate(CLASSES)]
    result = {"shape": [-1, 3, -1, -1] if segmenter else [-1, 3], "dim_order": ["batch", "classes", "height", "width"] if segmenter else ["batch", "classes"], "data_type": "float32"}
    properties = {
        "title": "Demonstration model trained on synthetic scenes only; not fit for operational decisions",
        "datetime": CREATED,
        "mlm:name": name,
        "mlm:architecture": "U-Net" if segmenter else "CNN",
        "mlm:tasks": [task],
        "mlm:framework": "ONNX",
        "mlm:total_parameters": parameter_count(net),
        "mlm:pretrained": True,
        "mlm:input": [{
            "name": "image",
            "bands": ["red", "green", "blue"],
            "input": {
                "shape": [-1, 3, -1, -1] if segmenter else [-1, 3, TILE_PX, TILE_PX],
                "dim_order": ["batch", "bands", "height", "width"],
                "data_type": "float32",
            },
            "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
            "resize_type": None,
        }],
        "mlm:output": [{"name": "logits", "tasks": [task], "result": result, "classification:classes": classes}],
        "tianmu:gsd_m": GSD_M,
        "tianmu:tile_size": 512 if segmenter else TILE_PX,
        "tianmu:overlap_px": -(-receptive_field_px(net) // SEGMENTER_STRIDE_PX) * SEGMENTER_STRIDE_PX if segmenter else 0,
        "tianmu:stride_px": SEGMENTER_STRIDE_PX if segmenter else 1,
        "tianmu:activation": "softmax",
        "tianmu:background": ["background"],
        "tianmu:threshold": thresholds,
    }
    if segmenter:
        properties["tianmu:min_area_m2"] = min_area_m2
    else:
        properties["tianmu:positive_share"] = POSITIVE_SHARE
    if smallest_plot_m2 is not None:
        properties["tianmu:smallest_plot_m2"] = smallest_plot_m2
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


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=NETS)
    parser.add_argument("--poppy", type=float, default=0.5, help="threshold of opium_poppy")
    parser.add_argument("--cannabis", type=float, default=0.5, help="threshold of cannabis")
    parser.add_argument("--min-area", type=float, default=0.5, help="smallest site in m2 (segmentation)")
    parser.add_argument(
        "--smallest-plot", type=float, help="m2 from which on at least 95 %% of flowering plots were found, by metrics.json; printed with every result"
    )
    parser.add_argument("--models", type=Path, default=Path("models"))
    args = parser.parse_args()
    item = describe(args.name, {"opium_poppy": args.poppy, "cannabis": args.cannabis}, args.min_area, args.smallest_plot)
    path = args.models / args.name / "model.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(item, indent=2) + "\n")


if __name__ == "__main__":
    main()
