"""Sprites of plants that are taken for opium poppy or cannabis from above.

Sizes in metres; where they come from stands in PLANTS.md.
"""

import numpy as np

from render.drawing import Drawing, vary
from render.fields import srgb

TULIP = (srgb(206, 30, 44), srgb(240, 196, 44), srgb(236, 150, 178), srgb(150, 66, 140), srgb(240, 236, 228))
ICELAND_POPPY = (srgb(240, 140, 30), srgb(244, 206, 60), srgb(242, 238, 226), srgb(232, 110, 60))
PEONY = (srgb(216, 70, 120), srgb(236, 170, 190), srgb(240, 232, 228), srgb(160, 26, 52))
HOLLYHOCK = (srgb(226, 120, 164), srgb(200, 44, 70), srgb(240, 226, 224), srgb(120, 30, 60))
COSMOS = (srgb(222, 120, 180), srgb(242, 236, 238), srgb(190, 40, 110))


def tulip(rng, gsd_m, petal):
    """A tulip: broad bluish leaves, one closed or open cup of 5-7 cm."""
    drawing = Drawing(0.16, gsd_m)
    green = vary(rng, srgb(112, 144, 104))
    for i in range(4):
        drawing.leaf(i * 1.6 + rng.normal(0, 0.3), rng.uniform(0.1, 0.16), 0.045, 0.15, 0.22, vary(rng, green, 0.12))
    row, col = rng.normal(0, 0.015, 2)
    drawing.disc(row, col, rng.uniform(0.024, 0.036), 0.4, vary(rng, petal, 0.1), lobes=3, phase=rng.uniform(0, 3))
    if rng.random() < 0.4:
        drawing.disc(row, col, 0.01, 0.42, petal * 0.45)
    return drawing.sprite()


def iceland_poppy(rng, gsd_m, petal):
    """An Iceland or California poppy: a low tuft of cut leaves, flowers of 5-8 cm."""
    drawing = Drawing(0.18, gsd_m)
    green = vary(rng, srgb(110, 138, 92))
    for _ in range(16):
        drawing.leaf(rng.uniform(0, 6.3), rng.uniform(0.06, 0.14), 0.02, 0.1, 0.14, vary(rng, green, 0.18), teeth=3)
    for _ in range(rng.integers(1, 5)):
        row, col = rng.normal(0, 0.06, 2)
        drawing.disc(row, col, rng.uniform(0.025, 0.04), rng.uniform(0.25, 0.4), vary(rng, petal, 0.1), lobes=4)
        drawing.disc(row, col, 0.008, 0.45, srgb(220, 210, 90))
    return drawing.sprite()


def peony(rng, gsd_m, petal):
    """A peony: a bush of 0.5-0.8 m with full flowers of 10-16 cm."""
    reach = rng.uniform(0.25, 0.4)
    drawing = Drawing(reach + 0.06, gsd_m)
    green = vary(rng, srgb(74, 108, 56))
    for _ in range(40):
        origin = rng.normal(0, reach * 0.35, 2)
        drawing.leaf(rng.uniform(0, 6.3), rng.uniform(0.09, 0.16), 0.05, 0.3, rng.uniform(0.35, 0.6), vary(rng, green, 0.2), origin=tuple(origin))
    for _ in range(rng.integers(1, 7)):
        row, col = rng.normal(0, reach * 0.45, 2)
        radius = rng.uniform(0.05, 0.08)
        drawing.disc(row, col, radius, 0.7, vary(rng, petal, 0.08), lobes=9)
        drawing.disc(row, col, radius * 0.55, 0.73, vary(rng, petal * 0.86, 0.1), lobes=6)
    return drawing.sprite()


