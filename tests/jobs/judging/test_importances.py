from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shoal.jobs.deadline import Deadline
from shoal.jobs.job import FinishedJob
from shoal.jobs.judging.importances import SHUFFLES, importances
from shoal.jobs.kinds import prepare
from shoal.jobs.model import TableModel
from shoal.jobs.prepared import Prepared, Subset
from shoal.jobs.request import FitRequest
from shoal.selection.candidates.architectures import Perceptron
from shoal.shapes import Array


@pytest.fixture(scope="module")
def examined(fitted: FinishedJob) -> tuple[TableModel, Prepared]:
    """The fitted model, and the rows that it was fitted and is tested on."""
    return fitted.model, prepare(
        FitRequest(str(fitted.folder.parent / "table.csv"), "target", choose="one-se")
    )


def test_the_one_informative_column_is_found(fitted: FinishedJob) -> None:
    rows = fitted.evidence["importances"]
    assert rows[0]["column"] == "signal"
    assert sorted(row["column"] for row in rows) == ["colour", "member", "noise", "seen", "signal"]
    first, *others = (row["increase"] for row in rows)
    assert first > 0.3
    assert max(map(abs, others)) < 0.1 * first
    assert others == sorted(others, reverse=True)


def by_hand(model: TableModel, prepared: Prepared, column: str) -> list[float]:
    """The rises of the log loss, with the rows of every shuffle written out."""
    sources = model.preprocessor.source_columns
    features = [k for k, source in enumerate(sources) if source == column]
    y, X = prepared.test.y, prepared.test.X

    def log_loss(rows: Array) -> float:
        return float(-np.log(model.predict_features(rows)[np.arange(len(y)), y]).mean())

    index = list(dict.fromkeys(sources)).index(column)
    rises = []
    for shuffle in range(SHUFFLES):
        draws = np.random.Philox(key=[0, index], counter=[0, shuffle, 4, 0])
        order = np.random.Generator(draws).permutation(len(X))
        mixed = X.copy()
        mixed[:, features] = X[order][:, features]
        rises.append(log_loss(mixed) - log_loss(X))
    return rises


def test_an_importance_is_the_rise_of_the_score_when_rows_are_exchanged(
    examined: tuple[TableModel, Prepared],
) -> None:
    """All features of a column are shuffled alike, so that a row keeps one colour."""
    model, prepared = examined
    for row in importances(model, prepared, seed=0).rows:
        rises = by_hand(model, prepared, row["column"])
        assert row["increase"] == pytest.approx(np.mean(rises), abs=1e-6)
        assert row["sd"] == pytest.approx(np.std(rises), abs=1e-6)


def in_order_of_the_target(prepared: Prepared) -> Prepared:
    order = np.argsort(prepared.test.y, kind="stable")
    return dataclasses.replace(prepared, test=Subset(prepared.test.X[order], prepared.test.y[order]))


def test_importances_of_a_sorted_table_are_those_of_all_of_it(
    examined: tuple[TableModel, Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one class alone no column tells anything."""
    model, prepared = examined
    monkeypatch.setattr("shoal.jobs.judging.importances.UNITS", 0)
    monkeypatch.setattr("shoal.jobs.judging.importances.LEAST_ROWS", 12)
    first = importances(model, in_order_of_the_target(prepared), seed=0).rows[0]
    whole = importances(model, prepared, seed=0).rows[0]
    assert first["column"] == whole["column"] == "signal"
    assert first["increase"] > 0.3


def test_shuffling_leaves_the_rows_as_they_were(examined: tuple[TableModel, Prepared]) -> None:
    model, prepared = examined
    before = prepared.test.X.copy()
    importances(model, prepared, seed=1)
    np.testing.assert_array_equal(prepared.test.X, before)


class Clock:
    """A clock that goes on by so many seconds whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_without_an_end_the_clock_decides_nothing(examined: tuple[TableModel, Prepared]) -> None:
    model, prepared = examined
    plain = importances(model, prepared, seed=0)
    assert plain.note == ""
    assert importances(model, prepared, 0, Deadline(None, clock=Clock(1e6))) == plain
    assert importances(model, prepared, 0, Deadline(1e9, clock=Clock(1.0))) == plain


def test_where_the_time_is_short_there_are_fewer_shuffles(examined: tuple[TableModel, Prepared]) -> None:
    model, prepared = examined
    found = importances(model, prepared, 0, Deadline(10.0, clock=Clock(1.0)))
    assert found.note == "Importances of 5 columns: shuffled 3 times instead of 5, as the time was short."
    assert found.rows[0]["column"] == "signal"


def test_where_it_is_shorter_still_neighbours_are_shuffled_together(
    examined: tuple[TableModel, Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, prepared = examined
    monkeypatch.setattr("shoal.jobs.judging.importances.FEWEST_ROWS", 20)
    found = importances(model, prepared, 0, Deadline(4.8, clock=Clock(1.0)))
    assert found.note == (
        "Importances of 5 columns: shuffled 1 time instead of 5, on 20 instead of 30 test rows, "
        "in 2 groups of neighbours, as the time was short."
    )
    assert [row["column"] for row in found.rows] == [
        "signal … colour (3 columns)",
        "member … seen (2 columns)",
    ]
    assert found.rows[0]["increase"] > 0.3
    assert importances(model, prepared, 0, Deadline(0.5, clock=Clock(1.0))).rows == []


def test_members_that_count_several_times_weigh_so_much(examined: tuple[TableModel, Prepared]) -> None:
    model, prepared = examined
    other = model.population.network.population(2, seed=8)
    picks = other.members([0, 1, 1])
    ensemble = dataclasses.replace(model, population=picks)
    expected = by_hand(ensemble, prepared, "signal")
    (row,) = [row for row in importances(ensemble, prepared, seed=0).rows if row["column"] == "signal"]
    assert row["increase"] == pytest.approx(np.mean(expected), abs=1e-6)


@pytest.mark.parametrize("hidden", [(), (3,), (3, 4)])
def test_every_depth_is_predicted_alike(
    examined: tuple[TableModel, Prepared], hidden: tuple[int, ...]
) -> None:
    model, prepared = examined
    network = Perceptron("mish").network(hidden, prepared.test.X.shape[1], 1, "log_loss")
    deep = dataclasses.replace(model, population=network.population(2, seed=3, dtype="float64"))
    for row in importances(deep, prepared, seed=0).rows:
        expected = by_hand(deep, prepared, row["column"])
        assert row["increase"] == pytest.approx(np.mean(expected), abs=1e-12)
        assert row["sd"] == pytest.approx(np.std(expected), abs=1e-12)
