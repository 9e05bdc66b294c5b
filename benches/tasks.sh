#!/usr/bin/env bash
# How long campaigns and field packs take for a large county: 5,000 villages and 100,000 made-up sites.
#
#   benches/tasks.sh [FOLDER]            VILLAGES=5000 SITES=100000
#
# Prints seconds and peak memory of each step. Needs target/release/tianmu (`make build`) and the Python
# libraries of `make test`, which make the county. There is no imagery, so there are no pictures; sheets
# are printed for the 500 most urgent places, as `tasks` does unless told otherwise.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

folder=${1:-$(mktemp -d)}
tianmu=target/release/tianmu
python=${TIANMU_PYTHON:-.test-python/bin/python}

"$python" tests/python/county_at_scale.py "$folder" --villages "${VILLAGES:-5000}" --sites "${SITES:-100000}"

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

campaign=$folder/county.gpkg
rm -f -- "$campaign"
"$tianmu" campaign new "$campaign" --year 2026 --round 2 --county-code 990101 --quiet
step "import villages" "$tianmu" campaign import "$campaign" "$folder/villages.gpkg" --role villages
step "import grid" "$tianmu" campaign import "$campaign" "$folder/grid.csv" --role grid
step "import history" "$tianmu" campaign import "$campaign" "$folder/history.geojson" --role history
step "import previous" "$tianmu" campaign import "$campaign" "$folder/previous.gpkg" --role previous
step "import scan" "$tianmu" campaign import "$campaign" "$folder/sites.gpkg" --role scan
step "match" "$tianmu" campaign match "$campaign"
step "tasks, all grades" "$tianmu" tasks "$campaign" -o "$folder/pack" --grades A,B,C --date 2026-04-21 --overwrite
step "tasks again" "$tianmu" tasks "$campaign" -o "$folder/pack2" --grades A,B,C --date 2026-04-21 --overwrite
nproc | sed 's/$/ processors/'
