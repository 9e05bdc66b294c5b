#!/usr/bin/env bash
# Runs the whole training kit on a tiny budget, to see that it works here; the models it makes are worthless.
#
#   models/training/check.sh [FOLDER]    FOLDER: where results go, default target/training-check
#
# Two Pythons take part; neither has what the other has:
#   TORCH_PYTHON   renders and trains: torch, numpy, Pillow, GDAL; default: python3 or /usr/bin/python3
#   ONNX_PYTHON    calibrates and quantises: onnx, onnxruntime, scipy; default: .test-python/bin/python
# Where one is missing it says so and ends with 3. The program is TIANMU or target/release/tianmu.
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
export OMP_NUM_THREADS=2

say "render scenes, ground to measure on, and coarse scenes"
"$torch" "$kit/render_scenes.py" training --count 3 --out "$training"
"$torch" "$kit/render_scenes.py" validation --count 2 --out "$validation"
"$torch" "$kit/survey.py" validation "$out/survey-validation" --gsd 0.03 --share 0.06
"$torch" "$kit/survey.py" held-out "$out/survey" --gsd 0.025 --gsd 0.05 --share 0.008
"$torch" "$kit/screen_scenes.py" --count 2 --out "$out/screen-scenes"
"$torch" "$kit/screen_scenes.py" --held-out --count 1 --out "$out/screen-held-out"

say "train on scenes, go on where it was wrong, train on own chips"
tiny=(--scenes 3 --steps 20 --minutes 2 --batch 4 --cache "$training")
"$torch" "$kit/train.py" poppy-seg "${tiny[@]}" --rosettes learn --out "$out/first.pt"
"$torch" "$kit/train.py" poppy-seg "${tiny[@]}" --start "$out/first.pt" --mine --out "$out/poppy-seg.pt"
"$torch" "$kit/train.py" poppy-tile "${tiny[@]}" --out "$out/poppy-tile.pt"
"$torch" "$kit/train.py" ground-screen --scene-folder "$out/screen-scenes" --steps 20 --minutes 2 --batch 4 --out "$out/ground-screen.pt"
"$torch" "$kit/check_chips.py"
"$torch" "$kit/check_weights.py"
"$torch" - "$out/chips" "$training" <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
from PIL import Image

out, scenes = map(Path, sys.argv[1:])
for part in ("images", "masks"):
    (out / part).mkdir(parents=True, exist_ok=True)
(out / "classes.txt").write_text("0 background\n1 opium_poppy\n2 cannabis\n")
rows = ["chip,group,gsd_m"]
for number, path in enumerate(sorted(scenes.glob("*.npz"))):
    with np.load(path) as scene:
        label = np.where(scene["label"] == 254, 255, scene["label"])[:512, :512].astype(np.uint8)
        Image.fromarray(scene["image"][:512, :512]).save(out / "images" / f"{number}.png")
        Image.fromarray(label).save(out / "masks" / f"{number}.png")
    rows.append(f"{number}.png,flight-{number},0.025")
(out / "chips.csv").write_text("\n".join(rows) + "\n")
PYTHON
"$torch" "$kit/chips.py" "$out/chips"
"$torch" "$kit/train.py" own --chips "$out/chips" --steps 10 --minutes 1 --batch 2 --crop 128 --out "$out/own.pt"

for name in poppy-seg poppy-tile; do
    model=$models/$name/model.onnx
    say "export, describe, calibrate, choose thresholds, measure: $name"
    "$torch" "$kit/export.py" "$out/$name.pt" --out "$model"
    "$torch" "$kit/describe.py" "$out/$name.pt" --out "$models/$name"
    "$onnx" "$kit/calibrate.py" "$model" --scenes "$validation" --least 0 --out "$model"
    "$onnx" "$kit/evaluate.py" "$models/$name" --choose "$out/survey-validation" --max-false 100000000 --survey "$out/survey" >"$out/$name.log"
    tail -n 1 "$out/$name.log"
done

say "the 8-bit twin"
"$onnx" "$kit/quantise.py" "$models/poppy-tile/model.onnx" --scenes "$training" --chips 8 --out "$models/poppy-tile-int8/model.onnx"
"$onnx" "$kit/compare_twins.py" "$models/poppy-tile/model.onnx" "$models/poppy-tile-int8/model.onnx" --scenes "$validation" --rounds 3 --report "$out/twins.json"

say "the screen"
"$torch" "$kit/export.py" "$out/ground-screen.pt" --out "$models/ground-screen/model.onnx"
"$torch" "$kit/describe.py" "$out/ground-screen.pt" --out "$models/ground-screen"
"$onnx" "$kit/evaluate_screen.py" "$models/ground-screen" --scenes "$out/screen-held-out" >"$out/ground-screen.log"

tianmu=${TIANMU:-$root/target/release/tianmu}
[[ -x $tianmu ]] || tianmu=$root/target/debug/tianmu
if [[ -x $tianmu ]]; then
    say "scan with what it made"
    "$tianmu" scan "$out/survey/gsd-2.5cm.tif" --model "$models/poppy-tile-int8" -o "$out/sites.geojson" --overwrite --quiet
else
    say "tianmu is not built, so nothing is scanned with what it made"
fi
say "the kit works; what it made is in $out"
