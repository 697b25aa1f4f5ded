"""The reference engine: the readable NumPy loop, which every other engine is held against."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from shoal import backprop
from shoal.history import History
from shoal.network import Network
from shoal.problem import Callback, Method, Problem
from shoal.shapes import Array
from shoal.training import Members, train_members

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


class ReferenceEngine:
    """NumPy on one thread: BLAS is held to one, for it may add in another order on more."""

    name: ClassVar[str] = "reference"
    has_threads: ClassVar[bool] = False

    @property
    def label(self) -> str:
        return "reference (NumPy)"

    def lacks(self, network: Network, method: Method | None = None) -> str | None:
        return None

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
        with _threadpools().limit(limits=1, user_api="blas"):
            return train_members(Members(network, theta, keys), problem, method, callback)

    def outputs(self, network: Network, theta: Array, X: Array, threads: int) -> Array:
        with _threadpools().limit(limits=1, user_api="blas"):
            return backprop.sample_outputs(network, theta, X)


@cache
def _threadpools() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController  # which the native engine does without

    # Looking for the loaded BLAS libraries takes milliseconds, longer than a small network's training.
    return ThreadpoolController()
