#!/usr/bin/env bash
# pandas gives times parsed from texts such as 2024-02-01T00:00+05:30 a zone that is an offset, and writes it into Parquet, as
# pyarrow may. pyarrow and pandas read the file back; polars knows zones by their names alone and cannot tell even its columns, or
# how many rows there are, whichever column is wanted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1
echo "a good guess: what pandas writes, polars reads, the more so a column beside the times"
"$folder/venv/bin/python" - "$folder/times.parquet" <<'PYTHON' 2>"$folder/panic.txt"
import sys

import pandas as pd
import polars as pl
import pyarrow.parquet as pq

path = sys.argv[1]
when = pd.to_datetime(["2024-02-01T00:00+05:30", "2024-02-02T00:00+05:30"])
pd.DataFrame({"when": when, "y": [1.0, 2.0]}).to_parquet(path)
print(f"pandas {pd.__version__}: {pd.read_parquet(path)['when'].dtype}, pyarrow: {pq.read_schema(path).field('when').type}")
seen = []
for what, read in (
    ("the column y", lambda: pl.read_parquet(path, columns=["y"])),
    ("the schema", lambda: pl.scan_parquet(path).collect_schema()),
    ("the rows", lambda: pl.scan_parquet(path).select(pl.len()).collect()),
):
    try:
        read()
        seen.append("read")
    except BaseException as error:
        seen.append(type(error).__name__)
    print(f"polars {pl.__version__}, {what}: {seen[-1]}")
sys.exit("read" in seen)
PYTHON
