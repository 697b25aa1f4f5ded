#!/usr/bin/env bash
# scikit-learn fits no pandas frame with two columns of a name any more: narwhals, which reads the names, refuses them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    scikit-learn==1.9.1 narwhals==2.29.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import narwhals
import numpy as np
import pandas
import sklearn
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

x = np.linspace(-1, 1, 20)
twice = pandas.DataFrame(np.column_stack([x, x**2]), columns=["size", "size"])


def ends(estimator: object, X: object) -> str:
    """Return what fitting ends in: "fitted", or the name of the exception."""
    try:
        estimator.fit(X, x)
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}"
    return "fitted"


print("scikit-learn", sklearn.__version__, "narwhals", narwhals.__version__, "pandas", pandas.__version__)
print("a good guess: both fit, for the numbers are the same and names are kept for later")
seen = {
    (type(estimator).__name__, name): ends(estimator, X)
    for estimator in (LinearRegression(), StandardScaler())
    for name, X in (("frame", twice), ("array", twice.to_numpy()))
}
for (estimator, name), end in seen.items():
    print(f"{estimator} of the {name}: {end}")
foreign = all(seen[one, "frame"] == "narwhals.exceptions.DuplicateError" for one, _ in seen)
sys.exit(not (foreign and all(seen[one, "array"] == "fitted" for one, _ in seen)))
PYTHON
