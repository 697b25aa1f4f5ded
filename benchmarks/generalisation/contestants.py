"""The learners: shoal's defaults as a user gets them, and others with their own defaults.

Each is a function from a table and a split to scores, run in a process of its own (``worker.py``).
"""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.generalisation.pytabkit_peers import PYTABKIT, REQUIRED
from benchmarks.generalisation.scores import Score, of_classes, of_numbers, surprise, timed
from benchmarks.generalisation.sets import Rows, Table
from shoal._version import __version__

if TYPE_CHECKING:
    from shoal.jobs.model import Model

Contestant: TypeAlias = Callable[[Table, int], Score]

FITS_OF_SEARCH = 30
TREES = 300
COVERAGE = 0.9
"""What intervals of numbers are asked to hold."""


def shoal(table: Table, split: int) -> Score:
    """``shoal fit TRAIN --target COLUMN --test TEST``: everything else is left to shoal."""
    return fitted(table, *table.split(split), seed=split)


def fitted(table: Table, train: Rows, test: Rows, seed: int, **asked: Any) -> Score:
    """Return the scores of a job for some rows of a table, with what is ``asked`` for besides."""
    from shoal.calibration.conformal import coverage_and_width
    from shoal.data.tables import read_table
    from shoal.jobs.fit import fit_data
    from shoal.jobs.request import FitRequest
    from shoal.jobs.saved.folder import load_table_model

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table.write(train, folder / "train.csv")
        table.write(test, folder / "test.csv")
        paths: dict[str, Any] = {"table": str(folder / "train.csv"), "test": str(folder / "test.csv")}
        request = FitRequest(target=table.lines[0][-1], task=table.task, seed=seed, **paths, **asked)
        began = time.perf_counter()
        fit_data(request, folder / "model", _Nobody())
        done = time.perf_counter()
        model = load_table_model(folder / "model")
        X = model.preprocessor.transform(read_table(str(folder / "test.csv")))
        values = model.predict_features(X)
        predicted = time.perf_counter()
        evidence = json.loads((folder / "model" / "evidence.json").read_text())
    scores = scored(table, test, model, values)
    if table.task == "regression":
        assert model.errors is not None
        lower, upper = (model.target.decode_values(end) for end in model.interval(values, COVERAGE, X))
        scores |= {
            "nll": surprise(scores["rmse"], model.target.sd * np.sqrt(np.mean(model.errors.errors**2))),
            "coverage": coverage_and_width(table.columns()[2][test], lower, upper)[0],
        }
    return {
        **scores,
        "fit_s": done - began,
        "predict_s": predicted - done,
        "networks": float(len(evidence["trials"]["hidden"])),
    }


def scored(table: Table, rows: Rows, model: Model, values: npt.NDArray[Any]) -> Score:
    """Return the scores of what a model of shoal's has predicted for some rows."""
    if table.task == "regression":
        return of_numbers(table, rows, model.target.decode_values(values))
    return of_classes(table, rows, values, model.target.labels)


class _Nobody:
    """Watches a job and says nothing."""

    def say(self, *_: Any) -> None: ...

    def prepared(self, *_: Any) -> None: ...

    def sized(self, *_: Any) -> None: ...

    def progress(self, *_: Any) -> None: ...


def sklearn_mlp_default(table: Table, split: int) -> Score:
    """scikit-learn's multi-layer perceptron with its defaults, columns scaled and one-hot."""
    return _sklearn(table, split, _perceptron(table), one_hot=True)


def sklearn_mlp_search(table: Table, split: int) -> Score:
    """The same perceptron by a random search of 30 fits: 10 settings in 3 folds."""
    from scipy.stats import loguniform
    from sklearn.model_selection import RandomizedSearchCV

    grid = {
        "hidden_layer_sizes": [(50,), (100,), (200,), (100, 100), (200, 200)],
        "alpha": loguniform(1e-5, 1e1),
        "learning_rate_init": loguniform(3e-4, 1e-2),
        "early_stopping": [False, True],
    }
    learner = _perceptron(table)
    if table.task == "regression":
        grid = {f"regressor__{name}": values for name, values in grid.items()}
    search = RandomizedSearchCV(learner, grid, n_iter=FITS_OF_SEARCH // 3, cv=3, n_jobs=-1, random_state=0)
    return _sklearn(table, split, search, one_hot=True)


def random_forest_300(table: Table, split: int) -> Score:
    """scikit-learn's random forest of 300 trees."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest = RandomForestClassifier if table.task == "classification" else RandomForestRegressor
    return _sklearn(table, split, forest(TREES, n_jobs=-1, random_state=0), one_hot=False)


def hist_gradient_boosting(table: Table, split: int) -> Score:
    """scikit-learn's gradient boosting on histograms, with its defaults."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    boosting = (
        HistGradientBoostingClassifier if table.task == "classification" else HistGradientBoostingRegressor
    )
    return _sklearn(table, split, boosting(random_state=0), one_hot=False)


def linear(table: Table, split: int) -> Score:
    """scikit-learn's ridge regression, its strength by leaving out, or its logistic regression."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    if table.task == "classification":
        return _sklearn(table, split, LogisticRegression(max_iter=1000), one_hot=True)
    return _sklearn(table, split, RidgeCV(np.logspace(-3, 3, 13)), one_hot=True)


def _perceptron(table: Table) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if table.task == "classification":
        return MLPClassifier(random_state=0)
    return TransformedTargetRegressor(MLPRegressor(random_state=0), transformer=StandardScaler())


def _sklearn(table: Table, split: int, learner: Any, one_hot: bool) -> Score:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numbers, texts, y = table.columns()
    n, c = numbers.shape[1], texts.shape[1]
    X = np.hstack([numbers.astype(object), texts])
    if one_hot:
        scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        encoded: Any = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    else:
        scaled = SimpleImputer(strategy="median")
        encoded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer((scaled, list(range(n))), (encoded, list(range(n, n + c))))
    train, test = table.split(split)
    return timed(table, test, make_pipeline(columns, learner), (X[train], y[train]), X[test])


CONTESTANTS: dict[str, Contestant] = {
    function.__name__: function
    for function in (
        shoal,
        linear,
        sklearn_mlp_default,
        sklearn_mlp_search,
        random_forest_300,
        hist_gradient_boosting,
    )
} | PYTABKIT


def version_of(name: str) -> str:
    """Return the packages that a contestant comes from, and their versions."""
    if name == "shoal":
        return f"shoal {__version__}"
    packages = ("pytabkit", *REQUIRED[name]) if name in PYTABKIT else ("scikit-learn",)
    return ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)
