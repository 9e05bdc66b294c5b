#!/usr/bin/env bash
# Runs every script of the kit on a tiny budget, to see that it works here; the models it makes are worthless.
# Usage, from the repository root: models/training/check.sh [FOLDER]
set -euo pipefail
python=${PYTHON:-/usr/bin/python3}
kit=models/training
out=${1:-target/training-check}
tiny=(--scenes 2 --steps 20 --minutes 5 --batch 4 --cache "$out/scenes")
mkdir -p "$out"

"$python" $kit/train.py poppy-seg "${tiny[@]}" --out "$out/first.pt"
"$python" $kit/train.py poppy-seg "${tiny[@]}" --start "$out/first.pt" --mine --out "$out/poppy-seg.pt"
"$python" $kit/train.py poppy-tile "${tiny[@]}" --out "$out/poppy-tile.pt"
for name in poppy-seg poppy-tile; do
    "$python" $kit/export.py $name --weights "$out/$name.pt" --out "$out/models/$name/model.onnx"
    "$python" $kit/describe.py $name --models "$out/models"
    "$python" $kit/evaluate.py $name --weights "$out/$name.pt" --models "$out/models" --scenes 1
done
echo "the kit works; what it made is in $out"
