"""What rows held out say of a whole job: intervals in a table of predictions, and temperatures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import polars as pl
import pytest

from shoal.calibration.temperature import cooled, fit_temperature, log_loss, settled_temperature
from shoal.errors import ConfigurationError
from shoal.jobs.job import FinishedJob
from shoal.jobs.judging.calibrated import calibration
from shoal.jobs.judging.held import Held
from shoal.jobs.predict import predict_data
from shoal.jobs.saved.folder import load_table_model

Fit = Callable[..., FinishedJob]
Mixed = Callable[..., dict[str, list[Any]]]
Write = Callable[..., Path]
LEARNT = {"hidden": ((2,),), "epochs": 40}


@pytest.fixture
def table(mixed: Mixed, write_csv: Write, tmp_path: Path) -> Path:
    return write_csv(tmp_path / "table.csv", mixed(400, task="regression"))


@pytest.mark.parametrize(
    "settings",
    [
        {"validation_share": 0.3, "choose": "best"},
        {"folds": 4, "choose": "best"},  # trained again on all rows: no network of a fold is left
        {"folds": 4, "choose": "ensemble"},
    ],
    ids=str,
)
def test_intervals_of_new_rows_hold_about_what_they_promise(
    fit: Fit,
    mixed: Mixed,
    write_csv: Write,
    table: Path,
    tmp_path: Path,
    without_report: None,
    settings: dict[str, Any],
) -> None:
    outcome = fit(table, "target", tmp_path / "out", **LEARNT, **settings)
    new = mixed(600, task="regression", seed=9)
    predict_data(outcome.folder, str(write_csv(tmp_path / "new.csv", new)), tmp_path / "p.csv", interval=0.9)
    given = pl.read_csv(tmp_path / "p.csv")
    assert given.columns == ["target", "target lower", "target upper"]
    actual = np.array(new["target"])
    inside = (given["target lower"].to_numpy() <= actual) & (actual <= given["target upper"].to_numpy())
    # The quantile of 96 or 320 errors, and 600 new rows: three standard errors of both together.
    assert 0.9 - 0.09 < inside.mean() < 0.9 + 0.09
    assert ((given["target lower"] < given["target"]) & (given["target"] < given["target upper"])).all()


def test_the_errors_of_rows_held_out_are_kept(
    fit: Fit, table: Path, tmp_path: Path, without_report: None
) -> None:
    outcome = fit(table, "target", tmp_path / "out", **LEARNT, folds=4, choose="ensemble")
    model = load_table_model(outcome.folder)
    assert model.errors is not None
    assert outcome.model.errors is not None
    assert len(model.errors.errors) == 320
    np.testing.assert_array_equal(model.errors.errors, outcome.model.errors.errors)
    frame = pl.read_csv(table)
    ends = model.predict(frame, interval=0.9)
    half = model.target.sd * np.sort(model.errors.errors)[289 - 1]  # ⌈0.9 · 321⌉
    if model.errors.spread is not None:  # the errors are in units of a scale
        X = model.preprocessor.transform(frame)
        values = model.predict_features(X)
        half *= model.errors.spread.of(np.column_stack([values, values**2, X]))
    np.testing.assert_allclose(ends["target upper"] - ends["target"], half)
    np.testing.assert_allclose(ends["target"] - ends["target lower"], half)


def test_the_report_says_how_many_test_rows_they_hold(fit: Fit, table: Path, tmp_path: Path) -> None:
    outcome = fit(table, "target", tmp_path / "out", **LEARNT)
    found = outcome.evidence["test"]["intervals"]
    assert found["coverage"] == 0.9
    assert 0.75 < found["covered"] <= 1
    assert found["width"] > 0
    assert "Intervals made to hold 90" in outcome.report.read_text()
    thirds = found["thirds"]
    assert [third["rows"] for third in thirds] == [27, 27, 26]
    assert all(third["low"] <= third["high"] for third in thirds)
    assert [third["high"] for third in thirds[:2]] <= [third["low"] for third in thirds[1:]]
    covered = sum(third["rows"] * third["covered"] for third in thirds) / 80
    assert covered == pytest.approx(found["covered"])


def test_intervals_are_wider_where_a_column_says_that_errors_are_larger(
    fit: Fit, write_csv: Write, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    x, loud = rng.normal(size=300), rng.choice(["yes", "no"], size=300)
    y = x + np.where(loud == "yes", 1.0, 0.05) * rng.normal(size=300)
    table = write_csv(tmp_path / "t.csv", {"x": x.tolist(), "loud": loud.tolist(), "y": y.tolist()})
    outcome = fit(table, "y", tmp_path / "out", **LEARNT, choose="ensemble", folds=3)
    predict_data(outcome.folder, str(table), tmp_path / "p.csv", interval=0.9)
    given = pl.read_csv(tmp_path / "p.csv")
    widths = (given["y upper"] - given["y lower"]).to_numpy()
    assert np.median(widths[loud == "yes"]) > 2 * np.median(widths[loud == "no"])
    assert "They are wider where errors on rows held out were larger" in outcome.report.read_text()


def test_classes_have_no_intervals(fitted: FinishedJob, tmp_path: Path) -> None:
    table = fitted.folder.parent / "table.csv"
    with pytest.raises(ConfigurationError, match="classes have no intervals; their probabilities say it"):
        predict_data(fitted.folder, str(table), tmp_path / "p.csv", interval=0.9)
    assert fitted.evidence["test"]["intervals"] is None


@pytest.mark.parametrize(
    "settings",
    [{"validation_share": 0.3, "choose": "best"}, {"folds": 4, "choose": "ensemble", "starts": 3}],
    ids=str,
)
def test_the_temperature_is_that_of_rows_held_out(
    fit: Fit,
    mixed: Mixed,
    write_csv: Write,
    tmp_path: Path,
    without_report: None,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four epochs leave networks too unsure: the temperature is below 1."""
    seen: list[tuple[Any, Any, float]] = []

    def spied(probabilities: Any, codes: Any, weights: Any, luck: float = 0.0) -> float:
        assert weights is None
        seen.append((probabilities, codes, luck))
        return settled_temperature(probabilities, codes, None, luck)

    monkeypatch.setattr("shoal.jobs.judging.calibrated.settled_temperature", spied)
    table = write_csv(tmp_path / "table.csv", mixed(400, task="classes"))
    outcome = fit(table, "target", tmp_path / "out", hidden=((4,),), epochs=4, **settings)
    *before, (probabilities, codes, luck) = seen
    assert (luck > 0) == ("folds" in settings)
    assert [each[2] for each in before] == [0.0] * ("folds" in settings)
    assert probabilities.shape == ((96 if "validation_share" in settings else 320), 3)
    told = outcome.evidence["calibration"]
    T = fit_temperature(probabilities, codes, None, luck)
    assert outcome.model.temperature == told["temperature"] == T < 1
    assert told["rows"] == len(codes)
    assert told["after"] == log_loss(cooled(probabilities, T), codes) < told["before"]
    frame = pl.read_csv(table)
    given = load_table_model(outcome.folder).predict(frame)
    bare = dataclasses.replace(outcome.model, temperature=1.0).predict(frame)
    assert given["target"].tolist() == bare["target"].tolist()
    assert given["P(target=low)"].max() > bare["P(target=low)"].max()
    reliability = outcome.evidence["test"]["reliability"]
    assert reliability["after"]["log_loss"] < reliability["before"]["log_loss"]
    assert outcome.evidence["test"]["models"][0]["metrics"]["log loss"] == reliability["after"]["log_loss"]


