"""What an engine is: something that trains networks, a few epochs at a time, and gives their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from shoal.networks.chain import Chain
from shoal.shapes import Array, BoolArray, IntArray
from shoal.training.history import History
from shoal.training.problem import GivenOrders, Problem, Snapshot
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason, Watch


class Training(Protocol):
    """Members that an engine has begun to train, between two epochs.

    ``theta`` (P, D) are their parameters, the best ones of those that have ended where ``patience`` is set,
    ``history`` is their course so far. ``epoch`` and ``step`` count the epochs and updates behind them,
    ``penalty`` (P,) is the penalties' part of the loss of the last epoch (NaN or 0 under solvers for the full
    batch), and ``watch`` is over plateaus, where there is such a rule.

    How many epochs are trained at a time, and on how many threads, changes no bit.
    """

    theta: Array
    history: History
    epoch: int
    step: int
    penalty: Array
    watch: Watch | None

    @property
    def active(self) -> BoolArray:
        """Which members train on (P,)."""
        ...

    def advance(self, epochs: int, threads: int = 1, orders: GivenOrders | None = None) -> None:
        """Train as many epochs, if the plan has so many left: ``Recipe.epochs``.

        With ``orders`` of as many epochs, these stand in for the orders that the engine would draw. Ended by
        an exception (Ctrl-C), it leaves ``theta`` and the history as they were; what the solver remembers is
        lost, so nothing but ``restore`` goes on from there.
        """
        ...

    def finish(self, threads: int = 1) -> None:
        """Train to the end of the plan. Nothing is asked of the training afterwards but theta and history."""
        ...

    def end(self, members: BoolArray, reason: Reason) -> None:
        """Let ``members`` (P,) train no more."""
        ...

    def set(self, strengths: Mapping[str, Array]) -> None:
        """Go on with other strengths, each (P,): any of those of ``Problem.strengths``.

        Solvers that find their own step length begin anew, on what is another function.
        """
        ...

    def snapshot(self, losses: bool = True) -> Snapshot:
        """Return where the training stands, as arrays of its own; without ``losses`` those are (P, 0)."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from where a training of the same members by the same recipe stood."""
        ...


class Engine(Protocol):
    """One implementation of the mathematics; all of them give the same parameters, history and outputs."""

    name: ClassVar[str]
    has_threads: ClassVar[bool]
    """Whether several threads of a process train at the same time, for it lets go of Python's lock."""

    @property
    def label(self) -> str:
        """The engine, and whatever else decides which bits it computes."""
        ...

    def lacks(self, network: Chain, recipe: Recipe | None = None) -> str | None:
        """Return what this engine lacks to train a network by a recipe, in words, or None if it can do it.

        Without a recipe: what it lacks to give the network's outputs.
        """
        ...

    def lacks_lengths(self, network: Chain) -> str | None:
        """Return what this engine lacks for sequences of unequal lengths in a network, in words, or None."""
        ...

    def begin(
        self, network: Chain, theta: Array, keys: npt.NDArray[np.uint64], problem: Problem, recipe: Recipe
    ) -> Training:
        """Return a training that begins at ``theta`` (P, D), which stays as it is.

        The members' random streams are keyed by ``keys`` (P, 2).
        """
        ...

    def outputs(
        self, network: Chain, theta: Array, X: Array, threads: int, lengths: IntArray | None = None
    ) -> Array:
        """Return z (P, K, N) of members ``theta`` (P, D) for rows ``X`` (N, n), without dropout.

        Of sequences ``lengths`` (N,) are the valid steps, None where all are.
        """
        ...

    def finite_outputs(self, network: Chain, theta: Array, X: Array, threads: int) -> Array | None:
        """Return ``outputs``, or None where ``X`` holds NaN or infinities, which reading it tells."""
        ...
