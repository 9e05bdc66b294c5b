"""Sprites of herbs and crops seen from above: opium poppy, cannabis, and what looks like them.

Sizes in metres; where they come from stands in PLANTS.md.
"""

import numpy as np

from render.drawing import Drawing, vary
from render.fields import srgb

POPPY_PETALS = {
    "white": srgb(240, 236, 234),
    "pink": srgb(233, 158, 186),
    "red": srgb(203, 30, 46),
    "purple": srgb(146, 72, 150),
}
POPPY_LEAF = srgb(128, 148, 116)  # Glaucous: a blue-green with a waxy bloom.
POPPY_LEAF_GREEN = srgb(112, 140, 84)
POPPY_CAPSULE = srgb(164, 184, 144)
POPPY_STRAW = srgb(176, 166, 118)  # Leaves and capsules as they ripen.
CANNABIS_LEAF = srgb(72, 114, 50)
CORN_POPPY_PETAL = srgb(222, 52, 28)


def poppy_flower(drawing, rng, row, col, height, petal):
    """An open flower of 8-10 cm: four broad petals, often a dark blotch, a pale capsule inside."""
    radius = rng.uniform(0.04, 0.052)
    petal = vary(rng, petal, 0.1)
    drawing.disc(row, col, radius, height, petal, lobes=4, phase=rng.uniform(0, np.pi))
    if rng.random() < 0.4:
        drawing.disc(row, col, radius * 0.36, height + 0.01, petal * np.float32([0.45, 0.3, 0.5]))
    drawing.disc(row, col, 0.009, height + 0.02, POPPY_CAPSULE)


def opium_poppy(rng, gsd_m, stage, petal, openness=0.7, greenness=0.0):
    """One opium poppy plant; `stage` is rosette, bud, flower or capsule.

    `openness` is the share of heads in flower, the others being capsules; `greenness` turns the waxy
    leaf colour towards plain green, in the capsule stage towards straw.
    """
    reach = {"rosette": rng.uniform(0.09, 0.15)}.get(stage, rng.uniform(0.16, 0.25))
    drawing = Drawing(reach + 0.1, gsd_m)
    tall = {"rosette": 0.12, "bud": rng.uniform(0.4, 0.6)}.get(stage, rng.uniform(0.6, 0.9))
    ripe = POPPY_STRAW if stage == "capsule" else POPPY_LEAF_GREEN
    leaf = vary(rng, POPPY_LEAF + greenness * (ripe - POPPY_LEAF))
    for tier in range(1 if stage == "rosette" else 3):
        level = tall * (0.4 + 0.2 * tier)
        length = reach * (1.0 - 0.22 * tier)
        start = rng.uniform(0, 2 * np.pi)
        count = rng.integers(5, 8)
        for i in range(count):
            angle = start + 2 * np.pi * i / count + rng.normal(0, 0.2)
            drawing.leaf(angle, length * rng.uniform(0.8, 1.1), 0.085, level, level - 0.05, vary(rng, leaf, 0.1), teeth=3)
    heads = 0 if stage == "rosette" else rng.integers(2, 5)
    for _ in range(heads):
        row, col = rng.normal(0, 0.08, 2)
        if stage == "bud":
            drawing.disc(row, col, 0.014, tall, vary(rng, srgb(126, 152, 112)))
        elif stage == "capsule":
            colour = POPPY_CAPSULE + greenness * (POPPY_STRAW - POPPY_CAPSULE)
            drawing.disc(row, col, rng.uniform(0.012, 0.024), tall + rng.uniform(0, 0.1), vary(rng, colour))
        elif rng.random() < openness:
            poppy_flower(drawing, rng, row, col, tall + rng.uniform(0, 0.1), petal)
        else:
            drawing.disc(row, col, rng.uniform(0.014, 0.024), tall + 0.05, vary(rng, POPPY_CAPSULE))
    return drawing.sprite()


def corn_poppy(rng, gsd_m, petal=CORN_POPPY_PETAL):
    """A corn poppy: thin hairy green foliage, several flowers of 5-6 cm on many branches."""
    drawing = Drawing(0.2, gsd_m)
    green = vary(rng, srgb(88, 118, 58))
    drawing.tuft(rng, 14, (0.06, 0.16), 0.02, 0.2, (0.1, 0.3), green, 0.2)
    for _ in range(rng.integers(3, 9)):
        row, col = rng.normal(0, 0.08, 2)
        radius = rng.uniform(0.025, 0.031)
        height = rng.uniform(0.35, 0.55)
        drawing.disc(row, col, radius, height, vary(rng, petal, 0.15), lobes=4)
        if rng.random() < 0.4:  # A dark eye, at this size hardly a pixel.
            drawing.disc(row, col, 0.008, height + 0.02, petal * 0.3)
    return drawing.sprite()


