"""Training data: scenes rendered once into a cache, then random crops and tiles with augmentation."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from canvas import IGNORE
from fields import smooth_noise
from scenes import SceneSpec, render
from styles import TRAINING

GSD_M = 0.025
TILE_PX = 128
POSITIVE_SHARE = 0.04  # A tile is positive when at least this share of it is the crop: 0.41 m2.


def draw_gsd(rng):
    """Ground sample distance of a training scene in metres: mostly 1.5-3 cm, some up to 8 cm."""
    low, high = ((0.015, 0.03), (0.03, 0.05), (0.05, 0.08))[rng.choice(3, p=[0.62, 0.26, 0.12])]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def scene_arrays(seed, size=1024):
    """Image and label of a random training scene, flown at a ground sample distance of its own, on the grid of `GSD_M`."""
    rng = np.random.default_rng([seed, 1])
    gsd_m = draw_gsd(rng)
    side = round(size * GSD_M / gsd_m)
    scene = render(SceneSpec(seed, (side, side), gsd_m, style=TRAINING, plots_per_ha=120.0))
    image = Image.fromarray(scene.image).resize((size, size), Image.BILINEAR)
    label = Image.fromarray(scene.label).resize((size, size), Image.NEAREST)
    return np.asarray(image), np.asarray(label)


def _render_to_cache(job):
    seed, path = job
    image, label = scene_arrays(seed)
    part = path.with_suffix(".part.npz")
    np.savez(part, image=image, label=label)
    part.rename(path)


def cached_scenes(seeds, cache, workers):
    """Scenes of the given seeds, rendered where the cache lacks them."""
    cache = Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    paths = [cache / f"{seed}.npz" for seed in seeds]
    missing = [(seed, path) for seed, path in zip(seeds, paths) if not path.exists()]
    if missing:
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_render_to_cache, missing))
    scenes = []
    for path in paths:
        with np.load(path) as stored:
            scenes.append((stored["image"], stored["label"]))
    return scenes


def tile_class(label):
    """0, 1 or 2 for a tile's label window; None when it is neither clearly one nor clearly empty."""
    shares = [np.count_nonzero(label == value) / label.size for value in (1, 2)]
    if max(shares) >= POSITIVE_SHARE:
        return 1 + int(shares[1] > shares[0])
    return 0 if max(shares) == 0 and not (label == IGNORE).any() else None


class CropSampler:
    """Draws augmented crops from scenes, half of them near a target."""

    def __init__(self, scenes, seed):
        self.scenes = scenes
        self.rng = np.random.default_rng(seed)
        self.places = {0: [], 1: [], 2: []}  # (scene, row, col); those of 0 come from `mine`.
        for number, (_, label) in enumerate(scenes):
            for value in (1, 2):
                self._add(value, number, label[::8, ::8] == value)

    def _add(self, value, number, coarse):
        rows, cols = np.nonzero(coarse)
        self.places[value].extend(zip([number] * len(rows), rows * 8, cols * 8))

    def mine(self, predict):
        """Keeps the places where a model sees a target that is not there; later crops go there often.

        `predict` maps an image `[row, col, rgb]` uint8 to the probability of any target `[row, col]`.
        """
        for number, (image, label) in enumerate(self.scenes):
            mistaken = (predict(image) > 0.4) & (label == 0)
            self._add(0, number, mistaken[::8, ::8])

    def window(self, size, value):
        """Image and label of a crop near a pixel of class `value`; for 0 near a mined mistake or anywhere."""
        rng = self.rng
        if self.places[value] and (value or rng.random() < 0.7):
            number, row, col = self.places[value][rng.integers(len(self.places[value]))]
            row, col = row - rng.integers(0, size), col - rng.integers(0, size)
        else:
            number, row, col = rng.integers(len(self.scenes)), *rng.integers(0, 1024, 2)
        image, label = self.scenes[number]
        row = int(np.clip(row, 0, label.shape[0] - size))
        col = int(np.clip(col, 0, label.shape[1] - size))
        here = (slice(row, row + size), slice(col, col + size))
        return image[here], label[here]

    def segmentation_batch(self, count, size):
        """Float images `[n, 3, h, w]` 0-1 and labels `[n, h, w]`."""
        pairs = []
        for _ in range(count):
            value = self.rng.choice(3, p=[0.45, 0.35, 0.2])
            pairs.append(self.augment(*self.window(size, value)))
        return np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])

    def tile_batch(self, count):
        """Float tiles `[n, 3, 128, 128]` 0-1 and classes `[n]`."""
        images, classes = [], []
        while len(images) < count:
            value = self.rng.choice(3, p=[0.5, 0.3, 0.2])
            image, label = self.window(TILE_PX, value)
            kind = tile_class(label)
            if kind is None or kind != value:
                continue
            images.append(self.augment(image, label)[0])
            classes.append(kind)
        return np.stack(images), np.array(classes)

    def augment(self, image, label):
        """Turns, flips, light, white balance, gamma, noise, and black nodata corners."""
        rng = self.rng
        turns = rng.integers(4)
        image, label = np.rot90(image, turns), np.rot90(label, turns)
        if rng.random() < 0.5:
            image, label = image[:, ::-1], label[:, ::-1]
        image = image.astype(np.float32) / 255.0
        label = label.astype(np.int64)
        gain = np.exp(rng.normal(0, 0.13)) * np.exp(rng.normal(0, 0.04, 3)).astype(np.float32)
        image = np.clip(image * gain, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.1)))
        grey = image.mean(-1, keepdims=True)
        image = grey + (image - grey) * np.float32(rng.uniform(0.75, 1.35))
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
