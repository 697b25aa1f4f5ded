#!/usr/bin/env bash
# A day that no calendar has ends in a panic of polars, which is no Exception, while it writes the message of its own error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check polars==2.1.0
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import sys

import polars as pl

days = pl.Series([2**31 - 1], dtype=pl.Int32).cast(pl.Date)
try:
    seen = f"a value, {days.cast(pl.Datetime('us'))[0]}"
except Exception as error:
    seen = f"an Exception, {type(error).__name__}"
except BaseException as error:
    seen = f"a BaseException that no 'except Exception' catches, {type(error).__name__}: {error}"
print("polars", pl.__version__)
print("a good guess: null, or InvalidOperationError, for microseconds of a day that lies beyond them")
print(f"seen: {seen}")
sys.exit(not seen.startswith("a BaseException"))
PYTHON
