#!/usr/bin/env bash
# Runs the whole training kit on a tiny budget, to see that it works here; the models it makes are worthless.
#
#   models/training/check.sh [FOLDER]    FOLDER: where results go, default target/training-check
#
# Two Pythons take part; neither has what the other has:
#   TORCH_PYTHON   renders and trains: torch, numpy, Pillow, GDAL; default: python3 or /usr/bin/python3
#   ONNX_PYTHON    calibrates and quantises: onnx, onnxruntime, scipy; default: .test-python/bin/python
# Where one is missing it says so and ends with 3.
set -euo pipefail

kit=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$kit/../..
out=${1:-target/training-check}
export PYTHONDONTWRITEBYTECODE=1

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

# first_that CODE PYTHON...: prints the first Python that runs CODE.
first_that() {
    local code=$1 python
    shift
    for python in "$@"; do
        if "$python" -c "$code" >/dev/null 2>&1; then
            echo "$python"
            return 0
        fi
    done
    return 1
}

# missing WHAT OPTION: what is not there, and how it comes.
missing() {
    printf 'error: no Python with %s\nhint: run scripts/setup.sh %s\n' "$1" "$2" >&2
    exit 3
}

torch=$(first_that 'import torch, numpy, PIL; from osgeo import gdal' ${TORCH_PYTHON:+"$TORCH_PYTHON"} python3 /usr/bin/python3) ||
    missing "torch, numpy, Pillow and GDAL" --training
onnx=$(first_that 'import onnx, onnxruntime, scipy' ${ONNX_PYTHON:+"$ONNX_PYTHON"} "$root/.test-python/bin/python") ||
    missing "onnx, onnxruntime and scipy" --python-tests

mkdir -p "$out"
training=$out/training-scenes validation=$out/validation-scenes models=$out/models
tiny=(--scenes 3 --steps 20 --minutes 2 --batch 4 --cache "$training")

say "render"
"$torch" "$kit/render_scenes.py" training --count 3 --out "$training"
"$torch" "$kit/render_scenes.py" validation --count 2 --out "$validation"

say "train"
"$torch" "$kit/train.py" poppy-seg "${tiny[@]}" --out "$out/first.pt"
"$torch" "$kit/train.py" poppy-seg "${tiny[@]}" --start "$out/first.pt" --mine --out "$out/poppy-seg.pt"
"$torch" "$kit/train.py" poppy-tile "${tiny[@]}" --out "$out/poppy-tile.pt"
# Training on a unit's own chips (`train.py ... --chips`) belongs here.

for name in poppy-seg poppy-tile; do
    model=$models/$name/model.onnx twin=$models/$name-int8/model.onnx
    say "export, describe, calibrate, quantise, compare, evaluate: $name"
    "$torch" "$kit/export.py" $name --weights "$out/$name.pt" --out "$model"
    "$torch" "$kit/describe.py" $name --models "$models"
    "$onnx" "$kit/calibrate.py" "$model" --scenes "$validation" --least 0 --out "$model"
    "$onnx" "$kit/quantise.py" "$model" --scenes "$training" --chips 8 --out "$twin"
    "$onnx" "$kit/compare_twins.py" "$model" "$twin" --scenes "$validation" --rounds 3 --report "$out/$name-twins.json"
    "$torch" "$kit/evaluate.py" $name --weights "$out/$name.pt" --models "$models" --scenes 1
done
say "the kit works; what it made is in $out"
