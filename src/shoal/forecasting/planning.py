"""Which candidates are tried: windows, levels, transforms and networks, as far as the budget goes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shoal.forecasting.frames import Frame, deviations
from shoal.forecasting.linear import STRENGTHS, Linear
from shoal.forecasting.networks import Networks, batch_size
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings

SEASONS = (1, 2, 3, 4, 7, 14)
"""Windows, in seasons; and in steps where there is none."""
STEPS = (4, 8, 16, 24, 32, 48, 96, 192)
LINEAR_SHARE = 0.5
"""Of the budget that linear maps may take."""
BACKWARD = 3
"""Times the operations of going forward that a step of training takes."""
STEP = 5e5
"""Operations' worth of time that a step of the series takes in an update of a recurrent network."""
EPOCHS, FEWEST_EPOCHS = 200, 40
SIZES = {"dense": ((16,), (64,), (64, 64)), "recurrent": ((16,),), "convolutional": ((16,),)}
LEAST_WINDOWS = 2000
"""Windows for which networks are trained at least, where there are more than the budget pays for."""
FRAMES = 3


@dataclass(frozen=True)
class Plan:
    """What may be tried for a panel: frames for all windows, levels and transforms."""

    settings: ForecastSettings
    season: int
    panel: Panel

    def windows(self) -> list[int]:
        """Return how many values a model may see, fewest first."""
        if self.settings.window is not None:
            return [self.settings.window]
        most = max((self.panel.longest - self.settings.horizon) // 3, 1)
        wanted = [self.season * each for each in SEASONS] if self.season > 1 else list(STEPS)
        return [each for each in wanted if each <= most] or [most]

    def transforms(self) -> list[str]:
        """Return what may be done to values: roots and logarithms where all of them are positive."""
        least = min(float(each.min()) for each in self.panel.series)
        return (
            ["identity", "root", "log"] if least > 0 else ["identity", "root"] if least == 0 else ["identity"]
        )

    def frames(self) -> Iterator[Frame]:
        """Yield all frames, the narrowest windows first."""
        least = min(float(each.min()) for each in self.panel.series)
        spreads = {}
        for transform in self.transforms():
            plain = Frame(1, transform=transform, floor=max(least, 0.0))
            of_all = replace(self.panel, series=tuple(plain.forward(each) for each in self.panel.series))
            spreads[transform] = deviations(of_all) if len(self.panel) == 1 else None
        for window in self.windows():
            levels = ["last", "mean"] + ["season"] * (1 < self.season <= window)
            for transform in self.transforms():
                for level in levels:
                    floor = max(least, 0.0) if transform != "identity" else 0.0
                    season = self.season if level == "season" else 1
                    yield Frame(window, level, transform, season, floor, spreads[transform])

    def linear(self) -> list[Linear]:
        """Return the linear maps that a share of the budget pays for, one at least."""
        chosen: list[Linear] = []
        left = LINEAR_SHARE * self.settings.budget
        for frame in self.frames():
            n = frame.window + self.panel.columns * (self.settings.horizon + 1)
            cost = 2.0 * self._count(frame.window) * n * (n + self.settings.horizon) + 20.0 * n**3
            cost += len(STRENGTHS) * 2.0 * n**2 * self.settings.horizon
            if cost <= left or not chosen:
                chosen.append(Linear(frame))
                left -= cost
        return chosen

    def networks(self, frames: Sequence[Frame], origins: int) -> list[Networks]:
        """Return networks on the first of these frames, trained as long as the rest of the budget allows.

        ``origins`` is how many refits there are.
        """
        wanted = [
            Networks(kind, frame, hidden, EPOCHS)
            for kind in self.settings.networks
            for hidden in SIZES[kind]
            for frame in (frames[:FRAMES] if kind == "dense" else frames[:1])
            if kind == "dense" or not self.panel.columns
        ]
        chosen: list[Networks] = []
        left = (1 - LINEAR_SHARE) * self.settings.budget
        for number, each in enumerate(wanted):
            affordable = self._affordable(each, origins + 1, left / (len(wanted) - number))
            if affordable is not None:
                chosen.append(affordable)
                left -= self._cost(affordable, origins + 1)
        return chosen

    def _affordable(self, networks: Networks, groups: int, budget: float) -> Networks | None:
        """Return the networks with as many epochs, and windows, as a budget allows; None for too few."""
        windows = self._count(networks.frame.window)
        if windows < 1:
            return None
        epoch = self._cost(replace(networks, epochs=1), groups)
        stride = max(1, min(math.ceil(FEWEST_EPOCHS * epoch / budget), int(windows // LEAST_WINDOWS)))
        fewer = replace(networks, stride=stride)
        epochs = min(int(budget // self._cost(replace(fewer, epochs=1), groups)), EPOCHS)
        return replace(fewer, epochs=epochs) if epochs >= FEWEST_EPOCHS else None

    def _cost(self, networks: Networks, groups: int) -> float:
        features = networks.frame.window + self.panel.columns * (self.settings.horizon + 1)
        network = networks.network(features, self.settings.horizon)
        windows = self._count(networks.frame.window) / networks.stride
        members = groups * networks.starts
        epoch = BACKWARD * float(network.operations) * windows * members
        if networks.kind != "dense":
            epoch += math.ceil(windows / batch_size(max(int(windows), 1))) * features * STEP
        return epoch * networks.epochs

    def _count(self, window: int) -> float:
        """Return how many windows there are."""
        each = np.array([series.shape[1] for series in self.panel.series])
        count = np.maximum(each - window - self.settings.horizon + 1, 0).sum()
        return float(count * self.panel.channels)
