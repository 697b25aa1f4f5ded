#!/usr/bin/env bash
# mlflow-skinny can keep no runs on the machine itself: a folder is refused, and of a database it says that the model registry is unavailable.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check mlflow-skinny==3.17.2
cd "$folder"
venv/bin/python - <<'PYTHON' 2>/dev/null
import sys

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient


def said(uri):
    try:
        return f"experiment {MlflowClient(uri).create_experiment('a')}"
    except MlflowException as error:
        return f"{type(error).__name__}: {error}"


of_folder, of_database = said("file:runs"), said("sqlite:///runs.db")
print(f"mlflow-skinny {mlflow.__version__}: a good guess is that runs go into a folder, as for years, or ask for sqlalchemy")
print("seen, folder:", of_folder[:110])
print("seen, database:", of_database[:110])
expected = "maintenance mode" in of_folder and "Model registry" in of_database and "sqlalchemy" not in of_database.lower()
sys.exit(0 if expected else 1)
PYTHON
