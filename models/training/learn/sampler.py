"""Draws augmented crops and tiles from labelled images: rendered scenes, own chips, or both."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from learn.tiles import grown, tile_class
from render.fields import smooth_noise

BLOCK = 8  # Places, of 8 px each: 1.6 m at 2.5 cm.


def resized(image, label, shape):
    """Image (bilinear) and label (nearest) at another size."""
    size = (shape[1], shape[0])
    return (
        np.asarray(Image.fromarray(image).resize(size, Image.BILINEAR)),
        np.asarray(Image.fromarray(label).resize(size, Image.NEAREST)),
    )


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
        # places[source][class]: (scene, row, col); those of class 0 come from `mine`.
        self.places = [{value: [] for value in range(len(recipe.classes))} for _ in sources]
        for source, (start, stop) in enumerate(self.ranges):
            for number in range(start, stop):
                coarse = self.scenes[number][1][::8, ::8]
                for value in range(1, len(recipe.classes)):
                    self._add(source, value, number, coarse == value)

    def _add(self, source, value, number, coarse):
        """Keeps at most two places in each square of `BLOCK` places, so that small plots are drawn as well as large ones."""
        rows, cols = np.nonzero(coarse)
        order = self.rng.permutation(len(rows))
        rows, cols = rows[order], cols[order]
        _, first, block = np.unique((rows // BLOCK) * 10_000 + cols // BLOCK, return_index=True, return_inverse=True)
        later = np.ones(len(rows), bool)
        later[first] = False
        second = np.unique(block[later], return_index=True)[1]
        kept = np.concatenate([first, np.flatnonzero(later)[second]])
        rows, cols = rows[kept], cols[kept]
        self.places[source][value].extend(zip([number] * len(rows), rows * 8, cols * 8))

    def mine(self, predict, threads=1):
        """Keeps the places where a model sees a target that is not there; later crops go there often.

        `predict` maps an image `[row, col, rgb]` uint8 to the probability of any target `[row, col]`, in any thread.
        Returns how many places were found.
        """

        def mistaken(number):
            image, label = self.scenes[number]
            return ((predict(image) > 0.4) & (label == 0))[::8, ::8]

        with ThreadPoolExecutor(threads) as pool:
            for source, (start, stop) in enumerate(self.ranges):
                for number, places in zip(range(start, stop), pool.map(mistaken, range(start, stop))):
                    self._add(source, 0, number, places)
        return sum(len(places[0]) for places in self.places)

    def window(self, size, value):
        """Image and label of a crop near a pixel of class `value`; for 0 near a mined mistake or anywhere."""
        rng = self.rng
        source = rng.choice(len(self.ranges), p=self.source_shares) if len(self.ranges) > 1 else 0
        places = self.places[source][value]
        if places and (value or rng.random() < 0.7):
            number, row, col = places[rng.integers(len(places))]
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
