"""The properties of a study: refused before it is fitted, and what they say of divergence and of scales."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.selection.results import StudyResults
from shoal.selection.trials import Trials

NAN = np.nan
Row = Callable[..., dict[str, Any]]
OF_AN_OUTCOME = ["best", "choice", "compared", "curves", "ended_by", "engines", "held", "scaling", "splits"]


def results(table: Trials | None = None, views: Any = None, **outcome: Any) -> StudyResults:
    """Return the results of a study of which that much is known."""
    study = StudyResults()
    study._table, study.views = table, views
    study._outcome = SimpleNamespace(**outcome) if outcome else None
    return study


@pytest.mark.parametrize("name", [*OF_AN_OUTCOME, "axes", "scales", "table", "trials"])
def test_before_a_study_is_fitted_it_has_no_results(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"the study has no result yet; call fit\(X, y\) first"):
        getattr(results(), name)


@pytest.mark.parametrize("name", OF_AN_OUTCOME)
def test_every_result_is_that_of_the_outcome(name: str) -> None:
    value = object()
    others = dict.fromkeys(OF_AN_OUTCOME, "another")
    assert getattr(results(**others | {name: value}), name) is value


def test_trials_are_the_table_with_nothing_where_networks_diverged(row: Row) -> None:
    table = Trials.from_rows([row(hidden="4"), row(hidden="8", validation_loss=NAN)])
    study = results(table)
    assert study.table is table
    assert study.trials["hidden"].to_list() == ["4", "8"]
    assert study.trials["validation_loss"].to_list() == [0.2, None]


@pytest.mark.parametrize(
    ("losses", "lost"),
    [
        ([[NAN, 0.1], [0.2, 0.3]], False),  # the second start ended in both folds
        ([[NAN, 0.1], [0.2, NAN]], True),  # each diverged in one of them
        ([[NAN, NAN], [NAN, NAN]], True),
    ],
)
def test_a_study_is_lost_where_every_start_diverged_in_a_fold(
    row: Row, losses: list[list[float]], lost: bool
) -> None:
    rows = [
        row(start=start, fold=fold, validation_loss=loss, diverged=bool(np.isnan(loss)))
        for start, of_folds in enumerate(losses)
        for fold, loss in enumerate(of_folds)
    ]
    assert results(Trials.from_rows(rows)).is_lost == lost


def test_a_study_without_trials_is_not_lost() -> None:
    assert not results().is_lost


def test_scales_are_told_by_source_the_largest_first() -> None:
    views = SimpleNamespace(sources=("age", "age", "height", "colour"))
    scaling = SimpleNamespace(columns=np.array([0.5, 1.0, 0.25]))
    found = results(views=views, scaling=scaling).scales
    assert list(found.items()) == [("height", 1.0), ("age", 0.5), ("colour", 0.25)]
    assert results(views=views, scaling=None).scales == {}


def test_starts_see_inputs_scaled_where_their_part_does() -> None:
    views = SimpleNamespace(part=lambda start: f"part of {start}")
    scaling = SimpleNamespace(of_part=lambda part: part == "part of 3")
    study = results(views=views, scaling=scaling)
    assert [study.is_scaled(start) for start in (2, 3)] == [False, True]
    assert not results(views=views, scaling=None).is_scaled(3)
