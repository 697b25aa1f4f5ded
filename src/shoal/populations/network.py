"""The networks that users write: chains of layers that make populations of themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from shoal.networks.chain import Chain
from shoal.populations.population import Population
from shoal.randomness import member_ids
from shoal.shapes import whole_number


@dataclass(frozen=True, eq=False)  # equal, and hashed, as any chain
class Network(Chain):
    """A stack of layers over ``inputs``, and the loss that its last outputs are judged by.

    ``inputs`` is a number of features n, or the shape of a sample: (C, H, W) of an image (channels, rows,
    columns), (C, T) of a sequence (channels, steps), or any other. Outside the layers a sample is always a
    row of n numbers, n the product of its extents, in C order.

    The parameters of a population of P such networks are one array ``theta: (P, D)``; ``slots`` says
    which part of a row is which ``W: (m, n)`` or ``b: (m, 1)``.

    Losses act on the last layer's outputs z and own their link (sigmoid, softmax, exp), so the last
    layer is ``Dense(K)`` without an activation for a loss that has one.

    Raises ``ConfigurationError`` for an impossible stack, ``UnknownNameError`` for an unknown loss.

    >>> from shoal.layers import Dense
    >>> network = Network(4, [Dense(8, "tanh"), Dense(3)], loss="cross_entropy")
    >>> network.n_outputs, network.n_parameters
    (3, 67)
    >>> from shoal.layers import Flatten
    >>> Network((1, 28, 28), [Flatten(), Dense(10)], loss="cross_entropy").n_inputs
    784
    """

    def population(
        self,
        starts: int,
        seed: int = 0,
        candidate: int = 0,
        first_start: int = 0,
        fold: int = 0,
        dtype: npt.DTypeLike = "float32",
    ) -> Population:
        """Return ``starts`` members of this architecture with initial parameters of their own.

        The member of (seed, candidate, fold, start) is the same network whoever its companions are.
        Raises ``ConfigurationError`` for fewer than one start or a dtype other than float32 and float64.
        """
        starts = whole_number(starts, "starts")
        members = member_ids(candidate, range(first_start, first_start + starts), fold)
        return Population.from_members(self, members, seed, dtype)
