#!/usr/bin/env bash
# Runs every command whose output the READMEs show, puts the new output in its place, and draws the
# picture again. Needs a built program (`make build`) and Python 3; the picture also needs matplotlib
# and rasterio, and is left as it is without them.
#
#   docs/refresh.sh                        with python3
#   PYTHON=some/python docs/refresh.sh     with another Python
#
# A block stands between two markers, the first of which holds the command:
#   <!-- output of: target/release/tianmu ... -->
#   <!-- end of output -->
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python3}
mkdir -p demo
"$python" - README.md README.zh-CN.md <<'PYTHON'
import re, subprocess, sys
from pathlib import Path

BLOCK = re.compile(r"(<!-- output of: (.+?) -->\n).*?(<!-- end of output -->\n)", re.DOTALL)
outputs = {}


def run(command):
    """What a command prints, on both streams; each command runs once."""
    if command not in outputs:
        print(f"refresh: {command}", flush=True)
        done = subprocess.run(command, shell=True, text=True, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(f"refresh: it ends with {done.returncode}:\n{done.stdout}")
        outputs[command] = done.stdout.rstrip("\n")
    return outputs[command]


for name in sys.argv[1:]:
    file = Path(name)
    text = file.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda m: f"{m[1]}```text\n{run(m[2])}\n```\n{m[3]}", text)
    if fresh != text:
        file.write_text(fresh, encoding="utf-8")
        print(f"refresh: {name} changed")
PYTHON

if "$python" -c "import matplotlib, rasterio" 2>/dev/null; then
    "$python" docs/picture.py
else
    echo "refresh: the picture stays as it is: $python has no matplotlib or no rasterio" >&2
fi

# The sheet of the pack that the README's command made.
if command -v pdftoppm >/dev/null 2>&1 && [[ -f demo/county/pack/sheets/990101201202.pdf ]]; then
    pdftoppm -r 90 -png -f 1 -l 1 -singlefile demo/county/pack/sheets/990101201202.pdf docs/sheet
else
    echo "refresh: docs/sheet.png stays as it is: no pdftoppm, or no pack in demo/county" >&2
fi

# The top of the report's page.
if command -v chromium >/dev/null 2>&1 && [[ -f demo/county/report/report.html ]]; then
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,1500 \
        --screenshot=docs/report.png "file://$PWD/demo/county/report/report.html" >/dev/null 2>&1
else
    echo "refresh: docs/report.png stays as it is: no chromium, or no report in demo/county" >&2
fi