def hollyhock(rng, gsd_m, petal):
    """A hollyhock: round leaves, and a leaning stalk with flowers of 8-10 cm one above the other."""
    drawing = Drawing(0.4, gsd_m)
    green = vary(rng, srgb(98, 128, 66))
    for i in range(9):
        drawing.leaf(i * 0.7 + rng.normal(0, 0.2), rng.uniform(0.18, 0.3), 0.16, 0.3, 0.35, vary(rng, green, 0.12))
    lean = rng.uniform(0, 6.3)
    for i in range(rng.integers(3, 8)):
        far = 0.05 * i
        row, col = far * np.sin(lean) + rng.normal(0, 0.015), far * np.cos(lean) + rng.normal(0, 0.015)
        drawing.disc(row, col, rng.uniform(0.038, 0.05), 0.8 + 0.12 * i, vary(rng, petal, 0.1), lobes=5)
    return drawing.sprite()


def cosmos(rng, gsd_m, petal):
    """A cosmos: thread-like leaves, flowers of 6-8 cm with a yellow eye."""
    drawing = Drawing(0.28, gsd_m)
    green = vary(rng, srgb(104, 136, 66))
    for _ in range(40):
        drawing.leaf(rng.uniform(0, 6.3), rng.uniform(0.1, 0.26), 0.014, 0.4, rng.uniform(0.3, 0.7), vary(rng, green, 0.22))
    for _ in range(rng.integers(2, 8)):
        row, col = rng.normal(0, 0.1, 2)
        drawing.disc(row, col, rng.uniform(0.03, 0.04), 0.85, vary(rng, petal, 0.1), lobes=8)
        drawing.disc(row, col, 0.011, 0.9, srgb(226, 186, 50))
    return drawing.sprite()


def lettuce(rng, gsd_m, red=False):
    """A head of lettuce, 25-30 cm: pale crinkled leaves, red ones in some beds."""
    reach = rng.uniform(0.11, 0.16)
    drawing = Drawing(reach, gsd_m)
    green = vary(rng, srgb(118, 66, 66) if red else srgb(150, 186, 92))
    for tier in range(3):
        for i in range(8):
            angle = 2 * np.pi * (i + 0.5 * tier) / 8 + rng.normal(0, 0.2)
            drawing.leaf(angle, reach * (1 - 0.28 * tier), 0.1, 0.05 + 0.04 * tier, 0.1 + 0.04 * tier, vary(rng, green * (1 + 0.1 * tier), 0.1), teeth=4)
    return drawing.sprite()


def garlic(rng, gsd_m):
    """Garlic or onion: a few narrow upright bluish leaves."""
    drawing = Drawing(0.16, gsd_m)
    green = vary(rng, srgb(112, 142, 102))
    for _ in range(7):
        drawing.leaf(rng.uniform(0, 6.3), rng.uniform(0.07, 0.16), 0.018, 0.3, rng.uniform(0.15, 0.4), vary(rng, green, 0.14))
    return drawing.sprite()


def castor(rng, gsd_m):
    """A castor bean: palmate leaves of 30-50 cm on long stalks, green or reddish; taken for cannabis."""
    radius = rng.uniform(0.5, 0.9)
    drawing = Drawing(radius * 1.2, gsd_m)
    green = vary(rng, [srgb(88, 122, 62), srgb(112, 84, 66)][rng.integers(2)])
    for i in range(rng.integers(8, 15)):
        angle, stalk = rng.uniform(0, 6.3), radius * rng.uniform(0.1, 0.75)
        origin = (stalk * np.sin(angle), stalk * np.cos(angle))
        size, level = rng.uniform(0.14, 0.25), 1.0 + 0.08 * i
        colour = vary(rng, green, 0.15)
        for finger in range(8):
            drawing.leaf(angle + finger * 0.785, size, 0.1, level, level - 0.06, colour, origin=origin)
    return drawing.sprite()


