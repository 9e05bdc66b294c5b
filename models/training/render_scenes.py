"""Fills a folder with rendered scenes for calibrating, quantising and comparing: `SEED.npz` with image and label.

`python3 models/training/render_scenes.py validation --count 40 --out target/validation-scenes`
"""

import argparse
from pathlib import Path

from learn.rendered import cached_scenes
from render.seeds import TRAINING_SEEDS, VALIDATION_SEEDS

SEEDS = {"training": TRAINING_SEEDS, "validation": VALIDATION_SEEDS}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("purpose", choices=SEEDS, help="which seeds")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="how many seeds to leave out before the first")
    parser.add_argument("--out", type=Path, required=True, help="folder to fill; what is there stays")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    cached_scenes(SEEDS[args.purpose][args.first : args.first + args.count], args.out, args.workers)
    print(f"{args.out}: {args.count} {args.purpose} scenes")


if __name__ == "__main__":
    main()
