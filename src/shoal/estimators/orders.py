"""The orders of minibatches as scikit-learn draws them, the next one while the engine trains on the last."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

import numpy as np

from shoal.shapes import IntArray

LONG = 2000
"""Samples from which on shuffling takes longer than asking another thread to do it."""


class Orders:
    """Each of S random states shuffles each of the F sets of ``rows`` (F, M), anew for every epoch.

    Order s F + f is that of state s and rows f. An epoch's order shuffles that of the epoch before, as
    scikit-learn does; without ``shuffle`` the rows stay as they are. ``current`` (S F, M) are the orders of
    the epoch at hand. Within a ``with`` statement long orders are drawn ahead; at its end the random states
    are where the last order that was asked for has left them.
    """

    def __init__(self, rows: IntArray, randoms: list[np.random.RandomState], shuffle: bool) -> None:
        self.rows, self.randoms, self.shuffle = rows, randoms, shuffle
        self.current = np.tile(rows, (len(randoms), 1))
        self._places = np.tile(np.arange(rows.shape[1]), (len(randoms), 1))
        self._ahead: ThreadPoolExecutor | None = None
        self._coming: Future[IntArray] | None = None
        self._states: list[Any] = []

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

    def next(self) -> IntArray:
        """Return the orders (S F, M) of the next epoch."""
        if self.shuffle:
            self.current = self._drawn() if self._coming is None else self._coming.result()
            if self._ahead is not None:
                self._coming = self._ahead.submit(self._drawn_ahead)
        return self.current

    def _drawn_ahead(self) -> IntArray:
        self._states = [random.get_state() for random in self.randoms]
        return self._drawn()

    def _drawn(self) -> IntArray:
        drawn = np.empty_like(self.current)
        F = len(self.rows)
        for s, (places, random) in enumerate(zip(self._places, self.randoms, strict=True)):
            shuffled = np.arange(len(places))
            random.shuffle(shuffled)
            places[:] = places[shuffled]
            drawn[s * F : (s + 1) * F] = self.rows[:, places]
        return drawn
