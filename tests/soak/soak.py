"""Kills scans at random moments, lets them go on, and compares the results with an unbroken run, for an hour.

`python3 tests/soak/soak.py target/release/tianmu --minutes 60 --seed 1`; `make soak` builds first. Every round takes a
model, a number of workers, now and then shards, and kills (SIGKILL) the run up to five times. A difference, a panic, a
file that is left or a message that should not be there ends it with 1 and says how to repeat the round.
"""

import argparse
import filecmp
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENE = ROOT / "samples/hill-county/scene.tif"
FILES = ("s.gpkg", "s.geojson", "s.csv")


class Round:
    """One comparison of a run that is cut off with one that is not."""

    def __init__(self, program, random, folder):
        self.program, self.random, self.folder = program, random, folder
        self.model = random.choice(["poppy-seg", "poppy-tile"])
        self.settings = ["--merge-distance", random.choice(["0", "0.5"]), "--batch", random.choice(["1", "1", "2"])]

    def words(self, name, *more):
        """A command line that writes into the folder `name`."""
        outputs = [word for file in FILES for word in ("-o", str(self.folder / name / file))]
        scan = [self.program, "scan", str(SCENE), "--model", str(ROOT / "models" / self.model), *self.settings, "-q"]
        return [*scan, *(more if "-o" in more else (*more, *outputs))]

    def run(self, words, seconds=None):
        """Runs to the end, or kills after so many seconds; the exit code, None if it was killed."""
        begun = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            _, told = begun.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            begun.kill()
            begun.communicate()
            return None
        if begun.returncode and "exists already" not in told:
            raise AssertionError(f"it ends with {begun.returncode}: {told}")
        return begun.returncode

    def cut_off(self, words, whole):
        """Runs, killed up to five times; the number of kills."""
        kills = 0
        for _ in range(self.random.randint(1, 5)):
            kills += self.run([*words, "--workers", str(self.random.choice([1, 2, 5]))], self.random.uniform(0, 1.1) * whole) is None
        self.run(words)
        return kills

    def compare(self):
        """Does all of it; what was done, in words."""
        for name in ("whole", "cut"):
            (self.folder / name).mkdir()
        start = time.monotonic()
        self.run([*self.words("whole"), "--no-resume"])
        whole = time.monotonic() - start
        parts = self.random.choice([0, 0, 2, 3])
        if parts:
            shards = [self.folder / f"{number}.shard" for number in range(1, parts + 1)]
            kills = sum(self.cut_off(self.words("cut", "--shard", f"{number}/{parts}", "-o", str(shard)), whole / parts) for number, shard in enumerate(shards, 1))
            outputs = [word for file in FILES for word in ("-o", str(self.folder / "cut" / file))]
            self.run([self.program, "merge", *map(str, shards), "-q", *outputs])
        else:
            kills = self.cut_off(self.words("cut"), whole)
        for file in FILES:
            if not filecmp.cmp(self.folder / "whole" / file, self.folder / "cut" / file, shallow=False):
                raise AssertionError(f"{file} differs")
        left = {path.name for path in (self.folder / "cut").iterdir()} - {*FILES, "s.gpkg.run.json"}
        if left:
            raise AssertionError(f"left behind: {', '.join(sorted(left))}")
        return f"{self.model} in {parts or 1} parts, {kills} kills"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each round has the next")
    args = parser.parse_args()
    end, seed, kills = time.monotonic() + 60 * args.minutes, args.seed, 0
    while time.monotonic() < end:
        folder = Path(tempfile.mkdtemp(prefix="tianmu-soak-"))
        try:
            done = Round(str(Path(args.program).resolve()), random.Random(seed), folder).compare()
        except AssertionError as failure:
            sys.exit(f"soak: seed {seed}: {failure}\nhint: python3 tests/soak/soak.py {args.program} --minutes 0.01 --seed {seed}; files stay in {folder}")
        shutil.rmtree(folder)
        kills += int(done.rsplit(", ", 1)[1].split()[0])
        print(f"seed {seed}: {done}", flush=True)
        seed += 1
    print(f"soak: {seed - args.seed} rounds, {kills} kills, all bytes equal")


if __name__ == "__main__":
    main()
