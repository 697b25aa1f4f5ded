"""A training as the compiled engine takes it: by names, which native/wire.hpp declares."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.layers.base import Layer
from shoal.registry import to_config
from shoal.schedules import Constant
from shoal.shapes import Array, IntArray, Shape
from shoal.solvers.base import Solver
from shoal.training.augmentation import Augmentation
from shoal.training.history import History
from shoal.training.problem import Problem, Samples
from shoal.training.recipe import STRENGTHS, Recipe
from shoal.training.stopping import Watch

ELSEWHERE = frozenset(
    {"solver", "schedule", "augmentation", "batch_order", "seed", "label_smoothing", "penalties", "plateau"}
).union(STRENGTHS)
"""Settings that are translated, travel with the problem or the course, or are done with before."""


def problem_fields(problem: Problem, strengths: Array, first: Layer) -> dict[str, Any]:
    """Return the fields of a problem for a network whose ``first`` layer takes the samples.

    ``strengths`` (4, P) are what the module looks at between epochs.
    """
    validation = problem.validation
    return {
        "train": sample_fields(problem.train, first),
        "validation": None if validation is None else sample_fields(validation, first),
        "by_batch": problem.by_batch,
        **dict(zip(STRENGTHS, strengths, strict=True)),
    }


def sample_fields(samples: Samples, first: Layer) -> dict[str, Any]:
    """Return X (N, n), y (K, N) and s in C order, and lengths (N,) or None."""
    arrays = {name: np.ascontiguousarray(getattr(samples, name)) for name in ("X", "y", "s")}
    return {**arrays, "lengths": whole_numbers(samples.lengths, first)}


def whole_numbers(lengths: IntArray | None, first: Layer) -> npt.NDArray[np.int64] | None:
    """Return lengths (N,) as the module reads them.

    None where ``first`` takes the zeros beyond an end for numbers like others: then they say nothing, and the
    module, which puts samples in the order of their lengths, adds up as it would without them.
    """
    if lengths is None or first.name == "flatten":
        return None
    return np.ascontiguousarray(lengths, np.int64)


def recipe_fields(recipe: Recipe, shape: Shape, n_samples: int) -> dict[str, Any]:
    """Return the fields of a recipe for ``n_samples`` of ``shape``.

    A setting that stands not in ``ELSEWHERE`` travels as it is. A schedule is its factor at every update, and
    an order that all members share is its seed.
    """
    augmentation = recipe.augmentation
    return {
        **{name: value for name, value in vars(recipe).items() if name not in ELSEWHERE},
        "solver": solver_fields(recipe.rule),
        "factors": _factors(recipe, n_samples),
        "shared_order": recipe.seed if recipe.batch_order == "shared" else None,
        "augmentation": None
        if augmentation is None
        else augmentation_fields(augmentation, shape, recipe.seed),
    }


def solver_fields(solver: Solver) -> dict[str, Any]:
    """Return a solver's settings, and what its class says of how it is to be run."""
    kind = {"full_batch": solver.full_batch, "decay_times_rate": solver.decay_times_rate}
    return to_config(solver) | kind


def augmentation_fields(augmentation: Augmentation, shape: Shape, seed: int) -> dict[str, Any]:
    """Return a deformation of images of ``shape`` (C, H, W): its extents are what draws are multiplied by."""
    channels, rows, columns = shape
    return {
        "channels": channels,
        "rows": rows,
        "columns": columns,
        "translate": augmentation.translate,
        "factor": 1 + augmentation.scale,
        "angle": np.deg2rad(augmentation.rotate),
        "elastic": augmentation.elastic,
        "mirror": augmentation.mirror,
        "fill": np.nan if augmentation.fill is None else augmentation.fill,
        "taps": augmentation.taps,
        "seed": seed,
    }


def course_fields(history: History, penalty: Array, watch: Watch | None) -> dict[str, Any]:
    """Return the arrays that are written while members train."""
    return {
        "loss": history.loss,
        "validation_loss": history.validation_loss,
        "epochs": history.epochs,
        "best_epoch": history.best_epoch,
        "stopped": history.stopped,
        "penalty": penalty,
        "watch": None if watch is None else _watch_fields(watch),
        **{name: history.told.get(name) for name in ("gamma", "alpha", "beta")},
    }


def _watch_fields(watch: Watch) -> dict[str, Any]:
    return {"tol": watch.tol, "patience": watch.patience, "best": watch.best, "count": watch.count}


def _factors(recipe: Recipe, n_samples: int) -> Array | None:
    """Return the factor of the learning rate at every update, or None where the rate stays."""
    if type(recipe.rates) is Constant:
        return None
    n_steps = recipe.batches(n_samples) * recipe.epochs
    return np.array([recipe.rates.factor(step, n_steps) for step in range(n_steps)])
