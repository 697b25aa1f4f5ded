from __future__ import annotations

import json
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal import __version__
from shoal.data.tables import read_table
from shoal.engines import ENGINES
from shoal.jobs.evidence import DIVERGENCES_TOLD
from shoal.jobs.job import FinishedJob
from shoal.report.evidence import checked, load_evidence


def test_what_is_written_is_what_the_report_reads(fitted: FinishedJob) -> None:
    assert load_evidence(fitted.folder) == checked(fitted.evidence)
    assert json.loads((fitted.folder / "evidence.json").read_text()) == fitted.evidence


def test_what_was_asked_is_told_with_every_default_filled_in(fitted: FinishedJob) -> None:
    asked = dict(fitted.evidence["asked"])
    assert asked.pop("estimate_seconds") > 0
    assert asked.pop("again").startswith("shoal fit /")
    assert asked == {
        "command": "shoal fit",
        "clocked": False,
        "table": "table.csv",
        "target": "target",
        "task": "classification",
        "loss": "log_loss",
        "choose": "one-se",
        "hidden": ["1", "4"],
        "starts": 2,
        "l2": [0.1, 1.0],
        "folds": 5,
        "validation_share": None,
        "validation_table": None,
        "test_share": 0.2,
        "test_table": None,
        "solver": "adam",
        "activation": "tanh",
        "architecture": "perceptron",
        "learning_rate": 0.01,
        "batch_size": 32,
        "schedule": "constant",
        "weight_decay": 0.0,
        "dropout": 0.0,
        "label_smoothing": 0.0,
        "pieces": 0,
        "waves": 0,
        "augmentation": None,
        "decided": [],
        "epochs": 60,
        "patience": 10,
        "networks": None,
        "search": None,
        "group": None,
        "time_order": None,
        "weight": None,
        "metric": None,
        "cost": None,
        "seed": 0,
        "planned": [],
    }


def test_a_trial_for_every_network(fitted: FinishedJob) -> None:
    trials = fitted.evidence["trials"]
    keys = set(zip(trials["hidden"], trials["l2"], trials["start"], trials["fold"], strict=True))
    assert len(keys) == len(trials["hidden"]) == 2 * 2 * 2 * 5
    assert fitted.evidence["diverged"] == {"count": 0, "of": 40, "sentences": []}
    assert [entry["starts"] for entry in fitted.evidence["spread"]] == [2] * 4


def test_the_choice_is_the_mean_of_its_folds(fitted: FinishedJob) -> None:
    trials, best = fitted.evidence["trials"], fitted.evidence["choice"]["best"]
    columns = (trials["hidden"], trials["l2"], trials["start"], trials["validation_loss"])
    by_candidate: dict[tuple[Any, ...], list[float]] = {}
    for *key, loss in zip(*columns, strict=True):
        by_candidate.setdefault(tuple(key), []).append(loss)
    means = {key: np.mean(losses) for key, losses in by_candidate.items()}
    key = (best["hidden"], best["l2"], best["start"])
    assert means[key] == pytest.approx(min(means.values()))
    assert best["validation_loss"] == pytest.approx(means[key])


def test_the_curves_are_those_of_one_network(fitted: FinishedJob) -> None:
    curves = fitted.evidence["curves"]
    assert len(curves["train_loss"]) == len(curves["validation_loss"]) <= 60
    assert curves["best_epoch"] == 1 + int(np.argmin(curves["validation_loss"]))


def test_the_data_are_summarised(fitted: FinishedJob) -> None:
    data = fitted.evidence["data"]
    target = read_table(fitted.folder.parent / "table.csv")["target"].to_list()
    classes = [{"label": label, "count": target.count(label)} for label in ("no", "yes")]
    assert (data["rows"], data["features"]) == (150, fitted.model.population.network.n_inputs)
    assert data["split"] == {"train": 120, "validation": 120, "test": 30}
    assert data["target"] == {
        "name": "target", "kind": "boolean", "classes": classes, "mean": None, "sd": None, "min": None,
        "max": None,
    }  # fmt: skip
    noise = next(column for column in data["columns"] if column["name"] == "noise")
    assert (noise["kind"], noise["used"], noise["missing"]) == ("numeric", True, 22)


def test_a_regression_tells_the_units_of_its_target(
    fit: Callable[..., FinishedJob],
    mixed: Callable[..., dict[str, list[Any]]],
    write_csv: Callable[..., Path],
    tmp_path: Path,
    without_report: None,
) -> None:
    columns = mixed(50, task="regression")
    outcome = fit(write_csv(tmp_path / "t.csv", columns), "target", tmp_path / "out")
    values = np.array(columns["target"])
    target = outcome.evidence["data"]["target"]
    assert (target["name"], target["kind"], target["classes"]) == ("target", "numeric", None)
    for name in ("mean", "min", "max"):
        assert target[name] == pytest.approx(getattr(values, name)())
    assert target["sd"] == pytest.approx(values.std())
    assert outcome.evidence["score"] == {
        "name": "half squared error", "unit": "standardised target units, squared",
    }  # fmt: skip


def test_networks_that_diverge_are_counted_and_explained_and_never_chosen(
    fit: Callable[..., FinishedJob], tmp_path: Path
) -> None:
    outcome = fit(
        "builtin:diabetes", "progression", tmp_path / "out", solver="sgd", learning_rate=0.5, l2=(0.0, 1e9),
        starts=15, epochs=8, validation_share=0.2,
    )  # fmt: skip
    lost, trials = outcome.evidence["diverged"], outcome.evidence["trials"]
    assert lost["of"] == 60
    assert lost["count"] == sum(trials["diverged"]) >= 30
    assert all(lost for lost, l2 in zip(trials["diverged"], trials["l2"], strict=True) if l2 == 1e9)
    assert all(
        (loss is None) == lost
        for loss, lost in zip(trials["validation_loss"], trials["diverged"], strict=True)
    )
    assert len(lost["sentences"]) == DIVERGENCES_TOLD + 1
    assert "learning rate 0.5: try 0.05" in lost["sentences"][0]
    assert lost["sentences"][-1] == f"and {lost['count'] - DIVERGENCES_TOLD} more."
    assert outcome.evidence["choice"]["l2"] == 0.0


def test_versions_are_those_that_ran(fitted: FinishedJob) -> None:
    versions = fitted.evidence["versions"]
    assert versions["shoal"] == __version__
    assert versions["engine"] == next(iter(ENGINES.values())).label
    assert versions["python"] == platform.python_version()
    assert versions["scikit-learn"] == metadata.version("scikit-learn")
