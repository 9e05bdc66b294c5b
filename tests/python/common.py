"""What the comparison scripts share: command line, checks, running the program, reading results.

Each script compares `tianmu` with an independent computation in Python. It prints what it
compared, ends with `ok <name>` and exit code 0, or says what is wrong and ends with 1.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas

REPOSITORY = Path(__file__).resolve().parents[2]


class Checks:
    """Counts comparisons; a failed one is printed at once and remembered."""

    def __init__(self, name):
        self.name = name
        self.count, self.failed = 0, 0

    def that(self, condition, what, detail=""):
        """`what` holds; `detail` is printed when it does not."""
        self.count += 1
        if not condition:
            self.failed += 1
            print(f"FAILED {what}" + (f": {detail}" if detail else ""), flush=True)
        return bool(condition)

    def at_most(self, value, limit, what):
        return self.that(value <= limit, what, f"{value:.6g} is more than {limit:g}")

    def equal(self, seen, wanted, what):
        return self.that(seen == wanted, what, f"seen {seen!r}, wanted {wanted!r}")

    def finish(self):
        """Ends the script; no comparison at all is a failure too."""
        if self.failed or not self.count:
            print(f"{self.failed} of {self.count} checks failed in {self.name}")
            sys.exit(1)
        print(f"{self.count} checks passed")
        print(f"ok {self.name}")
        sys.exit(0)


def start(name, subject, corpus_needed=False):
    """Parses the command line that all scripts share and empties the work folder `name`."""
    parser = argparse.ArgumentParser(description=subject)
    parser.add_argument("--tianmu", type=Path, default=REPOSITORY / "target/release/tianmu")
    parser.add_argument("--work", type=Path, required=True, help="folder for what the script makes")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("TIANMU_CORPUS"))
    args = parser.parse_args()
    if args.tianmu.parent == Path(".") and not args.tianmu.exists():
        args.tianmu = Path(shutil.which(args.tianmu) or args.tianmu)
    args.tianmu = args.tianmu.resolve()
    if not args.tianmu.exists():
        sys.exit(f"{args.tianmu} does not exist; build it, or name it with --tianmu")
    if corpus_needed and not (args.corpus and Path(args.corpus).is_dir()):
        sys.exit("name the corpus with --corpus or TIANMU_CORPUS")
    args.work = args.work.resolve() / name
    shutil.rmtree(args.work, ignore_errors=True)
    args.work.mkdir(parents=True)
    return args, Checks(name)


@dataclass
class Run:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def text(self):
        return self.out + self.err


def tianmu(args, *words, wanted=(0,), timeout=600):
    """Runs the program; an exit code that is not `wanted` ends the script."""
    command = [str(args.tianmu), *(str(w) for w in words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if wanted is not None and done.returncode not in wanted:
        print(f"exit code {done.returncode}, wanted {wanted}, of:\n  {' '.join(command)}")
        print((done.stdout + done.stderr)[-3000:])
        sys.exit(1)
    return Run(done.returncode, done.stdout, done.stderr)


@dataclass
class Scan:
    """Where a scan's results lie."""

    folder: Path
    run: Run

    @property
    def gpkg(self):
        return self.folder / "sites.gpkg"

    @property
    def geojson(self):
        return self.folder / "sites.geojson"

    @property
    def csv(self):
        return self.folder / "sites.csv"

    @property
    def heatmap(self):
        return self.folder / "heat.tif"

    def record(self):
        return json.loads((self.folder / "sites.gpkg.run.json").read_text())

    def layer(self, name="sites"):
        return geopandas.read_file(self.gpkg, layer=name)


def scan(args, name, images, model, *words, heatmap=False, wanted=(0,)):
    """Scans into all formats in a folder of its own."""
    folder = args.work / name
    folder.mkdir(parents=True, exist_ok=True)
    images = images if isinstance(images, (list, tuple)) else [images]
    outputs = ["-o", folder / "sites.gpkg", "-o", folder / "sites.geojson", "-o", folder / "sites.csv"]
    if heatmap:
        outputs += ["--heatmap", folder / "heat.tif"]
    run = tianmu(args, "scan", *images, "--model", model, *outputs, "--quiet", *words, wanted=wanted)
    return Scan(folder, run)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
