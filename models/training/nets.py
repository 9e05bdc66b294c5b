"""The two networks: PlotSegmenter (a small U-Net) and TileClassifier. Plain convolutions only.

No layer looks further than its kernel, so an output pixel depends on a bounded neighbourhood:
tiles that overlap enough give exactly what the whole image would give.
"""

import torch
from torch import nn
from torch.nn import functional

CLASSES = ("background", "opium_poppy", "cannabis")
SEGMENTER_STRIDE_PX = 8


def _conv(inputs, outputs, stride=1, kernel=3):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class PlotSegmenter(nn.Module):
    """RGB 0-1 `[n, 3, h, w]` to logits `[n, 3, h, w]`; h and w are multiples of 8."""

    def __init__(self):
        super().__init__()
        self.at_1 = _conv(3, 8)
        self.at_2 = nn.Sequential(_conv(8, 20, 2), _conv(20, 20))
        self.at_4 = nn.Sequential(_conv(20, 48, 2), _conv(48, 48))
        self.at_8 = nn.Sequential(_conv(48, 64, 2), _conv(64, 64), _conv(64, 64), _conv(64, 64))
        self.up_8_to_4 = nn.Conv2d(64, 40, 1)
        self.skip_4 = nn.Conv2d(48, 40, 1)
        self.out_4 = _conv(40, 32)
        self.up_4_to_2 = nn.Conv2d(32, 20, 1)
        self.skip_2 = nn.Conv2d(20, 20, 1)
        self.out_2 = _conv(20, 20)
        self.head = nn.Conv2d(20, len(CLASSES), 1)

    def forward(self, image):
        half = self.at_2(self.at_1(image - 0.45))
        quarter = self.at_4(half)
        eighth = self.at_8(quarter)
        up = functional.interpolate(self.up_8_to_4(eighth), scale_factor=2.0, mode="nearest")
        quarter = self.out_4(functional.relu(up + self.skip_4(quarter)))
        up = functional.interpolate(self.up_4_to_2(quarter), scale_factor=2.0, mode="nearest")
        half = self.out_2(functional.relu(up + self.skip_2(half)))
        return functional.interpolate(self.head(half), scale_factor=2.0, mode="bilinear", align_corners=False)


class TileClassifier(nn.Module):
    """RGB 0-1 `[n, 3, 128, 128]` to logits `[n, 3]`: local evidence, its mean and its maximum."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            _conv(3, 12), _conv(12, 24, 2), _conv(24, 24), _conv(24, 48, 2), _conv(48, 48),
            _conv(48, 64, 2), _conv(64, 64), _conv(64, 96, 2), _conv(96, 96),
        )
        self.head = nn.Linear(192, len(CLASSES))

    def forward(self, image):
        features = self.features(image - 0.45)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return self.head(functional.dropout(pooled, 0.2, self.training))


def receptive_field_px(net, size=256):
    """Widest distance in pixels at which an input pixel touches the segmenter's centre, times two."""
    net = net.double().eval()
    image = torch.full((1, 3, size, size), 0.5, dtype=torch.double)
    image += 0.1 * torch.randn(image.shape, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    reach = 0
    for at in range(size // 2, size // 2 + SEGMENTER_STRIDE_PX):
        probe = image.clone().requires_grad_(True)
        net(probe)[0, :, at, at].sum().backward()
        touched = probe.grad.abs().sum((0, 1)).nonzero()
        reach = max(reach, int((touched - at).abs().max()))
    net.float()
    return 2 * reach


def parameter_count(net):
    """Number of trained values."""
    return sum(p.numel() for p in net.parameters())
