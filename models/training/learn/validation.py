"""How well a network does on pairs it was not trained on, in one number a class."""

import numpy as np
import torch

from learn.tiles import cut_tiles, grown, tile_class
from render.canvas import IGNORE


def as_batch(image):
    """`[1, 3, row, col]` 0-1 of an image `[row, col, rgb]` uint8."""
    return torch.from_numpy(image.astype(np.float32).transpose(2, 0, 1)[None] / 255).contiguous(memory_format=torch.channels_last)


def probabilities(net, image):
    """Probability `[class, row, col]` of every pixel by a segmenter, whatever the size of the image."""
    height, width = image.shape[:2]
    stride = net.stride_px
    padded = np.pad(image, ((0, -height % stride), (0, -width % stride), (0, 0)))
    with torch.no_grad():
        return net(as_batch(padded)).softmax(1)[0, :, :height, :width].numpy()


def segmentation_scores(net, recipe, pairs):
    """Pixel IoU of every class but the background, by its best probability."""
    both, either = np.zeros(len(recipe.classes)), np.zeros(len(recipe.classes))
    for image, label in pairs:
        guess = probabilities(net, image).argmax(0)
        valid = label != IGNORE
        for value in range(1, len(recipe.classes)):
            seen, true = (guess == value) & valid, label == value
            both[value] += np.count_nonzero(seen & true)
            either[value] += np.count_nonzero(seen | true)
    return {name: both[value] / max(either[value], 1) for value, name in enumerate(recipe.classes) if value}


def tile_scores(net, recipe, pairs):
    """F1 of every class but the background over whole tiles that are clearly one thing."""
    outcomes = []
    for image, label in pairs:
        for tile, tile_label in cut_tiles(*grown(image, label, recipe.tile_px), recipe.tile_px):
            true = tile_class(tile_label, len(recipe.classes), recipe.positive_share)
            if true is not None:
                with torch.no_grad():
                    outcomes.append((true, int(net(as_batch(tile))[0].argmax())))
    scores = {}
    for value, name in enumerate(recipe.classes):
        hits = sum(t == g == value for t, g in outcomes)
        marked = sum((t == value) + (g == value) for t, g in outcomes)
        if value:
            scores[name] = 2 * hits / max(marked, 1)
    return scores


def scores(net, recipe, pairs):
    """The measure of the recipe's kind for every class but the background."""
    was_training = net.training
    net.eval()
    result = (segmentation_scores if recipe.kind == "segmentation" else tile_scores)(net, recipe, pairs)
    net.train(was_training)
    return result