@pytest.mark.parametrize("rule", ["best", "one-se"])
def test_a_network_trained_again_has_no_temperature_of_the_networks_of_folds(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, rule: str
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(200, task="classes"))
    outcome = fit(table, "target", tmp_path / "out", hidden=((4,),), epochs=4, folds=2, choose=rule)
    assert outcome.model.temperature == 1.0
    assert outcome.evidence["calibration"] is None
    assert "none are left to find a temperature on" in outcome.report.read_text()


def test_numbers_have_no_temperature(fit: Fit, table: Path, tmp_path: Path, without_report: None) -> None:
    outcome = fit(table, "target", tmp_path / "out", **LEARNT)
    assert outcome.model.temperature == 1.0
    assert outcome.evidence["calibration"] is None
    assert outcome.evidence["test"]["reliability"] is None


def test_a_temperature_is_found_on_enough_rows_of_every_class(
    fit: Fit,
    mixed: Mixed,
    write_csv: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_report: None,
) -> None:
    seen: list[list[int]] = []

    def settled(
        probabilities: np.ndarray[Any, Any], codes: np.ndarray[Any, Any], _: None, luck: float = 0.0
    ) -> float:
        assert len(probabilities) == len(codes)
        seen.append(np.bincount(codes).tolist())
        return 1.0

    monkeypatch.setattr("shoal.jobs.judging.calibrated.settled_temperature", settled)
    columns = mixed(400)
    columns["target"] = ["a"] * 100 + ["b"] * 300
    table = write_csv(tmp_path / "classes.csv", columns)
    fit(table, "target", tmp_path / "whole", **LEARNT, folds=4, choose="ensemble")
    for name, most in (("ENOUGH", 80), ("LEAST_ROWS", 1)):
        monkeypatch.setattr(f"shoal.jobs.judging.calibrated.{name}", most)
    fit(table, "target", tmp_path / "some", **LEARNT, folds=4, choose="ensemble")
    assert seen == [[80, 240], [80, 240], [10, 30], [10, 30]]  # without the luck of epochs, and with it


def test_the_log_loss_of_many_classes_is_told_of_some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so many that the probabilities are few enough: here 50 rows of 4 classes, of each its share."""
    rng, K, N = np.random.default_rng(0), 4, 400
    held, rows = rng.dirichlet(np.ones(K), N), np.arange(N)
    known = Held(held, rows, again=False, seed=0)
    data = Mock(targets=rows % K, n_classes=K, weights=None)
    whole = calibration(Mock(temperature=1.0), known, data)
    for name, most in (("TOLD", 50 * K), ("LEAST_ROWS", 1)):
        monkeypatch.setattr(f"shoal.jobs.judging.calibrated.{name}", most)
    some = calibration(Mock(temperature=1.0), known, data)
    assert whole is not None
    assert some is not None
    assert whole["rows"] == N
    assert whole["before"] == pytest.approx(-np.log(held[rows, rows % K]).mean())
    assert 48 <= some["rows"] <= 52
    assert some["before"] == some["after"] == pytest.approx(whole["before"], rel=0.3)
