"""The one clock of a job: when it began, when it is to end, and what of that time is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self


@dataclass(frozen=True)
class Deadline:
    """The end of a job that may take ``seconds`` (None: as long as it takes) from ``began`` on.

    Every stage of a job asks it what is left, and does less where that is too little for all.

    >>> Deadline(10.0, began=100.0, clock=lambda: 104.0).left(reserve=1.0)
    5.0
    """

    seconds: float | None = None
    began: float | None = None
    """By ``clock``; None: now."""
    clock: Callable[[], float] = field(default=time.perf_counter, repr=False)

    def __post_init__(self) -> None:
        if self.began is None:
            object.__setattr__(self, "began", self.clock())

    @property
    def elapsed(self) -> float:
        """The seconds since the job began."""
        assert self.began is not None
        return self.clock() - self.began

    def left(self, reserve: float = 0.0) -> float:
        """Return the seconds left but for a reserve: infinitely many without an end, negative after it."""
        return math.inf if self.seconds is None else self.seconds - reserve - self.elapsed

    def sooner(self, seconds: float) -> Self:
        """Return the same clock with an end that comes so much sooner, for a stage before the last."""
        return self if self.seconds is None else replace(self, seconds=self.seconds - seconds)
