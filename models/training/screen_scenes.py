"""Training scenes for the screen: coarse pictures with what kind of ground each pixel is.

`python3 models/training/screen_scenes.py --count 160 --out target/screen-scenes` writes `.npz` files with `image` and
`label` at 30 cm, 96 m wide, and where the plots are; `--held-out` draws others, at least 60 % forest, to measure on.
Labels: 0 may hold a plot, 1 closed canopy, 2 water, 3 bare rock. Everything that is not one of the
last three for sure is 0: fields, yards, roofs, roads, landslides, felled forest, clearings, open woods and the edge of a forest.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from learn.sampler import resized
from render.fields import gaussian_blur
from render.files import save_scene
from render.scenes import SceneSpec, render
from render.seeds import TEST_SEEDS, TRAINING_SEEDS
from render.state import check_state
from render.styles import HELD_OUT, TRAINING
from render.terrain import COVER

GSD_M, DRAWN_M, SIDE_M = 0.3, 0.1, 96.0
MAY_HOLD, CANOPY, WATER, ROCK = range(4)
FIRST_SEED = 500_000  # Counted from the first training or test seed: not those of poppy-seg.


def screen_label(cover, canopy, objects, gsd_m):
    """Labels `[row, col]` from ground covers, crowns and plots of a scene; gaps of less than about a metre do not open a canopy."""
    label = np.zeros(cover.shape, np.uint8)
    label[gaussian_blur(canopy.astype(np.float32), 1.0 / gsd_m) > 0.85] = CANOPY
    for value, name in ((WATER, "water"), (ROCK, "rock")):
        inner = gaussian_blur((cover == COVER[name]).astype(np.float32), 0.6 / gsd_m) > 0.95
        label[inner & ~canopy] = value
    label[gaussian_blur((objects > 0).astype(np.float32), 0.4 / gsd_m) > 0.02] = MAY_HOLD
    return label


def screen_scene(seed, style=TRAINING):
    """Image, label and plots of one scene at 20-40 cm, on the grid of `GSD_M`; half of those to train on are mostly forest, all others are."""
    rng = np.random.default_rng([seed, 3])
    gsd_m = DRAWN_M * rng.uniform(0.75, 1.3)
    side = round(SIDE_M / gsd_m)
    forest = float(rng.uniform(0.6, 0.95) if style is HELD_OUT or rng.random() < 0.5 else rng.uniform(0.0, 0.4))
    trees = float(rng.choice([rng.uniform(1.2, 1.9), rng.uniform(2.2, 3.4)], p=[0.7, 0.3]))
    spec = SceneSpec(seed, (side, side), gsd_m, forest_share=forest, style=style, plots_per_ha=25.0, finest_m=1.0, tree_spacing_m=trees)
    scene = render(spec)
    objects = np.zeros(scene.label.shape, bool)
    facts = []
    for plot in scene.targets:
        objects[plot.window] |= plot.mask
        shown = plot.mask & (scene.label[plot.window] > 0)
        rows, cols = np.nonzero(shown)
        if shown.sum() < plot.mask.sum() / 3 or len(rows) == 0:
            continue  # Hidden under crowns: at no ground sample distance to be found.
        place = [(n.mean() + s.start + 0.5) * gsd_m / GSD_M for n, s in zip((rows, cols), plot.window)]
        facts.append({"row": place[0], "col": place[1], "kind": plot.plan.crop, "plants": plot.n_plants, "setting": plot.plan.setting})
    label = screen_label(scene.cover, scene.canopy, objects, gsd_m)
    size = (round(SIDE_M / GSD_M),) * 2
    seen = rng.uniform(0.2, 0.4)  # What the picture was reduced to before it came to `GSD_M`.
    small = Image.fromarray(scene.image).resize((round(SIDE_M / seen),) * 2, Image.BOX)
    return *resized(np.asarray(small), label, size), facts


def _make(job):
    seed, style, path = job
    if path.exists():
        return
    image, label, facts = screen_scene(seed, style)
    save_scene(path, image=image, label=label, facts=json.dumps(facts))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=160)
    parser.add_argument("--out", type=Path, default=Path("target/screen-scenes"))
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    seeds, style = (TEST_SEEDS, HELD_OUT) if args.held_out else (TRAINING_SEEDS, TRAINING)
    told = {"style": style.name, "gsd_m": GSD_M, "drawn_m": DRAWN_M, "side_m": SIDE_M}
    check_state(args.out, told, "scenes.py", (screen_scene, screen_label, resized))
    seeds = seeds[FIRST_SEED : FIRST_SEED + args.count]
    with ProcessPoolExecutor(args.workers) as pool:
        list(pool.map(_make, [(seed, style, args.out / f"screen-{seed}.npz") for seed in seeds]))
    print(f"{args.count} scenes in {args.out}")


if __name__ == "__main__":
    main()
