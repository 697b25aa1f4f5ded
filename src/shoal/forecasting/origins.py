"""Rolling origins: the steps near the end of the training part from which forecasts are tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.scores import scale_of
from shoal.shapes import Array, IntArray

SHARE = 3
"""One step in so many, at the end, is for trying forecasts; two horizons, where that is more."""
MOST_REFITS = 4
MOST_TRIED = 48
"""Origins of a series, and forecasts in all."""
MOST_FORECASTS = 12_000
MANY, SOME = 4000, 1000
"""Of so many windows one model is tried for all origins, or two; of fewer it is fitted again on its way."""


@dataclass(frozen=True)
class Origins:
    """Where forecasts are tried: at the steps of ``tried[f]``, by a model that knows all but ``cuts[f]``.

    Steps are counted back from the end of every series; no model has seen what follows its origins.
    """

    horizon: int
    cuts: tuple[int, ...]
    tried: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, panel: Panel, horizon: int, window: int) -> Origins:
        """Return origins for forecasts of ``horizon`` steps by windows of so many values.

        Where series are too short for windows of their own there are none.

        >>> Origins.of(Panel.of([np.arange(120.0)[None]]), 24, 24).cuts
        (48, 41, 35, 29)
        """
        steps = panel.longest
        least = window + horizon + max(window, horizon) // 2
        most = min(max(2 * horizon, steps // SHARE), steps - least)
        if most < horizon:
            return cls(horizon, (), ())
        backs = np.arange(horizon, most + 1)
        rows = len(panel) * panel.channels
        number = max(min(len(backs), MOST_TRIED, MOST_FORECASTS // rows), 1)
        backs = np.unique(np.linspace(horizon, most, number).astype(int))[::-1]
        windows = sum(each.shape[1] for each in panel.series) * panel.channels
        refits = 1 if windows > MANY else min(2 if windows > SOME else MOST_REFITS, len(backs))
        parts = [part for part in np.array_split(backs, refits) if part.size]
        return cls(
            horizon,
            tuple(int(part[0]) for part in parts),
            tuple(tuple(int(back) for back in part) for part in parts),
        )

    @property
    def count(self) -> int:
        """The origins of a series."""
        return sum(len(backs) for backs in self.tried)

    def contexts(self, panel: Panel, length: int) -> list[Contexts]:
        """Return for each refit what its forecasts are made from, ``length`` values each."""
        found = []
        for backs in self.tried:
            parts = [self._known(panel, back).contexts(length, self.horizon, back) for back in backs]
            future = None if panel.future is None else np.concatenate([_ahead(part) for part in parts])
            values = np.concatenate([part.values for part in parts])
            channels = np.concatenate([part.channels for part in parts])
            found.append(Contexts(values, channels, np.concatenate([part.rows for part in parts]), future))
        return found

    def actual(self, panel: Panel) -> Array:
        """Return what came after all origins (N, h)."""
        return np.concatenate(
            [self._known(panel, back).actual(self.horizon, back) for backs in self.tried for back in backs]
        )

    def rows(self, panel: Panel) -> IntArray:
        """Return which channel of which series each forecast (N,) is of."""
        return np.concatenate([contexts.rows for contexts in self.contexts(panel, 1)])

    def scales(self, panel: Panel, season: int) -> Array:
        """Return the unit of the errors of every forecast (N, 1): see ``units``."""
        return np.concatenate(
            [units(self._known(panel, back), season) for backs in self.tried for back in backs]
        )[:, None]

    def _known(self, panel: Panel, back: int) -> Panel:
        """Return the series that have a past at such an origin."""
        return panel.long_enough(back + 2)


def units(panel: Panel, season: int) -> Array:
    """Return the units d (S·C,) that errors are told in, ``scale_of``; of a constant the middle of all."""
    scales = np.concatenate([scale_of(each, season) for each in panel.series])
    varies = scales > 0
    return np.where(varies, scales, np.median(scales[varies]) if varies.any() else 1.0)


def _ahead(contexts: Contexts) -> Array:
    assert contexts.future is not None
    return contexts.future
