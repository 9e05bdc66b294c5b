"""Makes a model's probabilities honest: fits one scale and one offset per class to its logits, and writes them into the network.

`.test-python/bin/python models/training/calibrate.py models/poppy-seg/model.onnx --scenes target/validation-scenes --out models/poppy-seg/model.onnx`

Vector scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks"): the scale and offset that
give the validation scenes the smallest negative log likelihood, with classes as frequent as they are
there. Half of the scenes are fitted, the other half tells what it brought; figures go to calibration.json.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from scipy.optimize import minimize

from learn.tiles import tile_class
from onnx_tools.contract import as_input, read_contract, softmax, stop
from onnx_tools.fold import fold_into
from onnx_tools.reliability import expected_error, log_loss, reliability
from onnx_tools.scenes import add_scene_arguments, count, scene_files, tiles
from onnx_tools.sessions import run, session
from render.canvas import IGNORE

SCALES, OFFSETS = (0.05, 20.0), (-20.0, 20.0)  # What is found at the ends says that the model does not know the class.


def logits_and_truth(model, contract, files, every):
    """Logits float32 `[n, class]` and classes `[n]` over scenes, as the program would see them.

    Segmentation: every so many-th row and column of each tile's core. Classification: one row a tile.
    """
    logits, truth = [], []
    inside = slice(contract.margin_px, contract.tile_px - contract.margin_px, every)
    for path in files:
        images, labels = tiles(contract, path)
        unknown = labels[(labels >= len(contract.classes)) & (labels != IGNORE)]
        if len(unknown):
            stop(f"`{path}` has the class {unknown[0]}, wanted 0 to {len(contract.classes) - 1} or {IGNORE}", f"the model knows {', '.join(contract.classes)}; give scenes made for it")
        if contract.segments:
            for tile, tile_label in zip(images, labels):
                answer = run(model, as_input(contract, tile[None]))[0, :, inside, inside]
                logits.append(answer.reshape(len(answer), -1).T)
                truth.append(tile_label[inside, inside].ravel())
        else:
            logits.append(run(model, as_input(contract, images)))
            kinds = [tile_class(label, len(contract.classes), contract.positive_share) for label in labels]
            truth.append(np.array([IGNORE if kind is None else kind for kind in kinds], np.uint8))
    logits, truth = np.concatenate(logits), np.concatenate(truth)
    counted = truth != IGNORE
    return logits[counted], truth[counted]


def fit(logits, truth):
    """Scale and offset `[class]` with the smallest negative log likelihood. The problem is convex; what it finds is bounded."""
    classes = logits.shape[1]
    wanted = np.eye(classes)[truth]
    logits = logits.astype(np.float64)

    def loss(parameters):
        scale, offset = parameters[:classes], parameters[classes:]
        probability = softmax(logits * scale + offset)
        wrong = (probability - wanted) / len(truth)
        value = -np.log(np.maximum(probability[np.arange(len(truth)), truth], 1e-300)).mean()
        return value, np.concatenate([(wrong * logits).sum(0), wrong.sum(0)])

    start, bounds = np.concatenate([np.ones(classes), np.zeros(classes)]), [SCALES] * classes + [OFFSETS] * classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8})
    scale, offset = found.x[:classes], found.x[classes:]
    return scale, offset - offset.mean()  # The same offset on all classes changes nothing.


def figures(classes, background, logits, truth):
    """Log loss, expected calibration errors and reliability tables of one set of logits."""
    probability = softmax(logits)
    sure, right = probability.max(1), probability.argmax(1) == truth
    result = {"nll": log_loss(probability, truth), "ece": expected_error(sure, right), "reliability": reliability(sure, right), "classes": {}}
    for value, name in enumerate(classes):
        if name not in background:
            result["classes"][name] = {
                "ece": expected_error(probability[:, value], truth == value),
                "reliability": reliability(probability[:, value], truth == value),
            }
    return result


def check_seen(classes, truth, folder, least):
    """Refuses to fit a class that the scenes hardly show."""
    for value, name in enumerate(classes):
        seen = int((truth == value).sum())
        if seen < least:
            stop(f"`{name}` occurs {seen} times in the fitted half of `{folder}`, wanted at least {least}", "render more validation scenes, or lower --least")


def print_figures(before, after, unit):
    """What calibration brought on the held-out half, and the reliability of each class afterwards."""
    print(f"held-out half, over {unit}: before -> after")
    print(f"  negative log likelihood         {before['nll']:.5f} -> {after['nll']:.5f}")
    print(f"  calibration error, likeliest    {before['ece']:.5f} -> {after['ece']:.5f}")
    for name in after["classes"]:
        print(f"  calibration error, {name:12s} {before['classes'][name]['ece']:.5f} -> {after['classes'][name]['ece']:.5f}")
    for name, c in after["classes"].items():
        print(f"{name}: said, true (of {unit}), after; before in brackets")
        old = {row["from"]: row for row in before["classes"][name]["reliability"]}
        for row in c["reliability"]:
            was = old.get(row["from"])
            was = f"({was['said']:.3f}, {was['true']:.3f} of {was['count']})" if was else "(none)"
            print(f"  {row['from']:.2f}-{row['to']:.2f}  {row['said']:.3f}, {row['true']:.3f} of {row['count']:<9d} {was}")


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="model.onnx with a model.json beside it")
    add_scene_arguments(parser, "validation scenes, of render_scenes.py or chip_scenes.py")
    parser.add_argument("--every", type=count, default=4, help="segmentation: take every so many-th row and column")
    parser.add_argument("--least", type=int, default=20, help="how often each class must occur in the fitted half")
    parser.add_argument("--out", type=Path, required=True, help="model to write; may be the one read")
    parser.add_argument("--report", type=Path, help="figures to write; default calibration.json beside the model written")
    args = parser.parse_args()
    contract = read_contract(args.model)
    files = scene_files(args.scenes, args.count, purpose="validation")
    if len(files) < 2:
        stop(f"{len(files)} scene of `{args.scenes}`, wanted at least 2", "one half is fitted, the other measured")
    model = session(args.model, contract, 2)
    fitted = logits_and_truth(model, contract, files[0::2], args.every)
    check_seen(contract.classes, fitted[1], args.scenes, args.least)
    scale, offset = fit(*fitted)
    for name, value in zip(contract.classes, scale):
        if value in SCALES:
            print(f"warning: the scale of `{name}` is at its limit {value}: the model hardly knows this class")

    network = onnx.load(args.model)
    where = fold_into(network, scale, offset)
    logits, truth = logits_and_truth(model, contract, files[1::2], args.every)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(network, args.out)
    if not args.out.with_name("model.json").exists():
        shutil.copy(contract.path, args.out.with_name("model.json"))
    calibrated, _ = logits_and_truth(session(args.out, contract, 2), contract, files[1::2], args.every)
    difference = float(np.abs(calibrated - (logits * scale + offset)).max())
    before, after = (figures(contract.classes, contract.background, x, truth) for x in (logits, calibrated))
    unit = "pixels" if contract.segments else "tiles"
    report = {
        "schema_version": 1, "model": contract.name, "method": "vector scaling", "scenes_fitted": len(files[0::2]), "scenes_held_out": len(files[1::2]),
        "scenes": f"{files[0].stem}..{files[-1].stem}", "unit": unit, "counted": len(truth), "scale": scale.round(5).tolist(), "offset": offset.round(5).tolist(),
        "folded_into": where, "max_difference_of_folded_logits": difference, "before": before, "after": after,
    }
    path = args.report or args.out.with_name("calibration.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"scale  {np.array2string(scale, precision=3)}\noffset {np.array2string(offset, precision=3)}, folded into {where}, logits differ by at most {difference:.1e}")
    print_figures(before, after, unit)
    print(f"{args.out} and {path} written; the thresholds of model.json were chosen for the old probabilities, choose them again")


if __name__ == "__main__":
    main()
