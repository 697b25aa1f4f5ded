"""The contestants of other packages, by a stand-in where a package need not be there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.generalisation import contestants
from benchmarks.generalisation.contestants import CONTESTANTS, version_of
from benchmarks.generalisation.pytabkit_peers import NAMES, PYTABKIT
from benchmarks.generalisation.scores import cores
from benchmarks.generalisation.sets import TABLES

KINDS = [f"{name}_{kind}" for name in NAMES.values() for kind in ("Classifier", "Regressor")]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], Any]]:
    """What was made of pytabkit's learners: class, settings and the features that it was fitted to.

    The stand-in says class 0 with certainty, or the mean.
    """
    found: list[tuple[str, dict[str, Any], Any]] = []

    def stand_in(name: str) -> type:
        class Learner:
            def __init__(self, **settings: Any) -> None:
                self.settings = settings

            def fit(self, X: Any, y: Any) -> None:
                found.append((name, self.settings, X))
                self.classes_, self.mean = np.unique(y), y.mean() if y.dtype == np.float64 else None

            def predict(self, X: Any) -> Any:
                return np.full(len(X), self.mean)

            def predict_proba(self, X: Any) -> Any:
                return np.tile(np.eye(len(self.classes_))[0], (len(X), 1))

        return Learner

    module = ModuleType("pytabkit")
    for name in KINDS:
        setattr(module, name, stand_in(name))
    monkeypatch.setitem(sys.modules, "pytabkit", module)
    return found


@pytest.mark.parametrize("name", list(PYTABKIT))
def test_a_learner_of_pytabkit_is_given_frames_threads_and_a_seed(
    data: Path, made: list[tuple[str, dict[str, Any], Any]], name: str
) -> None:
    numbers = CONTESTANTS[name](TABLES["uci/yacht"], 0)
    classes = CONTESTANTS[name](TABLES["tables/pima"], 0)
    assert [each for each, *_ in made] == [f"{NAMES[name]}_Regressor", f"{NAMES[name]}_Classifier"]
    for _, settings, X in made:
        assert settings == {"device": "cpu", "random_state": 0, "n_threads": cores()}
        assert [str(kind) for kind in X.dtypes] == ["float64", "category"]
    table = TABLES["uci/yacht"]
    train, test = table.split(0)
    y = table.columns()[2]
    assert numbers["rmse"] == pytest.approx(np.sqrt(np.mean((y[test] - y[train].mean()) ** 2)))
    table = TABLES["tables/pima"]
    assert classes["error"] == np.mean(table.columns()[2][table.split(0)[1]] != "a")
    assert {"fit_s", "predict_s"} <= set(numbers)


def test_numbers_that_are_missing_are_the_median_of_training_rows(
    data: Path, made: list[tuple[str, dict[str, Any], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = TABLES["uci/yacht"]
    numbers, texts, y = table.columns()
    train, _ = table.split(0)
    numbers[train[0]] = np.nan
    monkeypatch.setattr(type(table), "columns", lambda _: (np.hstack([numbers, np.nan * numbers]), texts, y))
    CONTESTANTS["realmlp_td"](table, 0)
    X = made[0][2]
    assert X.shape[1] == 2  # a column without any number is left out
    assert X.iloc[0, 0] == np.nanmedian(numbers[train])
    monkeypatch.setattr(type(table), "columns", lambda _: (numbers[:, :0], texts, y))
    CONTESTANTS["realmlp_td"](table, 0)  # categories alone


def test_versions_of_all_that_the_figures_depend_on_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contestants.importlib.metadata, "version", lambda package: "1." + str(len(package)))
    assert version_of("xrfm_d") == "pytabkit 1.8, xrfm 1.4, torch 1.5"
    assert version_of("linear") == "scikit-learn 1.12"


def test_the_linear_model_finds_a_line_and_a_half_plane(data: Path) -> None:
    scores = CONTESTANTS["linear"](TABLES["uci/yacht"], 0)
    table = TABLES["uci/yacht"]
    target = table.columns()[2][table.split(0)[1]]
    assert scores["rmse"] < np.std(target)
    assert CONTESTANTS["linear"](TABLES["tables/pima"], 0)["error"] <= 0.25
