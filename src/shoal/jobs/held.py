"""What a study's networks say of rows that they were not trained on, and how far off that is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from shoal.calibration.conformal import Conformal
from shoal.calibration.temperature import cooled, log_loss, settled_temperature
from shoal.jobs.model import Model
from shoal.jobs.prepared import Prepared
from shoal.selection.splits import some_rows
from shoal.selection.study import CapacityStudy
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from shoal.plots.evidence import Calibration

ENOUGH, LEAST_ROWS = 50_000, 1000
"""Probabilities of rows held out that a temperature is found on, and rows at least: more change no digit."""
TOLD = 4_000_000
"""Probabilities of rows held out whose log loss is told: of more classes fewer rows tell as much."""

M = TypeVar("M", bound=Model)


def calibrated(model: M, study: CapacityStudy, prepared: Prepared) -> M:
    """Return the model with what rows held out say of it: a temperature, or the errors of a regression.

    A network that was trained again on all rows keeps its probabilities: how sure it is of rows that it has
    not seen nobody knows, since those of its folds were other networks.
    """
    if not prepared.n_classes:
        return dataclasses.replace(model, errors=_errors(study, prepared))
    if _was_trained_again(study):
        return model
    probabilities, codes = _classes(study, prepared)
    temperature = settled_temperature(*_some(probabilities, codes, ENOUGH, study.recipe.seed))
    return dataclasses.replace(model, temperature=temperature)


def calibration(model: Model, study: CapacityStudy, prepared: Prepared) -> Calibration | None:
    """Return for a report what the temperature did to the log loss of the rows held out.

    None for numbers, and for a network that has no rows held out.
    """
    if not prepared.n_classes or _was_trained_again(study):
        return None
    probabilities, codes = _some(*_classes(study, prepared), TOLD, study.recipe.seed)
    return {
        "temperature": model.temperature,
        "rows": len(codes),
        "before": log_loss(probabilities, codes),
        "after": log_loss(cooled(probabilities, model.temperature), codes),
    }


def _was_trained_again(study: CapacityStudy) -> bool:
    """Whether what was chosen are not the networks that predicted the rows held out."""
    return study.folds is not None and study.choice.rule != "ensemble"


def _classes(study: CapacityStudy, prepared: Prepared) -> tuple[Array, IntArray]:
    """Return the probabilities (N, K) and the classes (N,) of the rows held out."""
    rows = np.concatenate([held for _, held in study.splits])
    return study.held, prepared.targets[rows].astype(np.intp)


def _some(probabilities: Array, codes: IntArray, most: int, seed: int) -> tuple[Array, IntArray]:
    """Return the probabilities (N, K) and classes of so many rows that they are ``most`` in all."""
    rows = some_rows(len(codes), max(most // probabilities.shape[1], LEAST_ROWS), seed, codes)
    return (probabilities, codes) if len(rows) == len(codes) else (probabilities[rows], codes[rows])


def _errors(study: CapacityStudy, prepared: Prepared) -> Conformal:
    """Return the errors of a regression on the rows held out, for intervals.

    With folds they stand for those of what predicts in the end, as in the jackknife: of the ensemble of all
    folds, which is a little better than its members of one, or of one network trained again on all rows. The
    choice was made by the same errors, which makes them a little small where many networks were compared.
    """
    rows = np.concatenate([held for _, held in study.splits])
    return Conformal(np.abs(prepared.targets[rows] - study.held[:, 0]))
