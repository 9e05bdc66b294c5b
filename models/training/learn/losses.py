"""Losses of the two kinds of network, and the running mean of weights."""

import torch
from torch.nn import functional

from render.canvas import IGNORE


def segmentation_loss(recipe, logits, label):
    """Weighted cross entropy plus Dice of all classes but the background; ignored pixels count nowhere."""
    classes = len(recipe.classes)
    valid = (label != IGNORE).unsqueeze(1).float()
    truth = functional.one_hot(label.clamp(0, classes - 1), classes).permute(0, 3, 1, 2).float() * valid
    weights = torch.tensor(recipe.class_weights)
    if recipe.small > 1:
        each = functional.cross_entropy(logits, label, weights, ignore_index=IGNORE, reduction="none")
        cross = (each * emphasis(truth, recipe.small)).sum() / (truth.sum((0, 2, 3)) * weights).sum().clamp(min=1)
    else:
        cross = functional.cross_entropy(logits, label, weights, ignore_index=IGNORE)
    share = logits.softmax(1) * valid
    overlap = 2 * (share * truth).sum((0, 2, 3)) + 100.0
    dice = 1 - overlap / (share.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 100.0)
    return cross + recipe.dice * dice[1:].mean()


def emphasis(truth, most):
    """How much more pixels `[n, h, w]` of small plots count, from 1 to `most`; truth is one-hot `[n, classes, h, w]`.

    A plot that fills a quarter of the square of 104 pixels around it counts once, one of a quarter of that twice.
    """
    here = functional.avg_pool2d(truth[:, 1:], 8)
    around = functional.avg_pool2d(here, 13, 1, 6)
    more = (0.25 / around.clamp(min=1e-6)).sqrt().clamp(1, most)
    return 1 + (truth[:, 1:] * (functional.interpolate(more, truth.shape[2:]) - 1)).sum(1)


def tile_loss(recipe, logits, classes):
    """Cross entropy of whole tiles with softened truth."""
    return functional.cross_entropy(logits, classes, label_smoothing=0.02)


class RunningMean:
    """Exponential running mean of a network's weights; steadier than the weights of any one step."""

    def __init__(self, net, keep):
        self.keep, self.steps = keep, 0
        self.values = {k: v.clone() for k, v in net.state_dict().items() if torch.is_tensor(v)}

    def add(self, net):
        """Takes in the weights of now; early on the mean is shorter."""
        self.steps += 1
        keep = min(self.keep, self.steps / (self.steps + 10))
        for name, value in net.state_dict().items():
            if torch.is_tensor(value) and value.is_floating_point():
                self.values[name].mul_(keep).add_(value, alpha=1 - keep)
            elif torch.is_tensor(value):
                self.values[name].copy_(value)
