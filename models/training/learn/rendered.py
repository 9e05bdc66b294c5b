"""Rendered training scenes, kept in a cache once rendered."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from learn.sampler import resized
from render.files import read_pair, save_scene
from render.scenes import SceneSpec, render
from render.state import check_state
from render.styles import TRAINING

GSD_M = 0.025


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
    return resized(scene.image, scene.label, (size, size))


def _render_to_cache(job):
    seed, path = job
    image, label = scene_arrays(seed)
    save_scene(path, image=image, label=label)


def cached_scenes(seeds, cache, workers):
    """Scenes of the given seeds, rendered where the cache lacks them."""
    cache = Path(cache)
    check_state(cache, {"gsd_m": GSD_M}, "scenes.py", (draw_gsd, scene_arrays, resized))
    paths = [cache / f"{seed}.npz" for seed in seeds]
    missing = [(seed, path) for seed, path in zip(seeds, paths) if not path.exists()]
    if missing:
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_render_to_cache, missing))
    return [read_pair(path) for path in paths]
