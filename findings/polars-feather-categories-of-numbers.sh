#!/usr/bin/env bash
# Categories that pandas writes to Feather are categories for polars where their labels are texts, and numbers where they are numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check polars==2.1.0 pandas==3.1.1 pyarrow
cd "$folder"
venv/bin/python - <<'PYTHON'
import io
import sys

import pandas as pd
import polars as pl

seen = {}
for labels in ([10, 20], ["a", "b"]):
    file = io.BytesIO()
    pd.DataFrame({"k": pd.Categorical(labels)}).to_feather(file)
    file.seek(0)
    seen[str(labels)] = pl.read_ipc(file).schema["k"]
print("polars", pl.__version__, "pandas", pd.__version__)
print("a good guess: both are categorical, as pandas says, or a warning tells that one is not")
for labels, dtype in seen.items():
    print(f"labels {labels}: {dtype}")
numbers, texts = seen.values()
sys.exit(not (numbers == pl.Int64 and isinstance(texts, pl.Categorical | pl.Enum)))
PYTHON
