"""All windows of series with what follows them, as models learn from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from shoal.forecasting.frames import Frame
from shoal.forecasting.panel import Contexts, Panel
from shoal.shapes import Array, IntArray


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows X (N, w + F(h + 1)) in their frame, with the columns known ahead; what follows, Y (N, h).

    ``left`` (N,) are the steps of the series after each.
    """

    X: Array
    Y: Array
    left: IntArray


@dataclass(frozen=True)
class KnownAhead:
    """The mean and the deviation of each column that is known ahead."""

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    @classmethod
    def of(cls, panel: Panel) -> KnownAhead:
        """Return those of a panel."""
        if panel.future is None:
            return cls()
        steps = np.concatenate(panel.future, axis=1)
        spread = steps.std(axis=1)
        return cls(tuple(steps.mean(axis=1).tolist()), tuple(np.where(spread > 0, spread, 1.0).tolist()))

    def features(self, future: Array) -> Array:
        """Return columns (N, F, h + 1) as features (N, F(h + 1))."""
        scaled = (future - np.array(self.mean)[:, None]) / np.array(self.deviation)[:, None]
        features: Array = scaled.reshape(len(future), -1)
        return features


def every_window(
    panel: Panel, frame: Frame, horizon: int, ahead: KnownAhead, stride: int = 1
) -> Iterator[Windows]:
    """Yield the windows of each channel of each series, those that end last first, ``stride`` steps apart."""
    for number, series in enumerate(panel.series):
        steps = series.shape[1] - frame.window - horizon + 1
        if steps < 1:
            continue
        starts = np.arange(steps)[::-1][::stride][::-1]
        known = None
        if panel.future is not None:
            columns = panel.future[number][:, : series.shape[1]]
            seen = sliding_window_view(columns, horizon + 1, axis=1)[:, starts + frame.window - 1]
            known = ahead.features(seen.swapaxes(0, 1))
        for channel, row in enumerate(frame.forward(series)):
            both = sliding_window_view(row, frame.window + horizon)[starts]
            channels = np.full(len(starts), channel)
            X, base, scale = frame.units(both[:, : frame.window], channels, horizon)
            Y = (both[:, frame.window :] - base) / scale
            yield Windows(X if known is None else np.hstack([X, known]), Y, steps - 1 - starts)


def window_of(
    contexts: Contexts, frame: Frame, horizon: int, ahead: KnownAhead
) -> tuple[Array, Array, Array]:
    """Return the features (N, n) of contexts, and the base (N, h) and unit (N, 1) of what is forecast."""
    x = frame.forward(contexts.values[:, -frame.window :])
    X, base, scale = frame.units(x, contexts.channels, horizon)
    if contexts.future is not None:
        X = np.hstack([X, ahead.features(contexts.future)])
    return X, base, scale
