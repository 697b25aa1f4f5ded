"""What an engine is given: the data, the objective's strengths, and how to minimise it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.augmentation import Augmentation
from shoal.errors import ConfigurationError, DataError
from shoal.history import History
from shoal.losses import Loss
from shoal.network import Network
from shoal.schedules import Schedule
from shoal.shapes import Array, IntArray, in_dtype, is_number, require_finite
from shoal.solvers.base import Solver, State
from shoal.stopping import Stopping, Watch


@dataclass(frozen=True)
class Samples:
    """Rows ``X`` (N, n), targets ``y`` (K, N) and sample weights ``s``: (1, N) shared, (P, N) per member."""

    X: Array
    y: Array
    s: Array

    @classmethod
    def of(
        cls,
        network: Network,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        size: int = 1,
        dtype: npt.DTypeLike = "float64",
        which: str = "",
    ) -> Samples:
        """Return users' arrays as ``size`` members of ``network`` take them; messages begin with ``which``.

        ``X`` (N, n) or images (N, C, H, W), ``y`` (N,) or (N, K), ``sample_weight`` (N,) or (size, N) or
        None for ones. Raises ``DataError`` for arrays that fit neither the network nor each other.
        """
        rows = network.rows(X, f"{which}X")
        targets = network.criterion.encode(y, network.n_outputs)
        if targets.shape[1] != len(rows):
            raise DataError(
                f"{which}X has {len(rows)} rows and {which}y has {targets.shape[1]}; "
                "give one target for each row"
            )
        return cls(
            X=in_dtype(rows, dtype, f"{which}X"),
            y=in_dtype(targets, dtype, f"{which}y"),
            s=_sample_weights(sample_weight, size, len(rows), dtype, which),
        )

    def smoothed(self, loss: Loss, amount: float) -> Samples:
        """Return the samples with (1 − ε) y + ε/C for indicators y of C classes, ε the ``amount``.

        Raises ``ConfigurationError`` for a loss without classes, and unless 0 ≤ ε < 1.
        """
        if loss.name not in ("log_loss", "cross_entropy"):
            raise ConfigurationError(
                f"label_smoothing is for classes, got {amount!r} with {loss.name}; leave it out"
            )
        if not (is_number(amount) and 0 <= amount < 1):
            raise ConfigurationError(f"label_smoothing must be from 0 to below 1, got {amount!r}")
        classes = max(len(self.y), 2) if loss.name == "cross_entropy" else 2
        smooth = (1 - amount) * self.y + amount / classes
        return replace(self, y=smooth.astype(self.y.dtype))

    def __len__(self) -> int:
        return len(self.X)


def _sample_weights(
    weight: npt.ArrayLike | None, size: int, n: int, dtype: npt.DTypeLike, which: str
) -> Array:
    if weight is None:
        return np.ones((1, n), dtype)
    name = f"{which}sample_weight"
    try:
        array = np.asarray(weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be one number for each of the {n} samples: {error}") from None
    if array.shape not in ((n,), (size, n)):
        raise DataError(f"{name} must have shape ({n},) for all members, or ({size}, {n}), got {array.shape}")
    require_finite(array, name)
    if (array < 0).any():
        raise DataError(
            f"{name} must not be negative, got {array[array < 0][0]:g}; leave a sample out with 0"
        )
    array = np.atleast_2d(in_dtype(array, dtype, name))
    if not (array.sum(axis=-1) > 0).all():
        raise DataError(f"{name} is 0 for every sample of a member; give it a positive one to train on")
    return array


@dataclass(frozen=True)
class Problem:
    """The objective of every member p, and how fast it is followed::

        J_p = Σ_i s_pi · loss_i / Σ_i s_pi  +  l2_p/(2 m_p) Σ W²  +  l1_p/m_p Σ |W|,    m_p = Σ_i s_pi

    ``l2``, ``l1``, ``weight_decay`` and ``learning_rate`` are (P,). Biases are never penalised.

    ``by_batch`` is scikit-learn's reading of the same: m_p is the weight of the minibatch at hand, so that
    an epoch of B minibatches penalises B times as much, and the loss of an epoch is the mean over its
    samples instead of its minibatches (the last of which may be smaller).
    """

    train: Samples
    validation: Samples | None
    l2: Array
    l1: Array
    weight_decay: Array
    learning_rate: Array
    by_batch: bool = False


@dataclass
class Reins:
    """What a caller decides for himself from epoch to epoch, in place, and what he sees of the training.

    An engine takes the reins for E epochs at a time; the callback is called after these, and where nobody
    trains any more. Before them it reads, and the callback may change after them:

    - ``orders`` (E, R, M): for each epoch R orders of M of the samples' rows; ``which`` (P,) is the order
      that each member takes. They stand in for the orders that the engine would draw, and need a
      ``batch_size``.
    - ``rate`` (P,): learning rates, instead of the problem's.
    - ``ended`` (P,): 0, or the ``Reason`` why a member trains no more.
    - ``watch``, where given, is shown the loss of every epoch, and ends who is late as *converged*.

    It writes before the callback: ``theta`` (P, D), the ``history`` so far, and ``penalty`` (P,), the
    penalties' part of the loss of the last epoch. In ``ended`` it marks those that diverged, or were late.

    ``state`` is what the solver remembers, as ``Solver.start`` makes it: training begins with it and leaves
    it as it is at the end (for members that ended before the others, it is of no use). ``first_step``
    counts the updates before; dropout goes on with its masks from there.
    """

    orders: npt.NDArray[np.uint32]
    which: IntArray
    rate: Array
    state: State
    first_step: int = 0
    watch: Watch | None = None
    ended: IntArray = field(init=False)
    history: History = field(init=False)
    penalty: Array = field(init=False)
    theta: Array = field(init=False)

    def __post_init__(self) -> None:
        self.ended = np.zeros(len(self.which), dtype=np.intp)
        self.history = History.empty(len(self.which), 0, validated=False, learning_rate=self.rate)
        self.penalty = np.full(len(self.which), np.nan)


@dataclass(frozen=True)
class Method:
    """How the objective is minimised: all that is the same for every member of a population.

    ``seed`` is of what members share: an order of minibatches, and images as ``augmentation`` deforms them.
    """

    solver: Solver
    schedule: Schedule
    stopping: Stopping
    batch_size: int | None
    shared_order: bool
    seed: int
    clip_norm: float | None
    reins: Reins | None = None
    augmentation: Augmentation | None = None

    def batches(self, n_samples: int) -> int:
        """Return the number of updates in an epoch over ``n_samples``."""
        if self.reins is not None:
            n_samples = self.reins.orders.shape[2]
        return 1 if self.batch_size is None else int(np.ceil(n_samples / self.batch_size))


@dataclass(frozen=True)
class Progress:
    """How far training is: epochs done, epochs at most, and members still training."""

    epoch: int
    epochs: int
    active: int


Callback: TypeAlias = Callable[[Progress], bool | None]
"""Called after every epoch, or every E of them in ``Reins``; returning True ends training there."""
