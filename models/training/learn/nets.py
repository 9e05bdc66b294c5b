"""The two networks: PlotSegmenter (a small U-Net) and TileClassifier. Plain convolutions only.

No layer looks further than its kernel, so an output pixel depends on a bounded neighbourhood:
tiles that overlap enough give exactly what the whole image would give.
How wide and how deep they are stands in the recipe, and the recipe is kept with the weights.
"""

import torch
from torch import nn
from torch.nn import functional

from learn.recipes import Recipe


def _conv(inputs, outputs, stride=1, kernel=3):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _level(inputs, outputs, convolutions, stride):
    rest = [_conv(outputs, outputs) for _ in range(convolutions - 1)]
    return nn.Sequential(_conv(inputs, outputs, stride), *rest)


class SelfDescribing(nn.Module):
    """A network that keeps its recipe in its state dictionary, so that a weights file says what it is."""

    def __init__(self, recipe):
        super().__init__()
        self.recipe = recipe

    def get_extra_state(self):
        return self.recipe.packed()

    def set_extra_state(self, state):
        seen = Recipe.unpacked(state)
        if (seen.kind, seen.classes, seen.net) != (self.recipe.kind, self.recipe.classes, self.recipe.net):
            raise ValueError(f"weights are of `{seen.name}` with classes {seen.classes}, wanted `{self.recipe.name}` with {self.recipe.classes}")


class PlotSegmenter(SelfDescribing):
    """RGB 0-1 `[n, 3, h, w]` to logits `[n, classes, h, w]`; h and w are multiples of `stride_px`.

    Settings: `widths` and `convolutions`, channels and 3x3 convolutions at 1, 1/2, 1/4 ... of the size;
    `merge` and `decoder`, channels where a coarser level meets a finer one and after it, coarse to fine,
    down to half the size; `head`, how the last step to full size is made: `bilinear`, or `shuffle`
    with its own logits for each of the four pixels.
    """

    def __init__(self, recipe):
        super().__init__(recipe)
        widths, convolutions, merge, decoder = (recipe.net[k] for k in ("widths", "convolutions", "merge", "decoder"))
        self.stride_px = 2 ** (len(widths) - 1)
        inputs = (3, *widths)
        self.encoder = nn.ModuleList(
            _level(inputs[i], widths[i], convolutions[i], 1 if i == 0 else 2) for i in range(len(widths))
        )
        coarse, skip = (widths[-1], *decoder[:-1]), widths[-2:0:-1]
        self.up = nn.ModuleList(nn.Conv2d(c, m, 1) for c, m in zip(coarse, merge))
        self.skip = nn.ModuleList(nn.Conv2d(s, m, 1) for s, m in zip(skip, merge))
        self.decoder = nn.ModuleList(_conv(m, d) for m, d in zip(merge, decoder))
        self.shuffle = recipe.net["head"] == "shuffle"
        self.head = nn.Conv2d(decoder[-1], len(recipe.classes) * (4 if self.shuffle else 1), 1)

    def forward(self, image):
        levels, now = [], image - 0.45
        for level in self.encoder:
            now = level(now)
            levels.append(now)
        for up, skip, out, fine in zip(self.up, self.skip, self.decoder, levels[-2:0:-1]):
            now = functional.interpolate(up(now), scale_factor=2.0, mode="nearest")
            now = out(functional.relu(now + skip(fine)))
        if self.shuffle:
            return functional.pixel_shuffle(self.head(now), 2)
        return functional.interpolate(self.head(now), scale_factor=2.0, mode="bilinear", align_corners=False)


class TileClassifier(SelfDescribing):
    """RGB 0-1 `[n, 3, tile, tile]` to logits `[n, classes]`: local evidence, its mean and its maximum.

    Setting: `layers`, channels and stride of one 3x3 convolution after the other. Few of them look at the full size and
    most have 64 channels or more: there 8-bit arithmetic gains most.
    """

    stride_px = 1

    def __init__(self, recipe):
        super().__init__(recipe)
        layers = recipe.net["layers"]
        inputs = (3, *(outputs for outputs, _ in layers))
        self.features = nn.Sequential(*(_conv(inputs[i], outputs, stride) for i, (outputs, stride) in enumerate(layers)))
        self.head = nn.Linear(2 * inputs[-1], len(recipe.classes))

    def forward(self, image):
        features = self.features(image - 0.45)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return self.head(functional.dropout(pooled, 0.2, self.training))


def build(recipe):
    """The network of a recipe, with random weights."""
    return {"segmentation": PlotSegmenter, "tile": TileClassifier}[recipe.kind](recipe)


def receptive_field_px(net):
    """Widest distance in pixels from which an input pixel reaches a segmenter's output pixel, times two.

    Follows the ranges of pixels that each layer reads, from the output back to the image.
    """
    depths = [len(level) for level in net.encoder]

    def in_image(low, high, level):
        """The range of the image that a range of an encoder level comes from."""
        for step in range(level, -1, -1):
            low, high = low - depths[step] + 1, high + depths[step] - 1  # All convolutions but the first.
            low, high = (2 * low - 1, 2 * high + 1) if step else (low - 1, high + 1)
        return low, high

    reach = 0
    for at in range(net.stride_px):
        low, high = (at // 2, at // 2) if net.shuffle else ((at - 1) // 2, (at - 1) // 2 + 1)
        ranges = []
        for level in range(1, len(depths) - 1):
            low, high = low - 1, high + 1  # The convolution after joining.
            ranges.append(in_image(low, high, level))
            low, high = low // 2, high // 2
        ranges.append(in_image(low, high, len(depths) - 1))
        reach = max(reach, *(at - first for first, _ in ranges), *(last - at for _, last in ranges))
    return 2 * reach


def parameter_count(net):
    """Number of trained values."""
    return sum(p.numel() for p in net.parameters())
