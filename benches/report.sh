#!/usr/bin/env bash
# How long a report takes for a large county: 5,000 villages and 100,000 made-up sites, most with an answer.
#
#   benches/report.sh [FOLDER]            VILLAGES=5000 SITES=100000
#
# Prints seconds and peak memory of each level. Needs target/release/tianmu (`make build`, or another named
# by TIANMU) and the Python libraries of `make test`, which make the county. There are no photos.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

folder=${1:-$(mktemp -d)}
tianmu=${TIANMU:-target/release/tianmu}
python=${TIANMU_PYTHON:-.test-python/bin/python}

"$python" tests/python/report_world.py --tianmu "$tianmu" --work "$folder" --villages "${VILLAGES:-5000}" --sites "${SITES:-100000}"

# step NAME COMMAND…: what it took, in seconds by the clock and MB.
step() {
    local name=$1
    shift
    "$python" - "$name" "$@" <<'PYTHON'
import resource, subprocess, sys, time

name, command = sys.argv[1], sys.argv[2:]
begun = time.monotonic()
done = subprocess.run(command, stdout=subprocess.DEVNULL)
seconds = time.monotonic() - begun
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{name:<28} {seconds:7.1f} s {memory:7.0f} MB", flush=True)
sys.exit(done.returncode)
PYTHON
}

for level in field superior public; do
    step "report, $level" "$tianmu" report "$folder/county.gpkg" -o "$folder/report-$level" --level "$level" --date 2026-12-31 --overwrite
done
nproc | sed 's/$/ processors/'
