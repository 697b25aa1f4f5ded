"""A callback that is told of epochs: each once, finite numbers alone, and closed whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.watching import watcher
from shoal.watching.findings import Findings
from shoal.watching.watcher import Watcher

NAN, INF = np.nan, np.inf


class Notes(Watcher):
    """Writes down all that it is told, in order."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def close(self) -> None:
        self.told.append("closed")

    def _tell(self, numbers: Mapping[str, float], step: int) -> None:
        self.told.append((step, dict(numbers)))

    def _set(self, settings: Mapping[str, Any]) -> None:
        self.told.append(dict(settings))

    def _keep(self, findings: Findings) -> None:
        self.told.append("kept")

    def _flush(self) -> None:
        self.told.append("flushed")


@pytest.mark.parametrize("ended", [True, False])
def test_progress_is_shown_at_once_where_it_is_the_last(ended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "steps_of", lambda progress: (7, {"loss": progress}, ended))
    notes = Notes()
    assert notes(0.5) is None  # what stops a training is True
    assert notes.told == [(7, {"loss": 0.5}), *["flushed"] * ended]


def test_findings_are_told_epoch_by_epoch_from_one_and_then_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "found", lambda what: Findings(course=[{"a": 1.0}, {}, {"a": what}]))
    notes = Notes()
    notes.write(3.0)
    assert notes.told == [(1, {"a": 1.0}), (2, {}), (3, {"a": 3.0}), "kept", "flushed"]


def test_it_is_closed_at_the_end_of_a_block_also_after_an_error() -> None:
    notes = Notes()
    with notes as same:
        assert same is notes
    with pytest.raises(KeyError), notes:
        raise KeyError
    assert notes.told == ["closed", "closed"]


def estimator(**fitted: Any) -> Any:
    given = {"alpha": 0.1, "solver": "adam", "warm": True, "sizes": (1, 2), "seed": None}
    return SimpleNamespace(get_params=lambda deep: {} if deep else given, **fitted)


def test_parameters_that_are_numbers_or_words_are_told_before_a_fit() -> None:
    notes = Notes()
    notes.setup(estimator(), None)
    notes.on_fit_task_begin(estimator(), None)
    notes.teardown(estimator(), None)
    assert notes.told == [{"alpha": 0.1, "solver": "adam", "warm": True}, "flushed"]


def test_each_epoch_is_told_once_however_often_a_task_ends() -> None:
    notes = Notes()
    for curve in ([3.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]):
        notes.on_fit_task_end(None, None, fitted_estimator=estimator(loss_curve_=curve))
    assert notes.told == [(k, {"training_loss": 4.0 - k}) for k in (1, 2, 3)]


def test_another_fit_is_counted_from_its_first_epoch() -> None:
    notes = Notes()
    for _ in range(2):
        notes.setup(estimator(), None)
        notes.on_fit_task_end(None, None, fitted_estimator=estimator(loss_curve_=[0.5]))
    assert [told for told in notes.told if isinstance(told, tuple)] == [(1, {"training_loss": 0.5})] * 2


def test_scores_stand_beside_losses_while_there_are_any_and_only_numbers_are_told() -> None:
    notes = Notes()
    fitted = estimator(loss_curve_=[2.0, INF, 1.0, 0.5], validation_scores_=[0.25, 0.75, NAN])
    notes.on_fit_task_end(None, None, fitted_estimator=fitted)
    assert notes.told == [
        (1, {"training_loss": 2.0, "validation_score": 0.25}),
        (2, {"validation_score": 0.75}),
        (3, {"training_loss": 1.0}),
        (4, {"training_loss": 0.5}),
    ]


@pytest.mark.parametrize("fitted", [None, estimator(), estimator(loss_curve_=None, validation_scores_=None)])
def test_a_task_without_a_curve_tells_nothing(fitted: Any) -> None:
    notes = Notes()
    notes.on_fit_task_end(None, None, fitted_estimator=fitted)
    assert notes.told == []
