"""How a job trains its networks: what the user left open, filled in by the rule of choice and the task.

A single network is to be as small as the data allow, so it is trained plainly. The members of an ensemble
are to be as good as they can be: docs/generalisation.md says what each of their settings gained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from shoal.data.features.encoders import PIECES, PLAIN, WAVES
from shoal.data.targets.task import CLASSIFICATION
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import (
    BUDGET_SECONDS,
    BY_EVIDENCE_LADDER,
    ENSEMBLE_SECONDS,
    LADDER,
    MOST_STARTS,
    Goal,
    StudySize,
    ensemble_ladder,
)
from shoal.registry import resolve
from shoal.schedules import Constant
from shoal.selection.candidates.architectures import Architecture, Hidden, Perceptron
from shoal.selection.rules import BY_EVIDENCE
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.training.recipe import Recipe

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
class Method:
    """How a job makes its networks: how they are trained, what their sizes stand for, and their inputs.

    ``pieces`` is into how many the range of a number is cut, 0: none, and ``waves`` of how many frequencies
    it is told. Of several ``forms`` of numbers every network is given one. A recipe without patience waits
    for a third of the longest training (``patience_for``), except where the evidence chooses, or where
    nothing but an asked-for patience is to end a training early (not ``watched``). What the data have decided
    of it is ``told`` in sentences.
    """

    recipe: Recipe
    architecture: Architecture
    pieces: int = 0
    waves: int = 0
    forms: tuple[str, ...] = ()
    watched: bool = True
    told: tuple[str, ...] = ()


_MEMBER = Recipe(
    solver=SOLVERS["adamw"](beta2=0.95),  # type: ignore[call-arg]
    schedule="flat_cosine",
    weight_decay=0.02,
    batch_order="shared",
)
CLASSES = Method(
    replace(_MEMBER, learning_rate=0.01, label_smoothing=0.1),
    Perceptron("mish"),
    pieces=8,
    forms=(PLAIN, PIECES),
)
NUMBERS = Method(
    replace(_MEMBER, learning_rate=0.003), Perceptron("mish"), pieces=8, waves=4, forms=(PIECES, WAVES)
)
"""Members of ensembles."""
NARROW, WIDE, MANY_ROWS, VERY_MANY_ROWS = 128, 256, 5000, 20000
"""Units of a hidden layer, for more than two classes from so many rows on; where half of the epochs do."""

PRECISE: tuple[Hidden, int] = ((16,), 100)
"""Units and epochs of a member under a solver with a matrix of all its parameters by all."""

SHORTEST = (2, 1)
"""Epochs of members where even the first of them would take longer than the user has."""
MANY_NUMBERS = 64
"""Columns; in all forms each takes 17 features, whose memory and time would be better spent."""


def table_method(request: FitRequest, rule: str, task: str, numbers: int = 1) -> Method:
    """Return how the networks of a table are made, but for the batch size.

    A solver that the user names trains plainly: the settings of members were found with theirs. With more
    than ``MANY_NUMBERS`` columns of numbers these have no forms but those that the user asks for.
    """
    if rule == BY_EVIDENCE:
        plain = plain_method(request, Perceptron("tanh"), RATE, FULL_BATCH)
        return replace(plain, recipe=replace(plain.recipe, patience=None))
    if rule != "ensemble" or request.solver is not None:
        return plain_method(request, Perceptron("tanh"), RATE)
    method = CLASSES if task == CLASSIFICATION else NUMBERS
    return as_asked(replace(method, pieces=0, waves=0) if numbers > MANY_NUMBERS else method, request)


def plain_method(request: FitRequest, architecture: Architecture, rate: float, usual: str = "adam") -> Method:
    """Return a training without refinements; ``rate`` is the learning rate of adaptive solvers."""
    solver = resolve("solver", request.solver or usual, SOLVERS)
    own = solver.learning_rate if solver.takes_learning_rate else None
    plain = Recipe(
        solver=solver,
        learning_rate=rate if solver.name in ADAPTIVE else own,
        patience=PATIENCE,
        batch_order="shared",
    )
    return as_asked(Method(plain, architecture), request)


def as_asked(method: Method, request: FitRequest) -> Method:
    """Return the method with what the user asked for in its place, by the names of its settings."""
    asked = {name: value for name, value in vars(request).items() if value is not None}

    def with_asked(part: Any, **changed: Any) -> Any:
        own = {field.name: asked[field.name] for field in fields(part) if field.name in asked}
        return replace(part, **own, **changed)

    changed: Method = with_asked(
        method, recipe=with_asked(method.recipe), architecture=with_asked(method.architecture)
    )
    return changed


def table_goal(request: FitRequest, rule: str, n_classes: int, n: int, views: int = 1) -> Goal:
    """Return the studies of ``n`` rows to pick from, and the time that the one picked shall take."""
    if rule == BY_EVIDENCE:
        return single_goal(request, BY_EVIDENCE_LADDER)
    if rule != "ensemble":
        return single_goal(request, LADDER)
    # with many rows there is little that more starts would average away
    most = views if n >= MANY_ROWS and request.quality != "best" else MOST_STARTS
    dense = request.solver is not None and SOLVERS[request.solver].dense
    ladder = ensemble_ladder(*(PRECISE if dense else longest(n_classes, n)), views, most)
    return ensemble_goal(request, ladder, n)


def ensemble_goal(
    request: FitRequest,
    ladder: tuple[StudySize, ...],
    n: int,
    budget: Mapping[str, tuple[float, float]] = ENSEMBLE_SECONDS,
) -> Goal:
    """Return the same for studies of ``n`` rows from which ensembles are chosen.

    ``budget`` has the seconds for each quality, and those for every row besides.
    """
    if request.time is not None:  # something is to be there when it is up
        ladder += tuple(replace(ladder[-1], epochs=epochs) for epochs in SHORTEST)
    seconds, seconds_a_row = budget[request.quality]
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


def smoothed_for(method: Method, counts: Array) -> Method:
    """Return the method with no more smoothing of labels than the rarest class bears, of ``counts`` (C,)::

        ε = min(ε_usual, C/2 · min_c N_c/N)

    Smoothing gives every class a share ε/C of every row. To a class that one row in a thousand is of, the
    usual share is fifty rows in a thousand: nothing could be called as rare as it is.

    >>> import numpy as np
    >>> [round(smoothed_for(CLASSES, np.array(n)).recipe.label_smoothing, 4) for n in ([50, 50], [999, 1])]
    [0.1, 0.001]
    """
    usual = method.recipe.label_smoothing
    there = counts[counts > 0]
    if not usual or not there.size:
        return method
    least = min(usual, len(there) / 2 * float(there.min() / there.sum()))
    return method if least == usual else replace(method, recipe=replace(method.recipe, label_smoothing=least))


def for_rows(method: Method, n: int) -> Method:
    """Return the method with a batch size for ``n`` training rows, unless it has one."""
    recipe = method.recipe
    return replace(method, recipe=replace(recipe, batch_size=recipe.batch_size or batch_size_for(recipe, n)))


def patience_for(recipe: Recipe, epochs: int) -> int:
    """Return how many epochs without improvement a network waits that trains for at most ``epochs``.

    Where there is noise the best epoch is an early one, and a third as many epochs again as there may be
    prove it; without noise the losses fall to the end, in leaps that are shorter than that.
    """
    return recipe.patience or max(epochs // PATIENT, 1)


def batch_size_for(recipe: Recipe, n: int) -> int | None:
    """Return the minibatch size for ``n`` training rows; None (all rows) for a full-batch solver."""
    if recipe.rule.full_batch:
        return None
    if recipe.rates == Constant():
        return 32 if n < 5000 else 128 if n < 20000 else 256
    return 32 if n < 2000 else 64 if n < 5000 else 128 if n < 20000 else 256
