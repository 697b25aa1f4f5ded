"""A population: P networks of one architecture, their parameters in one arena."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.engines.beginning import initial_parameters
from shoal.engines.evaluation import predictions_of, sample_outputs
from shoal.errors import ConfigurationError
from shoal.layers.base import Role
from shoal.networks.chain import Chain, Slot
from shoal.randomness import check_seed
from shoal.sequences import lengths_of
from shoal.shapes import Array, BoolArray, IntArray, in_dtype
from shoal.workers import count_workers

_FLOATS = "fd"
"""What NumPy calls float32 and float64 by a letter each, at either order of bytes; names it spells anew."""


@dataclass
class Population:
    """P networks that share an architecture and nothing else.

    ``theta`` (P, D) holds the parameters, one member to a row; ``keys`` (P, 2) the seed and the member
    number that each member's random streams are keyed by.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> population = Network(1, [Dense(8, "tanh"), Dense(1)]).population(30, seed=0)
    >>> population.weights[0].shape, population.biases[0].shape
    ((30, 8, 1), (30, 8, 1))
    """

    network: Chain
    theta: Array
    keys: npt.NDArray[np.uint64]

    def __post_init__(self) -> None:
        if not len(self.theta):
            raise ConfigurationError("a population needs at least one member, got none")
        float_dtype(self.theta.dtype)
        # Rows in one piece, for in another layout products and sums add up in another order.
        self.theta = np.ascontiguousarray(self.theta)
        expected = (len(self.keys), self.network.n_parameters)
        if self.theta.shape != expected or self.keys.shape != (len(self.keys), 2):
            raise ConfigurationError(
                f"a population of {len(self.keys)} needs theta of shape {expected} and keys of shape "
                f"({len(self.keys)}, 2), got {self.theta.shape} and {self.keys.shape}"
            )

    def __repr__(self) -> str:
        networks = f"{self.size:,} network{'s' * (self.size > 1)} {self.network}"
        return f"Population of {networks}, {self.network.n_parameters:,} parameters each, {self.theta.dtype}"

    def _repr_html_(self) -> str:
        from shoal.fragments import fragment

        return fragment(repr(self), table=self.network.layer_table())

    @classmethod
    def from_members(
        cls,
        network: Chain,
        members: Sequence[int] | npt.NDArray[np.uint64],
        seed: int = 0,
        dtype: npt.DTypeLike = "float32",
    ) -> Population:
        """Return the members of the given numbers (see ``shoal.randomness.member_id``), newly initialised.

        A member is the same network whoever its companions are. Raises ``ConfigurationError`` for a
        dtype other than float32 and float64.
        """
        check_seed(seed)
        dtype = float_dtype(dtype)
        keys = np.empty((len(members), 2), dtype=np.uint64)
        keys[:, 0], keys[:, 1] = seed, members
        return cls(network, initial_parameters(network, seed, keys).astype(dtype), keys)

    @property
    def size(self) -> int:
        """The number of members, P."""
        return len(self.theta)

    @property
    def weights(self) -> list[Array]:
        """The weights of every layer, as writable views, (P, m, n) of a dense one: what penalties act on."""
        return [view for slot, view in self._arrays() if slot.role is Role.WEIGHT]

    @property
    def biases(self) -> list[Array]:
        """The biases b of each layer that has them, as writable views, (P, m, 1) of a dense layer."""
        return [view for slot, view in self._arrays() if slot.name.rpartition(".")[2] == "b"]

    def _arrays(self) -> Iterator[tuple[Slot, Array]]:
        views = self.network.views(self.theta)
        for slot in self.network.slots:
            yield slot, views[slot.layer][slot.name]

    def members(self, indices: Sequence[int] | IntArray | BoolArray | int) -> Population:
        """Return a population of copies of the members at ``indices``, or where a mask (P,) is True.

        Raises ``ConfigurationError`` for indices that are not there, and for none at all.
        """
        try:
            rows = np.arange(self.size)[np.atleast_1d(np.asarray(indices))]
        except IndexError as error:
            raise ConfigurationError(
                f"members are chosen by number, 0 to {self.size - 1}, or by a mask of {self.size}: {error}"
            ) from None
        return Population(self.network, self.theta[rows], self.keys[rows])

    def outputs(self, X: npt.ArrayLike, n_jobs: int | None = None) -> Array:
        """Return the last layer's z for rows ``X`` (N, n), images (N, C, H, W) or ``Sequences``: (P, N, K).

        On ``n_jobs`` threads (``shoal.workers``), None: all cores; how many changes no bit. Where weights are
        so large that sums overflow, z is infinite or NaN.
        """
        rows = in_dtype(self.network.rows(X, "X"), self.theta.dtype, "X")
        threads = count_workers(n_jobs)
        return sample_outputs(self.network, self.theta, rows, threads, lengths_of(X)).swapaxes(1, 2)

    def predict(self, X: npt.ArrayLike, n_jobs: int | None = None) -> Array:
        """Return predictions (P, N, K) for rows ``X`` (N, n) or images: the loss's link applied to z.

        Probabilities for log loss and cross-entropy, rates for Poisson, z itself otherwise.

        Raises ``DataError`` where a network's weights are so large that it predicts no finite number.
        """
        return self._linked(self.network.criterion.predict, X, n_jobs)

    def probabilities(self, X: npt.ArrayLike, n_jobs: int | None = None) -> Array:
        """Return the probabilities (P, N, C) of all C classes for rows ``X`` (N, n) or images.

        They are ``predict``'s, but for one yes-or-no output those of no and of yes, each in its own digits:
        a small one is no difference of larger ones.

        >>> from shoal.layers import Dense
        >>> from shoal.populations.network import Network
        >>> population = Network(1, [Dense(1)], "log_loss").population(1, seed=0)
        >>> population.theta[:] = [1, 0]
        >>> [f"{p:.3g}" for p in population.probabilities([[30.0]])[0, 0]]
        ['9.36e-14', '1']
        """
        return self._linked(self.network.criterion.probabilities, X, n_jobs)

    def _linked(self, link: Callable[[Array], Array], X: npt.ArrayLike, n_jobs: int | None) -> Array:
        with np.errstate(invalid="ignore"):  # predictions_of says it in words
            linked = link(self.outputs(X, n_jobs).swapaxes(1, 2))
        return predictions_of(linked).swapaxes(1, 2)


def float_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return ``dtype`` as NumPy's; raise ``ConfigurationError`` unless it is float32 or float64.

    >>> float_dtype("int8")
    Traceback (most recent call last):
    shoal.errors.ConfigurationError: dtype must be float32 or float64, got int8
    """
    try:
        chosen = np.dtype(dtype)
    except TypeError:
        chosen = np.dtype(object)
    if chosen.char not in _FLOATS:
        raise ConfigurationError(f"dtype must be float32 or float64, got {dtype}")
    return chosen