def cannabis(rng, gsd_m, crown_m=None):
    """A cannabis plant: tiers of long-stalked palmate leaves with 5-9 serrated leaflets each."""
    radius = 0.5 * (crown_m or rng.uniform(0.5, 1.2))
    drawing = Drawing(radius * 1.1, gsd_m)
    tall = 0.8 + 1.2 * radius + rng.uniform(-0.15, 0.25)
    green = vary(rng, CANNABIS_LEAF, 0.14)
    tiers = int(4 + radius * 5)
    for tier in range(tiers):
        t = tier / (tiers - 1)
        level = tall * (0.35 + 0.65 * t)
        reach = radius * (1.0 - 0.85 * t)
        count = rng.integers(5, 8)
        start = rng.uniform(0, 2 * np.pi)
        for i in range(count):
            angle = start + 2 * np.pi * i / count + rng.normal(0, 0.25)
            stalk = reach * rng.uniform(0.35, 0.6)
            origin = (stalk * np.sin(angle), stalk * np.cos(angle))
            colour = vary(rng, green * (0.75 + 0.6 * t), 0.16)
            size = max(0.09, min(0.21, reach * 0.7)) * rng.uniform(0.85, 1.15)
            for finger in range(-3, 4):
                length = size * (1.0 - 0.13 * abs(finger))
                drawing.leaf(angle + finger * 0.42, length, 0.16 * size + 0.014, level, level - 0.1, colour, teeth=5, origin=origin)
    for _ in range(6):
        drawing.leaf(rng.uniform(0, 2 * np.pi), 0.07, 0.02, tall + 0.05, tall + 0.08, green * 1.6)
    return drawing.sprite()


def maize(rng, gsd_m, size=1.0):
    """A maize plant: long narrow arching leaves, mostly in one plane."""
    reach = rng.uniform(0.3, 0.48) * size
    drawing = Drawing(reach, gsd_m)
    green = vary(rng, srgb(104, 142, 62))
    plane = rng.uniform(0, np.pi)
    for i in range(rng.integers(7, 11)):
        angle = plane + (i % 2) * np.pi + rng.normal(0, 0.35)
        level = size * (0.4 + 0.12 * i)
        drawing.leaf(angle, reach * rng.uniform(0.6, 1.0), 0.07 * size + 0.01, level, level - 0.15, vary(rng, green, 0.15))
    return drawing.sprite()


def cabbage(rng, gsd_m):
    """Cabbage or another brassica head: broad rounded leaves, some of them bluish like a poppy's."""
    reach = rng.uniform(0.13, 0.24)
    drawing = Drawing(reach, gsd_m)
    green = vary(rng, [srgb(122, 148, 100), srgb(124, 146, 118), srgb(132, 158, 88)][rng.integers(3)])
    for tier in range(3):
        for i in range(7):
            angle = 2 * np.pi * (i + 0.4 * tier) / 7 + rng.normal(0, 0.15)
            drawing.leaf(angle, reach * (1 - 0.28 * tier), 0.13, 0.08 + 0.05 * tier, 0.12 + 0.05 * tier, vary(rng, green * (1 + 0.12 * tier), 0.08))
    return drawing.sprite()


def leafy_vegetable(rng, gsd_m):
    """Lettuce, garlic, beans and the like: a small tuft, in many greens, sometimes reddish."""
    palette = [srgb(138, 176, 74), srgb(84, 126, 54), srgb(104, 140, 92), srgb(120, 78, 76), srgb(150, 178, 104)]
    reach = rng.uniform(0.07, 0.15)
    drawing = Drawing(reach, gsd_m)
    green = vary(rng, palette[rng.choice(5, p=[0.3, 0.3, 0.2, 0.06, 0.14])])
    wide = rng.uniform(0.02, 0.09)
    for _ in range(rng.integers(6, 11)):
        drawing.leaf(rng.uniform(0, 2 * np.pi), reach * rng.uniform(0.7, 1), wide, 0.08, rng.uniform(0.06, 0.2), vary(rng, green, 0.14))
    return drawing.sprite()


def safflower(rng, gsd_m):
    """Safflower: spiny green bush with orange heads of 3 cm."""
    drawing = Drawing(0.2, gsd_m)
    green = vary(rng, srgb(92, 122, 60))
    drawing.tuft(rng, 16, (0.08, 0.18), 0.035, 0.35, (0.25, 0.5), green, 0.15)
    for _ in range(rng.integers(2, 6)):
        row, col = rng.normal(0, 0.08, 2)
        drawing.disc(row, col, rng.uniform(0.014, 0.02), 0.6, vary(rng, srgb(236, 132, 30), 0.15))
    return drawing.sprite()


def garden_flower(rng, gsd_m, petal):
    """A garden herb with a few flowers of 3-7 cm in one colour: cosmos, peony, hollyhock."""
    drawing = Drawing(0.22, gsd_m)
    green = vary(rng, srgb(82, 118, 52), 0.18)
    drawing.tuft(rng, 18, (0.08, 0.2), 0.045, 0.3, (0.2, 0.5), green, 0.2)
    for _ in range(rng.integers(1, 4)):
        row, col = rng.normal(0, 0.08, 2)
        drawing.disc(row, col, rng.uniform(0.015, 0.034), 0.6, vary(rng, petal, 0.15), lobes=int(rng.integers(5, 9)))
    return drawing.sprite()


def weed_tuft(rng, gsd_m):
    """A tuft of grass or a broad-leaved weed."""
    reach = rng.uniform(0.08, 0.3)
    drawing = Drawing(reach, gsd_m)
    green = vary(rng, [srgb(112, 132, 62), srgb(92, 120, 58), srgb(146, 142, 84)][rng.integers(3)], 0.2)
    for _ in range(rng.integers(10, 22)):
        drawing.leaf(rng.uniform(0, 2 * np.pi), reach * rng.uniform(0.5, 1), rng.uniform(0.02, 0.05), 0.1, rng.uniform(0.05, 0.4), vary(rng, green, 0.2))
    return drawing.sprite()
