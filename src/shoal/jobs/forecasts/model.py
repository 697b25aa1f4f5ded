"""A trained forecast: how its series are read, and the mixture that tells what comes next."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from shoal.data.sequences.forecast_origins import ForecastOrigin
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import ConfigurationError, DataError, ModelFolderError, ShoalWarning, reason
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.panel import Panel
from shoal.jobs.forecasts.usable import panel_of, require_ahead, with_values
from shoal.jobs.saved.files import REMEDY, Saved, naming, write_saved
from shoal.jobs.saved.layout import MODEL, PREPROCESSING
from shoal.shapes import Array

KIND = "forecasts"
COVERAGE = 0.9
"""Of intervals, where no other is asked for."""


class _Description(TypedDict):
    """What ``model.json`` says of a forecast."""

    forecast: dict[str, object]


@dataclass(frozen=True)
class ForecastModel:
    """Forecasts series as those that were fitted go on."""

    kind: ClassVar[str] = KIND
    origin: ForecastOrigin
    mixture: ForecastMixture

    def predict(self, data: TimedSeries, interval: float | None = None) -> dict[str, Any]:
        """Return the columns of forecasts: whose, when, and of each channel the value and an interval.

        Series without two values are left out, with a note. Raises ``DataError`` where none is left, and for
        an ``interval`` that the origins cannot promise.
        """
        data = with_values(data, 2)
        require_ahead(data, self.mixture.horizon)
        panel = panel_of(data)
        values, ends = self.mixture.predict(panel), self._ends(panel, interval)
        columns = data.columns(0, self.mixture.horizon)
        for channel, name in enumerate(data.channels):
            columns[name] = values[:, channel].reshape(-1)
            for end, found in ends.items():
                columns[f"{name} {end}"] = found[:, channel].reshape(-1)
        return columns

    def _ends(self, panel: Panel, interval: float | None) -> dict[str, Array]:
        try:
            ends = self.mixture.interval(panel, COVERAGE if interval is None else interval)
        except DataError as error:
            if interval is not None:
                raise
            warnings.warn(f"forecasts come without intervals: {error}", ShoalWarning, stacklevel=2)
            return {}
        return dict(zip(("lower", "upper"), ends, strict=True))

    def save(self, folder: Any) -> None:
        """Write the model's three files into ``folder``, over those of an earlier one."""
        description = {"forecast": self.mixture.to_config()}
        preprocessing = {"kind": self.kind, **self.origin.to_config()}
        write_saved(folder, description, preprocessing, self.mixture.arrays(), overwrite=True)

    @classmethod
    def restore(cls, saved: Saved) -> ForecastModel:
        """Return the model of what a folder holds; ``ModelFolderError`` for what is none."""
        config = saved.describes(_Description)["forecast"]
        with naming(saved.folder / PREPROCESSING):
            origin = ForecastOrigin.from_config(saved.preprocessing)
        try:
            mixture = ForecastMixture.from_config(config, saved.arrays)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, ConfigurationError) as error:
            raise ModelFolderError(
                f"{saved.folder / MODEL} describes no forecast ({reason(error)}); {REMEDY}"
            ) from None
        channels = 1 if origin.columns is None else len(origin.columns.channels)
        if mixture.channels != channels:
            raise ModelFolderError(
                f"{saved.folder / MODEL} forecasts {mixture.channels} channels, its data have {channels}; "
                f"{REMEDY}"
            )
        ahead = 0 if origin.columns is None else len(origin.columns.future)
        if mixture.columns != ahead:
            raise ModelFolderError(
                f"{saved.folder / MODEL} forecasts with {mixture.columns} columns known ahead, its data have "
                f"{ahead}; {REMEDY}"
            )
        return cls(origin, mixture)
