"""Writes a trained network as ONNX with its batch norms folded into the convolutions.

`python3 models/training/export.py poppy-seg --weights poppy-seg.pt --out models/poppy-seg/model.onnx`
"""

import argparse
from pathlib import Path

import torch

from nets import PlotSegmenter, TileClassifier

OPSET = 17
NETS = {"poppy-seg": PlotSegmenter, "poppy-tile": TileClassifier}


def export(name, state, path):
    """Exports a network's weights to `path`."""
    net = NETS[name]()
    net.load_state_dict(state)
    net.eval()
    if name == "poppy-seg":
        example = torch.zeros(1, 3, 64, 64)
        axes = {"image": {0: "batch", 2: "height", 3: "width"}, "logits": {0: "batch", 2: "height", 3: "width"}}
    else:
        example = torch.zeros(1, 3, 128, 128)
        axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
    torch.onnx.export(
        net, example, str(path), opset_version=OPSET, input_names=["image"], output_names=["logits"], dynamic_axes=axes,
    )


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=NETS)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    export(args.name, torch.load(args.weights, map_location="cpu"), args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
