"""Forecasts that were interrupted go on from what had learnt, and come to the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shoal import engines
from shoal.engines.compiled import StaleModuleError
from shoal.errors import ConfigurationError, OutputError
from shoal.forecasting.candidates import ForecastSchooling, Tried
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

    def interrupted(self: Linear, lesson: ForecastSchooling) -> Tried | None:
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


@pytest.mark.parametrize("how", [{"resume": True}, {"overwrite": True}])
def test_another_job_in_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, bool]
) -> None:
    table = write(tmp_path / "a.csv")
    refused: list[str] = []

    def meanwhile(*_: object) -> None:
        with pytest.raises(OutputError) as caught:
            fit(table, tmp_path / "out", **how)
        refused.append(str(caught.value))
        raise KeyboardInterrupt

    monkeypatch.setattr(Linear, "learn", meanwhile)
    with pytest.raises(KeyboardInterrupt):
        fit(table, tmp_path / "out")
    told = "is in use by another study; wait for it to end, or give another folder"
    assert refused == [f"{tmp_path / 'out'} {told}"]


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


def test_a_refusal_of_the_engine_leaves_no_plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = write(tmp_path / "sold.csv")
    with monkeypatch.context() as stale:
        stale.setattr(engines, "_MISSING", StaleModuleError("the compiled module is older"))
        with pytest.raises(ConfigurationError, match="the compiled module is older"):
            fit(table, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_refused_before_anything_has_learnt_leaves_no_plan(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(self: Linear, lesson: ForecastSchooling) -> Tried | None:
        raise ConfigurationError("refused")

    monkeypatch.setattr(Linear, "learn", refused)
    (tmp_path / "out").mkdir()
    with pytest.raises(ConfigurationError, match="refused"):
        fit(write(tmp_path / "sold.csv"), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_in_the_place_of_what_was_kept_is_refused(tmp_path: Path) -> None:
    panel = Panel.of([np.array([values(1)])])
    settings = ForecastSettings(HORIZON, networks=(), budget=1e7, n_jobs=1)
    ForecastMixture.fit(panel, settings, Keeper(tmp_path))
    kept = min(tmp_path.iterdir())
    kept.unlink()
    os.mkfifo(kept)
    with pytest.raises(OutputError, match="is a device or a pipe"):
        ForecastMixture.fit(panel, settings, Keeper(tmp_path))
