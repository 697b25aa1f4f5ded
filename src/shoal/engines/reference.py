"""The reference engine: the readable NumPy loop, which every other engine is held against."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from shoal.history import History
from shoal.network import Network
from shoal.population import Population
from shoal.problem import Callback, Method, Problem
from shoal.training import train_members

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


class ReferenceEngine:
    """NumPy on one thread: BLAS is held to one, for it may add in another order on more."""

    name: ClassVar[str] = "reference"
    has_threads: ClassVar[bool] = False

    @property
    def label(self) -> str:
        return "reference (NumPy)"

    def unsupported(self, network: Network, problem: Problem, method: Method) -> str | None:
        return None

    def train(
        self,
        population: Population,
        problem: Problem,
        method: Method,
        callback: Callback | None,
        threads: int,
    ) -> History:
        with _threadpools().limit(limits=1, user_api="blas"):
            return train_members(population, problem, method, callback)


@cache
def _threadpools() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController  # which the native engine does without

    # Looking for the loaded BLAS libraries takes milliseconds, longer than a small network's training.
    return ThreadpoolController()
