"""The reference engine: the readable NumPy loop, which every other engine is held against."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from threadpoolctl import ThreadpoolController

from shoal.history import History
from shoal.network import Network
from shoal.population import Population
from shoal.problem import Callback, Method, Problem
from shoal.training import train_members


class ReferenceEngine:
    """NumPy on one thread: BLAS is held to one, for it may add in another order on more."""

    name: ClassVar[str] = "reference"

    def unsupported(self, network: Network, problem: Problem, method: Method) -> str | None:
        return None

    def train(
        self, population: Population, problem: Problem, method: Method, callback: Callback | None, n_jobs: int
    ) -> History:
        with _threadpools().limit(limits=1, user_api="blas"):
            return train_members(population, problem, method, callback)


@cache
def _threadpools() -> ThreadpoolController:
    # Looking for the loaded BLAS libraries takes milliseconds, longer than a small network's training.
    return ThreadpoolController()
