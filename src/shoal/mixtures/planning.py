"""Which views a mixture is made of: what costs least first, and more for as long as the budget lasts."""

from __future__ import annotations

import math
from collections.abc import Iterable

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.mixtures.random_convolutions import KERNELS
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.trained_view import TrainedView
from shoal.mixtures.views import Schooling, View
from shoal.selection.architectures import Architecture, Convolutional1D, Recurrent
from shoal.sequences import Sequences
from shoal.shapes import Shape

RANDOM, CONVOLUTIONAL, RECURRENT = KINDS = ("random", "convolutional", "recurrent")
BUDGET = 1e11
"""Operations, so that a fit is the same on every machine; seconds of one core by the tens."""
SHARE = 0.15
"""Of the budget that each kind of network may have: random convolutions are the better use of it."""
FEATURES = 10_000
LEAST_FEATURES = 4 * len(KERNELS)
MANY = 4000
FEWER_FEATURES = 3000
"""For more than ``MANY`` samples, for the decomposition takes their smaller number to the third power."""
DRAWS = 4
PASSES = 10
"""Operations for each random feature of each step; with differences and means twice as many."""
BACKWARD = 3
"""Times the operations of going forward that a step of training takes."""
STEP = 5e5
"""Operations' worth of time that a step of the series takes in an update, however few units there are."""
EPOCHS, FEWEST_EPOCHS = 100, 40
SIZES = (64, 32, 16, 8)


def views_for(
    schooling: Schooling[Sequences],
    kinds: Iterable[str] = KINDS,
    budget: float = BUDGET,
    features: int = FEATURES,
    draws: int = DRAWS,
) -> list[View[Sequences]]:
    """Return the views of the ``kinds`` asked for that ``budget`` operations allow, the cheapest first.

    Random convolutions come in two kinds, of the series and with their differences, once at least and
    averaged over ``draws`` at most; where series have gaps, also with what says where. What they leave, up to
    a ``SHARE``, is for each kind of network, with as many units as can be trained for ``FEWEST_EPOCHS``.
    Where no random convolutions are asked for, networks have it all, and the smallest of each kind is trained
    in any case.

    Raises ``UnknownNameError`` for a kind that is none, ``ConfigurationError`` for none at all.
    """
    kinds = tuple(kinds)
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownNameError("view", kind, KINDS)
    if not kinds:
        raise ConfigurationError(f"views must name one kind at least, of {', '.join(KINDS)}")
    views: list[View[Sequences]] = []
    left, share = budget, budget
    if RANDOM in kinds:
        share = SHARE * budget
        features = min(features, FEWER_FEATURES) if len(schooling.series) > MANY else features
        cost = 3 * PASSES * features * float(schooling.series.lengths.sum())
        times = int(min(max(budget // cost, 1), draws))
        views.extend(_random(schooling, features, times))
        left -= times * cost
    trained = [kind for kind in (CONVOLUTIONAL, RECURRENT) if kind in kinds]
    for kind in trained:
        view = _affordable(kind, schooling, min(share, left / len(trained)), RANDOM not in kinds)
        if view is not None:
            views.append(view)
    return views


def _random(schooling: Schooling[Sequences], features: int, draws: int) -> list[View[Sequences]]:
    gaps = schooling.series.X.shape[1] > schooling.channels
    channels = schooling.channels if gaps else None
    views: list[View[Sequences]] = [
        RandomView(features, draws, channels=channels),
        RandomView(features, draws, differences=True, means=True, channels=channels),
    ]
    return [*views, RandomView(features, differences=True, means=True)] if gaps else views


def _affordable(
    kind: str, schooling: Schooling[Sequences], budget: float, needed: bool
) -> TrainedView | None:
    """Return the largest network that the budget trains long enough; the smallest if one is ``needed``."""
    shape, N = schooling.series.X.shape[1:], len(schooling.series)
    for size in SIZES:
        view = TrainedView(_architecture(kind, shape), (size,), FEWEST_EPOCHS)
        operations = float(view.network(shape, schooling.targets.n_classes).operations)
        epoch = BACKWARD * operations * N * len(schooling.folds)
        epoch += math.ceil(N / view.batch_size(N)) * shape[-1] * STEP
        epochs = min(math.floor(max(budget, 0) / epoch), EPOCHS)
        if epochs >= FEWEST_EPOCHS:
            return TrainedView(view.architecture, view.hidden, epochs)
    return view if needed else None


def _architecture(kind: str, shape: Shape) -> Architecture:
    if kind == CONVOLUTIONAL:
        return Convolutional1D(shape)
    return Recurrent(shape, "gru", bidirectional=True, pooling="mean")
