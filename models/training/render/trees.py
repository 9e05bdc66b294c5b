"""Sprites of trees and shrubs seen from above."""

import numpy as np

from render.canvas import HOLE, Sprite, sprite_axes
from render.fields import fractal_noise, smooth_noise, srgb

GREENS = [srgb(76, 104, 46), srgb(92, 118, 58), srgb(66, 92, 50), srgb(112, 128, 62), srgb(84, 108, 70)]


def broadleaf(rng, gsd_m, radius_m, tall_m):
    """A rounded crown made of leaf clumps, ragged and porous at the rim."""
    y, x = sprite_axes(radius_m * 1.15, gsd_m)
    shape = y.shape
    angle = np.arctan2(y, x)
    wobble = sum(rng.normal(0, 0.09 / k) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (2, 3, 5, 7))
    r = np.hypot(y, x) / (radius_m * (0.92 + wobble))
    boughs = smooth_noise(rng, shape, 0.7 / gsd_m)
    clumps = fractal_noise(rng, shape, 0.28 / gsd_m, 3, 0.8)
    leaves = smooth_noise(rng, shape, max(1.2, 0.05 / gsd_m))
    dome = np.sqrt(np.clip(1.0 - r**2, 0.0, 1.0))
    height = tall_m * (0.45 + 0.55 * dome) + 0.22 * boughs + 0.2 * clumps + 0.09 * leaves
    solid = (r < 1.0) & (0.35 * clumps + 0.25 * leaves + 2.6 * (1.0 - r) > rng.uniform(-0.1, 0.35))
    green = GREENS[rng.integers(len(GREENS))] * rng.uniform(0.8, 1.2)
    shade = np.clip(1.0 + 0.14 * boughs + 0.16 * clumps + 0.2 * leaves, 0.35, 1.8)
    yellow = np.clip(0.5 + 0.3 * clumps, 0, 1)[..., None] * np.float32([0.10, 0.05, -0.05])
    rgb = (green * (1 + yellow)) * shade[..., None]
    return Sprite(rgb.astype(np.float32), np.where(solid, height, HOLE).astype(np.float32))


def conifer(rng, gsd_m, radius_m, tall_m):
    """A pine or fir: a cone of whorled branches."""
    y, x = sprite_axes(radius_m * 1.1, gsd_m)
    r = np.hypot(y, x) / radius_m
    angle = np.arctan2(y, x)
    count = int(rng.integers(9, 14))
    spokes = np.cos(count * angle + 3.0 * np.sin(5 * r + rng.uniform(0, 6)) + rng.uniform(0, 6))
    needles = fractal_noise(rng, y.shape, 0.12 / gsd_m, 2, 0.9)
    rim = 0.8 + 0.2 * spokes + 0.12 * needles
    height = tall_m * (1.0 - 0.8 * r) + 0.18 * spokes * np.clip(r * 3, 0, 1) + 0.12 * needles
    green = srgb(62, 92, 58) * rng.uniform(0.8, 1.2)
    rgb = green * np.clip(1.0 + 0.15 * spokes + 0.22 * needles, 0.3, 1.8)[..., None]
    return Sprite(rgb.astype(np.float32), np.where(r < rim, height, HOLE).astype(np.float32))


def shrub(rng, gsd_m):
    """A bush of 0.5-1.5 m, on banks and along walls."""
    radius = rng.uniform(0.25, 0.8)
    return broadleaf(rng, gsd_m, radius, radius * rng.uniform(0.8, 1.3))


def flowering_shrub(rng, gsd_m, petal):
    """An azalea or rhododendron: a bush speckled with blossom, a look-alike of a dense poppy plot."""
    sprite = broadleaf(rng, gsd_m, rng.uniform(0.35, 1.0), rng.uniform(0.6, 1.4))
    spots = smooth_noise(rng, sprite.height.shape, max(1.3, 0.045 / gsd_m)) > rng.uniform(0.6, 1.3)
    sprite.rgb[spots] = petal * rng.uniform(0.7, 1.1)
    return sprite


def tree_bank(rng, gsd_m, count):
    """A set of trees to draw from: building a crown is dear, stamping it is cheap."""
    bank = []
    for _ in range(count):
        if rng.random() < 0.25:
            radius = rng.uniform(1.0, 1.9)
            bank.append(conifer(rng, gsd_m, radius, radius * rng.uniform(2.0, 3.2)))
        else:
            radius = rng.uniform(1.1, 2.8)
            bank.append(broadleaf(rng, gsd_m, radius, radius * rng.uniform(1.3, 2.0)))
    return bank
