"""The orders of minibatches as scikit-learn draws them, the next ones while the engine trains on the last."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.shapes import IntArray

Orderings: TypeAlias = npt.NDArray[np.uint32]

LONG = 2000
"""Samples from which on shuffling takes longer than asking another thread to do it."""

KEPT = 16
"""Random states are kept once in so many orders: keeping one costs half as much as an order."""


class ShuffledOrders:
    """Each of S random states shuffles each of the F sets of ``rows`` (F, M), anew for every epoch.

    Order s F + f is that of state s and rows f. An epoch's order shuffles that of the epoch before, as
    scikit-learn does; without ``shuffle`` the rows stay as they are. ``current`` (E, S F, M) are the orders
    asked for last, of E epochs. Within a ``with`` statement long orders are drawn ahead.
    """

    def __init__(self, rows: IntArray, randoms: list[np.random.RandomState], shuffle: bool) -> None:
        self.rows, self.randoms, self.shuffle = rows.astype(np.uint32), randoms, shuffle
        self.current = np.tile(self.rows, (1, len(randoms), 1))
        self._places = np.tile(np.arange(rows.shape[1]), (len(randoms), 1))
        self._ahead: ThreadPoolExecutor | None = None
        self._coming: Future[Orderings] | None = None
        self._epochs = 0  # that orders were drawn for
        self._kept: deque[tuple[int, list[Any]]] = deque(maxlen=2)  # the states after so many of them

    def __enter__(self) -> ShuffledOrders:
        if self.shuffle and self.rows.shape[1] >= LONG:
            self._ahead = ThreadPoolExecutor(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._ahead is not None:
            self._ahead.shutdown()
            self._ahead = None
        self._coming = None

    def next(self, epochs: int = 1, *, last: bool = False) -> Orderings:
        """Return the orders (E, S F, M) of as many ``epochs``, always of so many at a time.

        The ``last`` are those after which no others are asked for.
        """
        if self.shuffle:
            self.current = self._drawn(epochs) if self._coming is None else self._coming.result()
            self._coming = None
            if self._ahead is not None and not last:
                self._coming = self._ahead.submit(self._drawn, epochs)
        else:
            self.current = np.tile(self.rows, (epochs, len(self.randoms), 1))
        return self.current

    def leave(self, epochs: int) -> None:
        """Leave the random states where the order of the last of so many ``epochs`` has left them.

        They must be epochs of the orders asked for last, or all before. Call after the ``with`` statement.
        """
        if not self.shuffle or epochs == self._epochs:
            return
        drawn, states = next(kept for kept in reversed(self._kept) if kept[0] <= epochs)
        for random, state in zip(self.randoms, states, strict=True):
            random.set_state(state)
            for _ in range(epochs - drawn):
                random.shuffle(np.arange(self.rows.shape[1]))

    def _drawn(self, epochs: int) -> Orderings:
        if not self._kept or self._epochs - self._kept[-1][0] >= KEPT:
            self._kept.append((self._epochs, [random.get_state() for random in self.randoms]))
        self._epochs += epochs
        F, M = self.rows.shape
        drawn = np.empty((epochs, len(self.randoms) * F, M), dtype=np.uint32)
        for order in drawn:
            for s, (places, random) in enumerate(zip(self._places, self.randoms, strict=True)):
                random.shuffle(places)
                np.take(self.rows, places, axis=1, out=order[s * F : (s + 1) * F], mode="clip")
        return drawn
