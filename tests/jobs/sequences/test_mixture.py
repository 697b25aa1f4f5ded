from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.jobs.job import FinishedJob
from shoal.jobs.kinds import prepare
from shoal.jobs.request import FitRequest
from shoal.jobs.sequences.mixture import sized
from shoal.jobs.sequences.prepare import PreparedSequences
from shoal.jobs.sequences.views import A_SECOND, budget_of
from shoal.jobs.sizing.study import AskedSize, StudySize
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.planning import BUDGET
from shoal.sequences import Sequences
from shoal.shapes import Array

Write = Callable[..., Path]
SMALL: dict[str, Any] = {"hidden": ((2,),), "epochs": 3, "features": 336, "budget": 1e7}


@pytest.fixture(scope="module")
def prepared(write_series: Write, tmp_path_factory: pytest.TempPathFactory) -> PreparedSequences:
    path = write_series(tmp_path_factory.mktemp("series") / "a.ts", 40)
    found = prepare(FitRequest(str(path), jobs=1))
    assert isinstance(found, PreparedSequences)
    return found


def asked(**settings: Any) -> FitRequest:
    return FitRequest("a.ts", jobs=1, **settings)


def test_the_budget_is_what_is_asked_for_or_goes_with_quality_and_time() -> None:
    assert budget_of(asked()) == BUDGET
    assert budget_of(asked(quality="fast")) < BUDGET < budget_of(asked(quality="best"))
    assert budget_of(asked(time=3.0)) == 3 * A_SECOND
    assert budget_of(asked(time=3.0, budget=7.0)) == 7


def test_operations_size_the_study_and_no_clock(
    prepared: PreparedSequences, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("perf_counter", "process_time", "monotonic", "time"):
        monkeypatch.setattr(time, name, lambda: pytest.fail("a clock was read"))
    shape = prepared.preprocessor.shape
    sizes = [sized(asked(budget=budget), prepared, shape).size for budget in (1.0, 1e9, 1e12)]
    assert [size.hidden for size in sizes] == [((8,),), ((8,),), ((64,),)]
    assert sizes[0].epochs < sizes[1].epochs <= sizes[2].epochs
    mine = AskedSize(hidden=((3,), (4,)), starts=2, epochs=5)
    assert sized(asked(size=mine), prepared, shape).size == StudySize(((3,), (4,)), 2, (0.0,), 5)


def test_what_time_has_decided_is_a_budget(prepared: PreparedSequences) -> None:
    assert prepared.decided(asked()) == {}
    assert prepared.decided(asked(time=3.0)) == {"budget": 3 * A_SECOND}
    assert (
        "Ends after about 3 s" in sized(asked(time=3.0), prepared, prepared.preprocessor.shape).sentences[0]
    )


@pytest.mark.parametrize("settings", [{"choose": "best"}, {"choose": "ensemble", "loss": "huber"}])
def test_networks_alone_predict_series_of_any_length(
    fit: Callable[..., FinishedJob], write_series: Write, tmp_path: Path, settings: Any, without_report: None
) -> None:
    source = write_series(tmp_path / "a.ts", 30, numbers=True)
    outcome = fit(source, None, tmp_path / "out", **SMALL, **settings)
    model: Any = outcome.model
    assert (model.mixture, outcome.evidence["mixture"]) == (None, None)
    series = [np.arange(30.0)[None], np.arange(4.0)[None]]
    both = model.predict_features(model.preprocessor.transform(series))
    alone = model.predict_features(model.preprocessor.transform(series[1:]))
    np.testing.assert_array_equal(both[1:], alone)


def test_the_same_sequences_are_predicted_once(
    fit: Callable[..., FinishedJob],
    write_series: Write,
    tmp_path: Path,
    without_report: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = write_series(tmp_path / "a.ts", 30)
    model: Any = fit(source, None, tmp_path / "out", choose="ensemble", **SMALL).model
    X = model.preprocessor.transform([np.arange(9.0)[None], np.arange(12.0)[None]])
    asked_for: list[Sequences] = []
    mixed = Mixture.mixed

    def counted(mixture: Mixture[Any], series: Sequences) -> Array:
        asked_for.append(series)
        return mixed(mixture, series)

    monkeypatch.setattr(Mixture, "mixed", counted)
    first = model.predict_features(X)
    np.testing.assert_array_equal(model.predict_features(X), first)
    other = model.predict_features(X[1:])
    assert len(asked_for) == 2
    np.testing.assert_array_equal(other, first[1:])
