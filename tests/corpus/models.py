"""Foreign models: every one is inspected without an accident, and those with a usable contract scan.

Where a model answers per pixel at the size of its input, the heatmap must equal a tiled run in
Python; a model that does not fit is refused with a reason and a hint.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
from measured import measure

IMAGE = "geotiffs/dummy_fotomap_small.tif"
SIZE, OVERLAP = 512, 128


def per_pixel(session):
    """Whether the first output has the input's rows and columns and at most two channels."""
    shape = session.get_outputs()[0].shape
    channels = shape[1] if len(shape) == 4 else 1
    return len(shape) in (3, 4) and shape[-2:] == session.get_inputs()[0].shape[-2:] and channels in (1, 2)


def tiled(session, image):
    """The first output over the whole image: tiles moved inside at the edge, cores in the middle."""

    def axis(length):
        origins = [*range(0, length - SIZE, SIZE - OVERLAP), length - SIZE]
        inner = [o + SIZE - OVERLAP // 2 for o in origins[:-1]]
        return list(zip(origins, [0, *inner], [*inner, length]))

    name = session.get_inputs()[0].name
    out = None
    for top, row, row_end in axis(image.shape[1]):
        for left, col, col_end in axis(image.shape[2]):
            chip = image[:, top : top + SIZE, left : left + SIZE]
            scores = session.run(None, {name: (chip[None] / np.float32(255)).astype(np.float32)})[0]
            scores = scores.reshape(-1, *scores.shape[-2:])
            if out is None:
                out = np.empty((len(scores), *image.shape[1:]), np.float32)
            out[:, row:row_end, col:col_end] = scores[
                :, row - top : row_end - top, col - left : col_end - left
            ]
    return out


def main():
    args, checks = common.start("models", __doc__.splitlines()[0], corpus_needed=True)
    corpus = Path(args.corpus)
    with rasterio.open(corpus / IMAGE) as raster:
        image, valid = raster.read([1, 2, 3]), raster.dataset_mask() > 0
        gsd = raster.transform.a
    image = np.where(valid, image, 0)
    models = sorted((corpus / "models").rglob("*.onnx"))
    checks.that(len(models) >= 16, "the corpus is complete", f"{len(models)} models")
    compared = scanned = 0
    for number, path in enumerate(models):
        name = str(path.relative_to(corpus / "models"))
        done = measure([args.tianmu, "inspect", path], 60, args.work)
        checks.that(not done.accident, f"inspect {name}: no accident", f"{done.accident}\n{done.err[-800:]}")
        checks.that(done.code in (0, 1, 3), f"inspect {name}: exit code", f"{done.code}\n{done.err[-400:]}")
        checks.that(path.name in done.text, f"inspect {name}: the model is named", done.text[-400:])
        if done.code:
            checks.that("hint:" in done.text, f"inspect {name}: there is a hint", done.text[-400:])

        folder = args.work / f"scan_{number}"
        folder.mkdir()
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        outputs = ["-o", folder / "sites.gpkg"]
        if per_pixel(session):
            outputs += ["--heatmap", folder / "heat.tif"]
        overlap = OVERLAP if session.get_inputs()[0].shape[-1] == SIZE else 0
        words = ["--model", path, "--gsd", gsd, "--overlap", overlap, "--quiet"]
        done = measure([args.tianmu, "scan", corpus / IMAGE, *words, *outputs], 120, args.work)
        checks.that(not done.accident, f"scan {name}: no accident", f"{done.accident}\n{done.err[-800:]}")
        checks.that(done.code in (0, 1), f"scan {name}: exit code", f"{done.code}\n{done.err[-400:]}")
        said = f"{name}: inspect and scan end with {done.code} after {done.seconds:.1f} s, {done.peak_mib:.0f} MiB"
        if done.code:
            checks.that("hint:" in done.text, f"scan {name}: there is a hint", done.err[-400:])
            said += f": {done.reason[:160]}"
        else:
            scanned += 1
            if per_pixel(session) and "Regress" not in session.get_modelmeta().custom_metadata_map.get(
                "model_type", ""
            ):
                difference = compare(folder / "heat.tif", tiled(session, image), valid)
                checks.at_most(difference, 1e-4, f"scan {name}: largest difference of scores")
                said += f", heatmap differs by at most {difference:.1e}"
                compared += 1
        print(said, flush=True)
    checks.that(compared >= 3, "models whose scores were compared", f"{compared}")
    print(f"{len(models)} models, {scanned} scanned, {compared} compared with Python")
    checks.finish()


def compare(heatmap, scores, valid):
    """The largest difference between a heatmap and scores of one class, or of the last of two."""
    with rasterio.open(heatmap) as raster:
        seen = raster.read()
    if seen.shape[1:] != valid.shape:
        return float("inf")
    return float(abs(seen - scores[-len(seen) :])[:, valid].max())


main()
