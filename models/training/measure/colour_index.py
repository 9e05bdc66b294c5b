"""What colour and size alone can do: excess green above a threshold is a plant, and its size says which.

A baseline to compare networks with: a model of small and large plants on soil should be well above it.
"""

from dataclasses import dataclass

import numpy as np

from measure.objects import components
from render.canvas import IGNORE


@dataclass
class Rule:
    """Box blur of the picture in pixels, threshold, and from how many pixels on a part is of each class."""

    blur_px: int
    threshold: float
    least_px: int
    large_px: int


def excess_green(image, blur_px):
    """2g - r - b of the shares of the three colours `[row, col]`, after a box blur."""
    rgb = image.astype(np.float32)
    for axis in (0, 1):
        if blur_px > 1:
            half = blur_px // 2
            padded = np.pad(rgb, [(half, half) if a == axis else (0, 0) for a in range(3)], mode="edge")
            n = rgb.shape[axis]
            rgb = sum(np.take(padded, range(k, k + n), axis) for k in range(blur_px)) / blur_px
    return (3 * rgb[..., 1] / np.maximum(rgb.sum(-1), 1) - 1).astype(np.float32)


def apply(rule, image, small, large):
    """Class numbers `[row, col]`: parts of `least_px` and more are `small`, of `large_px` and more `large`."""
    numbers, count = components(excess_green(image, rule.blur_px) > rule.threshold)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    table = np.where(sizes >= rule.large_px, large, np.where(sizes >= rule.least_px, small, 0)).astype(np.uint8)
    table[0] = 0
    return table[numbers]


def tune(pairs, small, large, blurs=(1, 3, 5), thresholds=tuple(np.arange(0.04, 0.17, 0.02).round(2))):
    """The rule with the best mean IoU of the two classes on pairs (image, label)."""
    best, best_value = None, -1.0
    for blur_px in blurs:
        indices = [(excess_green(image, blur_px), label) for image, label in pairs]
        for threshold in thresholds:
            # For each part: its size, and how many of its pixels are truly of each class.
            size, true = [], {small: [], large: []}
            for index, label in indices:
                numbers, count = components((index > threshold) & (label != IGNORE))
                size.append(np.bincount(numbers.ravel(), minlength=count + 1)[1:])
                for value in true:
                    true[value].append(np.bincount(numbers[label == value], minlength=count + 1)[1:])
            size, true = np.concatenate(size), {v: np.concatenate(t) for v, t in true.items()}
            totals = {v: sum(int((label == v).sum()) for _, label in indices) for v in true}
            for least_px in (10, 20, 40, 60, 80, 120, 160):
                for large_px in (400, 600, 800, 1000, 1200, 1500, 2000):
                    value = 0.0
                    for v, chosen in ((small, (size >= least_px) & (size < large_px)), (large, size >= large_px)):
                        inter = true[v][chosen].sum()
                        value += inter / (size[chosen].sum() + totals[v] - inter) / 2
                    if value > best_value:
                        best, best_value = Rule(blur_px, float(threshold), least_px, large_px), float(value)
    return best, best_value
