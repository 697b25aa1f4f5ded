"""What an engine is given: the data, and the objective's strengths."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, DataError
from shoal.losses import Loss
from shoal.networks.chain import Chain
from shoal.sequences import lengths_of
from shoal.shapes import Array, IntArray, in_dtype, require_finite, require_unmasked
from shoal.solvers.base import State
from shoal.training.history import History
from shoal.training.recipe import Recipe
from shoal.training.stopping import Watch

Validation: TypeAlias = (
    tuple[npt.ArrayLike, npt.ArrayLike] | tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
)


@dataclass(frozen=True)
class Samples:
    """Rows ``X`` (N, n), targets ``y`` (K, N) and sample weights ``s``: (1, N) shared, (P, N) per member.

    ``lengths`` (N,) are the valid steps of sequences, None where all are.
    """

    X: Array
    y: Array
    s: Array
    lengths: IntArray | None = None

    @classmethod
    def of(
        cls,
        network: Chain,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        size: int = 1,
        dtype: npt.DTypeLike = "float64",
        which: str = "",
        checked: bool = False,
    ) -> Samples:
        """Return users' arrays as ``size`` members of ``network`` take them; messages begin with ``which``.

        ``X`` (N, n), images (N, C, H, W) or ``Sequences``, ``y`` (N,) or (N, K), ``sample_weight`` (N,) or
        (size, N) or None for ones. An X that was ``checked`` before is not searched for NaN again.

        Raises ``DataError`` for arrays that fit neither the network nor each other.
        """
        rows = network.rows(X, f"{which}X", checked)
        require_unmasked(y, f"{which}y")
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
            lengths=lengths_of(X),
        )

    def smoothed(self, loss: Loss, amount: float) -> Samples:
        """Return the samples with (1 − ε) y + ε/C for indicators y of C classes, ε the ``amount``."""
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
    require_unmasked(weight, name)
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

    ``strengths`` are what each member has of its own and what may change while it is trained, (P,) by name:
    of each penalty, ``weight_decay`` and ``learning_rate`` (see ``Recipe.strengths``). Biases are
    never penalised.

    ``by_batch`` is scikit-learn's reading of the same: m_p is the weight of the minibatch at hand, so that
    an epoch of B minibatches penalises B times as much, and the loss of an epoch is the mean over its
    samples instead of its minibatches (the last of which may be smaller).
    """

    train: Samples
    validation: Samples | None
    strengths: Mapping[str, Array]
    by_batch: bool = False

    @property
    def unequal(self) -> bool:
        """Whether there are sequences of unequal lengths among the samples."""
        every = (self.train, self.validation)
        return any(samples is not None and samples.lengths is not None for samples in every)

    @classmethod
    def of(
        cls,
        network: Chain,
        size: int,
        recipe: Recipe,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: Validation | None = None,
        dtype: npt.DTypeLike = "float64",
    ) -> Problem:
        """Return the problem of ``size`` members of ``network``, from users' arrays and settings.

        Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for settings that do not.
        """
        _require_judges(recipe, validation)
        parts = len(validation) if isinstance(validation, tuple | list) else 0
        if validation is not None and parts not in (2, 3):
            got = f"{parts} parts" if parts else type(validation).__name__
            raise ConfigurationError(f"validation must be (X, y) or (X, y, sample weights), got {got}")
        recipe.require(network, size)
        strengths = recipe.strengths(size, dtype)
        train = Samples.of(network, X, y, sample_weight, size=size, dtype=dtype)
        judges = validation and Samples.of(network, *validation, size=size, dtype=dtype, which="validation ")
        return cls(_smoothed(train, network, recipe), judges or None, strengths)

    @classmethod
    def of_samples(
        cls, network: Chain, size: int, recipe: Recipe, train: Samples, validation: Samples | None = None
    ) -> Problem:
        """Return the problem that ``of`` makes of users' arrays, of samples as ``network`` takes them.

        Raises ``ConfigurationError`` as ``of`` does.
        """
        _require_judges(recipe, validation)
        recipe.require(network, size)
        strengths = recipe.strengths(size, train.X.dtype)
        return cls(_smoothed(train, network, recipe), validation, strengths)

    def with_strengths(self, strengths: Mapping[str, Array]) -> Problem:
        """Return the problem with others of the strengths."""
        return replace(self, strengths={**self.strengths, **strengths})


def _require_judges(recipe: Recipe, validation: object) -> None:
    if recipe.patience is not None and validation is None:
        raise ConfigurationError("patience needs validation=(X, y) to watch; give it, or leave patience out")


def _smoothed(train: Samples, network: Chain, recipe: Recipe) -> Samples:
    smoothing = recipe.smoothing(network.criterion)
    return train.smoothed(network.criterion, smoothing) if smoothing else train


@dataclass(frozen=True)
class GivenOrders:
    """The orders of minibatches that a caller draws himself, in place of those that the engine would draw.

    ``rows`` (E, R, M): for each of E epochs R orders of M of the samples' rows; ``which`` (P,) is the order
    that each member takes.
    """

    rows: npt.NDArray[np.uint32]
    which: IntArray

    def of_epoch(self, index: int) -> GivenOrders:
        """Return those of one of the E epochs."""
        return GivenOrders(self.rows[index : index + 1], self.which)

    def of_members(self, members: IntArray) -> IntArray:
        """Return the orders of the first epoch that ``members`` (Q,) take, (Q, M), or (1, M) of all."""
        orders = self.rows[0]
        chosen: IntArray = (orders if len(orders) == 1 else orders[self.which[members]]).astype(np.intp)
        return chosen


@dataclass(frozen=True)
class Snapshot:
    """Where a training stands after so many epochs and updates: plain arrays, which nobody else changes.

    ``theta`` (P, D), ``best_theta`` and ``best_loss`` (P,) of the validation so far, the solver's ``memory``
    (P, …), by name, ``history`` and ``penalty`` (P,), the ``watch`` over plateaus, and the strengths (P,).
    """

    epoch: int
    step: int
    theta: Array
    best_theta: Array
    best_loss: Array
    memory: State
    history: History
    penalty: Array
    watch: Watch | None
    strengths: Mapping[str, Array]

    def of_members(self, rows: IntArray) -> Snapshot:
        """Return where some of the members stand."""
        return replace(
            self,
            theta=self.theta[rows],
            best_theta=self.best_theta[rows],
            best_loss=self.best_loss[rows],
            memory={name: values[rows] for name, values in self.memory.items()},
            history=self.history.of_members(rows),
            penalty=self.penalty[rows],
            watch=None if self.watch is None else self.watch.of_members(rows),
            strengths={name: values[rows] for name, values in self.strengths.items()},
        )

    def copy(self) -> Snapshot:
        """Return one whose arrays are its own."""
        return copy.deepcopy(self)


@dataclass(frozen=True)
class Progress:
    """How far training is: epochs done, epochs at most, and members still training.

    ``history`` is the course so far, to be looked at and not to be kept, for training writes on in it.
    """

    epoch: int
    epochs: int
    active: int
    history: History | None = field(default=None, repr=False, compare=False)


Callback: TypeAlias = Callable[[Progress], bool | None]
"""Called after every epoch; returning True ends training there."""
