"""Drawing a plant from above: leaves and discs with heights, of which the highest one shows."""

import numpy as np

from render.canvas import HOLE, Sprite, sprite_axes


class Drawing:
    """A sprite under work: leaves and discs are added, the highest one shows."""

    def __init__(self, radius_m, gsd_m):
        self.y, self.x = sprite_axes(radius_m, gsd_m)
        self.height = np.full(self.y.shape, HOLE, np.float32)
        self.rgb = np.zeros((*self.y.shape, 3), np.float32)

    def put(self, inside, height, colour):
        """Colours the pixels `inside` where `height` is more than what is there."""
        wins = inside & (height > self.height)
        self.height[wins] = np.broadcast_to(height, self.height.shape)[wins]
        self.rgb[wins] = np.broadcast_to(colour, self.rgb.shape)[wins]

    def leaf(self, angle, length, width, foot, tip, colour, start=0.0, teeth=0, origin=(0.0, 0.0)):
        """One leaf from `start` to `length` along `angle`, arching from `foot` to `tip` metres."""
        y, x = self.y - origin[0], self.x - origin[1]
        along = x * np.cos(angle) + y * np.sin(angle)
        across = np.abs(-x * np.sin(angle) + y * np.cos(angle))
        t = (along - start) / max(length - start, 1e-6)
        half = 0.5 * width * np.sqrt(np.clip(4.0 * t * (1.0 - t), 0.0, 1.0))
        if teeth:
            half = half * (0.75 + 0.25 * np.sin(t * np.pi * 2 * teeth))
        inside = (t > 0) & (t < 1) & (across < half)
        arch = foot + (tip - foot) * t + 0.25 * length * t * (1.0 - t)
        rib = np.where(across < 0.18 * half, 1.12, 1.0)[..., None]
        self.put(inside, arch.astype(np.float32), colour * rib)

    def tuft(self, rng, count, length, width, foot, tip, colour, amount):
        """Leaves from the middle to all sides; `length` and `tip` are ranges in metres, `amount` how colours differ."""
        for _ in range(count):
            self.leaf(rng.uniform(0, 2 * np.pi), rng.uniform(*length), width, foot, rng.uniform(*tip), vary(rng, colour, amount))

    def disc(self, row_m, col_m, radius, height, colour, lobes=0, phase=0.0):
        """A disc or a lobed flower, slightly cupped."""
        y, x = self.y - row_m, self.x - col_m
        r = np.hypot(y, x)
        edge = radius
        if lobes:
            edge = radius * (0.86 + 0.14 * np.cos(lobes * (np.arctan2(y, x) + phase)))
        self.put(r < edge, (height + 0.15 * r).astype(np.float32), colour)

    def sprite(self):
        """The finished sprite."""
        return Sprite(self.rgb, self.height)


def vary(rng, colour, amount=0.12):
    """A colour a little lighter or darker, and a little off in each band."""
    return colour * rng.uniform(1 - amount, 1 + amount) * rng.uniform(1 - amount / 3, 1 + amount / 3, 3).astype(np.float32)
