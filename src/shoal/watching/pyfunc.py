"""A table's model in MLflow's ``pyfunc`` flavour: what ``shoal fit`` saved, read by shoal's own loader."""

from __future__ import annotations

import shutil
import tempfile
from os import PathLike
from pathlib import Path
from typing import Any

from shoal._version import __version__
from shoal.errors import MissingDependencyError, OutputError, reason
from shoal.jobs.model import TableModel
from shoal.jobs.saved.folder import load_table_model
from shoal.jobs.saved.layout import MODEL, PREPROCESSING, WEIGHTS

MISSING = "MLflow's models need its package: pip install 'shoal[mlflow]'"


def save_pyfunc(folder: str | PathLike[str], path: str | PathLike[str]) -> None:
    """Write the table's model in ``folder`` to the new folder ``path``, for ``mlflow.pyfunc.load_model``.

    What it predicts with is shoal's three files, which are no pickle. The signature names the columns and the
    predictions, as ``shoal predict`` writes them. Columns have any type, since MLflow's doubles refuse whole
    numbers; what a value may be the model says itself, in an error that names column and row.

    Raises ``ConfigurationError`` for a model of no table, ``ModelFolderError`` for a damaged one,
    ``OutputError`` for a ``path`` that is there already or cannot be made, ``MissingDependencyError`` without
    MLflow.
    """
    model = load_table_model(Path(folder))
    try:
        import mlflow.pyfunc
    except ImportError:
        raise MissingDependencyError(MISSING) from None
    path = Path(path)
    if path.exists():
        raise OutputError(f"{path} exists already; name a folder that is not there yet")
    with tempfile.TemporaryDirectory() as made:
        data = Path(made, path.name)
        data.mkdir()
        for name in (WEIGHTS, PREPROCESSING, MODEL):
            shutil.copyfile(Path(folder) / name, data / name)
        try:
            mlflow.pyfunc.save_model(
                str(path),
                loader_module=__name__,
                data_path=str(data),
                signature=_signature(model),
                pip_requirements=[f"shoal[frames]=={__version__}"],
            )
        except OSError as error:
            raise OutputError(f"{path} cannot be made ({reason(error)}); name another folder") from None


def _signature(model: TableModel) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, DataType, Schema

    target, numbers = model.target, DataType.double
    columns = [ColSpec(AnyType(), encoder.column) for encoder in model.preprocessor.encoders]
    value = ColSpec(AnyType() if target.labels else numbers, target.name)
    probabilities = [ColSpec(numbers, f"P({target.name}={label})") for label in target.labels]
    return ModelSignature(Schema(columns), Schema([value, *probabilities]))


class _Predictor:
    """What MLflow predicts by: frames to frames."""

    def __init__(self, model: TableModel) -> None:
        self._model = model

    def predict(self, model_input: Any, params: Any = None) -> Any:
        """Return the columns of predictions for the rows of a frame, as a frame of pandas."""
        import pandas

        given = model_input if hasattr(model_input, "columns") else dict(model_input)
        return pandas.DataFrame(self._model.predict(given, ignore_extra=True))


def _load_pyfunc(path: str) -> _Predictor:
    """Return the model in a folder: the function that MLflow asks a loader's module for."""
    return _Predictor(load_table_model(Path(path)))
