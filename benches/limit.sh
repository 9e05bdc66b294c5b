#!/usr/bin/env bash
# How near `tianmu scan` comes to what decoding and inference alone would take, and how much memory it needs.
#
#   benches/limit.sh                                   every case, five interleaved runs (about half an hour)
#   RUNS=3 benches/limit.sh jpeg-30000/mobilenet-224   some cases, three runs
#
# It makes its rasters and models once (about 1.2 GB, in target/limit; LIMIT_FOLDER puts them elsewhere) and prints a
# table. What is measured stands at the top of limit.rs. Run it on a machine that does nothing else.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

folder=${LIMIT_FOLDER:-target/limit}
python=${PYTHON:-.test-python/bin/python}
if ! "$python" -c "import numpy, onnx, rasterio" 2>/dev/null; then
    echo "limit.sh: $python has no numpy, onnx and rasterio; run scripts/setup.sh --python-tests" >&2
    exit 3
fi
"$python" benches/limit/make_models.py "$folder/models"
"$python" benches/limit/make_rasters.py "$folder/rasters"
exec cargo bench --quiet --locked --bench limit -- compare "$(cd "$folder" && pwd)" "${RUNS:-5}" "$@"
