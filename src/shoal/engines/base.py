"""What an engine is: something that trains networks and gives their outputs."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from shoal.history import History
from shoal.network import Network
from shoal.problem import Callback, Method, Problem
from shoal.shapes import Array


class Engine(Protocol):
    """One implementation of the mathematics; all of them give the same parameters, history and outputs."""

    name: ClassVar[str]
    has_threads: ClassVar[bool]
    """Whether several threads of a process train at the same time, for it lets go of Python's lock."""

    @property
    def label(self) -> str:
        """The engine, and whatever else decides which bits it computes."""
        ...

    def lacks(self, network: Network, method: Method | None = None) -> str | None:
        """Return what this engine lacks to train a network by a method, in words, or None if it can do it.

        Without a method: what it lacks to give the network's outputs.
        """
        ...

    def train(
        self,
        network: Network,
        theta: Array,
        keys: npt.NDArray[np.uint64],
        problem: Problem,
        method: Method,
        callback: Callback | None,
        threads: int,
    ) -> History:
        """Train members ``theta`` (P, D) in place, whose random streams are keyed by ``keys`` (P, 2).

        How many ``threads`` do it changes no bit.
        """
        ...

    def outputs(self, network: Network, theta: Array, X: Array, threads: int) -> Array:
        """Return z (P, K, N) of members ``theta`` (P, D) for rows ``X`` (N, n), without dropout."""
        ...
