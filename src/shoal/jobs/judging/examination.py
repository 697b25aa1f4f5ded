"""The final examination: the rows held out for testing are used here, once, after every choice is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from shoal.calibration.conformal import coverage_and_width
from shoal.calibration.decision import Decision
from shoal.calibration.temperature import BINS, cooled, log_loss, reliability
from shoal.jobs.baselines.fitting import Predictor
from shoal.jobs.judging.comparison import compare
from shoal.jobs.judging.judge import Judge
from shoal.jobs.judging.metrics import score_name
from shoal.jobs.judging.operating import operating
from shoal.jobs.model import Model
from shoal.jobs.prepared import Prepared, Subset
from shoal.report.tables import MOST_CLASSES
from shoal.selection.samples.splits import some_rows
from shoal.selection.samples.weighted_means import effective
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from shoal.plots.promises import Bins, Intervals, Operating, ReliabilityCurves, Third
    from shoal.plots.tested import Confusion, Decided, HeldOut, Residuals

RESIDUALS_SHOWN = 2000
COVERAGE = 0.9
THIRDS = 3


def examine(
    model: Model,
    prepared: Prepared,
    baselines: Mapping[str, Predictor],
    seed: int,
    metric: str | None = None,
) -> HeldOut:
    """Return the test scores of the model and of the baselines, and the model's confusion or residuals.

    Each baseline is compared with the model row by row. The baselines are fitted on every row that is not for
    testing, so they have seen at least what the model has, and decide in the same way. Whoever is better is
    so by the ``metric`` asked for. How reliable probabilities are is said before and after their temperature.
    """
    plain = dataclasses.replace(model, temperature=1.0).predict_features(prepared.test.X)
    predictions = {"shoal": cooled(plain, model.temperature)}
    for name, predict in baselines.items():
        predictions[name] = predict(prepared.plain_rows[1])
    decision = model.decision
    judge = Judge(prepared, prepared.test, decision)
    ours, *others = [judge.losses(values) for values in predictions.values()]
    classes, weights = prepared.n_classes > 0, prepared.test.weights
    found: HeldOut = {
        "rows": len(prepared.test),
        "score_name": score_name(prepared.target, metric),
        "models": [
            {"name": name, "metrics": {**judge.scores(values)}} for name, values in predictions.items()
        ],
        "comparisons": compare(ours, dict(zip(baselines, others, strict=True)), weights),
        "reliability": _reliability(plain, predictions["shoal"], prepared.test) if classes else None,
        "intervals": None if classes else _intervals(model, plain, prepared),
        "confusion": _confusion(decision.classes(predictions["shoal"]), prepared) if classes else None,
        "residuals": None if classes else _residuals(plain, prepared, seed),
        "decision": _decided(decision, prepared) if classes else None,
        "operating": _operating(predictions["shoal"], decision, prepared),
    }
    if weights is not None:
        found["counted"] = float(effective(weights).sum())
    return found


def _operating(probabilities: Array, decision: Decision, prepared: Prepared) -> Operating | None:
    if prepared.n_classes != 2:
        return None
    test, label = prepared.test, prepared.target.labels[decision.positive]
    return operating(probabilities, test.y, test.weights, decision, label)


def _decided(decision: Decision, prepared: Prepared) -> Decided:
    threshold = decision.threshold
    label = None if threshold is None else prepared.target.labels[decision.positive]
    return {"metric": decision.metric, "threshold": threshold, "label": label}


def _intervals(model: Model, values: Array, prepared: Prepared) -> Intervals | None:
    """Return how many test values lie inside intervals of ``COVERAGE``, and how wide these are."""
    if model.errors is None or model.errors.most < COVERAGE:
        return None
    decode, X = prepared.target.decode_values, prepared.test.X
    predicted, actual, weights = decode(values), decode(prepared.test.y), prepared.test.weights
    lower, upper = (decode(end) for end in model.interval(values, COVERAGE, X))
    covered, width = coverage_and_width(actual, lower, upper, weights)

    def third(rows: IntArray) -> Third:
        part = None if weights is None else weights[rows]
        inside, wide = coverage_and_width(actual[rows], lower[rows], upper[rows], part)
        low, high = float(predicted[rows].min()), float(predicted[rows].max())
        return {"rows": len(rows), "low": low, "high": high, "covered": inside, "width": wide}

    parts = np.array_split(np.argsort(predicted, kind="stable"), THIRDS)
    thirds = [third(rows) for rows in parts if _counts(rows, weights)]
    return {"coverage": COVERAGE, "covered": covered, "width": width, "thirds": thirds}


def _counts(rows: IntArray, weights: Array | None) -> bool:
    """Whether there are rows, and not all of them count for nothing."""
    return len(rows) > 0 and (weights is None or bool(weights[rows].any()))


def _reliability(before: Array, after: Array, rows: Subset) -> ReliabilityCurves:
    return {
        "before": in_bins(before, rows.y, rows.weights),
        "after": in_bins(after, rows.y, rows.weights),
    }


def in_bins(probabilities: Array, codes: IntArray, weights: Array | None = None, bins: int = BINS) -> Bins:
    """Return how often probabilities (N, K) are right, by their size and on the whole, as figures do."""
    found = reliability(probabilities, codes, bins, weights)
    return {
        "log_loss": log_loss(probabilities, codes, weights),
        "error": found.error,
        "confidence": found.confidence.tolist(),
        "accuracy": found.accuracy.tolist(),
        "share": found.share.tolist(),
    }


def _confusion(called: IntArray, prepared: Prepared) -> Confusion:
    """Return how often each class was called another: as a square, or as the pairs that occur of many."""
    K, labels = prepared.n_classes, list(prepared.target.labels)
    places = np.asarray(prepared.test.y, dtype=np.intp) * K + called
    if K <= MOST_CLASSES:
        return {"labels": labels, "counts": np.bincount(places, minlength=K * K).reshape(K, K).tolist()}
    found, times = np.unique(places, return_counts=True)
    return {"labels": labels, "pairs": np.stack([found // K, found % K, times], axis=1).tolist()}


def _residuals(values: Array, prepared: Prepared, seed: int) -> Residuals:
    decode = prepared.target.decode_values
    shown = some_rows(len(values), RESIDUALS_SHOWN, seed)  # enough of them show the shape
    return {"actual": decode(prepared.test.y[shown]).tolist(), "predicted": decode(values[shown]).tolist()}
