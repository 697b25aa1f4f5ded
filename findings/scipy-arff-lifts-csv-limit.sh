#!/usr/bin/env bash
# Reading one ARFF file with SciPy lifts the limit on the length of a field for every csv reader of the process.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import csv
import io
import sys

import scipy
from scipy.io import arff


def refused() -> bool:
    try:
        next(csv.reader(["x" * 200_000]))
    except csv.Error:
        return True
    return False


before, limit = refused(), csv.field_size_limit()
arff.loadarff(io.StringIO("@relation r\n@attribute a numeric\n@data\n1\n"))
after, lifted = refused(), csv.field_size_limit()
print("SciPy", scipy.__version__)
print("a good guess: a field of 200 000 letters is refused by csv before and after; nothing else of the process changes")
print(f"refused before: {before} (limit {limit}), after: {after} (limit {lifted})")
sys.exit(not (before and not after and lifted > limit))
PYTHON
