"""What is tried for a forecast: each way learns, tells what it says at rolling origins, and forecasts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Contexts, Panel
from shoal.registry import Named
from shoal.shapes import Array


@dataclass(frozen=True, eq=False)
class ForecastSchooling:
    """What every candidate learns from: series, the origins at which it is tried, the season, the seed."""

    panel: Panel
    origins: Origins
    season: int
    seed: int
    n_jobs: int | None = None

    @property
    def horizon(self) -> int:
        """The steps ahead."""
        return self.origins.horizon


class Learnt(Named, ABC):
    """A way of forecasting that has learnt; ``name`` is what a saved one is known by."""

    needs: int
    """The values that its forecasts depend on."""

    @abstractmethod
    def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
        """Return the next values (N, h), each row's whatever the others are."""

    @abstractmethod
    def to_config(self) -> dict[str, Any]:
        """Return all but its arrays as plain JSON."""

    def arrays(self) -> dict[str, Array]:
        """Return its arrays by name."""
        return {}

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Learnt:
        """Return what ``to_config`` and ``arrays`` described; ``ValueError`` if they do not fit."""


@dataclass(frozen=True, eq=False)
class Tried:
    """What came of a candidate: what learnt from all steps, and what it forecast at the origins, (N, h)."""

    learnt: Learnt
    words: str
    forecasts: Array


class ForecastMethod(ABC):
    """A way of forecasting, with all that it needs to know but the data."""

    family: ClassVar[str]
    """What it is one of: "naive", "linear", …"""

    @abstractmethod
    def learn(self, lesson: ForecastSchooling) -> Tried | None:
        """Return what came of it; None where nothing did, as all networks diverged."""
