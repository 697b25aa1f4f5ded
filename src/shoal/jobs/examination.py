"""The final examination: the rows held out for testing are used here, once, after every choice is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from shoal.calibration.conformal import coverage_and_width
from shoal.calibration.temperature import cooled, log_loss, reliability
from shoal.jobs.baselines import Predictor
from shoal.jobs.comparison import compare
from shoal.jobs.metrics import (
    RowLosses,
    class_losses,
    class_metrics,
    number_losses,
    number_metrics,
    score_name,
)
from shoal.jobs.model import Model
from shoal.jobs.prepared import Prepared
from shoal.selection.splits import some_rows
from shoal.shapes import Array, IntArray

RESIDUALS_SHOWN = 2000
COVERAGE = 0.9


def examine(
    model: Model, prepared: Prepared, baselines: Mapping[str, Predictor], seed: int
) -> dict[str, Any]:
    """Return the test scores of the model and of the baselines, and the model's confusion or residuals.

    Each baseline is compared with the model row by row. The baselines are fitted on every row that is not for
    testing, so they have seen at least what the model has. How reliable probabilities are is said before and
    after their temperature.
    """
    plain = dataclasses.replace(model, temperature=1.0).predict_features(prepared.test.X)
    predictions = {"shoal": cooled(plain, model.temperature)}
    for name, predict in baselines.items():
        predictions[name] = predict(prepared.test.X)
    score, losses = scorer(prepared, prepared.test.y), _row_losses(prepared, prepared.test.y)
    ours, *others = [losses(values) for values in predictions.values()]
    if prepared.n_classes:
        shown = _of_classes(model, plain, prepared)
    else:
        shown = _of_numbers(model, plain, prepared, seed)
    return {
        "rows": len(prepared.test),
        "score_name": score_name(prepared.target),
        "models": [{"name": name, "metrics": score(values)} for name, values in predictions.items()],
        "comparisons": compare(ours, dict(zip(baselines, others, strict=True))),
        **shown,
    }


def _of_classes(model: Model, plain: Array, prepared: Prepared) -> dict[str, Any]:
    probabilities, codes = cooled(plain, model.temperature), prepared.test.y
    return {
        "reliability": {"before": _reliability(plain, codes), "after": _reliability(probabilities, codes)},
        "intervals": None,
        "confusion": _confusion(probabilities, prepared),
        "residuals": None,
    }


def _of_numbers(model: Model, values: Array, prepared: Prepared, seed: int) -> dict[str, Any]:
    return {
        "reliability": None,
        "intervals": _intervals(model, values, prepared),
        "confusion": None,
        "residuals": _residuals(values, prepared, seed),
    }


def scorer(prepared: Prepared, actual: Array) -> Callable[[Array], dict[str, float]]:
    """Return the function from predictions of some rows to metrics, in the units of the target."""
    if prepared.n_classes:
        return lambda probabilities: class_metrics(probabilities, actual)
    decode, loss = prepared.target.decode_values, prepared.loss[0]
    return lambda values: number_metrics(decode(values), decode(actual), loss, prepared.target.sd)


def _row_losses(prepared: Prepared, actual: Array) -> Callable[[Array], RowLosses]:
    """Return the function from predictions of some rows to the losses of each, in the units of the target."""
    if prepared.n_classes:
        return lambda probabilities: class_losses(probabilities, actual)
    decode, loss = prepared.target.decode_values, prepared.loss[0]
    return lambda values: number_losses(decode(values), decode(actual), loss, prepared.target.sd)


def _intervals(model: Model, values: Array, prepared: Prepared) -> dict[str, float] | None:
    """Return how many test values lie inside intervals of ``COVERAGE``, and how wide these are."""
    if model.errors is None or model.errors.most < COVERAGE:
        return None
    decode = prepared.target.decode_values
    ends = (decode(end) for end in model.interval(values, COVERAGE))
    covered, width = coverage_and_width(decode(prepared.test.y), *ends)
    return {"coverage": COVERAGE, "covered": covered, "width": width}


def _reliability(probabilities: Array, codes: IntArray) -> dict[str, Any]:
    """Return how often probabilities are right, by their size: the bins, and on the whole."""
    found = reliability(probabilities, codes)
    bins = {name: getattr(found, name).tolist() for name in ("confidence", "accuracy", "share")}
    return {"log_loss": log_loss(probabilities, codes), "error": found.error, **bins}


def _confusion(probabilities: Array, prepared: Prepared) -> dict[str, Any]:
    counts = np.zeros((prepared.n_classes, prepared.n_classes), dtype=np.intp)
    np.add.at(counts, (prepared.test.y, probabilities.argmax(axis=1)), 1)
    return {"labels": list(prepared.target.labels), "counts": counts.tolist()}


def _residuals(values: Array, prepared: Prepared, seed: int) -> dict[str, Any]:
    decode = prepared.target.decode_values
    shown = some_rows(len(values), RESIDUALS_SHOWN, seed)  # enough of them show the shape
    return {"actual": decode(prepared.test.y[shown]).tolist(), "predicted": decode(values[shown]).tolist()}
