"""A linear map from a window to all steps ahead, in closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Learnt, Tried
from shoal.forecasting.frames import Frame
from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.windows import KnownAhead, every_window, window_of
from shoal.shapes import Array

STRENGTHS = tuple(float(each) for each in np.logspace(-6, 2, 17))
"""Penalties that are tried, relative to the mean variance of the features."""


@dataclass(frozen=True, eq=False)
class LearntMap(Learnt):
    """ŷ' = Wᵀ x' + b in the units of its frame, for W (n, h) and b (h,)."""

    name: ClassVar[str] = "linear"
    frame: Frame
    ahead: KnownAhead
    W: Array
    b: Array

    @property
    def needs(self) -> int:  # type: ignore[override]
        return self.frame.window

    def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
        X, base, scale = window_of(contexts, self.frame, len(self.b), self.ahead)
        predicted = np.empty(base.shape)
        for row, x in enumerate(X):  # a product of its own: company changes no bit
            predicted[row] = np.einsum("n,nh->h", x, self.W)
        return self.frame.back((predicted + self.b) * scale + base)

    def to_config(self) -> dict[str, Any]:
        ahead = {"mean": list(self.ahead.mean), "deviation": list(self.ahead.deviation)}
        return {"frame": self.frame.to_config(), "ahead": ahead}

    def arrays(self) -> dict[str, Array]:
        return {"W": self.W, "b": self.b}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> LearntMap:
        frame, ahead = Frame.from_config(config["frame"]), ahead_from(config["ahead"])
        W, b = arrays["W"], arrays["b"]
        n = frame.window + len(ahead.mean) * (len(b) + 1)
        if W.shape != (n, len(b)) or not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError(f"its map is {W.shape}, its windows need {(n, len(b))}")
        return cls(frame, ahead, W, b)


def ahead_from(config: Mapping[str, Any]) -> KnownAhead:
    """Return the moments of columns known ahead that a description holds; ``ValueError`` if none."""
    ahead = KnownAhead(tuple(config["mean"]), tuple(config["deviation"]))
    numbers = (*ahead.mean, *ahead.deviation)
    sound = len(ahead.mean) == len(ahead.deviation) and all(isinstance(each, float) for each in numbers)
    if not sound or not all(each > 0 for each in ahead.deviation):
        raise ValueError(f"{config!r} describes no columns")
    return ahead


@dataclass(frozen=True)
class Linear(ForecastMethod):
    """The least Σ ‖y' − b − Wᵀx'‖² + λ N v ‖W‖² over all windows, v the mean variance of the features.

    λ is the one of ``STRENGTHS`` whose forecasts at the origins err least; each is solved from one
    decomposition, and sums of products over windows serve all refits.

    Source: Zeng et al. 2023, "Are transformers effective for time series forecasting?", whose NLinear is
    this with the last value subtracted and no penalty.
    """

    family: ClassVar[str] = "linear"
    frame: Frame

    def learn(self, lesson: ForecastSchooling) -> Tried | None:
        ahead = KnownAhead.of(lesson.panel)
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            *refits, last = summed(lesson.panel, lesson.origins, self.frame, ahead)
            if any(sums.count < 2 for sums in (*refits, last)):
                return None
            each = lesson.origins.contexts(lesson.panel, self.frame.window)
            tried = [
                self._tried(sums, contexts, ahead, lesson.horizon)
                for sums, contexts in zip(refits, each, strict=True)
            ]
            forecasts = np.concatenate(tried, axis=1)
            actual = lesson.origins.actual(lesson.panel)
            scales = lesson.origins.scales(lesson.panel, lesson.season)
            best = strongest([float((np.abs(actual - each) / scales).mean()) for each in forecasts])
            W, b = next(last.solutions((STRENGTHS[best],)))
        learnt = LearntMap(self.frame, ahead, W, b)
        return Tried(learnt, f"linear map of {self.frame.words}", forecasts[best])

    def _tried(self, sums: Sums, contexts: Contexts, ahead: KnownAhead, horizon: int) -> Array:
        """Return the forecasts (λ, N, h) of one refit."""
        X, base, scale = window_of(contexts, self.frame, horizon, ahead)
        return np.stack([self.frame.back((X @ W + b) * scale + base) for W, b in sums.solutions(STRENGTHS)])


def strongest(errors: list[float]) -> int:
    """Return the number of the smallest error, of equals the last, whose penalty is the strongest.

    >>> strongest([1.0, 0.5, 0.5])
    2
    """
    return len(errors) - 1 - int(np.argmin(errors[::-1]))


class Sums:
    """Sums over windows that least squares need: of 1, x, y, x xᵀ and x yᵀ."""

    def __init__(self, features: int, horizon: int) -> None:
        self.count = 0
        self.x, self.y = np.zeros(features), np.zeros(horizon)
        self.xx, self.xy = np.zeros((features, features)), np.zeros((features, horizon))

    def add(self, X: Array, Y: Array) -> None:
        """Add windows X (N, n) and what follows them (N, h)."""
        self.count += len(X)
        self.x += X.sum(axis=0)
        self.y += Y.sum(axis=0)
        self.xx += X.T @ X
        self.xy += X.T @ Y

    def with_those_of(self, other: Sums) -> Sums:
        """Return the sums of both."""
        both = Sums(len(self.x), len(self.y))
        both.count = self.count + other.count
        both.x, both.y = self.x + other.x, self.y + other.y
        both.xx, both.xy = self.xx + other.xx, self.xy + other.xy
        return both

    def solutions(self, strengths: tuple[float, ...]) -> Iterator[tuple[Array, Array]]:
        """Yield W (n, h) and b (h,) for each penalty."""
        mean_x, mean_y = self.x / self.count, self.y / self.count
        xx = self.xx - self.count * np.outer(mean_x, mean_x)
        xy = self.xy - self.count * np.outer(mean_x, mean_y)
        squares, V = np.linalg.eigh(xx)
        squares = np.maximum(squares, 0)
        unit = float(squares.mean()) or 1.0
        projected = V.T @ xy
        for strength in strengths:
            W = V @ (projected / (squares + strength * unit)[:, None])
            yield W, mean_y - mean_x @ W


def summed(panel: Panel, origins: Origins, frame: Frame, ahead: KnownAhead) -> list[Sums]:
    """Return the sums over all windows that each refit may see, and in the end over all."""
    features = frame.window + panel.columns * (origins.horizon + 1)
    cuts = (*origins.cuts, 0)
    parts = [Sums(features, origins.horizon) for _ in cuts]
    for windows in every_window(panel, frame, origins.horizon, ahead):
        earlier = np.inf
        for part, cut in zip(parts, cuts, strict=True):
            rows = (windows.left >= cut) & (windows.left < earlier)
            part.add(windows.X[rows], windows.Y[rows])
            earlier = cut
    for number in range(1, len(parts)):
        parts[number] = parts[number - 1].with_those_of(parts[number])
    return parts
