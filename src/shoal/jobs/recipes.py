"""How a job trains its networks: what the user left open, filled in by the rule of choice and the task.

A single network is to be as small as the data allow, so it is trained plainly. The members of an ensemble
are to be as good as they can be: docs/generalisation.md says what each of their settings gained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from shoal.architectures import Convolutional, Hidden, Perceptron
from shoal.augmentation import Augmentation
from shoal.data.encoders import PIECES, PLAIN, WAVES
from shoal.data.task import CLASSIFICATION
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import (
    BUDGET_SECONDS,
    ENSEMBLE_SECONDS,
    EVIDENCE_LADDER,
    LADDER,
    MOST_STARTS,
    Goal,
    StudySize,
    ensemble_ladder,
)
from shoal.registry import resolve
from shoal.selection.choice import BY_EVIDENCE
from shoal.solvers import SOLVERS
from shoal.solvers.base import Solver

ADAPTIVE = ("adam", "adamw", "rmsprop")
FULL_BATCH = "scg"
"""For the evidence, which needs networks at the bottom of their error."""
RATE = 0.01
"""Of a single network under an adaptive solver: inputs and targets are scaled, and early stopping guards."""
PATIENCE = 10
"""Epochs without improvement before a single network stops."""
PATIENT = 3
"""The part of its epochs, one in so many, that a member of an ensemble waits for an improvement."""


@dataclass(frozen=True)
class Recipe:
    """How every network is trained; ``pieces`` is into how many the range of a number is cut, 0: none, and
    ``waves`` of how many frequencies it is told. Of several ``forms`` of numbers every network is given one.

    ``patience=None`` is a third of the longest training (``patience_for``).
    """

    solver: Solver
    architecture: Perceptron | Convolutional
    learning_rate: float | None = None
    batch_size: int | None = None
    patience: int | None = PATIENCE
    schedule: str = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    pieces: int = 0
    waves: int = 0
    forms: tuple[str, ...] = ()
    augmentation: Augmentation | None = None


_ADAMW: dict[str, Any] = {
    "solver": SOLVERS["adamw"](beta2=0.95),  # type: ignore[call-arg]
    "patience": None,
    "schedule": "flat_cosine",
    "weight_decay": 0.02,
}
CLASSES = Recipe(
    architecture=Perceptron("mish"),
    learning_rate=0.01,
    label_smoothing=0.1,
    pieces=8,
    forms=(PLAIN, PIECES),
    **_ADAMW,
)
NUMBERS = Recipe(
    architecture=Perceptron("mish"), learning_rate=0.003, pieces=8, waves=4, forms=(PIECES, WAVES), **_ADAMW
)
"""Members of ensembles."""
NARROW, WIDE, MANY_ROWS, VERY_MANY_ROWS = 128, 256, 5000, 20000
"""Units of a hidden layer, for more than two classes from so many rows on; where half of the epochs do."""

MANY_NUMBERS = 64
"""Columns; in all forms each takes 17 features, whose memory and time would be better spent."""


def table_recipe(request: FitRequest, rule: str, task: str, numbers: int = 1) -> Recipe:
    """Return how the networks of a table are trained, but for the batch size.

    A solver that the user names trains plainly: the settings of members were found with theirs. With more
    than ``MANY_NUMBERS`` columns of numbers these have no forms but those that the user asks for.
    """
    if rule == BY_EVIDENCE:
        return replace(plain_recipe(request, Perceptron("tanh"), RATE, FULL_BATCH), patience=None)
    if rule != "ensemble" or request.solver is not None:
        return plain_recipe(request, Perceptron("tanh"), RATE)
    recipe = CLASSES if task == CLASSIFICATION else NUMBERS
    return _as_asked(replace(recipe, pieces=0, waves=0) if numbers > MANY_NUMBERS else recipe, request)


def plain_recipe(
    request: FitRequest, architecture: Perceptron | Convolutional, rate: float, usual: str = "adam"
) -> Recipe:
    """Return a training without refinements; ``rate`` is the learning rate of adaptive solvers."""
    solver = resolve("solver", request.solver or usual, SOLVERS)
    own = solver.learning_rate if solver.takes_learning_rate else None
    return _as_asked(Recipe(solver, architecture, rate if solver.name in ADAPTIVE else own), request)


def _as_asked(recipe: Recipe, request: FitRequest) -> Recipe:
    """Return the recipe with what the user asked for in its place."""
    if request.activation is not None:
        recipe = replace(recipe, architecture=replace(recipe.architecture, activation=request.activation))
    names = ("learning_rate", "batch_size", "patience", "pieces", "waves")
    return replace(recipe, **{name: value for name in names if (value := getattr(request, name)) is not None})


def table_goal(request: FitRequest, rule: str, n_classes: int, n: int, views: int = 1) -> Goal:
    """Return the studies of ``n`` rows to pick from, and the time that the one picked shall take."""
    if rule == BY_EVIDENCE:
        return single_goal(request, EVIDENCE_LADDER)
    if rule != "ensemble":
        return single_goal(request, LADDER)
    # with many rows there is little that more starts would average away
    most = views if n >= MANY_ROWS and request.quality != "best" else MOST_STARTS
    ladder = ensemble_ladder(*longest(n_classes, n), views, most)
    seconds, seconds_a_row = ENSEMBLE_SECONDS[request.quality]
    return _goal(request, ladder, seconds + seconds_a_row * n)


def longest(n_classes: int, n: int) -> tuple[Hidden, int]:
    """Return the hidden units of members for ``n`` rows, and the epochs of the longest training that pays."""
    shorter = 2 if n >= VERY_MANY_ROWS else 1
    if n_classes:
        return (WIDE if n_classes > 2 and n >= MANY_ROWS else NARROW,) * 3, 60 // shorter
    return (NARROW,) * 2, 200 // shorter


def single_goal(request: FitRequest, ladder: tuple[StudySize, ...]) -> Goal:
    """Return the same for studies from which a single network is chosen."""
    return _goal(request, ladder, BUDGET_SECONDS[request.quality])


def _goal(request: FitRequest, ladder: tuple[StudySize, ...], seconds: float) -> Goal:
    return Goal(ladder, request.time or seconds, deadline=request.time is not None)


def patience_for(recipe: Recipe, epochs: int) -> int:
    """Return how many epochs without improvement a network waits that trains for at most ``epochs``.

    Where there is noise the best epoch is an early one, and a third as many epochs again as there may be
    prove it; without noise the losses fall to the end, in leaps that are shorter than that.
    """
    return recipe.patience or max(epochs // PATIENT, 1)


def batch_size_for(recipe: Recipe, n: int) -> int | None:
    """Return the minibatch size for ``n`` training rows; None (all rows) for a full-batch solver."""
    if recipe.solver.full_batch:
        return None
    if recipe.schedule == "constant":
        return 32 if n < 5000 else 128 if n < 20000 else 256
    return 32 if n < 2000 else 64 if n < 5000 else 128 if n < 20000 else 256
