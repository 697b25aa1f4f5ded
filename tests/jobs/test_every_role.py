"""Jobs whose tables have columns that are no features: from the fit to the report and to predictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.errors import ConfigurationError
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.saved.folder import load_table_model

Fit = Callable[..., FinishedJob]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def table(write_csv: Write, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(4)
    x = rng.normal(size=90)
    columns = {
        "x": x.round(4).tolist(),
        "patient": [f"P{row % 12}" for row in range(90)],
        "day": rng.permutation(90).tolist(),
        "w": rng.integers(1, 5, 90).tolist(),
        "target": (3 * x + rng.normal(size=90)).round(4).tolist(),
    }
    return write_csv(tmp_path_factory.mktemp("roles") / "table.csv", columns)


@pytest.mark.parametrize(
    ("role", "column", "told"),
    [
        ("group", "patient", "groups in one part"),
        ("time_order", "day", "order in time"),
        ("weight", "w", "weight of a row"),
    ],
)
def test_the_column_is_named_and_asked_of_nobody_who_predicts(
    fit: Fit, table: Path, tmp_path: Path, role: str, column: str, told: str
) -> None:
    asked: dict[str, Any] = {"folds": 3, "choose": "ensemble"}
    outcome = fit(table, "target", tmp_path / "out", **asked, **{role: column})
    evidence = outcome.evidence
    assert evidence["asked"][role] == column
    assert [evidence["asked"][name] for name in ("group", "time_order", "weight")].count(None) == 2
    assert column not in [entry["name"] for entry in evidence["data"]["columns"]]
    option = f"--{role.replace('_', '-')}"
    assert f"{option} {column}" in evidence["asked"]["again"]
    assert any(f"'{column}'" in note for note in evidence["data"]["warnings"])
    assert told in outcome.report.read_text()
    pl.read_csv(table).drop(column).write_csv(tmp_path / "without.csv")
    out = tmp_path / "p.csv"
    for source in (table, tmp_path / "without.csv"):
        assert predict_data(outcome.folder, str(source), out, overwrite=True, interval=0.5) == 90
    other = {"group": "day", "time_order": "x", "weight": "day"}[role]
    with pytest.raises(ConfigurationError, match=f"{option} was {column}, now {other}"):
        fit(table, "target", tmp_path / "out", **asked, resume=True, **{role: other})


def test_intervals_remember_the_weights(fit: Fit, table: Path, tmp_path: Path, without_report: None) -> None:
    outcome = fit(table, "target", tmp_path / "out", folds=3, choose="ensemble", weight="w")
    loaded = load_table_model(outcome.folder)
    assert loaded.errors is not None
    assert loaded.errors.weights is not None
    assert outcome.model.errors is not None
    np.testing.assert_array_equal(loaded.errors.weights, outcome.model.errors.weights)
    assert loaded.errors.count < len(loaded.errors.errors)


def test_series_have_roles_by_arrays(fit: Fit, tmp_path: Path, without_report: None) -> None:
    rng, y = np.random.default_rng(0), np.arange(40) % 2
    X, days = rng.normal(size=(40, 9, 1)) + 0.7 * y[:, None, None], rng.permutation(40)
    np.savez(tmp_path / "s.npz", X=X, y=np.where(y, "up", "down"), w=1 + 4 * y, day=days)
    small: dict[str, Any] = {"features": 336, "budget": 1e6, "choose": "ensemble", "epochs": 2, "starts": 1}
    outcome = fit(tmp_path / "s.npz", None, tmp_path / "out", time_order="day", weight="w", **small)
    asked, test = outcome.evidence["asked"], outcome.evidence["test"]
    assert (asked["time_order"], asked["weight"]) == ("day", "w")
    assert outcome.evidence["data"]["split"]["test"] == 8
    out = tmp_path / "p.csv"
    assert predict_data(outcome.folder, str(tmp_path / "s.npz"), out) == 40
    predicted = pl.read_csv(out)
    p = predicted.select("P(y=down)", "P(y=up)").to_numpy()
    latest = days >= 32
    losses = -np.log(p[latest, y[latest]])
    ours = test["models"][0]["metrics"]["log loss"]
    weights = 1.0 + 4 * y[latest]
    assert ours == pytest.approx(np.average(losses, weights=weights), rel=1e-6)
    assert test["counted"] == pytest.approx(weights.sum() ** 2 / np.square(weights).sum())
    (tmp_path / "a.ts").write_text("@data\n1,2:a\n3,4:b\n")
    with pytest.raises(ConfigurationError, match=r"a\.ts has no place for what --weight w names"):
        fit(tmp_path / "a.ts", None, tmp_path / "no", weight="w", **small)
