"""Which candidates are tried: windows, levels, transforms and networks, as far as the budget goes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shoal.forecasting.candidates import Tried
from shoal.forecasting.costs import Costs
from shoal.forecasting.frames import Frame, deviations
from shoal.forecasting.linear import LearntMap, Linear
from shoal.forecasting.networks import Networks
from shoal.forecasting.own import STRENGTHS as OWN
from shoal.forecasting.own import OwnLinear
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings

SEASONS = (1, 2, 3, 4, 7, 14)
"""Windows, in seasons; and in steps where there is none."""
STEPS = (4, 8, 16, 24, 32, 48, 96, 192)
LINEAR_SHARE = 0.5
"""Of the budget that linear maps may take."""
OWN_SHARE = 0.8
"""Of what they leave that maps of every series may take; where there are none it is for networks."""
EPOCHS, FEWEST_EPOCHS = 200, 40
DEEP = 3
"""Times the epochs that networks of two hidden layers train, of two starts rather than four."""
SIZES = {"dense": ((16,), (64, 64)), "recurrent": ((16,),), "convolutional": ((16,),)}
WIDEST = 100
"""Values that networks see at most."""
ALSO = (24, 48)
"""Windows that are tried in any case, where there is a season."""
OWN_NUMBERS = 3e7
"""Numbers that maps of every series may have, all together."""
LEAST_WINDOWS = 2000
"""Windows for which networks are trained at least, where there are more than the budget pays for."""
FRAMES = 3


@dataclass(frozen=True)
class Plan:
    """What may be tried for a panel: frames for all windows, levels and transforms."""

    settings: ForecastSettings
    season: int
    panel: Panel

    @property
    def costs(self) -> Costs:
        """What candidates cost."""
        return Costs(self.panel, self.settings.horizon)

    def windows(self) -> list[int]:
        """Return how many values a model may see, fewest first."""
        if self.settings.window is not None:
            return [self.settings.window]
        most = max((self.panel.longest - self.settings.horizon) // 3, 1)
        wanted = {self.season * each for each in SEASONS} | {*ALSO} if self.season > 1 else {*STEPS}
        return sorted(each for each in wanted if each <= most) or [most]

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
            levels = ["season", "mean"] if 1 < self.season <= window else ["last", "mean"]
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
            cost = self.costs.linear(frame)
            if cost <= left or not chosen:
                chosen.append(Linear(frame))
                left -= cost
        return chosen

    def own(self, learnt: Sequence[Tried], refits: int) -> list[OwnLinear]:
        """Return maps of every series, where there are several, on the frames of these linear maps.

        They have a share of what the linear maps have left of the budget, and of so many numbers.
        """
        chosen: list[OwnLinear] = []
        if len(self.panel) < 2:
            return chosen
        rows = len(self.panel) * self.panel.channels
        room = OWN_NUMBERS / rows
        left = OWN_SHARE * (self.settings.budget - self._spent(learnt))
        for tried in learnt:
            shared = tried.learnt
            assert isinstance(shared, LearntMap)
            frame = shared.frame
            first = frame.level == ("season" if 1 < self.season <= frame.window else "last")
            cost = self.costs.linear(frame) + rows * (refits + 1) * self.costs.solving(frame, len(OWN))
            if first and shared.W.size <= room and cost <= left:
                room -= shared.W.size
                left -= cost
                chosen.append(OwnLinear(shared, tried.forecasts))
        return chosen

    def networks(self, learnt: Sequence[Tried], own: Sequence[OwnLinear], refits: int) -> list[Networks]:
        """Return networks on the windows that suit linear maps best, trained as the budget allows.

        What costs least comes first, and what it leaves is for the others; what a quarter of all that is left
        does not pay for is not tried.
        """
        frames = _of_different_windows([_frame(tried) for tried in learnt])
        narrow = [frame for frame in frames if frame.window <= WIDEST] or frames[:1]
        wanted = [
            Networks(kind, frame, hidden, *((DEEP * EPOCHS, 2) if len(hidden) > 1 else (EPOCHS, 4)))
            for kind in self.settings.networks
            for hidden in SIZES[kind]
            for frame in (narrow[:FRAMES] if len(hidden) == 1 and kind == "dense" else narrow[:1])
            if self.costs.windows(frame.window) and (kind == "dense" or not self.panel.columns)
        ]
        wanted.sort(key=lambda each: self.costs.networks(each, refits))
        chosen: list[Networks] = []
        left = self.settings.budget - self._spent(learnt)
        left -= (OWN_SHARE * left) if own else 0.0
        wanted = [each for each in wanted if self._affordable(each, refits, left / 4) is not None]
        for number, each in enumerate(wanted):
            affordable = self._affordable(each, refits, left / (len(wanted) - number))
            if affordable is not None:
                chosen.append(affordable)
                left -= self.costs.networks(affordable, refits)
        return chosen

    def _affordable(self, networks: Networks, refits: int, budget: float) -> Networks | None:
        """Return the networks with as many epochs, and windows, as a budget allows; None for too few."""
        epoch = self.costs.networks(replace(networks, epochs=1), refits)
        windows = self.costs.windows(networks.frame.window)
        stride = max(1, min(math.ceil(FEWEST_EPOCHS * epoch / budget), int(windows // LEAST_WINDOWS)))
        fewer = replace(networks, stride=stride, epochs=1)
        epochs = min(int(budget // self.costs.networks(fewer, refits)), networks.epochs)
        return replace(fewer, epochs=epochs) if epochs >= FEWEST_EPOCHS else None

    def _spent(self, learnt: Sequence[Tried]) -> float:
        return math.fsum(self.costs.linear(_frame(tried)) for tried in learnt)


def _frame(tried: Tried) -> Frame:
    assert isinstance(tried.learnt, LearntMap)
    return tried.learnt.frame


def _of_different_windows(frames: Sequence[Frame]) -> list[Frame]:
    """Return the first frame of each window."""
    first: dict[int, Frame] = {}
    for frame in frames:
        first.setdefault(frame.window, frame)
    return list(first.values())
