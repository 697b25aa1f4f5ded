"""The orders of minibatches as scikit-learn draws them, the next one while the engine trains on the last."""

from __future__ import annotations

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
"""Random states are kept once in so many orders drawn ahead: keeping one costs half as much as an order."""


class Orders:
    """Each of S random states shuffles each of the F sets of ``rows`` (F, M), anew for every epoch.

    Order s F + f is that of state s and rows f. An epoch's order shuffles that of the epoch before, as
    scikit-learn does; without ``shuffle`` the rows stay as they are. ``current`` (S F, M) are the orders of
    the epoch at hand. Within a ``with`` statement long orders are drawn ahead; at its end the random states
    are where the last order that was asked for has left them.
    """

    def __init__(self, rows: IntArray, randoms: list[np.random.RandomState], shuffle: bool) -> None:
        self.rows, self.randoms, self.shuffle = rows.astype(np.uint32), randoms, shuffle
        self.current = np.tile(self.rows, (len(randoms), 1))
        self._places = np.tile(np.arange(rows.shape[1]), (len(randoms), 1))
        self._ahead: ThreadPoolExecutor | None = None
        self._coming: Future[Orderings] | None = None
        self._states: list[Any] = []
        self._drawn_since = 0  # the states were kept

    def __enter__(self) -> Orders:
        if self.shuffle and self.rows.shape[1] >= LONG:
            self._ahead = ThreadPoolExecutor(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._ahead is not None:
            self._ahead.shutdown()
            self._ahead = None
        if self._coming is not None:
            self._coming = None
            for random, state in zip(self.randoms, self._states, strict=True):
                random.set_state(state)
                for _ in range(self._drawn_since - 1):
                    random.shuffle(np.arange(self.rows.shape[1]))

    def next(self) -> Orderings:
        """Return the orders (S F, M) of the next epoch."""
        if self.shuffle:
            self.current = self._drawn() if self._coming is None else self._coming.result()
            if self._ahead is not None:
                self._coming = self._ahead.submit(self._drawn_ahead)
        return self.current

    def _drawn_ahead(self) -> Orderings:
        if not self._states or self._drawn_since == KEPT:
            self._states = [random.get_state() for random in self.randoms]
            self._drawn_since = 0
        self._drawn_since += 1
        return self._drawn()

    def _drawn(self) -> Orderings:
        drawn = np.empty_like(self.current)
        F = len(self.rows)
        for s, (places, random) in enumerate(zip(self._places, self.randoms, strict=True)):
            shuffled = np.arange(len(places))
            random.shuffle(shuffled)
            places[:] = places[shuffled]
            np.take(self.rows, places, axis=1, out=drawn[s * F : (s + 1) * F], mode="clip")
        return drawn
