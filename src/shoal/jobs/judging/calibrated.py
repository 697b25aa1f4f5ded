"""How far off predictions of rows held out are, and what a model makes of that."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from shoal.calibration.conformal import Conformal
from shoal.calibration.costs import Costs
from shoal.calibration.decision import Decision
from shoal.calibration.folds import luck_of_epochs, share_of_mean
from shoal.calibration.spread import ErrorSpread
from shoal.calibration.temperature import cooled, log_loss, settled_temperature
from shoal.jobs.judging.held import Held
from shoal.jobs.model import Model
from shoal.jobs.prepared import Prepared
from shoal.selection.samples.splits import some_rows
from shoal.selection.samples.weighted_means import effective
from shoal.sequences import width
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from shoal.plots.promises import Calibration

DESCRIBED, MOST_FEATURES, DIFFERING = 10_000, 500, 2000
"""Rows held out that tell the scale of errors, by so many features at most, and what folds differ by."""
ENOUGH, LEAST_ROWS = 50_000, 1000
"""Probabilities of rows held out that a temperature is found on, and rows at least: more change no digit."""
TOGETHER, FEWEST = 4_000_000, 50
"""Outputs of all networks that tell what folds differ by, and rows at least: of more outputs fewer rows."""
TOLD = 4_000_000
"""Probabilities of rows held out whose log loss is told: of more classes fewer rows tell as much."""

M = TypeVar("M", bound=Model)


def calibrated(model: M, held: Held, prepared: Prepared, metric: str | None = None, costs: Costs = ()) -> M:
    """Return the model with what rows held out say of it: a temperature, or the errors of a regression.

    Classes are decided by the ``metric``, for F1 on the same rows, or by what mistakes cost.

    A network that was trained again on all rows keeps its probabilities: how sure it is of rows that it has
    not seen nobody knows, since those of its folds were other networks.
    """
    if not prepared.n_classes:
        return dataclasses.replace(model, errors=_errors(model, held, prepared))
    codes = prepared.targets[held.rows].astype(np.intp)
    weights = _weights(held, prepared)
    if not held.again:
        some = _some(held.predictions, codes, weights, ENOUGH, held.seed)
        temperature = settled_temperature(*some)
        if luck := _luck(model, held, prepared, temperature):
            temperature = settled_temperature(*some, luck)
        model = dataclasses.replace(model, temperature=temperature)
    probabilities = cooled(held.predictions, model.temperature)
    decision = Decision.find(metric, probabilities, codes, _shares(prepared), weights, costs)
    return dataclasses.replace(model, decision=decision)


def calibration(model: Model, held: Held, prepared: Prepared) -> Calibration | None:
    """Return for a report what the temperature did to the log loss of the rows held out.

    None for numbers, and for a network that has no rows held out.
    """
    if not prepared.n_classes or held.again:
        return None
    actual = prepared.targets[held.rows].astype(np.intp)
    weights = _weights(held, prepared)
    probabilities, codes, weights = _some(held.predictions, actual, weights, TOLD, held.seed)
    return {
        "temperature": model.temperature,
        "rows": len(codes),
        "before": log_loss(probabilities, codes, weights),
        "after": log_loss(cooled(probabilities, model.temperature), codes, weights),
    }


def _shares(prepared: Prepared) -> Array:
    """Return the share of each class among the rows that networks are trained on (K,)."""
    train = prepared.train
    counts = np.bincount(train.y.astype(np.intp), train.weights, minlength=prepared.n_classes)
    shares: Array = counts / counts.sum()
    return shares


def _weights(held: Held, prepared: Prepared) -> Array | None:
    """Return what each of the rows held out counts for (M,); None where all count alike."""
    weights = prepared.weights
    return None if weights is None else weights[held.rows]


def _some(
    probabilities: Array, codes: IntArray, weights: Array | None, most: int, seed: int
) -> tuple[Array, IntArray, Array | None]:
    """Return probabilities (N, K), classes and weights of so many rows that they are ``most`` in all."""
    rows = some_rows(len(codes), max(most // probabilities.shape[1], LEAST_ROWS), seed, codes)
    if len(rows) == len(codes):
        return probabilities, codes, weights
    return probabilities[rows], codes[rows], None if weights is None else weights[rows]


def _errors(model: Model, held: Held, prepared: Prepared) -> Conformal:
    """Return the errors of a regression on the rows held out, for intervals.

    With folds they stand for those of what predicts in the end, as in the jackknife: of the ensemble of all
    folds, whose errors are smaller by what the folds differ by, and larger as new rows have not chosen when
    networks stop (``share_of_mean``), or of one network trained again on all rows. The choice was made by the
    same errors, which makes them a little small where many networks were compared. Where rows tell how large
    errors are, these are in units of that.
    """
    predictions, weights = held.predictions[:, 0], _weights(held, prepared)
    actual = prepared.targets[held.rows]
    errors = np.abs(actual - predictions) * _share(model, held, prepared, (actual, weights))
    some = some_rows(len(errors), DESCRIBED, held.seed)
    X = prepared.development[0]
    if model.rows_tell and width(X) > MOST_FEATURES:
        return Conformal(errors, weights)
    features = model.described(predictions[some], X[held.rows[some]])
    spread, own = ErrorSpread.fit(features, errors[some])
    if spread is None:
        return Conformal(errors, weights)
    return Conformal(errors[some] / own, None if weights is None else weights[some], spread)


def _share(model: Model, held: Held, prepared: Prepared, known: tuple[Array, Array | None]) -> float:
    """Return what errors of all folds' networks together are of those of one fold on rows held out.

    ``known`` are the targets of these rows and their weights.
    """
    if held.folds is None:
        return 1.0
    actual, weights = known
    some, of_folds = _of_folds(model, held, prepared)
    judges = _judges(held, weights) if held.stopped else None
    return share_of_mean(of_folds[..., 0], held.folds[some], actual[some], judges)


def _luck(model: Model, held: Held, prepared: Prepared, temperature: float) -> float:
    """Return what new rows' log loss is larger by than that of rows held out, which chose the epochs.

    ``temperature`` is what those rows would settle for themselves.
    """
    if held.folds is None or not held.stopped:
        return 0.0
    some, of_folds = _of_folds(model, held, prepared)
    judges = _judges(held, _weights(held, prepared))
    return luck_of_epochs(of_folds, held.folds[some], judges, temperature)


def _judges(held: Held, weights: Array | None) -> float:
    """Return how many rows of a fold chose the epochs at which its networks stopped."""
    assert held.folds is not None
    counted = len(held.rows) if weights is None else float(effective(weights).sum())
    return counted / (int(held.folds.max()) + 1)


def _of_folds(model: Model, held: Held, prepared: Prepared) -> tuple[IntArray, Array]:
    """Return the numbers of some of the rows held out (n,), and what each fold's networks say of them.

    The latter is (folds, n, K): probabilities, or values.
    """
    assert held.folds is not None
    networks, folds = model.population.size, int(held.folds.max()) + 1
    most = max(TOGETHER // (networks * held.predictions.shape[1]), FEWEST)
    some = some_rows(len(held.rows), min(DIFFERING, most), held.seed)
    z = model.population.outputs(prepared.development[0][held.rows[some]]).swapaxes(1, 2)
    members = model.of_networks(z)
    return some, members.reshape(-1, folds, *members.shape[1:]).mean(axis=0).swapaxes(1, 2)
