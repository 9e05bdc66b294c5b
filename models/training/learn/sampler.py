"""Draws augmented crops and tiles from labelled images: rendered scenes, own chips, or both."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from learn.tiles import grown, tile_class
from render.fields import smooth_noise

CELL = 8  # Pixels: places to draw at are cells of 20 cm at 2.5 cm.
BLOCK = 8  # Cells: 1.6 m at 2.5 cm.
CROWD = 0.75  # How much less often a cell is drawn when many of its class are around; at 1 a plot's size would not count.


def resized(image, label, shape):
    """Image (bilinear) and label (nearest) at another size."""
    size = (shape[1], shape[0])
    return (
        np.asarray(Image.fromarray(image).resize(size, Image.BILINEAR)),
        np.asarray(Image.fromarray(label).resize(size, Image.NEAREST)),
    )


def in_cells(mask):
    """Whether any pixel of each cell `[row, col]` of `CELL` pixels is in a mask."""
    padded = np.pad(mask, [(0, -n % CELL) for n in mask.shape])
    return padded.reshape(padded.shape[0] // CELL, CELL, -1, CELL).any((1, 3))


def box_sums(mask, reach):
    """How many cells of a mask lie within `reach` rows and columns of each."""
    total = np.pad(mask.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    (top, bottom), (left, right) = (
        (np.clip(np.arange(n) - reach, 0, n), np.clip(np.arange(n) + reach + 1, 0, n)) for n in mask.shape
    )
    return total[bottom][:, right] - total[top][:, right] - total[bottom][:, left] + total[top][:, left]


class Places:
    """Where to draw crops: scene, row and column, each with a weight."""

    def __init__(self):
        self.scenes, self.rows, self.cols, self.weights = [], [], [], []
        self.summed = None

    def add(self, scene, rows, cols, weights):
        """Adds places of one scene."""
        self.scenes += [scene] * len(rows)
        self.rows += rows.tolist()
        self.cols += cols.tolist()
        self.weights += weights.tolist()
        self.summed = None

    def draw(self, rng):
        """(scene, row, col) of one, as often as its weight says."""
        if self.summed is None:
            self.summed = np.cumsum(self.weights)
        at = min(int(np.searchsorted(self.summed, rng.random() * self.summed[-1], "right")), len(self.scenes) - 1)
        return self.scenes[at], self.rows[at], self.cols[at]


class CropSampler:
    """Draws augmented crops, a recipe's share of them near each class.

    `sources` are lists of pairs (image `[row, col, rgb]`, label `[row, col]`, both uint8);
    `source_shares` says how often each list is drawn from, by default as often as it has pixels.
    """

    def __init__(self, sources, recipe, seed, source_shares=None):
        self.recipe = recipe
        self.rng = np.random.default_rng(seed)
        least = recipe.tile_px if recipe.kind == "tile" else 1
        self.scenes, self.ranges = [], []
        for source in sources:
            start = len(self.scenes)
            self.scenes += [grown(image, label, least) for image, label in source]
            self.ranges.append((start, len(self.scenes)))
        sizes = np.array([label.size for _, label in self.scenes], float)
        shares = source_shares or [sizes[a:b].sum() for a, b in self.ranges]
        self.source_shares = np.array(shares, float) / sum(shares)
        self.image_shares = [sizes[a:b] / sizes[a:b].sum() for a, b in self.ranges]
        # places[source][class]; those of class 0 come from `mine`.
        self.places = [{value: Places() for value in range(len(recipe.classes))} for _ in sources]
        for source, (start, stop) in enumerate(self.ranges):
            for number in range(start, stop):
                for value in range(1, len(recipe.classes)):
                    self._add(source, value, number, self.scenes[number][1] == value)

    def _add(self, source, value, number, mask):
        """Keeps at most two cells of a mask in each square of `BLOCK` cells, weighted so that small plots are drawn as well as large ones."""
        cells = in_cells(mask)
        rows, cols = np.nonzero(cells)
        order = self.rng.permutation(len(rows))
        rows, cols = rows[order], cols[order]
        _, first, block = np.unique((rows // BLOCK) * 10_000 + cols // BLOCK, return_index=True, return_inverse=True)
        later = np.ones(len(rows), bool)
        later[first] = False
        second = np.unique(block[later], return_index=True)[1]
        kept = np.concatenate([first, np.flatnonzero(later)[second]])
        rows, cols = rows[kept], cols[kept]
        around = box_sums(cells, BLOCK)[rows, cols]
        self.places[source][value].add(number, rows * CELL, cols * CELL, around.astype(float) ** -CROWD)

    def mine(self, predict, threads=1):
        """Keeps the places where a model sees a target that is not there; later crops go there often.

        `predict` maps an image `[row, col, rgb]` uint8 to the probability of any target `[row, col]`, in any thread.
        Returns how many places were found.
        """

        def mistaken(number):
            image, label = self.scenes[number]
            return (predict(image) > 0.4) & (label == 0)

        with ThreadPoolExecutor(threads) as pool:
            for source, (start, stop) in enumerate(self.ranges):
                for number, mask in zip(range(start, stop), pool.map(mistaken, range(start, stop))):
                    self._add(source, 0, number, mask)
        return sum(len(places[0].scenes) for places in self.places)

    def window(self, size, value):
        """Image and label of a crop near a pixel of class `value`; for 0 near a mined mistake or anywhere."""
        rng = self.rng
        source = rng.choice(len(self.ranges), p=self.source_shares) if len(self.ranges) > 1 else 0
        places = self.places[source][value]
        if places.scenes and (value or rng.random() < 0.7):
            number, row, col = places.draw(rng)
            row, col = row - rng.integers(0, size), col - rng.integers(0, size)
        else:
            start, stop = self.ranges[source]
            number = start + rng.choice(stop - start, p=self.image_shares[source])
            height, width = self.scenes[number][1].shape
            row, col = rng.integers(0, max(1, height - size + 1)), rng.integers(0, max(1, width - size + 1))
        image, label = self.scenes[number]
        row = max(0, min(row, label.shape[0] - size))
        col = max(0, min(col, label.shape[1] - size))
        here = (slice(row, row + size), slice(col, col + size))
        return grown(image[here], label[here], size)

    def segmentation_batch(self, count, size):
        """Float images `[n, 3, h, w]` 0-1 and labels `[n, h, w]`."""
        pairs = []
        for _ in range(count):
            value = self.rng.choice(len(self.recipe.sampling), p=self.recipe.sampling)
            seen = size
            if self.recipe.scale and self.rng.random() < 0.5:
                seen = round(size * np.exp(self.rng.uniform(-self.recipe.scale, self.recipe.scale)))
            image, label = self.window(seen, value)
            if seen != size:
                image, label = resized(image, label, (size, size))
            pairs.append(self.augment(image, label))
        return np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])

    def tile_batch(self, count):
        """Float tiles `[n, 3, tile, tile]` 0-1 and classes `[n]`."""
        recipe, images, classes, tries = self.recipe, [], [], 0
        while len(images) < count:
            value = self.rng.choice(len(recipe.sampling), p=recipe.sampling)
            image, label = self.window(recipe.tile_px, value)
            kind = tile_class(label, len(recipe.classes), recipe.positive_share)
            tries += 1
            if tries > 1000 * count:
                raise ValueError(f"hardly any window of {recipe.tile_px} px is clearly one class or clearly background")
            if kind is None or kind != value:
                continue
            images.append(self.augment(image, label)[0])
            classes.append(kind)
        return np.stack(images), np.array(classes)

    def augment(self, image, label):
        """Turns, flips, light, white balance, gamma, noise, and black nodata corners."""
        rng, light = self.rng, self.recipe.light
        turns = rng.integers(4)
        image, label = np.rot90(image, turns), np.rot90(label, turns)
        if rng.random() < 0.5:
            image, label = image[:, ::-1], label[:, ::-1]
        image = image.astype(np.float32) / 255.0
        label = label.astype(np.int64)
        gain = np.exp(rng.normal(0, 0.13 * light)) * np.exp(rng.normal(0, 0.04 * light, 3)).astype(np.float32)
        image = np.clip(image * gain, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.1 * light)))
        grey = image.mean(-1, keepdims=True)
        image = grey + (image - grey) * np.float32(rng.uniform(1 - 0.25 * light, 1 + 0.35 * light))
        if rng.random() < 0.3:
            image = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(0, 0.025))
        image = np.clip(image, 0, 1)
        if rng.random() < 0.08:
            size = image.shape[0]
            y, x = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
            cut = np.cos(a := rng.uniform(0, 6.3)) * (x - size / 2) + np.sin(a) * (y - size / 2)
            outside = cut + 4 * smooth_noise(rng, (size, size), 30) > rng.uniform(0, size / 2)
            image = np.where(outside[..., None], np.float32(0), image)
            label = np.where(outside, 0, label)
        return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32), np.ascontiguousarray(label)
