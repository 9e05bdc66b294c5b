"""Training scenes on real ground: crops of photos without a target crop, with rendered plots and look-alikes on them.

`python3 models/training/real_scenes.py FOLDER --count 90 --out target/real-scenes` writes `.npz` files with `image`
`[row, col, rgb]` and `label` `[row, col]`, as the rendered training scenes have; FOLDER as in real_images.py.
What comes out holds parts of the photos, so it stays out of the repository.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from learn.rendered import GSD_M, draw_gsd
from learn.sampler import resized
from render.files import save_scene
from render.lighting import through_jpeg
from render.planting import plant_on
from render.real_images import at_gsd, list_images, read
from render.state import check_state
from render.styles import TRAINING

SIDE_M = 25.6


def scene_on(photo, valid, photo_gsd_m, seed):
    """A crop of a photo with plots, on the grid of `GSD_M`: image and label, ignored where the photo is not `valid`."""
    rng = np.random.default_rng([seed, 2])
    gsd_m = max(draw_gsd(rng), photo_gsd_m)
    zoom = np.exp(rng.normal(0, 0.12))  # The photo's own scale is not quite known, and other ground is other ground.
    ground, known = at_gsd(photo, photo_gsd_m * zoom, gsd_m), at_gsd(valid.astype(np.uint8), photo_gsd_m * zoom, gsd_m) > 0
    side = [min(n, round(SIDE_M / gsd_m)) for n in ground.shape[:2]]
    for _ in range(20):  # A crop of hardly anything but collar shows nothing.
        row, col = (int(rng.integers(0, n - s + 1)) for n, s in zip(ground.shape, side))
        window = slice(row, row + side[0]), slice(col, col + side[1])
        if known[window].mean() >= 0.5:
            break
    turns = rng.integers(4)
    crop, known = (np.ascontiguousarray(np.rot90(layer[window], turns)) for layer in (ground, known))
    image, label, _, _ = plant_on(crop, known, gsd_m, seed, TRAINING)
    image = through_jpeg(image, int(rng.integers(60, 97)))
    return resized(image, label, [round(n * gsd_m / GSD_M) for n in label.shape])


def _make(job):
    folder, photo, seed, path = job
    if path.exists():
        return
    image, label = scene_on(*read(folder, photo), photo.gsd_m, seed)
    save_scene(path, image=image, label=label)


def told(folder, photos):
    """What the scenes on photos depend on besides the code."""
    facts = {"style": TRAINING.name, "gsd_m": GSD_M, "side_m": SIDE_M}
    for number, photo in enumerate(photos):
        facts[f"photo {number}"] = [photo.file, (folder / photo.file).stat().st_size, photo.gsd_m, photo.window]
    return facts


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=90)
    parser.add_argument("--out", type=Path, default=Path("target/real-scenes"))
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    photos = [image for image in list_images(args.folder) if image.use == "training"]
    check_state(args.out, told(args.folder, photos), "planting.py", (scene_on, draw_gsd, at_gsd, read, resized))
    jobs = [(args.folder, photos[n % len(photos)], n, args.out / f"real-{n}.npz") for n in range(args.count)]
    with ProcessPoolExecutor(args.workers) as pool:
        list(pool.map(_make, jobs))
    print(f"{len(jobs)} scenes on {len(photos)} photos in {args.out}")


if __name__ == "__main__":
    main()
