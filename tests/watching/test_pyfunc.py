"""MLflow loads a table's model by shoal's own loader, and predicts what `shoal predict` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shoal.errors import ModelFolderError, OutputError
from shoal.jobs.saved.folder import load_table_model
from shoal.watching.pyfunc import save_pyfunc

mlflow: Any = pytest.importorskip("mlflow", reason="needs the extra mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")  # which MLflow's own dependencies give
ROWS = pd.DataFrame({"length": [0.5, np.nan], "width": [1, -2], "side": ["north", None]})


def test_it_predicts_what_shoal_does(model_folder: Path, tmp_path: Path) -> None:
    save_pyfunc(model_folder, tmp_path / "model")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    predicted, expected = loaded.predict(ROWS), load_table_model(model_folder).predict(ROWS)
    assert list(predicted.columns) == list(expected) == ["kept", "P(kept=no)", "P(kept=yes)"]
    for name, values in expected.items():
        np.testing.assert_array_equal(predicted[name].to_numpy(), values)


def test_the_signature_has_the_columns_and_the_predictions(model_folder: Path, tmp_path: Path) -> None:
    save_pyfunc(model_folder, tmp_path / "model")
    info = mlflow.models.get_model_info(str(tmp_path / "model"))
    assert info.signature.inputs.input_names() == ["length", "width", "side"]
    assert info.signature.outputs.input_names() == ["kept", "P(kept=no)", "P(kept=yes)"]
    assert info.flavors["python_function"]["loader_module"] == "shoal.watching.pyfunc"
    with pytest.raises(mlflow.exceptions.MlflowException, match="missing inputs"):
        mlflow.pyfunc.load_model(str(tmp_path / "model")).predict(ROWS[["length"]])


def test_nothing_in_it_is_a_pickle_and_nothing_is_left_beside_it(model_folder: Path, tmp_path: Path) -> None:
    save_pyfunc(model_folder, tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    names = {path.suffix for path in (tmp_path / "model").rglob("*") if path.is_file()}
    assert not names & {".pkl", ".pickle", ".joblib", ".cloudpickle"}


def test_what_is_there_already_and_what_is_no_model_are_refused(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        save_pyfunc(model_folder, tmp_path / "there")
    with pytest.raises(ModelFolderError, match="no model folder"):
        save_pyfunc(tmp_path / "there", tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_what_lies_beside_it_is_left_as_it_was(model_folder: Path, tmp_path: Path) -> None:
    beside = tmp_path / "model.data" / "mine.txt"
    beside.parent.mkdir()
    beside.write_text("mine")
    save_pyfunc(model_folder, tmp_path / "model")
    assert beside.read_text() == "mine"
    with pytest.raises(OutputError, match=r"cannot be made .*name another folder"):
        save_pyfunc(model_folder, beside / "model")
