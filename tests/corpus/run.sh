#!/usr/bin/env bash
# Runs tianmu on real data and compares it with independent computations.
#
#   tests/corpus/run.sh FOLDER [SCRIPT...]
#
# FOLDER holds the corpus; without names of scripts, all of them run. The program is
# target/release/tianmu or $TIANMU, Python is .test-python's or $TIANMU_PYTHON, and what the scripts
# make goes to target/corpus or $TIANMU_WORK. Prints each script's output and closes with a line for
# each; the exit code is 1 when any failed.
set -uo pipefail
# Nothing is reported to the maker of ONNX Runtime.
export ORT_DISABLE_TELEMETRY=1

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)

if [[ $# -lt 1 || ! -d $1 ]]; then
    echo "usage: tests/corpus/run.sh FOLDER [SCRIPT...]" >&2
    exit 2
fi
corpus=$(cd -- "$1" && pwd)
shift
scripts=("$@")
[[ ${#scripts[@]} -gt 0 ]] || scripts=(field_mosaic weed_model odd_tiffs models detectors geodeep classification readers bench flight_features flight_defects)

tianmu=${TIANMU:-$root/target/release/tianmu}
work=${TIANMU_WORK:-$root/target/corpus}
python=${TIANMU_PYTHON:-$root/.test-python/bin/python}
[[ -x $python ]] || python=$(command -v python3)
mkdir -p -- "$work"

summary=() failed=0
for script in "${scripts[@]}"; do
    printf '\n== %s\n' "$script"
    start=$SECONDS
    if "$python" "$here/$script.py" --tianmu "$tianmu" --work "$work" --corpus "$corpus" 2>&1 |
        tee "$work/$script.log"; then
        result=passed
    else
        result=FAILED failed=1
    fi
    summary+=("$(printf '%-16s %s in %d s: %s' "$script" "$result" $((SECONDS - start)) \
        "$(tail -n 1 "$work/$script.log")")")
done

printf '\n== summary\n'
printf '%s\n' "${summary[@]}"
exit "$failed"
