"""Compares a float model with its INT8 twin, side by side in one run: speed, agreement, size.

`.test-python/bin/python models/training/compare_twins.py models/poppy-tile/model.onnx models/poppy-tile-int8/model.onnx --scenes target/validation-scenes`

Both run in turns on the same tiles, so that what else the machine does meets both. A ratio of 2 means
that the twin needs half the time.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from onnx_tools.contract import as_input, read_contract, softmax, stop
from onnx_tools.scenes import add_scene_arguments, count, scene_files, tiles
from onnx_tools.sessions import run, session

TILES_A_RUN = {True: 1, False: 8}  # Segmentation, classification.


def speed(paths, contract, batch, threads, rounds):
    """Median time of the first model by that of the second, the lowest time by the lowest, and milliseconds of both."""
    sessions = [session(path, contract, threads) for path in paths]
    seconds = [[], []]
    for model in sessions:
        run(model, batch)
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            begin = time.perf_counter()
            run(sessions[which], batch)
            seconds[which].append(time.perf_counter() - begin)
    median, lowest = np.median(seconds, 1), np.min(seconds, 1)
    return {
        "threads": threads, "tiles_a_run": len(batch), "rounds": rounds, "ratio": round(median[0] / median[1], 2), "ratio_of_lowest": round(lowest[0] / lowest[1], 2),
        "float_ms_a_tile": round(1e3 * median[0] / len(batch), 3), "int8_ms_a_tile": round(1e3 * median[1] / len(batch), 3),
    }


def agreement(paths, contract, files):
    """How alike the answers are: best class, decision at the thresholds, difference of probabilities."""
    sessions = [session(path, contract, 2) for path in paths]
    answers, same, moved, sizes = 0, 0, {name: 0 for name in contract.thresholds}, []
    inside = slice(contract.margin_px, contract.tile_px - contract.margin_px)
    for path in files:
        for tile in tiles(contract, path)[0]:
            a, b = (softmax(run(model, as_input(contract, tile[None])))[0] for model in sessions)
            if contract.segments:
                a, b = a[:, inside, inside], b[:, inside, inside]
            answers += a[0].size
            same += int((a.argmax(0) == b.argmax(0)).sum())
            for name, threshold in contract.thresholds.items():
                value = contract.classes.index(name)
                moved[name] += int(((a[value] >= threshold) != (b[value] >= threshold)).sum())
            sizes.append(np.abs(a - b).max(0).ravel()[:: 16 if contract.segments else 1])
    sizes = np.concatenate(sizes)
    return {
        "counted": answers, "same_best_class": round(same / answers, 6), "other_side_of_threshold": {name: round(n / answers, 6) for name, n in moved.items()},
        "probability_difference": {"mean": round(float(sizes.mean()), 5), "p99": round(float(np.quantile(sizes, 0.99)), 5), "max": round(float(sizes.max()), 5)},
    }


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("float_model", type=Path)
    parser.add_argument("int8_model", type=Path)
    add_scene_arguments(parser, "scenes that trained neither")
    parser.add_argument("--rounds", type=count, default=25, help="timed runs of each model")
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    paths = [args.float_model, args.int8_model]
    contract, twin = map(read_contract, paths)
    for what in ("segments", "classes", "tile_px", "margin_px"):
        seen, wanted = getattr(twin, what), getattr(contract, what)
        if seen != wanted:
            stop(f"`{twin.path}` has {what} {seen}, wanted {wanted} as in `{contract.path}`", "give a model and its own twin; quantise.py makes it")
    files = scene_files(args.scenes, args.count)
    batch = as_input(contract, tiles(contract, files[0])[0][: TILES_A_RUN[contract.segments]])
    report = {
        "schema_version": 1, "float": contract.name, "int8": twin.name, "scenes": len(files), "tile_px": contract.tile_px,
        "bytes": {"float": paths[0].stat().st_size, "int8": paths[1].stat().st_size},
        "speed": [speed(paths, contract, batch, threads, args.rounds) for threads in (1, 2)],
        "agreement": agreement(paths, contract, files),
    }
    print(json.dumps(report, indent=1))
    if args.report:
        args.report.parent.mkdir(parents=True, exist_ok=True)
        args.report.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
