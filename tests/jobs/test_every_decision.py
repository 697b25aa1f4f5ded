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
    assert test["score_name"] == name
    assert test["verdict"]["sentence"].startswith(f"{name[0].upper()}{name[1:]} on 200 rows")
    ours = [(c["difference"], c["loss"]) for c in test["comparisons"] if c["metric"] == name]
    theirs = [m["metrics"][name] for m in test["models"][1:]]
    sign = 1 if metric == "balanced_error" else -1
    assert [d for d, _ in ours] == pytest.approx([sign * (expected - other) for other in theirs], abs=1e-9)


@pytest.mark.usefixtures("without_report")
@pytest.mark.parametrize(("metric", "name"), [("auc", "AUC"), ("f1", "F1")])
def test_a_test_without_a_row_of_the_rarer_class_tells_no_such_score(
    fit: Fit, rare: Path, write_csv: Write, tmp_path: Path, metric: str, name: str
) -> None:
    healthy = write_csv(tmp_path / "t.csv", {"a": [0.1, -1.0, 2.5], "b": [0.0, 1.0, 2.0], "ill": ["no"] * 3})
    outcome = fit(rare, "ill", tmp_path / "out", metric=metric, test=str(healthy))
    test = outcome.evidence["test"]
    assert [model["metrics"][name] for model in test["models"]] == [None] * 3
    assert {entry["metric"] for entry in test["comparisons"]} == {"log loss", "error"}
    assert f"(by log loss, as {name} is not defined: " in test["verdict"]["headline"]
    assert test["operating"] is None


@pytest.mark.usefixtures("without_report")
def test_a_job_decides_by_what_mistakes_cost(fit: Fit, rare: Path, tmp_path: Path) -> None:
    plain = fit(rare, "ill", tmp_path / "plain", test=str(rare))
    costs = ("yes:no=6", "no:yes=0.5")
    outcome = fit(rare, "ill", tmp_path / "out", cost=costs, test=str(rare))
    model, test = load_model(tmp_path / "out"), outcome.evidence["test"]
    frame = read_table(rare)
    y, predicted = frame["ill"].to_numpy() == "yes", model.predict(frame.drop("ill"))
    called = predicted["ill"] == "yes"
    np.testing.assert_array_equal(called, predicted["P(ill=yes)"] > 0.5 / 6.5)
    assert model.decision.threshold == pytest.approx(0.5 / 6.5)
    expected = (6 * (y & ~called) + 0.5 * (~y & called)).mean()
    assert test["score_name"] == "mean cost"
    assert test["models"][0]["metrics"]["mean cost"] == pytest.approx(expected, rel=1e-12)
    assert test["verdict"]["sentence"].startswith("Mean cost on 200 rows")
    before = plain.model.predict(frame.drop("ill"))
    np.testing.assert_array_equal(predicted["P(ill=yes)"], before["P(ill=yes)"])
    assert called.sum() > (before["ill"] == "yes").sum()
    command = (tmp_path / "out" / "command.txt").read_text()
    assert "--cost yes:no=6 --cost no:yes=0.5" in command


@pytest.mark.usefixtures("without_report")
@pytest.mark.parametrize("kind", ["texts", "sequences", "images"])
def test_what_is_no_table_is_decided_alike(
    fit: Fit, write_csv: Write, write_images: Write, tmp_path: Path, kind: str
) -> None:
    settings: dict[str, Any]
    if kind == "images":
        source, target, (a, b) = write_images(tmp_path / "images.npz"), None, ("0", "1")
        settings = {"augment": "none"}
    elif kind == "texts":
        words = [["good", "fine", "so", "it"][k % 4 if k % 3 else k % 2] for k in range(60)]
        columns = {"text": words, "label": ["yes" if k % 3 else "no" for k in range(60)]}
        source, target, (a, b) = write_csv(tmp_path / "t.csv", columns), "label", ("no", "yes")
        settings = {"text": "text", "quality": "fast", "folds": 2}
    else:
        rng, y = np.random.default_rng(0), np.arange(80) % 4 == 0
        X = rng.normal(size=(80, 12, 1)) + 0.5 * y[:, None, None]
        source, target, (a, b) = tmp_path / "s.npz", None, ("false", "true")
        np.savez(source, X=X, y=y)
        settings = {"features": 336, "budget": 1e6, "choose": "ensemble"}
    outcome = fit(source, target, tmp_path / "out", cost=(f"{a}:{b}=0.001",), **settings)
    model, test = load_model(tmp_path / "out"), outcome.evidence["test"]
    assert test["decision"]["metric"] == "cost"
    assert test["score_name"] == "mean cost"
    K, cost = len(model.target.labels), np.array(model.decision.costs)
    assert cost[model.target.labels.index(a), model.target.labels.index(b)] == 0.001
    counts = np.array(test["confusion"]["counts"])
    assert counts.shape == (K, K)
    mean = (counts * cost).sum() / counts.sum()
    assert test["models"][0]["metrics"]["mean cost"] == pytest.approx(mean, rel=1e-12)
    assert counts[model.target.labels.index(a), model.target.labels.index(a)] == 0  # b is as good as right
    evidence = outcome.evidence  # whose examples are called what the model calls them
    if kind == "images":
        assert evidence["seen"]["wrong"] == counts.sum() - np.trace(counts)
        shown = evidence["seen"]["mistakes"]
    else:
        shown = evidence["texts" if kind == "texts" else "examples"]
        assert any(not each["right"] for each in shown)
    assert shown
    assert a not in {each["called"] for each in shown}
    with pytest.raises(ConfigurationError, match="of the classes"):
        fit(source, target, tmp_path / "no", cost=("x:y=2",), **settings)
    assert not (tmp_path / "no").exists()


@pytest.mark.usefixtures("with_figures")
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


def test_other_metrics_are_unknown_and_f1_is_of_two_classes(
    fit: Fit, write_images: Write, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="Known: auc, balanced_error, error, f1, log_loss"):
        FitRequest("t.csv", "y", metric="accuracy")
    with pytest.raises(ConfigurationError, match="--metric f1 and --cost a:b=2 were given"):
        FitRequest("t.csv", "y", metric="f1", cost=("a:b=2",))
    with pytest.raises(ConfigurationError, match="--metric f1 is of two classes"):
        fit(write_images(tmp_path / "images.npz"), None, tmp_path / "out", metric="f1")
