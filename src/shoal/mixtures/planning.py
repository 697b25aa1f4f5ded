"""Which views a mixture is made of: what costs least first, and more for as long as the budget lasts."""

from __future__ import annotations

import math
from collections.abc import Iterable

from shoal.mixtures.constant_view import ConstantView
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.random_convolutions import KERNELS
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.trained_view import TrainedView, batch_size
from shoal.mixtures.views import Schooling, View, asked_for
from shoal.selection.candidates.architectures import Architecture, Convolutional1D, Recurrent
from shoal.sequences import Sequences
from shoal.shapes import Shape

RANDOM, CONVOLUTIONAL, RECURRENT = KINDS = ("random", "convolutional", "recurrent")
BUDGET = 1e11
"""Operations, so that a fit is the same on every machine; seconds of one core by the tens."""
SHARE = 0.1
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
STEP = 2e4
"""Operations' worth of time that a step of the series takes in an update, however few units there are."""
EPOCHS, FEWEST_EPOCHS, LEAST_EPOCHS = 100, 40, 4
"""Of a network at most, of one that is worth its time, and of the smallest where one is needed anyhow."""
SIZES = (64, 32, 16, 8)


def views_for(
    schooling: Schooling[Sequences],
    kinds: Iterable[str] = KINDS,
    budget: float = BUDGET,
    features: int = FEATURES,
    draws: int = DRAWS,
    *,
    likeness: bool = True,
) -> list[View[Sequences]]:
    """Return the views of the ``kinds`` asked for that ``budget`` operations allow, the cheapest first.

    What series are like in a few numbers is cheap, but for more than ``MANY`` of them; without ``likeness``
    it is left out.

    Random convolutions come in two kinds, of the series and with their differences, once at least and
    averaged over ``draws`` at most; where series have gaps, also with what says where. They have fewer than
    ``features`` where the budget is less than once. What they leave, up to a ``SHARE``, is for each kind of
    network, with as many units as can be trained for ``FEWEST_EPOCHS``. Where no random convolutions are
    asked for, networks have it all, and the smallest of each kind is trained in any case. The constant is
    always among them, so that what nobody can predict is predicted by it.

    Raises ``UnknownNameError`` for a kind that is none, ``ConfigurationError`` for none at all.
    """
    kinds = asked_for(kinds, KINDS)
    views: list[View[Sequences]] = [ConstantView()]
    left, share = budget, budget
    if RANDOM in kinds:
        share = SHARE * budget
        features = min(features, FEWER_FEATURES) if len(schooling.series) > MANY else features
        steps = 3 * PASSES * float(schooling.series.lengths.sum())
        features = max(min(features, int(budget // steps)), LEAST_FEATURES)
        cost = steps * features
        times = int(min(max(budget // cost, 1), draws))
        views.extend(_random(schooling, features, times, likeness))
        left -= times * cost
    trained = [kind for kind in (CONVOLUTIONAL, RECURRENT) if kind in kinds]
    for kind in trained:
        shape, N, folds = schooling.series.X.shape[1:], len(schooling.series), max(len(schooling.folds), 1)
        most = min(share, left / len(trained))
        view = affordable(_architecture(kind, shape), shape, N, schooling.targets.n_classes, folds, most)
        if view.epochs >= FEWEST_EPOCHS or RANDOM not in kinds:
            views.append(view)
    return views


def _random(
    schooling: Schooling[Sequences], features: int, draws: int, likeness: bool
) -> list[View[Sequences]]:
    gaps = schooling.series.X.shape[1] > schooling.channels
    channels = schooling.channels if gaps else None
    views: list[View[Sequences]] = [
        RandomView(features, draws, channels=channels),
        RandomView(features, draws, differences=True, means=True, channels=channels),
    ]
    if likeness and len(schooling.series) <= MANY:
        views.append(KernelView())
    return [*views, RandomView(features, differences=True, means=True)] if gaps else views


def affordable(
    architecture: Architecture, shape: Shape, N: int, n_classes: int, folds: int, budget: float
) -> TrainedView:
    """Return the largest network that the budget trains long enough; else the smallest, for what it has.

    It is trained on so many ``folds`` of N series of a shape (C, T).
    """
    for size in SIZES:
        view = TrainedView(architecture, (size,), FEWEST_EPOCHS)
        operations = float(view.network(shape, n_classes).operations)
        epoch = BACKWARD * operations * N * folds
        epoch += math.ceil(N / batch_size(N)) * shape[-1] * STEP
        epochs = min(math.floor(max(budget, 0) / epoch), EPOCHS)
        if epochs >= FEWEST_EPOCHS:
            break
    return TrainedView(architecture, view.hidden, max(epochs, LEAST_EPOCHS))


def _architecture(kind: str, shape: Shape) -> Architecture:
    if kind == CONVOLUTIONAL:
        return Convolutional1D(shape)
    return Recurrent(shape, "gru", bidirectional=True, pooling="mean")
