"""Writes a trained network as ONNX with its batch norms folded into the convolutions.

`python3 models/training/export.py poppy-seg --weights target/poppy-seg.pt --out models/poppy-seg/model.onnx`
"""

import argparse
from functools import partial
from pathlib import Path

import torch

from nets import build
from recipes import RECIPES
from weights import load_named

OPSET = 17
# The networks that evaluate.py measures on rendered scenes.
NETS = {name: partial(build, recipe) for name, recipe in RECIPES.items() if recipe.rendered}


def export(net, path):
    """Exports a network to `path`."""
    recipe = net.recipe
    net.eval()
    if recipe.kind == "segmentation":
        example = torch.zeros(1, 3, 64, 64)
        axes = {"image": {0: "batch", 2: "height", 3: "width"}, "logits": {0: "batch", 2: "height", 3: "width"}}
    else:
        example = torch.zeros(1, 3, recipe.tile_px, recipe.tile_px)
        axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
    torch.onnx.export(
        net, example, str(path), opset_version=OPSET, input_names=["image"], output_names=["logits"], dynamic_axes=axes,
    )


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--weights", type=Path, required=True, help="weights file that train.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    export(load_named(args.weights, args.name), args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
