"""The reference engine: the readable NumPy loop, which every other engine is held against."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from shoal.engines.base import Training
from shoal.engines.loop import ReferenceTraining
from shoal.engines.overflow import within_double
from shoal.networks import backprop
from shoal.networks.chain import Chain
from shoal.shapes import Array, IntArray, all_finite
from shoal.training.problem import GivenOrders, Problem
from shoal.training.recipe import Recipe

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


class ReferenceEngine:
    """NumPy on one thread: BLAS is held to one, for it may add in another order on more."""

    name: ClassVar[str] = "reference"
    has_threads: ClassVar[bool] = False

    @property
    def label(self) -> str:
        return "reference (NumPy)"

    def lacks(self, network: Chain, recipe: Recipe | None = None) -> str | None:
        return None

    def lacks_lengths(self, network: Chain) -> str | None:
        return None

    def begin(
        self, network: Chain, theta: Array, keys: npt.NDArray[np.uint64], problem: Problem, recipe: Recipe
    ) -> Training:
        return _OnOneThread(network, theta, keys, problem, recipe)

    def outputs(
        self, network: Chain, theta: Array, X: Array, threads: int, lengths: IntArray | None = None
    ) -> Array:
        def outputs(theta: Array, X: Array, lengths: IntArray | None) -> Array:
            return backprop.sample_outputs(network, theta, X, lengths)

        quiet = np.errstate(over="ignore", invalid="ignore")  # as the compiled engine is
        with _threadpools().limit(limits=1, user_api="blas"), quiet:
            return within_double(outputs(theta, X, lengths), outputs, theta, X, lengths)

    def finite_outputs(self, network: Chain, theta: Array, X: Array, threads: int) -> Array | None:
        return self.outputs(network, theta, X, threads) if all_finite(X) else None


class _OnOneThread(ReferenceTraining):
    def advance(self, epochs: int, threads: int = 1, orders: GivenOrders | None = None) -> None:
        with _threadpools().limit(limits=1, user_api="blas"):
            super().advance(epochs, threads, orders)


@cache
def _threadpools() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController  # which the native engine does without

    # Looking for the loaded BLAS libraries takes milliseconds, longer than a small network's training.
    return ThreadpoolController()
