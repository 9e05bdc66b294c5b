"""Rendered training scenes, kept in a cache once rendered."""

import io
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from sampler import POSITIVE_SHARE, TILE_PX, tile_class  # noqa: F401 (evaluate.py takes them from here)
from scenes import SceneSpec, render

GSD_M = 0.025


def scene_arrays(seed, size=1024):
    """Image and label of a random scene, seen at 2.3-2.8 cm and through JPEG of varying quality."""
    rng = np.random.default_rng([seed, 1])
    scene = render(SceneSpec(seed, (size, size), GSD_M * rng.uniform(0.92, 1.12)))
    packed = io.BytesIO()
    Image.fromarray(scene.image).save(packed, "JPEG", quality=int(rng.integers(70, 96)))
    return np.asarray(Image.open(packed)), scene.label


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
