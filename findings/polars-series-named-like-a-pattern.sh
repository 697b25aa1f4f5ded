#!/usr/bin/env bash
# A polars series whose name stands between ^ and $ cannot be worked on by itself: its methods look for it by that name as by a pattern.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check polars==2.1.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import polars as pl


def ends(name: str) -> str:
    try:
        return str(pl.Series(name, ["1.5", "x"]).str.contains("[.]").to_list())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = {name: ends(name) for name in ("price", "*", "^price$", "^.*$")}
print("polars", pl.__version__)
print("a good guess: a series is the same whatever it is called, since no other column is there to be meant: [True, False]")
for name, what in seen.items():
    print(f"{name}: {what}")
sys.exit(not (seen["price"] == "[True, False]" and seen["^price$"].startswith("IndexError")))
PYTHON
