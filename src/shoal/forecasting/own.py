"""A linear map for every series, where there are many: each learns from its own past alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Learnt, Tried
from shoal.forecasting.linear import LearntMap, strongest, summed
from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.windows import KnownAhead, window_of
from shoal.shapes import Array

STRENGTHS = tuple(float(each) for each in np.logspace(-5, 2, 8))
"""Penalties that are tried, relative to the mean variance of the features."""
LEAST_WINDOWS = 2


@dataclass(frozen=True, eq=False)
class LearntMaps(Learnt):
    """ŷ' = W_rᵀ x' + b_r for each channel r of the series fitted, W (R, n, h); else ``shared``."""

    name: ClassVar[str] = "own linear"
    shared: LearntMap
    W: Array
    b: Array

    @property
    def needs(self) -> int:  # type: ignore[override]
        return self.shared.needs

    def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
        forecasts = self.shared.forecast(contexts)
        frame = self.shared.frame
        X, base, scale = window_of(contexts, frame, len(self.shared.b), self.shared.ahead)
        for row, number in enumerate(contexts.rows):
            if number >= 0:
                told = np.einsum("n,nh->h", X[row], self.W[number].astype(np.float64)) + self.b[number]
                forecasts[row] = frame.back(told * scale[row] + base[row])
        return forecasts

    def to_config(self) -> dict[str, Any]:
        return self.shared.to_config()

    def arrays(self) -> dict[str, Array]:
        return {**self.shared.arrays(), "own W": self.W, "own b": self.b}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> LearntMaps:
        shared = LearntMap.from_config(config, arrays)
        W, b = arrays["own W"], arrays["own b"]
        if W.shape[1:] != shared.W.shape or b.shape != (len(W), len(shared.b)):
            raise ValueError(f"its maps are {W.shape}, its windows need {shared.W.shape}")
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError("its maps are not finite")
        return cls(shared, W, b)


@dataclass(frozen=True, eq=False)
class OwnLinear(ForecastMethod):
    """``Linear`` for each channel of each series, with a penalty of its own.

    Where a past is too short for a map of its own it is the ``shared`` one, which forecast ``told`` (N, h).
    """

    family: ClassVar[str] = "linear"
    shared: LearntMap
    told: Array

    def learn(self, lesson: ForecastSchooling) -> Tried:
        R, (n, h) = len(lesson.panel) * lesson.panel.channels, self.shared.W.shape
        W = np.broadcast_to(self.shared.W, (R, n, h)).astype(np.float32)
        b = np.broadcast_to(self.shared.b, (R, h)).copy()
        forecasts = self.told.copy()
        tried = _At(lesson, self.shared)
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            for series in range(len(lesson.panel)):
                for channel in range(lesson.panel.channels):
                    row = series * lesson.panel.channels + channel
                    found = tried.own(_alone(lesson.panel, series, channel), row)
                    if found is not None:
                        W[row], b[row], forecasts[tried.rows == row] = found
        words = f"a linear map for each series of {self.shared.frame.words}"
        return Tried(LearntMaps(self.shared, W, b), words, forecasts)


class _At:
    """All forecasts at the origins, prepared once for maps of one frame."""

    def __init__(self, lesson: ForecastSchooling, shared: LearntMap) -> None:
        self.lesson, self.shared = lesson, shared
        each = lesson.origins.contexts(lesson.panel, shared.needs)
        self.rows = np.concatenate([contexts.rows for contexts in each])
        parts = [window_of(contexts, shared.frame, lesson.horizon, shared.ahead) for contexts in each]
        self.X, self.base, self.scale = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.refit = np.repeat(np.arange(len(each)), [len(contexts.rows) for contexts in each])
        self.actual = lesson.origins.actual(lesson.panel)

    def own(self, alone: Panel, row: int) -> tuple[Array, Array, Array] | None:
        """Return W, b and the forecasts (O, h) of the map of one row; None where its past is too short."""
        frame, origins = self.shared.frame, self.lesson.origins
        ahead: KnownAhead = self.shared.ahead
        *refits, last = summed(alone, origins, frame, ahead)
        if min(sums.count for sums in (*refits, last)) < LEAST_WINDOWS:
            return None
        mine = np.flatnonzero(self.rows == row)
        forecasts = np.empty((len(STRENGTHS), len(mine), self.lesson.horizon))
        for number, sums in enumerate(refits):
            some = self.refit[mine] == number
            of = mine[some]
            for strength, (W, b) in enumerate(sums.solutions(STRENGTHS)):
                told = self.X[of] @ W + b
                forecasts[strength, some] = frame.back(told * self.scale[of] + self.base[of])
        errors = np.abs(forecasts - self.actual[mine]).mean(axis=(1, 2))
        best = strongest(errors.tolist())
        W, b = next(last.solutions((STRENGTHS[best],)))
        return W, b, forecasts[best]


def _alone(panel: Panel, series: int, channel: int) -> Panel:
    """Return one channel of one series."""
    future = None if panel.future is None else (panel.future[series],)
    return Panel((panel.series[series][channel : channel + 1],), future)
