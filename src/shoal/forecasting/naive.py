"""Forecasts that learn nothing: the last value, and the last season, go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Learnt, Tried
from shoal.forecasting.panel import Contexts
from shoal.shapes import Array


@dataclass(frozen=True)
class Repeated(Learnt):
    """The last ``season`` values, again and again; of a season of 1 the last value::

    ŷ_{t+k} = y_{t+k−m⌈k/m⌉}
    """

    name: ClassVar[str] = "naive"
    horizon: int
    season: int = 1

    @property
    def needs(self) -> int:  # type: ignore[override]
        return self.season

    def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
        last = contexts.values[:, -self.season :]
        return last[:, np.arange(self.horizon) % self.season]

    def to_config(self) -> dict[str, Any]:
        return {"horizon": self.horizon, "season": self.season}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Repeated:
        learnt = cls(**config)
        if type(learnt.season) is not int or learnt.season < 1:
            raise ValueError(f"its season is {learnt.season!r}")
        return learnt


@dataclass(frozen=True)
class Naive(ForecastMethod):
    """The last value goes on, or the last season of so many steps."""

    family: ClassVar[str] = "naive"
    season: int = 1

    def learn(self, lesson: ForecastSchooling) -> Tried:
        learnt = Repeated(lesson.horizon, self.season)
        words = "the last value" if self.season == 1 else f"the last season of {self.season} steps"
        each = lesson.origins.contexts(lesson.panel, learnt.needs)
        return Tried(learnt, words, np.concatenate([learnt.forecast(contexts) for contexts in each]))
