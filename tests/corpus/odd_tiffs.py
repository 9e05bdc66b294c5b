"""Every odd TIFF goes through `inspect` and `scan` without an accident.

No panic, no abort, no signal, at most 1 GiB and 60 s each; the exit code is 0, 1 or 3, and what
cannot be used is named with a reason and a hint. Files that fail for want of georeferencing are
scanned again with a CRS assumed and, where needed, a world file beside them, so that their pixels
are read too. At last all of them are scanned in one run.
"""

import csv
import json
import sys
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyogrio
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import colour_models
import common
from measured import measure

warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
LIMIT_S, LIMIT_MIB = 60, 1024
GRAY = {"dark": (40,), "bright": (200,)}


# Readable by GDAL, but refused for a reason that the index does not name.
REFUSED = {
    "gcore/data/epsg4326_5030_geotiff1_1.tif",  # one pixel is the whole Earth: no size on the ground
    "gdrivers/data/vrt/geos_vrtwarp.tif",  # seen from space: pixels beside the Earth
}


def files_of(corpus):
    """Every TIFF of the folders, with what the index says of it."""
    index = {}
    with open(corpus / "odd_tiffs/index.tsv", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            index[row["file"]] = row
    top = corpus / "odd_tiffs/gdal_autotest"
    for path in sorted([*top.rglob("*.tif"), *top.rglob("*.tiff")]):
        yield path, str(path.relative_to(top)), index.get(str(path.relative_to(top)), {})
    for path in sorted((corpus / "geotiffs").glob("*.tif")):
        yield path, f"geotiffs/{path.name}", {}


def bands_of(path):
    try:
        with rasterio.open(path) as raster:
            return raster.count
    except rasterio.errors.RasterioError:
        return 0


def judge(checks, what, done, unusable):
    """Checks one run; notes the reason when the file was not used."""
    accident = done.accident
    checks.that(not accident, f"{what}: no accident", f"{accident}\n{done.err[-800:]}")
    checks.that(done.code in (0, 1, 3), f"{what}: exit code", f"{done.code}\n{done.err[-400:]}")
    checks.at_most(done.peak_mib, LIMIT_MIB, f"{what}: peak memory, MiB")
    if done.code in (1, 3):
        name = what.split(" ")[-1].split("/")[-1]
        checks.that(name in done.text, f"{what}: the file is named", done.err[-400:])
        checks.that("hint:" in done.text, f"{what}: there is a hint", done.err[-400:])
        unusable[what] = done.reason


def short(reason):
    """A reason without the folders of the file that it names."""
    return " ".join(word.split("/")[-1] if "/" in word else word for word in reason.split())[:200]


def main():
    args, checks = common.start("odd_tiffs", __doc__.splitlines()[0], corpus_needed=True)
    files = list(files_of(Path(args.corpus)))
    rgb = colour_models.segmenter(args.work / "rgb", None, tile_px=256)
    gray = colour_models.segmenter(args.work / "gray", None, GRAY, tile_px=256)
    checks.that(len(files) > 290, "the corpus is complete", f"{len(files)} files")

    def one(job):
        number, (path, name, row) = job
        model = rgb if bands_of(path) >= 3 else gray
        words = ["--workers", "1", "--quiet"]

        def scan(suffix, image, *more):
            out = args.work / f"out/{number}{suffix}.gpkg"
            out.parent.mkdir(exist_ok=True)
            return measure(
                [args.tianmu, "scan", image, "--model", model, "-o", out, *words, *more], LIMIT_S, args.work
            )

        inspected = measure([args.tianmu, "inspect", path, "--json"], LIMIT_S, args.work)
        scanned = scan("", path)
        again = None
        if scanned.code in (1, 3) and ("--assume-crs" in scanned.text or "not georeferenced" in scanned.text):
            placed = path
            if "not georeferenced" in scanned.text:
                placed = args.work / f"placed/{number}/{path.name}"
                placed.parent.mkdir(parents=True)
                placed.symlink_to(path)
                placed.with_suffix(".tfw").write_text("0.1\n0\n0\n-0.1\n500000\n3300000\n")
            again = scan("_placed", placed, "--assume-crs", "EPSG:32650")
        return name, row, inspected, scanned, again

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, enumerate(files)))

    unusable, codes = {}, Counter()
    slowest, largest = (0, ""), (0, "")
    with open(args.work / "table.tsv", "w") as out:
        out.write("file\tinspect\tscan\tplaced\tseconds\tMiB\twhat is odd\treason\n")
        for name, row, inspected, scanned, again in done:
            judge(checks, f"inspect {name}", inspected, unusable)
            if inspected.code == 0:
                try:
                    json.loads(inspected.out)
                except ValueError as problem:
                    checks.that(False, f"inspect {name}: gives JSON", f"{problem}: {inspected.out[:200]}")
            judge(checks, f"scan {name}", scanned, unusable)
            if again:
                judge(checks, f"scan placed {name}", again, unusable)
            runs = [inspected, scanned] + ([again] if again else [])
            slowest = max(slowest, (max(r.seconds for r in runs), name))
            largest = max(largest, (max(r.peak_mib for r in runs), name))
            last = again or scanned
            codes[(inspected.code, scanned.code, again.code if again else "-")] += 1
            if row.get("open") == "ok" and row.get("read") == "ok" and last.code != 0:
                # Only what cannot be placed or has no real values may be refused.
                excuses = ("no-geotransform", "gcp", "rpc", "local-crs", "complex", "CInt", "CFloat")
                excused = any(e.lower() in row["what_is_odd"].lower() for e in excuses)
                excused = excused or name in REFUSED
                checks.that(
                    excused, f"{name}: readable by GDAL but not scanned", f"{row['what_is_odd']}: {last.reason}"
                )
            if row.get("open") not in (None, "ok") and last.code == 0:
                checks.that(False, f"{name}: cannot be opened by GDAL but counts as scanned")
            out.write(
                f"{name}\t{inspected.code}\t{scanned.code}\t{again.code if again else ''}\t{last.seconds:.2f}\t"
                f"{max(r.peak_mib for r in runs):.0f}\t{row.get('what_is_odd', '')}\t{last.reason if last.code else ''}\n"
            )
    for (inspect, scan, again), count in sorted(codes.items(), key=str):
        print(f"{count:4} files: inspect {inspect}, scan {scan}, placed by the test {again}")
    print(f"slowest {slowest[0]:.1f} s ({slowest[1]}), largest {largest[0]:.0f} MiB ({largest[1]})")
    print(f"{len(unusable)} refusals; every file and reason stands in {args.work / 'table.tsv'}")

    all_at_once(args, checks, [path for path, _, _ in files], gray)
    checks.finish()


