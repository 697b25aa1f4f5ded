"""From a source to the series that are forecast: read, checked, and the last steps held out for the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.data.memory import readable
from shoal.data.sequences.forecast_origins import ForecastOrigin, read_origin
from shoal.data.sequences.series_set import shown_lengths
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import CapacityError, ConfigurationError
from shoal.forecasting.settings import BUDGET, ForecastSettings
from shoal.jobs.forecasts.following import followed
from shoal.jobs.forecasts.usable import require_history, with_values
from shoal.jobs.memory.footprint import PROGRAM, Allowance
from shoal.jobs.prepared import collected
from shoal.jobs.request import FitRequest
from shoal.words import plural, setting

BUDGETS = {"fast": 0.1 * BUDGET, "good": BUDGET, "best": 10 * BUDGET}
"""Operations of each of the two fits: before the test, and with its steps."""
A_SECOND, SHARE = 1e9, 0.3
"""Operations, few enough for a busy machine; of the time that the user allows, what one fit may take."""
COPIES = 12
"""Of all values, as a fit holds them at once: windows of those that a pass takes are bounded."""
WORKING = 2**27
_OF_TABLES = ("id", "order", "target", "drop", "columns", "future")


@dataclass(frozen=True)
class PreparedForecasts:
    """Series of which the last ``settings.horizon`` steps are the test; ``warnings`` are what was noted.

    ``test`` is the source of these steps, where they are of a table of their own.
    """

    origin: ForecastOrigin
    data: TimedSeries
    settings: ForecastSettings
    warnings: tuple[str, ...]
    test: str | None = None

    @property
    def sentence(self) -> str:
        """What was read, and what is asked of it."""
        data = self.data
        missing = sum(int(np.isnan(each).sum()) for each in data.series) / sum(s.size for s in data.series)
        gaps = f", {missing:.2g} of their values missing" if missing else ""
        step = "" if data.time == "step" else f", a step is {data.calendar.words}"
        ahead = f", {plural(len(data.coming), 'column')} known ahead" if data.coming else ""
        steps = plural(self.settings.horizon, "step")
        held = f"The {steps} of {self.test} that follow each" if self.test else f"The last {steps} of each"
        return (
            f"{plural(len(data), 'series', 'series')} of {shown_lengths(data.lengths)} and "
            f"{plural(len(data.channels), 'channel')}{ahead}{step}{gaps}. {held} are held out for one test "
            "at the end; models are chosen by the steps before them."
        )


def prepare_forecasts(request: FitRequest) -> PreparedForecasts:
    """Read the series that a job is asked to forecast.

    Raises ``DataError``, ``ConfigurationError`` or ``CapacityError`` before anything is written.
    """
    _require_no_columns(request)
    with collected() as notes:
        asked = {name: getattr(request, name) for name in _OF_TABLES}
        origin, data = read_origin(request.table, asked, request.strict)
        _require_room(request, data)
        horizon = request.horizon or data.horizon
        if horizon is None:
            raise ConfigurationError(
                f"{request.table} does not say how many steps ahead it asks for; give {setting('horizon')}"
            )
        require_history(data, horizon, tested=request.test is None)
        if request.test is not None:
            counted = origin.columns is not None and origin.columns.order is None
            data = followed(data, origin.read(request.test), request.test, horizon, counted)
        data = with_values(data, 2, held=horizon)
        settings = ForecastSettings(
            horizon, season=request.season, budget=budget_of(request), seed=request.seed, n_jobs=request.jobs
        )
    return PreparedForecasts(origin, data, settings, tuple(notes), request.test)


def budget_of(request: FitRequest) -> float:
    """Return the operations of a fit: those of the quality, or fewer where the time is short.

    They are a matter of the request alone, so that the same one gives the same forecasts anywhere.
    """
    budget = request.budget or BUDGETS[request.quality]
    return budget if request.time is None else min(budget, SHARE * request.time * A_SECOND)


def _require_no_columns(request: FitRequest) -> None:
    """Raise ``ConfigurationError`` for columns of a file that has none."""
    if request.table.lower().removesuffix(".gz").endswith(".tsf"):
        for name in _OF_TABLES:
            if getattr(request, name) is not None:
                raise ConfigurationError(
                    f"{request.table} has no columns to choose, and {setting(name)} was given; leave it out"
                )


def _require_room(request: FitRequest, data: TimedSeries) -> None:
    """Raise ``CapacityError`` for more values than the memory is allowed to hold while they are fitted."""
    allowance = Allowance.of(request)
    need = PROGRAM + WORKING + COPIES * sum(each.nbytes for each in data.series)
    if not allowance.holds(need):
        raise CapacityError(
            f"forecasting {request.table} takes about {readable(need)}, and {allowance.told}; allow more "
            f"with {setting('memory')}, or forecast fewer series"
        )
