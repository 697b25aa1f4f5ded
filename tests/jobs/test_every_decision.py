"""What decides between classes: found in a job, kept in its folder, obeyed by predictions and by the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from shoal.calibration.decision import f1_threshold
from shoal.calibration.temperature import cooled
from shoal.data.tables import read_table
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.jobs.job import FinishedJob
from shoal.jobs.judging.held import Held
from shoal.jobs.model import TableModel
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model
from shoal.report import wording

Fit = Callable[..., FinishedJob]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def rare(write_csv: Write, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table in which one row of seven is ill."""
    rng = np.random.default_rng(4)
    a = rng.normal(size=200)
    ill = np.where(a + rng.normal(size=200) > 1.5, "yes", "no")
    columns = {"a": a.round(4).tolist(), "b": rng.normal(size=200).round(3).tolist(), "ill": ill.tolist()}
    return write_csv(tmp_path_factory.mktemp("rare") / "table.csv", columns)


@pytest.mark.usefixtures("without_report")
@pytest.mark.parametrize("metric", ["balanced_error", "f1", "auc"])
@pytest.mark.parametrize("choose", ["ensemble", "one-se"])
def test_a_job_decides_tests_and_predicts_by_the_metric(
    fit: Fit, rare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: str, choose: str
) -> None:
    frame, kept = read_table(rare), {}
    original = Held.of

    def noticed(study: Any) -> Held:
        kept["held"] = original(study)
        return kept["held"]

    monkeypatch.setattr(Held, "of", noticed)
    outcome = fit(rare, "ill", tmp_path, metric=metric, choose=choose, folds=3, epochs=30, test=str(rare))
    model, test = load_model(tmp_path), outcome.evidence["test"]
    assert isinstance(model, TableModel)
    y = frame["ill"].to_numpy() == "yes"
    predicted = model.predict(frame.drop("ill"))
    called, p = predicted["ill"] == "yes", predicted["P(ill=yes)"]
    threshold = model.decision.threshold
    if metric == "f1":
        held = kept["held"]
        own = cooled(held.predictions, model.temperature)[:, 1]
        assert threshold == pytest.approx(f1_threshold(own, y[held.rows]), rel=1e-12)
        expected, name = metrics.f1_score(y, called), "F1"
    elif metric == "balanced_error":
        assert threshold == pytest.approx(y.mean(), rel=1e-12)
        expected, name = 1 - metrics.balanced_accuracy_score(y, called), "balanced error"
    else:
        assert threshold is None
        expected, name = metrics.roc_auc_score(y, p), "AUC"
    np.testing.assert_array_equal(called, p > (0.5 if threshold is None else threshold))
    assert test["models"][0]["metrics"][name] == pytest.approx(expected, abs=1e-12)
    assert test["models"][0]["metrics"]["error"] == pytest.approx((called != y).mean(), abs=1e-12)
    assert np.trace(test["confusion"]["counts"]) == (called == y).sum()
    label = None if threshold is None else "yes"
    assert test["decision"] == {"metric": metric, "threshold": threshold, "label": label}
    assert f"--metric {metric}" in (tmp_path / "command.txt").read_text()
    said = wording.decision(outcome.evidence)  # type: ignore[arg-type]
    assert ("a row is called yes where that has a probability above" in said) == (threshold is not None)


def test_the_report_says_what_decides(fit: Fit, rare: Path, tmp_path: Path) -> None:
    fit(rare, "ill", tmp_path, metric="f1")
    page = (tmp_path / "report.html").read_text()
    order = [
        page.index(part) for part in ('href="#decision"', '<section id="test">', '<section id="decision">')
    ]
    assert order == sorted(order)
    assert page.count('<section id="decision">') == 1
    assert "Classes are decided for F1" in page
    with pytest.raises(ConfigurationError, match="--metric was f1, now balanced_error"):
        fit(rare, "ill", tmp_path, metric="balanced_error", resume=True)


@pytest.mark.parametrize(("target", "metric"), [("a", "f1"), ("a", "error"), ("b", "auc")])
def test_a_regression_decides_nothing(fit: Fit, rare: Path, tmp_path: Path, target: str, metric: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--metric {metric} decides between classes"):
        fit(rare, target, tmp_path / "out", metric=metric)
    assert not (tmp_path / "out").exists()


def test_other_metrics_are_unknown_and_images_take_none(
    fit: Fit, write_images: Write, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="Known: auc, balanced_error, error, f1, log_loss"):
        FitRequest("t.csv", "y", metric="accuracy")
    with pytest.raises(ConfigurationError, match="--metric"):
        fit(write_images(tmp_path / "images.npz"), None, tmp_path / "out", metric="f1")
