"""What is asked of a forecast, in one value that checks itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from shoal.errors import ConfigurationError, DataError, UnknownNameError
from shoal.forecasting.panel import Panel
from shoal.randomness import check_seed
from shoal.shapes import is_number, whole_number
from shoal.words import plural, setting

KINDS = ("dense", "recurrent", "convolutional")
BUDGET = 5e11
"""Operations, so that a fit is the same on every machine; seconds of one core by the tens."""


@dataclass(frozen=True)
class ForecastSettings:
    """The steps ahead, and what the user does not leave open.

    ``window`` is how many values a model sees, ``season`` the steps of a season, 1 for none; None: what
    series and rolling origins say. ``networks`` are the kinds that may be tried beside what is naive and
    linear, ``budget`` the operations that all may take.

    >>> ForecastSettings(0)
    Traceback (most recent call last):
    shoal.errors.ConfigurationError: horizon must be a whole number ≥ 1, got 0
    """

    horizon: int
    window: int | None = None
    season: int | None = None
    networks: tuple[str, ...] = KINDS
    budget: float = BUDGET
    seed: int = 0
    n_jobs: int | None = None

    def __post_init__(self) -> None:
        for name in ("horizon", "window", "season"):
            value = getattr(self, name)
            if value is not None or name == "horizon":
                object.__setattr__(self, name, whole_number(value, setting(name)))
        if isinstance(self.networks, str):
            raise ConfigurationError(f"networks must be a list of kinds, such as [{self.networks!r}]")
        object.__setattr__(self, "networks", tuple(self.networks))
        for kind in self.networks:
            if kind not in KINDS:
                raise UnknownNameError("kind of network", kind, KINDS)
        if not is_number(self.budget) or not self.budget > 0:
            raise ConfigurationError(f"budget must be a positive number of operations, got {self.budget!r}")
        check_seed(self.seed)

    def require(self, panel: Panel) -> None:
        """Raise ``DataError`` or ``ConfigurationError`` for series that are too short for what is asked."""
        steps = panel.longest
        if steps < 3:
            raise DataError(
                f"a history of {plural(steps, 'step')} is too short for any forecast; give 3 steps at least"
            )
        if steps < self.horizon + 2:
            raise DataError(
                f"the horizon of {plural(self.horizon, 'step')} is longer than a history of "
                f"{plural(steps, 'step')} allows; ask for {steps - 2} or fewer, or give more history"
            )
        if self.season is not None and 2 * self.season > steps:
            raise ConfigurationError(
                f"{setting('season', self.season)} is more than half of the {steps} steps of the series; a "
                f"season must be seen twice: give {steps // 2} or less, or none"
            )
        most = steps - self.horizon - 1
        if self.window is not None and self.window > most:
            raise ConfigurationError(
                f"{setting('window', self.window)} and the horizon of {self.horizon} do not fit into "
                f"{steps} steps twice over; give a window of {most} or less"
            )
        if all((each == each[:, :1]).all() for each in panel.series):
            raise DataError("the series is constant, so there is nothing to learn; forecast its value")
        for number, (columns, each) in enumerate(zip(panel.future or (), panel.series, strict=False)):
            if columns.shape[1] < each.shape[1]:
                raise DataError(f"future of series {number} ends before the series does")

    def to_config(self) -> dict[str, Any]:
        """Return the settings as plain values for JSON."""
        return asdict(self) | {"networks": list(self.networks)}
