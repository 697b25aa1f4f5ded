"""Whole jobs and estimators whose later networks see their inputs scaled, from the table to the report."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest
from typer.testing import CliRunner

from shoal import ShoalRegressor
from shoal.cli.app import app
from shoal.export.onnx import to_onnx
from shoal.export.tables import feeds
from shoal.jobs.check import check_subject
from shoal.jobs.job import FinishedJob
from shoal.jobs.saved.folder import load_table_model
from shoal.jobs.subjects.saved import saved_subject
from shoal.report.evidence import load_evidence
from shoal.selection.running.runner import Runner

RNG = np.random.default_rng(2)
INPUTS = RNG.normal(size=(150, 6)).round(4)
TARGET = (np.sin(2 * INPUTS[:, 0]) + INPUTS[:, 1] + 0.1 * RNG.normal(size=150)).round(4)
COLUMNS = {**{f"x{i}": INPUTS[:, i].tolist() for i in range(6)}, "y": TARGET.tolist()}
LEARNT = {"hidden": ((8,),), "epochs": 30, "starts": 6, "choose": "ensemble", "folds": 3}


@pytest.fixture(scope="module")
def table(write_csv: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("scaled") / "table.csv", COLUMNS)


@pytest.fixture(scope="module")
def job(fit: Callable[..., FinishedJob], table: Path) -> FinishedJob:
    return fit(table, "y", table.parent / "job", **LEARNT)


def test_the_evidence_has_the_scale_of_every_column(job: FinishedJob) -> None:
    scales = load_evidence(job.folder)["scales"]
    assert scales is not None
    assert {column["column"] for column in scales["columns"][:2]} == {"x0", "x1"}
    assert sorted(column["column"] for column in scales["columns"]) == [f"x{i}" for i in range(6)]
    assert scales["columns"][0]["scale"] == 1
    losses = {
        number: np.mean(
            [
                loss
                for loss, start in zip(
                    job.evidence["trials"]["validation_loss"], job.evidence["trials"]["start"], strict=True
                )
                if start // 2 == number
            ]
        )
        for number in (0, 1)
    }
    assert scales["plain"] == pytest.approx(losses[0])
    assert scales["scaled"] == pytest.approx(losses[1])
    starts = [member["start"] for member in job.evidence["choice"]["members"]]
    assert scales["counted"] == sum(start in (2, 3) for start in starts)
    assert "The scales are x" in (job.folder / "report.html").read_text()


def test_the_model_is_a_plain_one_of_the_same_features(job: FinishedJob) -> None:
    model, table = load_table_model(job.folder), pl.DataFrame(COLUMNS)
    assert job.evidence["scales"]["counted"] > 0
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
    [found] = session.run(None, feeds(model, table))
    np.testing.assert_allclose(found[:, 0], model.predict(table)["y"], rtol=1e-4, atol=1e-4)
    subject = saved_subject(job.folder, None, row=1, batch=8, member=1)
    assert check_subject(subject, ["reference"], 1e-6, 1e-6).largest < 1e-6


def test_the_command_of_the_report_makes_the_same_model_again(job: FinishedJob, tmp_path: Path) -> None:
    words = shlex.split(str(job.evidence["asked"]["again"]))[1:]
    words[words.index("--out") + 1] = str(tmp_path / "again")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    again = load_table_model(tmp_path / "again")
    np.testing.assert_array_equal(again.population.theta, load_table_model(job.folder).population.theta)


@pytest.mark.parametrize("networks", [6, 13])
def test_a_resumed_job_ends_with_the_same_model(
    fit: Callable[..., FinishedJob],
    job: FinishedJob,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    networks: int,
) -> None:
    whole, ran = Runner._count, [0]

    def stopping(self: Runner, trials: Any) -> None:
        whole(self, trials)
        ran[0] += len(trials)
        if ran[0] >= networks:
            raise RuntimeError

    monkeypatch.setattr(Runner, "_count", stopping)
    with pytest.raises(RuntimeError):
        fit(table, "y", tmp_path, **LEARNT)
    monkeypatch.undo()
    resumed = fit(table, "y", tmp_path, resume=True, **LEARNT)
    np.testing.assert_array_equal(
        load_table_model(resumed.folder).population.theta, load_table_model(job.folder).population.theta
    )
    assert resumed.evidence["scales"] == job.evidence["scales"]


@pytest.mark.parametrize("useful", [1, 6])
def test_with_many_rows_another_start_is_scaled_where_many_columns_are_useless(useful: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 6))
    settings = {"hidden_layer_sizes": (4,), "max_iter": 4, "random_state": 0, "n_jobs": 1}
    regressor = ShoalRegressor(**settings).fit(X, X[:, :useful].sum(axis=1))
    assert regressor.repeat_["n_starts"] == (4 if useful == 1 else 2)
    assert (regressor.study_.scaling is not None) == (useful == 1)
    assert list(regressor.scales_.items())[:1] == ([("x0", 1.0)] if useful == 1 else [])
    assert len(regressor.scales_) == (6 if useful == 1 else 0)
    again = ShoalRegressor(**settings).set_params(**regressor.repeat_).fit(X, X[:, :useful].sum(axis=1))
    np.testing.assert_array_equal(again.predict(X[:5]), regressor.predict(X[:5]))
