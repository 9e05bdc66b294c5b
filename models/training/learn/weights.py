"""Weights files: what recipe they are of, and taking them over into another network."""

import json
from pathlib import Path

import torch

from learn.nets import build
from learn.onnx_weights import load_onnx
from learn.recipes import RECIPES, Recipe


def load(path):
    """The network of a weights file that train.py wrote."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if "_extra_state" not in state:
        raise SystemExit(f"error: weights `{path}` do not say what recipe they are of\nhint: they were made by an older train.py; train again")
    net = build(Recipe.unpacked(state["_extra_state"]))
    net.load_state_dict(state)
    return net


def exported_recipe(onnx):
    """The recipe of an exported network: what its model.json says of it, else the kit's recipe of that name."""
    path = onnx.parent / "model.json"
    if not path.is_file():
        raise SystemExit(f"error: `{path}` is missing, so nothing says how the network of `{onnx}` is built\nhint: start from a model's own folder, or from the weights file that train.py wrote")
    item = json.loads(path.read_text(encoding="utf-8"))
    if recipe := item["properties"].get("mlm:hyperparameters", {}).get("recipe"):
        return Recipe.from_facts(recipe)
    if item["id"] not in RECIPES:
        raise SystemExit(f"error: `{onnx}` is of `{item['id']}`, no model of this kit ({', '.join(RECIPES)})\nhint: start from the weights file that train.py wrote")
    return RECIPES[item["id"]]


def started(recipe, start):
    """A network of `recipe` that begins with the weights of `start`, a weights file or a model.onnx of this kit.

    The network is built as that of `start` is; classes of the same name keep what it knows of them,
    other classes begin with random weights.
    """
    start = Path(start)
    if start.suffix == ".onnx":
        old = load_onnx(build(exported_recipe(start)), start)
    else:
        old = load(start)
    if old.recipe.kind != recipe.kind:
        raise SystemExit(f"error: `{start}` is of kind {old.recipe.kind}, wanted {recipe.kind}\nhint: give --kind {old.recipe.kind}, or other weights")
    recipe = recipe.with_net(old.recipe.net)
    net = build(recipe)
    state, new = old.state_dict(), net.state_dict()
    del state["_extra_state"]
    for name in ("head.weight", "head.bias"):
        state[name] = _same_classes(state[name], old.recipe.classes, new[name], recipe.classes)
    net.load_state_dict({**new, **state})
    return net


def _same_classes(old, old_classes, new, new_classes):
    """The rows of a head for the new classes; a shuffled head has four a class. Both backgrounds are class 0."""
    rows = old.shape[0] // len(old_classes)
    new = new.clone()
    for value, name in enumerate(new_classes):
        at = 0 if value == 0 else old_classes.index(name) if name in old_classes else None
        if at is not None:
            new[value * rows : (value + 1) * rows] = old[at * rows : (at + 1) * rows]
    return new
