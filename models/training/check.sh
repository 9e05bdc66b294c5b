#!/usr/bin/env bash
# Runs the whole training kit on a tiny budget, to see that it works here; the models it makes are worthless.
#
#   models/training/check.sh [FOLDER]    FOLDER: where results go, new or empty;
#                                        default target/training-check, which is emptied first
#
# Two Pythons take part; neither has what the other has:
#   TORCH_PYTHON   renders, trains, exports: torch, numpy, Pillow, GDAL; default: python3 or /usr/bin/python3
#   ONNX_PYTHON    calibrates, quantises, measures: onnx, onnxruntime, scipy, rasterio; default: .test-python/bin/python
# Where one is missing it says so and ends with 3; where a step fails it names the step and ends with 1.
# The program is TIANMU, else target/release/tianmu or target/debug/tianmu; without it nothing is scanned.
set -euo pipefail

kit=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$kit/../.." && pwd)
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=2

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

# fail CODE WHAT HINT
fail() {
    printf 'error: %s\nhint: %s\n' "$2" "$3" >&2
    exit "$1"
}

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

# A Python that was named is taken or nothing is.
if [[ -n ${TORCH_PYTHON:-} ]]; then pythons=("$TORCH_PYTHON"); else pythons=(python3 /usr/bin/python3); fi
torch=$(first_that 'import torch, numpy, PIL; from osgeo import gdal' "${pythons[@]}") ||
    fail 3 "no torch, numpy, Pillow and GDAL together in ${pythons[*]}" "run scripts/setup.sh --training, or set TORCH_PYTHON"
pythons=("${ONNX_PYTHON:-$root/.test-python/bin/python}")
onnx=$(first_that 'import onnx, onnxruntime, scipy, rasterio' "${pythons[@]}") ||
    fail 3 "no onnx, onnxruntime, scipy and rasterio together in ${pythons[*]}" "run scripts/setup.sh --python-tests, or set ONNX_PYTHON"

# From here on whatever fails ends with 1, whatever its own exit code was.
trap 'printf "error: this step failed: %s\n" "$BASH_COMMAND" >&2; exit 1' ERR

