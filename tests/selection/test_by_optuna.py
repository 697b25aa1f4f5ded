from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError, MissingDependencyError, UnknownNameError
from shoal.selection import by_optuna
from shoal.selection.by_optuna import search_with_optuna
from shoal.selection.candidates.axes import Choices, Span
from shoal.training.recipe import Recipe

X = np.linspace(-2, 2, 60)
Y = np.sin(X)
SPACE = {"learning_rate": (1e-3, 0.1), "hidden": [2, "3x2"], "solver": ["adam", "scg"]}
OPTIONS: dict[str, Any] = {
    "recipe": Recipe(solver="adam", epochs=6, batch_size=16),
    "validation": (X[::3], Y[::3]),
    "n_jobs": 1,
}


@pytest.fixture
def optuna() -> Any:
    module = pytest.importorskip("optuna", reason="needs the extra optuna")
    module.logging.set_verbosity(module.logging.ERROR)
    return module


def made(optuna: Any, **own: Any) -> Any:
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0), **own)


def test_batches_are_proposed_trained_and_told(optuna: Any) -> None:
    study = made(optuna)
    best = search_with_optuna(study, SPACE, X, Y, trials=20, batch=8, **OPTIONS)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 20
    assert study.best_value == pytest.approx(best.choice.best.validation_loss, abs=0)
    chosen = dict(best.candidates[best.choice.best.candidate].point)
    assert study.best_params["solver"] == chosen["solver"]
    assert {trial.params["hidden"] for trial in study.trials} == {"2", "3x2"}
    assert best.predict(X).shape == (60,)


def test_a_trial_s_value_is_that_of_its_own_point(optuna: Any) -> None:
    study = made(optuna)
    found = search_with_optuna(
        study, {"learning_rate": (1e-3, 0.1)}, X, Y, trials=6, batch=6, hidden=[3], **OPTIONS
    )
    for trial, candidate in zip(study.trials, found.candidates, strict=True):
        assert candidate.own["learning_rate"] == trial.params["learning_rate"]
        (row,) = np.flatnonzero(found.table["candidate"] == candidate.index)
        assert trial.value == found.table["validation_loss"][row]


def test_a_search_goes_on_in_its_storage(optuna: Any, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    own = {"study_name": "s", "storage": storage, "load_if_exists": True}
    for count in (4, 8):
        search_with_optuna(made(optuna, **own), {"l2": (1e-3, 1)}, X, Y, trials=4, hidden=[2], **OPTIONS)
        assert len(made(optuna, **own).trials) == count


def test_trials_that_were_outdone_or_diverged_are_pruned(optuna: Any) -> None:
    study = made(optuna)
    space = {"learning_rate": Choices((0.01, 0.02, 0.03, 1e30))}
    options = OPTIONS | {"recipe": Recipe(solver="gradient_descent", epochs=8)}
    search_with_optuna(
        study, space, X, Y, trials=8, batch=8, hidden=[2], halving=2, activation="relu", **options
    )
    states = [trial.state.name for trial in study.trials]
    assert "COMPLETE" in states
    pruned = [trial for trial in study.trials if trial.state.name == "PRUNED"]
    assert all(len(trial.intermediate_values) == (trial.params["learning_rate"] < 1) for trial in pruned)
    assert any(trial.intermediate_values for trial in pruned)


def test_a_batch_that_diverges_ends_no_search_unless_all_do(optuna: Any) -> None:
    options = OPTIONS | {"recipe": Recipe(solver="gradient_descent", epochs=2), "activation": "relu"}
    study, space = made(optuna), {"learning_rate": [0.01, 1e30]}
    for rate in (1e30, 0.01, 1e30):
        study.enqueue_trial({"learning_rate": rate})
    best = search_with_optuna(study, space, X, Y, trials=3, batch=1, hidden=[2], **options)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE", "PRUNED"]
    assert study.best_value == best.choice.best.validation_loss
    with pytest.raises(ConfigurationError, match="the only network diverged"):
        search_with_optuna(
            made(optuna), {"learning_rate": [1e30]}, X, Y, trials=2, batch=1, hidden=[2], **options
        )


def test_a_trial_without_networks_has_failed(optuna: Any) -> None:
    study = made(optuna)
    search_with_optuna(study, {"l2": (0.1, 1)}, X, Y, trials=3, hidden=[2], networks="1,3", **OPTIONS)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE"]


def test_steps_and_words_are_categories_and_spans_are_floats(optuna: Any) -> None:
    study = made(optuna)
    space = {"dropout": Span(0, 0.5, steps=3), "learning_rate": (1e-3, 0.1), "batch_size": [8, None]}
    search_with_optuna(study, space, X, Y, trials=2, hidden=[2], **OPTIONS)
    kinds = {name: type(kind).__name__ for name, kind in study.trials[0].distributions.items()}
    assert kinds == {
        "dropout": "CategoricalDistribution",
        "learning_rate": "FloatDistribution",
        "batch_size": "CategoricalDistribution",
    }
    assert study.trials[0].distributions["learning_rate"].log


@pytest.mark.parametrize(
    ("space", "own", "error", "message"),
    [
        ({}, {}, ConfigurationError, "space takes axes by name"),
        (["dropout"], {}, ConfigurationError, "space takes axes by name"),
        ({"rate": (0, 1)}, {}, UnknownNameError, "rate"),
        ({"l2": (0.1, 1)}, {"trials": 0}, ConfigurationError, "trials must be a whole number"),
        ({"l2": (0.1, 1)}, {"batch": 0}, ConfigurationError, "batch must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_asked(
    optuna: Any, space: Any, own: dict[str, Any], error: type[Exception], message: str
) -> None:
    study = made(optuna)
    with pytest.raises(error, match=message):
        search_with_optuna(study, space, X, Y, hidden=[2], **OPTIONS | own)
    assert study.trials == []


def test_a_study_that_maximises_is_none(optuna: Any) -> None:
    for own in ({"direction": "maximize"}, {"directions": ["minimize", "minimize"]}):
        with pytest.raises(ConfigurationError, match="losses are minimised"):
            search_with_optuna(made(optuna, **own), {"l2": (0.1, 1)}, X, Y, hidden=[2], **OPTIONS)


def test_trials_of_a_batch_that_fails_have_failed(optuna: Any) -> None:
    study = made(optuna)
    with pytest.raises(DataError):
        search_with_optuna(study, {"l2": (0.1, 1)}, X, Y[:5], trials=3, hidden=[2], **OPTIONS)
    assert [trial.state.name for trial in study.trials] == ["FAIL"] * 3


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[optuna\]'"):
        by_optuna._optuna()
