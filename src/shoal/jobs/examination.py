"""The final examination: the rows held out for testing are used here, once, after every choice is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from shoal.calibration.conformal import coverage_and_width
from shoal.calibration.temperature import cooled, log_loss, reliability
from shoal.jobs.baselines import Predictor
from shoal.jobs.metrics import class_metrics, number_metrics
from shoal.jobs.model import Model, TableModel
from shoal.jobs.prepared import Part, Prepared
from shoal.randomness import Purpose, stream
from shoal.selection.splits import some_rows
from shoal.shapes import Array, IntArray

RESIDUALS_SHOWN = 2000
SHUFFLES = 5
UNITS, LEAST_ROWS = 2 * 10**8, 200
"""What may be spent on importances, in units computed (a few seconds), and rows that they need at least."""
COVERAGE = 0.9


def examine(
    model: Model, prepared: Prepared, baselines: Mapping[str, Predictor], seed: int
) -> dict[str, Any]:
    """Return the test scores of the model and of the baselines, and the model's confusion or residuals.

    How reliable probabilities are is said before and after their temperature. The baselines are fitted on
    every row that is not for testing, so they have seen at least what the model has.
    """
    plain = dataclasses.replace(model, temperature=1.0).predict_features(prepared.test.X)
    predictions = {"shoal": cooled(plain, model.temperature)}
    for name, predict in baselines.items():
        predictions[name] = predict(prepared.test.X)
    score = _scorer(prepared, prepared.test.y)
    if prepared.n_classes:
        shown = _of_classes(model, plain, prepared)
    else:
        shown = _of_numbers(model, plain, prepared, seed)
    return {
        "rows": len(prepared.test),
        "score_name": "log loss" if prepared.n_classes else "RMSE",
        "models": [{"name": name, "metrics": score(values)} for name, values in predictions.items()],
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


def importances(model: TableModel, prepared: Prepared, seed: int) -> list[dict[str, Any]]:
    """Return how much the test score worsens when a column's values are shuffled among the test rows.

    Every feature that comes from the column is shuffled alike. The mean and standard deviation of
    ``SHUFFLES`` shuffles, the most important column first, on as many of the rows as ``UNITS`` allows.
    Source: Breiman 2001, "Random forests", 10.
    """
    sources = np.array(model.preprocessor.source_columns)
    test = _affordable(prepared, model, SHUFFLES * len(set(sources.tolist())), seed)
    score = _scorer(prepared, test.y)
    name = "log loss" if prepared.n_classes else "RMSE"
    intact = score(model.predict_features(test.X))[name]
    rows = []
    for index, column in enumerate(dict.fromkeys(sources.tolist())):
        features = np.flatnonzero(sources == column)
        X = np.tile(test.X, (SHUFFLES, 1, 1))
        for shuffle in range(SHUFFLES):
            order = stream(seed, index, Purpose.PERMUTATION, shuffle).permutation(len(test))
            X[shuffle][:, features] = test.X[np.ix_(order, features)]
        # all at once: reading the weights of an ensemble takes longer than a few rows of arithmetic
        predictions = np.split(model.predict_features(X.reshape(-1, X.shape[-1])), SHUFFLES)
        increases = [score(values)[name] - intact for values in predictions]
        rows.append({"column": column, "increase": float(np.mean(increases)), "sd": float(np.std(increases))})
    return sorted(rows, key=lambda row: -row["increase"])


def _affordable(prepared: Prepared, model: TableModel, times: int, seed: int) -> Part:
    """Return some of the rows to test on, as many as can be predicted so many times."""
    population = model.population
    units = population.size * sum(int(np.prod(shape)) for shape in population.network.shapes[1:])
    n = max(UNITS // (units * times), LEAST_ROWS)
    part = prepared.test
    rows = some_rows(len(part), n, seed, part.y if prepared.n_classes else None)
    return part if len(rows) == len(part) else Part(part.X[rows], part.y[rows])


def _scorer(prepared: Prepared, actual: Array) -> Callable[[Array], dict[str, float]]:
    """Return the function from predictions of some rows to metrics, in the units of the target."""
    if prepared.n_classes:
        return lambda probabilities: class_metrics(probabilities, actual)
    decode = prepared.target.decode_values
    return lambda values: number_metrics(decode(values), decode(actual))


def _intervals(model: Model, values: Array, prepared: Prepared) -> dict[str, float] | None:
    """Return how many test values lie inside intervals of ``COVERAGE``, and how wide these are."""
    if model.errors is None or not isinstance(model, TableModel) or model.errors.most < COVERAGE:
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