out=${1:-$root/target/training-check}
if (($#)); then
    [[ ! -e $out || -z $(ls -A -- "$out") ]] || fail 1 "\`$out\` is not empty" "name a new folder"
else
    rm -rf -- "$out"
fi
mkdir -p -- "$out"
training=$out/training-scenes validation=$out/validation-scenes models=$out/models

say "render scenes, ground to measure on, and coarse scenes"
# The first scenes of a purpose happen to be bare; these show both crops.
"$torch" "$kit/render_scenes.py" training --first 4 --count 3 --out "$training"
"$torch" "$kit/render_scenes.py" validation --first 9 --count 2 --out "$validation"
"$torch" "$kit/survey.py" validation "$out/survey-validation" --gsd 0.03 --share 0.06
"$torch" "$kit/survey.py" held-out "$out/survey" --gsd 0.025 --gsd 0.05 --share 0.008
"$torch" "$kit/screen_scenes.py" --count 2 --out "$out/screen-scenes"
"$torch" "$kit/screen_scenes.py" --held-out --count 1 --out "$out/screen-held-out"

say "train on scenes, and go on where it was wrong"
tiny=(--steps 20 --minutes 2 --batch 4)
scenes=(--scenes 1 --cache "$out/cache" --scene-folder "$training")
"$torch" "$kit/train.py" poppy-seg "${tiny[@]}" "${scenes[@]}" --rosettes learn --out "$out/first.pt"
"$torch" "$kit/train.py" poppy-seg "${tiny[@]}" "${scenes[@]}" --start "$out/first.pt" --mine --out "$out/poppy-seg.pt"
"$torch" "$kit/train.py" poppy-tile "${tiny[@]}" "${scenes[@]}" --out "$out/poppy-tile.pt"
"$torch" "$kit/train.py" ground-screen "${tiny[@]}" --scene-folder "$out/screen-scenes" --out "$out/ground-screen.pt"
"$torch" "$kit/check_weights.py"

say "train on own chips"
"$torch" "$kit/check_chips.py"
"$torch" - "$training" "$out/chips" <<'PYTHON'
# Cuts a chip of 512 px around a target of each scene, as a folder of masks; every scene is a flight.
import sys
from pathlib import Path

import numpy as np
from PIL import Image

scenes, out = map(Path, sys.argv[1:])
for part in ("images", "masks"):
    (out / part).mkdir(parents=True)
(out / "classes.txt").write_text("0 background\n1 opium_poppy\n2 cannabis\n")
rows = ["chip,group,gsd_m"]
for number, path in enumerate(sorted(scenes.glob("*.npz"))):
    with np.load(path) as scene:
        image, label = scene["image"], np.where(scene["label"] == 254, 255, scene["label"]).astype(np.uint8)
    targets = np.argwhere((label == 1) | (label == 2))
    row, col = np.clip(targets[len(targets) // 2] - 256, 0, 512)
    for part, pixels in (("images", image), ("masks", label)):
        Image.fromarray(pixels[row : row + 512, col : col + 512]).save(out / part / f"{number}.png")
    rows.append(f"{number}.png,flight-{number},0.025")
(out / "chips.csv").write_text("\n".join(rows) + "\n")
PYTHON
"$torch" "$kit/chips.py" "$out/chips"
"$torch" "$kit/train.py" own "${tiny[@]}" --chips "$out/chips" --validation-groups flight-2 --start "$out/poppy-seg.pt" --out "$out/own.pt"

for name in poppy-seg poppy-tile own ground-screen; do
    say "export and describe $name"
    "$torch" "$kit/export.py" "$out/$name.pt" --out "$models/$name/model.onnx"
    "$torch" "$kit/describe.py" "$out/$name.pt" --out "$models/$name"
done

for name in poppy-seg poppy-tile; do
    model=$models/$name/model.onnx twin=$models/$name-int8/model.onnx
    say "calibrate, choose thresholds, measure, make the 8-bit twin: $name"
    "$onnx" "$kit/calibrate.py" "$model" --scenes "$validation" --least 1 --out "$model"
    "$onnx" "$kit/evaluate.py" "$models/$name" --choose "$out/survey-validation" --max-false 100000000 --survey "$out/survey" >"$out/$name.log"
    head -n 1 "$out/$name.log"
    "$onnx" "$kit/quantise.py" "$model" --scenes "$training" --chips 8 --out "$twin"
    "$onnx" "$kit/compare_twins.py" "$model" "$twin" --scenes "$validation" --rounds 3 --report "$out/$name-twins.json" >"$out/$name-twins.log"
    grep same_best_class "$out/$name-twins.log"
done

say "calibrate and measure own"
"$torch" "$kit/chip_scenes.py" "$models/own" --chips "$out/chips" --out "$out/own-scenes"
"$onnx" "$kit/calibrate.py" "$models/own/model.onnx" --scenes "$out/own-scenes" --least 1 --out "$models/own/model.onnx"
"$onnx" "$kit/evaluate_chips.py" own --models "$models" --chips "$out/chips" --groups flight-2 --out "$models/own/metrics.json"

say "measure the screen"
"$onnx" "$kit/evaluate_screen.py" "$models/ground-screen" --scenes "$out/screen-held-out" >"$out/ground-screen.log"
grep --max-count=1 tiles_dropped "$out/ground-screen.log"

tianmu=${TIANMU:-}
for built in release debug; do
    [[ -n $tianmu || ! -x $root/target/$built/tianmu ]] || tianmu=$root/target/$built/tianmu
done
if [[ -n $tianmu ]]; then
    say "scan with a twin that it made"
    "$tianmu" scan "$out/survey/gsd-2.5cm.tif" --model "$models/poppy-seg-int8" -o "$out/sites.geojson" --quiet
else
    say "tianmu is not built, so nothing is scanned with what it made"
fi

made=("$models"/*/model.onnx)
made=("${made[@]%/model.onnx}")
say "the kit works; it made ${#made[@]} models, ${made[*]##*/}, in $models"
