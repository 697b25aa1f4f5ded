"""Forecasts that were interrupted go on from what had learnt, and come to the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import OutputError
from shoal.forecasting.candidates import Lesson, Tried
from shoal.forecasting.keeping import Keeper
from shoal.forecasting.linear import Linear
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings
from tests.jobs.test_every_forecast_job import HORIZON, fit, values, write


@pytest.fixture(scope="module", autouse=True)
def smaller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shoal.jobs.forecasts.prepare.A_SECOND", 1e5)
        yield


def test_an_interrupted_job_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write(tmp_path / "a.csv")
    whole, _ = fit(table, tmp_path / "whole")
    assert not (tmp_path / "whole" / "tried").exists()
    counted: list[str] = []
    learn = Linear.learn

    def interrupted(self: Linear, lesson: Lesson) -> Tried | None:
        counted.append(self.frame.words)
        if len(counted) == stop:
            raise KeyboardInterrupt
        return learn(self, lesson)

    monkeypatch.setattr(Linear, "learn", interrupted)
    stop = 4
    with pytest.raises(KeyboardInterrupt):
        fit(table, tmp_path / "out")
    kept = sorted((tmp_path / "out" / "tried").iterdir())
    assert (len(kept), len(counted)) == (3, 4)
    with pytest.raises(OutputError, match=r"go on with it with --resume"):
        fit(table, tmp_path / "out")
    kept[0].write_bytes(b"torn")  # what is not whole is tried again
    counted.clear()
    stop = -1
    _, told = fit(table, tmp_path / "out", resume=True)
    assert "went on from 2 models that had learnt before" in told
    once = len(counted)
    for name in ("weights.safetensors", "tested.csv", "preprocessing.json"):
        assert (tmp_path / "out" / name).read_bytes() == (whole.folder / name).read_bytes()
    assert not (tmp_path / "out" / "tried").exists()
    counted.clear()
    fit(table, tmp_path / "again")
    assert len(counted) == once + 2


def test_what_was_kept_of_other_series_is_not_taken(tmp_path: Path) -> None:
    panel = Panel.of([np.array([values(1)])])
    settings = ForecastSettings(HORIZON, networks=(), budget=1e7, n_jobs=1)
    first = Keeper(tmp_path)
    ForecastMixture.fit(panel, settings, first)
    for other, again in (
        (Panel.of([np.array([values(2)])]), settings),
        (panel, replace(settings, season=3)),
    ):
        keeper = Keeper(tmp_path)
        ForecastMixture.fit(other, again, keeper)
        assert keeper.found == 0
    keeper = Keeper(tmp_path)
    mixture = ForecastMixture.fit(panel, replace(settings, n_jobs=2), keeper)
    assert keeper.found > 3
    np.testing.assert_array_equal(mixture.predict(panel), ForecastMixture.fit(panel, settings).predict(panel))
