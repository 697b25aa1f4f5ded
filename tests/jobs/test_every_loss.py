"""Whole jobs with each loss of numbers: the same one everywhere, from the scaling to the report."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_poisson_deviance

from shoal.data.targets.losses import LOSSES
from shoal.errors import ConfigurationError, DataError
from shoal.export.onnx import to_onnx
from shoal.export.tables import feeds
from shoal.jobs.check import check_subject
from shoal.jobs.explain import explain_subject
from shoal.jobs.job import FinishedJob
from shoal.jobs.judging.importances import importances
from shoal.jobs.kinds import prepare
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_table_model
from shoal.jobs.subjects.saved import saved_subject
from shoal.report.evidence import load_evidence

Fit = Callable[..., FinishedJob]
Write = Callable[..., Path]
LEARNT = {"hidden": ((3,),), "epochs": 40, "choose": "ensemble", "folds": 3}
SCORES = {
    "squared_error": "RMSE",
    "absolute_error": "MAE",
    "huber": "Huber loss",
    "poisson": "Poisson deviance",
}


def counts(n: int = 300, seed: int = 0) -> dict[str, list[Any]]:
    """Return counts of which many are 0 and few are large, and all that decides their rate."""
    rng = np.random.default_rng(seed)
    x, kind = rng.normal(size=n).round(4), rng.choice(["a", "b"], size=n)
    y = rng.poisson(np.exp(0.5 + x + (kind == "b")))
    return {"x": x.tolist(), "kind": kind.tolist(), "sold": y.tolist()}


@pytest.fixture(scope="module")
def jobs(
    fit: Fit, write_csv: Write, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], FinishedJob]:
    """Finished jobs of the counts, by loss; their folders are shared."""
    folder = tmp_path_factory.mktemp("losses")
    table, done = write_csv(folder / "table.csv", counts()), {}

    def job(loss: str) -> FinishedJob:
        if loss not in done:
            done[loss] = fit(table, "sold", folder / loss, loss=loss, **LEARNT)
        return done[loss]

    return job


@pytest.mark.parametrize("loss", LOSSES)
def test_networks_are_trained_chosen_and_judged_by_it(jobs: Callable[[str], FinishedJob], loss: str) -> None:
    outcome = jobs(loss)
    assert outcome.model.population.network.criterion.name == loss
    evidence, test = outcome.evidence, outcome.evidence["test"]
    assert evidence["asked"]["loss"] == loss
    assert test["score_name"] == SCORES[loss]
    assert {next(iter(model["metrics"])) for model in test["models"]} == {SCORES[loss]}
    assert {c["metric"] for c in test["comparisons"]} == {SCORES[loss], "RMSE", "MAE"}
    ours, linear, constant = (model["metrics"] for model in test["models"])
    assert ours[SCORES[loss]] < 0.8 * constant[SCORES[loss]]
    assert np.isfinite([*ours.values(), *linear.values()]).all()
    assert load_evidence(outcome.folder)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_report_names_it(jobs: Callable[[str], FinishedJob], loss: str) -> None:
    report = " ".join(jobs(loss).report.read_text().split())
    assert SCORES[loss] in report
    for other in set(SCORES.values()) - {SCORES[loss], "RMSE", "MAE"}:
        assert other not in report
    settings = {"absolute_error": "smallest for the median", "huber": "interquartile", "poisson": "log link"}
    assert settings.get(loss, "squared error") in report
    constants = {"absolute_error": "the median of", "huber": "the number with the smallest Huber loss"}
    assert f"with {constants.get(loss, 'the mean of')}" in report


@pytest.mark.parametrize("loss", LOSSES)
def test_a_saved_model_predicts_explains_and_checks(jobs: Callable[[str], FinishedJob], loss: str) -> None:
    outcome = jobs(loss)
    model, table = load_table_model(outcome.folder), pl.DataFrame(counts())
    given, theirs = model.predict(table), outcome.model.predict(table)  # type: ignore[call-arg, arg-type]
    np.testing.assert_array_equal(given["sold"], theirs["sold"])
    subject = saved_subject(outcome.folder, None, row=1, batch=8, member=1)
    assert check_subject(subject, ["reference"], 1e-6, 1e-6).largest < 1e-6
    assert loss in str(explain_subject(subject))


@pytest.mark.parametrize("loss", LOSSES)
def test_intervals_hold_what_they_promise(jobs: Callable[[str], FinishedJob], loss: str) -> None:
    outcome, new = jobs(loss), counts(1000, seed=5)
    ends = load_table_model(outcome.folder).predict(pl.DataFrame(new), interval=0.9)
    lower, upper, actual = ends["sold lower"], ends["sold upper"], np.array(new["sold"])
    assert 0.8 < np.mean((lower <= actual) & (actual <= upper)) < 0.97
    assert (lower <= ends["sold"]).all()
    assert (ends["sold"] <= upper).all()
    if loss == "poisson":
        assert (ends["sold"] > 0).all()
        assert lower.min() == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_the_exported_model_is_the_same(jobs: Callable[[str], FinishedJob], loss: str) -> None:
    model, table = load_table_model(jobs(loss).folder), pl.DataFrame(counts())
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
    [found] = session.run(None, feeds(model, table))
    expected = model.predict(table)["sold"]
    scale = expected[:, None] if loss == "poisson" else np.abs(expected).max()
    np.testing.assert_allclose((found - expected[:, None]) / scale, 0, atol=1e-5)


def test_the_mean_of_an_ensemble_is_one_of_rates(jobs: Callable[[str], FinishedJob]) -> None:
    model = load_table_model(jobs("poisson").folder)
    X = model.preprocessor.transform(pl.DataFrame(counts()))
    rates = np.exp(model.population.outputs(X).astype(np.float64))[..., 0]
    assert model.population.size > 1
    np.testing.assert_allclose(model.predict_features(X), rates.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(model.target.decode_values(1.0), np.mean(model.target.sd))


def test_importances_are_rises_of_its_score(jobs: Callable[[str], FinishedJob]) -> None:
    outcome = jobs("poisson")
    prepared = prepare(FitRequest(str(outcome.folder.parent / "table.csv"), "sold", loss="poisson", folds=3))
    found = importances(load_table_model(outcome.folder), prepared, seed=0)
    assert [row["column"] for row in found.rows] == ["x", "kind"]
    shown = {row["column"]: row["increase"] for row in outcome.evidence["importances"]}
    assert found.rows[0]["increase"] == pytest.approx(shown["x"])
    rmse = importances(load_table_model(jobs("squared_error").folder), prepared, seed=0)
    assert rmse.rows[0]["increase"] != pytest.approx(shown["x"])


def test_a_resumed_job_has_the_same_loss(
    jobs: Callable[[str], FinishedJob], fit: Fit, tmp_path: Path
) -> None:
    begun = jobs("poisson")
    table, folder = begun.folder.parent / "table.csv", tmp_path / "job"
    shutil.copytree(begun.folder, folder)  # for no other test is to miss its report
    again = fit(table, "sold", folder, loss="poisson", resume=True, **LEARNT)
    np.testing.assert_array_equal(again.model.population.theta, begun.model.population.theta)
    with pytest.raises(ConfigurationError, match="--loss was poisson, now huber"):
        fit(table, "sold", folder, loss="huber", resume=True, **LEARNT)


def test_few_counts_are_numbers_where_a_loss_of_numbers_is_asked_for(
    fit: Fit, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    table = write_csv(tmp_path / "t.csv", {"x": list(range(60)), "sold": [k % 4 for k in range(60)]})
    assert fit(table, "sold", tmp_path / "classes").model.target.task == "classification"
    outcome = fit(table, "sold", tmp_path / "numbers", loss="poisson")
    assert outcome.model.target.task == "regression"
    assert outcome.model.target.loss == "poisson"


@pytest.mark.parametrize("loss", LOSSES)
def test_classes_have_no_loss_of_numbers(fit: Fit, write_csv: Write, tmp_path: Path, loss: str) -> None:
    table = write_csv(tmp_path / "t.csv", counts(60))
    with pytest.raises(ConfigurationError, match=rf"--loss {loss} is for numbers, .* 'kind' holds text"):
        fit(table, "kind", tmp_path / "out", loss=loss)
    with pytest.raises(ConfigurationError, match="holds classes with --task classification"):
        fit(table, "sold", tmp_path / "out", loss=loss, task="classification")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("part", ["table", "valid", "test"])
def test_negative_counts_are_refused_wherever_they_stand(
    fit: Fit, write_csv: Write, tmp_path: Path, part: str
) -> None:
    tables = {name: counts(60, seed) for seed, name in enumerate(("table", "valid", "test"))}
    tables[part]["sold"][7] = -1
    paths = {name: str(write_csv(tmp_path / f"{name}.csv", table)) for name, table in tables.items()}
    told = "'sold' is -1 in data row 8 .*--loss poisson takes counts and rates"
    with pytest.raises(DataError, match=told):
        fit(
            paths["table"], "sold", tmp_path / "out", loss="poisson", valid=paths["valid"], test=paths["test"]
        )


def test_images_have_no_loss_of_numbers(fit: Fit, write_images: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--loss is for tables, .* is read as images; leave it out"):
        fit(write_images(tmp_path / "i.npz"), None, tmp_path / "out", loss="huber")


def test_outliers_hardly_move_huber_and_the_median(
    fit: Fit, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    y = 10 * x + rng.normal(size=400)
    y[rng.choice(400, size=20, replace=False)] += 500
    table = write_csv(tmp_path / "t.csv", {"x": x.round(5).tolist(), "y": y.round(5).tolist()})
    off = {}
    for loss in ("squared_error", "huber", "absolute_error"):
        model = fit(table, "y", tmp_path / loss, loss=loss, **LEARNT).model
        predicted = model.predict(pl.DataFrame({"x": x}))["y"]  # type: ignore[call-arg, arg-type]
        off[loss] = np.abs(predicted - 10 * x).mean()
    assert max(off["huber"], off["absolute_error"]) < 0.5 * off["squared_error"]


def test_real_counts_beside_poisson_regression(
    fit: Fit, real_data: Callable[[str], Path], tmp_path: Path, without_report: None
) -> None:
    table = real_data("tables/abalone.csv.gz")
    asked: dict[str, Any] = {"loss": "poisson", "validation_share": 0.2, "choose": "best"}
    outcome = fit(table, "rings", tmp_path / "out", hidden=((8,),), l2=(0.1,), epochs=30, **asked)
    prepared = prepare(FitRequest(str(table), "rings", **asked))
    X, y = prepared.development
    theirs = PoissonRegressor(alpha=1e-4, max_iter=1000).fit(X, y).predict(prepared.test.X)
    scale = prepared.target.sd
    linear = mean_poisson_deviance(prepared.test.y * scale, theirs * scale)
    ours, baseline, constant = (m["metrics"]["Poisson deviance"] for m in outcome.evidence["test"]["models"])
    assert ours < 1.05 * linear < 0.8 * constant
    assert baseline == pytest.approx(linear, rel=0.02)


def test_a_rate_far_out_stays_a_number(jobs: Callable[[str], FinishedJob]) -> None:
    model = load_table_model(jobs("poisson").folder)
    theta = model.population.theta.astype(np.float64) * 1e3
    model = dataclasses.replace(model, population=dataclasses.replace(model.population, theta=theta))
    values = model.predict(pl.DataFrame(counts()))["sold"]
    assert np.isfinite(np.square(values)).all()
    assert values.max() > 1e30
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
    [found] = session.run(None, feeds(model, pl.DataFrame(counts())))
    np.testing.assert_allclose(found[:, 0], values, rtol=1e-9)