def all_at_once(args, checks, paths, model):
    """One bad input does not sink a batch: the good ones give sites, the bad ones are listed."""
    # Those that take long by themselves stay out: this is about failures beside one another.
    small = [p for p in paths if p.stat().st_size < 300_000]
    out = args.work / "all/sites.gpkg"
    out.parent.mkdir()
    words = ["--bands", "1", "--assume-crs", "EPSG:32650", "--quiet"]
    done = measure([args.tianmu, "scan", *small, "--model", model, "-o", out, *words], 600, args.work)
    checks.that(not done.accident, "all at once: no accident", f"{done.accident}\n{done.err[-800:]}")
    checks.equal(done.code, 3, "all at once: exit code")
    checks.at_most(done.peak_mib, LIMIT_MIB, "all at once: peak memory, MiB")
    if checks.that(out.exists(), "all at once: the output exists", done.err[-800:]):
        sites = pyogrio.read_dataframe(out, layer="sites")
        images = json.loads(Path(f"{out}.run.json").read_text())["images"]
        failures = [i for i in images if i["failure"]]
        print(
            f"all at once: {len(small)} files in {done.seconds:.1f} s and {done.peak_mib:.0f} MiB, {len(sites)} sites "
            f"of {sites.src_image.nunique()} images, {len(failures)} of {len(images)} images with a failure in the run record"
        )
        checks.that(
            sites.src_image.nunique() > 50, "all at once: images with sites", f"{sites.src_image.nunique()}"
        )
        checks.equal(len(images), len(small), "all at once: images in the run record")
        checks.that(len(failures) > 0, "all at once: failures are in the run record")
        checks.that(all(i["hint"] for i in failures), "all at once: each failure has a hint")


main()
