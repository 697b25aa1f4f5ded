"""What a study asks of workers elsewhere, whoever manages them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any


class Crew(ABC):
    """Workers elsewhere: an ``executor`` that has calls done there, and how it is ``called`` in sentences."""

    def __init__(self, executor: Executor, called: str) -> None:
        self.executor, self.called = executor, called

    @abstractmethod
    def count(self) -> int:
        """Return how many calls the workers that are there now take at a time."""

    @abstractmethod
    def is_reachable(self) -> bool:
        """Whether whoever hands out the calls can be spoken to."""

    @abstractmethod
    def ask(self, name: str, seconds: float) -> Mapping[str, Any]:
        """Return what ``name``, as ``pkgutil.resolve_name`` takes it, is for each worker, by name.

        In place of what one lacks is the exception that told so; who is silent for so long is left out.
        """