def tomato(rng, gsd_m):
    """A staked tomato or pepper plant: dense cut leaves, some red fruits."""
    reach = rng.uniform(0.2, 0.34)
    drawing = Drawing(reach + 0.04, gsd_m)
    green = vary(rng, srgb(84, 118, 52), 0.16)
    for _ in range(34):
        origin = rng.normal(0, reach * 0.4, 2)
        drawing.leaf(rng.uniform(0, 6.3), rng.uniform(0.08, 0.15), 0.04, 0.4, rng.uniform(0.5, 1.0), vary(rng, green, 0.22), teeth=3, origin=tuple(origin))
    for _ in range(rng.integers(0, 5)):
        row, col = rng.normal(0, reach * 0.5, 2)
        drawing.disc(row, col, rng.uniform(0.02, 0.035), 0.9, vary(rng, srgb(206, 50, 34), 0.1))
    return drawing.sprite()


def mugwort(rng, gsd_m):
    """Mugwort, ramie and other tall herbs: tiers of cut or heart-shaped leaves, paler than cannabis."""
    radius = rng.uniform(0.18, 0.4)
    drawing = Drawing(radius * 1.1, gsd_m)
    green = vary(rng, [srgb(98, 126, 72), srgb(120, 140, 98)][rng.integers(2)])
    wide = rng.uniform(0.02, 0.09)
    for tier in range(5):
        reach = radius * (1 - 0.17 * tier)
        for i in range(6):
            angle = i * 1.05 + 0.5 * tier + rng.normal(0, 0.2)
            drawing.leaf(angle, reach, wide, 0.4 + 0.15 * tier, 0.35 + 0.15 * tier, vary(rng, green * (0.85 + 0.08 * tier), 0.14), teeth=5, start=0.2 * reach)
    return drawing.sprite()


def kenaf(rng, gsd_m):
    """Kenaf or jute in a dense stand: a slim tall plant with hand-shaped leaves at its top."""
    drawing = Drawing(0.2, gsd_m)
    green = vary(rng, srgb(90, 128, 58), 0.14)
    for i in range(9):
        angle = rng.uniform(0, 6.3)
        stalk = rng.uniform(0.02, 0.1)
        origin = (stalk * np.sin(angle), stalk * np.cos(angle))
        for finger in range(-2, 3):
            drawing.leaf(angle + 0.5 * finger, 0.09, 0.024, 1.5 + 0.05 * i, 1.45 + 0.05 * i, vary(rng, green, 0.16), origin=origin)
    return drawing.sprite()


def _one_colour(draw, petals):
    """A bed in one colour, or in all of them."""

    def bank(rng, gsd_m):
        petal = petals[rng.integers(len(petals))]
        mixed = rng.random() < 0.3
        return [draw(rng, gsd_m, petals[rng.integers(len(petals))] if mixed else petal) for _ in range(10)]

    return bank


def _plain(draw, count=8):
    return lambda rng, gsd_m: [draw(rng, gsd_m) for _ in range(count)]


def _lettuces(rng, gsd_m):
    red = rng.random() < 0.25
    return [lettuce(rng, gsd_m, red) for _ in range(6)]


BEDS = {  # Kind: function that draws its sprites, and the range of its spacing in metres.
    "iceland_poppy": (_one_colour(iceland_poppy, ICELAND_POPPY), 0.16, 0.3),
    "tulips": (_one_colour(tulip, TULIP), 0.1, 0.2),
    "peony": (_one_colour(peony, PEONY), 0.6, 1.0),
    "hollyhock": (_one_colour(hollyhock, HOLLYHOCK), 0.4, 0.7),
    "cosmos": (_one_colour(cosmos, COSMOS), 0.25, 0.45),
    "lettuce": (_lettuces, 0.25, 0.35),
    "garlic": (_plain(garlic), 0.1, 0.2),
    "castor": (_plain(castor, 5), 1.0, 1.8),
    "tomato": (_plain(tomato, 6), 0.4, 0.6),
    "mugwort": (_plain(mugwort), 0.3, 0.6),
    "kenaf": (_plain(kenaf), 0.12, 0.2),
}
