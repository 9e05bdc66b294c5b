"""Writes a trained network as ONNX with its batch norms folded into the convolutions.

`python3 models/training/export.py target/poppy-seg.pt --out models/poppy-seg/model.onnx`
"""

import argparse
import warnings
from pathlib import Path

import torch

from learn.weights import load
from render.files import replace_file

OPSET = 17


def export(net, path):
    """Exports a network to `path`: input `image` `[batch, 3, row, col]` 0-1, output `logits`."""
    net.eval()
    warnings.filterwarnings("ignore", message="The shape inference of prim::Constant type is missing")  # Torch 1.13 says so of any network.
    if net.recipe.kind == "segmentation":
        example = torch.zeros(1, 3, 4 * net.stride_px, 4 * net.stride_px)
        axes = {"image": {0: "batch", 2: "height", 3: "width"}, "logits": {0: "batch", 2: "height", 3: "width"}}
    else:
        example = torch.zeros(1, 3, net.recipe.tile_px, net.recipe.tile_px)
        axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
    names = {"input_names": ["image"], "output_names": ["logits"], "dynamic_axes": axes}
    replace_file(path, lambda part: torch.onnx.export(net, example, str(part), opset_version=OPSET, **names))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="weights file that train.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    export(load(args.weights), args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
