"""Between scikit-learn's ``coefs_`` and ``intercepts_`` and the engine's networks and ``theta``."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from shoal.activations import ACTIVATIONS, Activation
from shoal.layers import Dense, Dropout, Layer
from shoal.losses import Loss
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.registry import resolve
from shoal.shapes import Array, IntArray

OUT_ACTIVATIONS = {"cross_entropy": "softmax", "log_loss": "logistic", "poisson": "exp"}
"""The link of each loss by scikit-learn's name; any other loss has the identity."""


def hidden_sizes(hidden_layer_sizes: Any) -> list[Any]:
    """Return the sizes of the hidden layers as a list; one number is one layer.

    Raises ``ValueError`` for a size below 1.
    """
    several = isinstance(hidden_layer_sizes, Iterable)
    sizes = list(hidden_layer_sizes) if several else [hidden_layer_sizes]
    if any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return sizes


def activations_of(
    activation: str | Activation | Sequence[str | Activation], n_hidden: int
) -> list[Activation]:
    """Return the activation of every hidden layer; one is given to all.

    Raises ``ValueError`` for a list of another length, ``UnknownNameError`` for an unknown name.

    >>> [g.name for g in activations_of(["logistic", "relu"], 2)]
    ['sigmoid', 'relu']
    """
    each = [activation] * n_hidden if isinstance(activation, str | Activation) else list(activation)
    if len(each) != n_hidden:
        raise ValueError(
            f"activation has {len(each)} entries for {n_hidden} hidden layers; give one for each, or one name"
        )
    return [resolve("activation", "sigmoid" if g == "logistic" else g, ACTIVATIONS) for g in each]


@lru_cache(maxsize=64)
def network_of(
    units: tuple[int, ...], activation: str | tuple[Activation, ...], dropout: float, loss: str | Loss
) -> Network:
    """Return the network with ``units`` of every layer, from inputs to outputs.

    It is kept, for every call of ``predict`` asks for the same one; by names it is found soonest.
    """
    layers: list[Layer] = []
    for size, g in zip(units[1:-1], activations_of(activation, len(units) - 2), strict=True):
        layers.append(Dense(int(size), g))
        if dropout:
            layers.append(Dropout(float(dropout)))
    return Network(int(units[0]), [*layers, Dense(int(units[-1]))], loss)


def units_of(network: Chain) -> tuple[int, ...]:
    """Return the units of every layer, from inputs to outputs."""
    return (network.n_inputs, *(layer.units for layer in network.layers if hasattr(layer, "units")))


def initial_coefs(
    units: Sequence[int], activations: Sequence[Activation], random: np.random.RandomState, dtype: Any
) -> tuple[list[Array], list[Array]]:
    """Return weights (n_in, n_out) and biases (n_out,) of every layer, as scikit-learn draws them.

    Both are uniform within ±√(6 / (n_in + n_out)), or ±√(2 / …) for the logistic function (Glorot & Bengio
    2010, eq. 16, with biases drawn too), layer by layer from ``random``.
    """
    factors = [2.0 if g.name == "sigmoid" else 6.0 for g in activations]
    factors.append(factors[-1] if factors else 6.0)
    coefs, intercepts = [], []
    for n_in, n_out, factor in zip(units[:-1], units[1:], factors, strict=True):
        bound = np.sqrt(factor / (n_in + n_out))
        coefs.append(random.uniform(-bound, bound, (n_in, n_out)).astype(dtype, copy=False))
        intercepts.append(random.uniform(-bound, bound, n_out).astype(dtype, copy=False))
    return coefs, intercepts


def theta_of(coefs: Sequence[Array], intercepts: Sequence[Array]) -> Array:
    """Return the engine's parameters (D,): of every layer W (m, n), then b (m, 1)."""
    parts = [part for W, b in zip(coefs, intercepts, strict=True) for part in (np.asarray(W).T, b)]
    return np.concatenate(parts, axis=None)  # which flattens each of them


def coefs_of(units: Sequence[int], theta: Array) -> tuple[list[Array], list[Array]]:
    """Return weights (n_in, n_out) and biases (n_out,) as views of the engine's parameters (D,)."""
    coefs, intercepts, stop = [], [], 0
    for n_in, n_out in itertools.pairwise(units):
        start, middle, stop = stop, stop + n_in * n_out, stop + (n_in + 1) * n_out
        coefs.append(theta[start:middle].reshape(n_out, n_in).T)
        intercepts.append(theta[middle:stop])
    return coefs, intercepts


@dataclass(frozen=True, eq=False)
class Packed:
    """Parameters ``theta`` (P, D) of networks with ``units`` in every layer, and scikit-learn's arrays of it.

    ``members`` are the weights and biases of each as ``coefs_of`` gives them: views, through which users
    change ``theta`` itself. So nothing has to be put together for a prediction. They are tuples, for what
    users put into their own lists must not come here.
    """

    units: tuple[int, ...]
    theta: Array
    members: list[tuple[tuple[Array, ...], tuple[Array, ...]]]

    @classmethod
    def of(cls, units: tuple[int, ...], theta: Array) -> Packed:
        """Take parameters (P, D) of networks with ``units`` in every layer."""
        views = [coefs_of(units, row) for row in theta]
        return cls(units, theta, [(tuple(coefs), tuple(intercepts)) for coefs, intercepts in views])

    @classmethod
    def copied(cls, members: Sequence[tuple[Sequence[Array], Sequence[Array]]]) -> Packed:
        """Take arrays that are no views, of a copy."""
        theta = np.stack([theta_of(*member) for member in members])
        coefs = members[0][0]
        kept = [(tuple(coefs), tuple(intercepts)) for coefs, intercepts in members]
        return cls((len(coefs[0]), *(W.shape[1] for W in coefs)), theta, kept)

    def holds(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> bool:
        """Return whether these are the very arrays of the first member, and no others in their places."""
        return (*map(id, coefs), *map(id, intercepts)) == self._first

    @cached_property
    def others(self) -> list[tuple[tuple[Array, ...], tuple[Array, ...]]]:
        """All members but the first, in one list always."""
        return self.members[1:]

    @cached_property
    def _first(self) -> tuple[int, ...]:
        coefs, intercepts = self.members[0]
        return (*map(id, coefs), *map(id, intercepts))


def packed_places(network: Chain) -> IntArray:
    """Return where each number of scikit-learn's packed vector, weights before biases, lies in theta (D,)."""
    places = np.arange(network.n_parameters, dtype=np.float64)
    coefs, intercepts = coefs_of(units_of(network), places)
    return np.concatenate([part.ravel() for part in (*coefs, *intercepts)]).astype(np.intp)
