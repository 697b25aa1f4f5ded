"""What an engine is: something that trains a population in place."""

from __future__ import annotations

from typing import ClassVar, Protocol

from shoal.history import History
from shoal.network import Network
from shoal.population import Population
from shoal.problem import Callback, Method, Problem


class Engine(Protocol):
    """One implementation of the mathematics; all of them give the same parameters and history."""

    name: ClassVar[str]
    has_threads: ClassVar[bool]
    """Whether several threads of a process train at the same time, for it lets go of Python's lock."""

    @property
    def label(self) -> str:
        """The engine, and whatever else decides which bits it computes."""
        ...

    def unsupported(self, network: Network, problem: Problem, method: Method) -> str | None:
        """Return what this engine lacks for the job, in words, or None if it can do it."""
        ...

    def train(
        self,
        population: Population,
        problem: Problem,
        method: Method,
        callback: Callback | None,
        threads: int,
    ) -> History:
        """Train ``population`` in place on ``threads`` at most; the bits do not depend on how many."""
        ...
