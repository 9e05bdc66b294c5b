"""The model potato-weed on columns it was not trained on: tianmu's sites equal one whole-image inference.

The whole image goes through ONNX Runtime in one piece; classes are decided by the thresholds of
model.json in numpy. tianmu scans the same picture in tiles of 640 and 448. Pixel IoU must be near that
of models/potato-weed/metrics.json; JPEG decoders differ by a grey level here and there, and so do they.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/python"), str(ROOT / "models/training")]
import common
import scenes
from evaluate_chips import decide, logits_of, probabilities, runner
from mosaic import CLASSES, draw, held_out, iou
from measure.objects import components, without_small

MODEL = ROOT / "models/potato-weed"


def main():
    args, checks = common.start("weed_model", __doc__.splitlines()[0], corpus_needed=True)
    image, truth, transform, crs = held_out(Path(args.corpus) / "field_mosaic")
    cut = scenes.write_tiff(args.work / "cut.tif", image, transform, crs)
    facts = json.loads((MODEL / "model.json").read_text())["properties"]
    known = json.loads((MODEL / "metrics.json").read_text())["classes"]
    forward, _ = runner(MODEL, None)
    logits = logits_of(forward, image.transpose(1, 2, 0), facts["tianmu:stride_px"])
    thresholds = [facts.get("tianmu:threshold", {}).get(name, 0.0) for name in ("soil", *CLASSES)]
    whole = decide(probabilities(logits), thresholds)
    parts = {name: components(whole == value) for name, value in CLASSES.items()}
    for name, value in CLASSES.items():
        seen, wanted = iou(whole, truth, value), known[name]["pixel_iou"]
        checks.at_most(abs(seen - wanted), 5e-3, f"whole image: IoU of {name} is near that of metrics.json")
        checks.at_most(abs(parts[name][1] / known[name]["objects"] - 1), 0.1, f"whole image: objects of {name}")
        print(f"whole image: {name} IoU {seen:.4f}, {parts[name][1]} objects")

    for size in (640, 448):
        result = common.scan(args, f"tile_{size}", cut, MODEL, "--tile-size", size, "--min-area", 0)
        sites = result.layer()
        drawn, twice = draw(sites, transform, crs, whole.shape)
        differ = int((drawn != whole).sum())
        checks.at_most(differ / whole.size, 1e-4, f"tiles of {size}: share of pixels that differ")
        checks.equal(twice, 0, f"tiles of {size}: pixels that two sites claim")
        line = f"tiles of {size}: {differ} of {whole.size} px differ"
        for name in CLASSES:
            count = int((sites["class"] == name).sum())
            checks.at_most(abs(count - parts[name][1]), 2, f"tiles of {size}: number of {name} sites")
            line += f"; {count} {name} sites ({parts[name][1]})"
        print(line, flush=True)

    # As the model is shipped, with its smallest site.
    least_px = int(np.ceil(facts["tianmu:min_area_m2"] / facts["tianmu:gsd_m"] ** 2 - 1e-6))
    sites = common.scan(args, "as_shipped", cut, MODEL).layer()
    for name in CLASSES:
        seen, wanted = int((sites["class"] == name).sum()), without_small(*parts[name], least_px)[1]
        checks.at_most(abs(seen - wanted), 2, f"as shipped: number of {name} sites")
        print(f"as shipped: {seen} {name} sites ({wanted} of at least {least_px} px in the whole image)")
    checks.finish()


main()
