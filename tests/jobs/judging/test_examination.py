from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.tables import read_table
from shoal.jobs.baselines.fitting import fit_baselines
from shoal.jobs.job import FinishedJob
from shoal.jobs.judging.examination import RESIDUALS_SHOWN, examine
from shoal.jobs.kinds import prepare
from shoal.jobs.memory.footprint import bytes_of_predictions
from shoal.jobs.model import TableModel
from shoal.jobs.prepared import Prepared, Subset
from shoal.jobs.request import FitRequest

Mixed = Callable[..., dict[str, list[object]]]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def examined(fitted: FinishedJob) -> tuple[TableModel, Prepared]:
    """The fitted model, and the rows that it was fitted and is tested on."""
    return fitted.model, prepare(
        FitRequest(str(fitted.folder.parent / "table.csv"), "target", choose="one-se")
    )


def test_confusion_counts_every_test_row_once(fitted: FinishedJob) -> None:
    test = fitted.evidence["test"]
    frame = read_table(fitted.folder.parent / "table.csv")
    counts = np.array(test["confusion"]["counts"])
    assert test["confusion"]["labels"] == ["no", "yes"]
    assert counts.sum() == test["rows"] == 30
    assert 1 - counts.trace() / 30 == pytest.approx(test["models"][0]["metrics"]["error"])
    shares = [frame["target"].to_list().count(label) / 5 for label in ("no", "yes")]
    np.testing.assert_allclose(counts.sum(axis=1), shares, atol=1)  # rows are actual classes


def test_confusion_rows_are_actual_classes(
    examined: tuple[TableModel, Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, prepared = examined
    always_no = np.tile([0.9, 0.1], (len(prepared.test), 1))
    monkeypatch.setattr(TableModel, "predict_features", lambda self, X: always_no)
    counts = examine(model, prepared, {}, seed=0)["confusion"]["counts"]
    assert counts == [[int((prepared.test.y == 0).sum()), 0], [int((prepared.test.y == 1).sum()), 0]]


def test_of_many_classes_the_pairs_that_occur_are_told(
    examined: tuple[TableModel, Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A square of a thousand classes is a million numbers, nearly all of them 0."""
    model, prepared = examined
    K, codes = 1000, np.array([7, 7, 7, 999, 0])
    predicted = np.array([7, 3, 3, 999, 999])
    target = dataclasses.replace(prepared.target, labels=tuple(f"c{k}" for k in range(K)))
    prepared = dataclasses.replace(prepared, target=target, test=Subset(np.zeros((5, 1)), codes))
    monkeypatch.setattr(TableModel, "predict_features", lambda self, X: 0.9 * np.eye(K)[predicted] + 1e-4)
    found = examine(model, prepared, {}, seed=0)["confusion"]
    assert found["labels"] == list(target.labels)
    assert found["pairs"] == [[0, 999, 1], [7, 3, 2], [7, 7, 1], [999, 999, 1]]


def test_predictions_of_many_classes_take_no_more_than_is_told(
    examined: tuple[TableModel, Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, prepared = examined
    K, N, rng = 500, 5000, np.random.default_rng(0)
    X, codes = rng.normal(size=(N, 3)), np.arange(N) % K
    target = dataclasses.replace(prepared.target, labels=tuple(f"c{k}" for k in range(K)))
    prepared = dataclasses.replace(prepared, target=target, test=Subset(X, codes))
    baselines = fit_baselines(X, codes, K, steps=2)
    given = rng.dirichlet(np.ones(K), N)
    monkeypatch.setattr(TableModel, "predict_features", lambda self, X: given.copy())
    tracemalloc.start()
    try:
        examine(dataclasses.replace(model, temperature=1.5), prepared, baselines, seed=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 3 * given.nbytes < peak < bytes_of_predictions(0, N, K)


def test_baselines_have_seen_every_row_that_is_not_for_testing(fitted: FinishedJob) -> None:
    models = {model["name"]: model["metrics"] for model in fitted.evidence["test"]["models"]}
    assert list(models) == ["shoal", "linear model", "constant"]
    target = np.array(read_table(fitted.folder.parent / "table.csv")["target"].to_list())
    n_yes, n_no = (target == "yes").sum(), (target == "no").sum()
    confusion = np.array(fitted.evidence["test"]["confusion"]["counts"]).sum(axis=1)
    seen = np.array([n_no, n_yes]) - confusion
    by_hand = -(confusion * np.log(seen / seen.sum())).sum() / 30
    assert models["constant"]["log loss"] == pytest.approx(by_hand)
    assert models["shoal"]["log loss"] < 0.6 * models["constant"]["log loss"]


def test_residuals_are_in_the_units_of_the_target(
    fit: Callable[..., FinishedJob], mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    columns = mixed(60, task="regression")
    outcome = fit(write_csv(tmp_path / "table.csv", columns), "target", tmp_path / "out", epochs=30)
    test: dict[str, Any] = outcome.evidence["test"]
    assert test["confusion"] is None
    actual, predicted = np.array(test["residuals"]["actual"]), np.array(test["residuals"]["predicted"])
    assert len(actual) == len(predicted) == test["rows"] == 12
    target = np.array(columns["target"])
    assert all(np.isclose(target, value, rtol=1e-12).any() for value in actual)
    rmse = test["models"][0]["metrics"]["RMSE"]
    assert rmse == pytest.approx(np.sqrt(((predicted - actual) ** 2).mean()))


def test_few_residuals_are_shown_of_many(
    fit: Callable[..., FinishedJob], write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    n = 5 * RESIDUALS_SHOWN + 500
    x = np.sort(np.random.default_rng(0).normal(size=n).round(4))
    table = write_csv(tmp_path / "table.csv", {"x": x.tolist(), "y": (2 * x).tolist()})
    outcome = fit(table, "y", tmp_path / "out", hidden=((1,),), starts=1, epochs=1)
    test = outcome.evidence["test"]
    assert test["rows"] == RESIDUALS_SHOWN + 100
    actual, predicted = (np.array(test["residuals"][name]) for name in ("actual", "predicted"))
    assert len(actual) == len(predicted) == RESIDUALS_SHOWN
    # the table is sorted, and yet its upper end is seen, each value beside its own prediction
    assert (actual > np.quantile(2 * x, 0.999)).any()
    assert (np.diff(predicted[np.argsort(actual, kind="stable")]) >= 0).all()
