"""Checks that weights survive export: a network taken back out of its model.onnx answers as it did.

`python3 models/training/check_weights.py` tries random networks of every recipe; with folders of models
(`check_weights.py models/potato-weed`) also whether training can go on from these.
"""

import argparse
import tempfile
import warnings
from pathlib import Path

import torch
from torch import nn

from export import export
from learn.nets import build
from learn.onnx_weights import load_onnx, restore_norms
from learn.recipes import RECIPES
from learn.weights import exported_recipe

LIMIT = 1e-5  # Of the largest logit.


def trained(recipe):
    """A random network whose batch norms have seen something, as after training."""
    net = build(recipe)
    for norm in [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]:
        norm.running_mean.normal_(0, 0.3)
        norm.running_var.uniform_(0.2, 2)
        norm.weight.data.uniform_(0.3, 1.5)
        norm.bias.data.normal_(0, 0.3)
    return net.eval()


def difference(net, images, wanted):
    """Largest difference of a network's logits from the wanted ones, as a share of the largest of these."""
    with torch.no_grad():
        return float((net.eval()(images) - wanted).abs().max() / wanted.abs().max())


def check(recipe, path):
    """Exports, loads and compares: folded norms, then norms that fit the images again."""
    net, images = trained(recipe), torch.rand(4, 3, 128, 128)
    with torch.no_grad():
        wanted = net(images)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export(net, path)
    loaded = load_onnx(build(recipe), path)
    folded = difference(loaded, images, wanted)
    restore_norms(loaded, images)
    restored = difference(loaded, images, wanted)
    assert max(folded, restored) < LIMIT, f"{recipe.name}: logits differ by {folded:.1e} as loaded, {restored:.1e} with norms restored"
    norm = next(m for m in loaded.modules() if isinstance(m, nn.BatchNorm2d))
    assert float((norm.running_var - 1).abs().max()) > 1e-3, f"{recipe.name}: norms were not restored"


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="*", help="folders of models of this kit")
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        for recipe in RECIPES.values():
            check(recipe, Path(work) / f"{recipe.name}.onnx")
    for folder in args.models:
        load_onnx(build(exported_recipe(folder / "model.onnx")), folder / "model.onnx")
        print(f"training can go on from `{folder}`")
    print("weights survive export")


if __name__ == "__main__":
    main()
