"""Series to forecast: where they lie, how forecasts are judged, and what is to be reached.

The folder that ``SHOAL_DATA`` names holds them as ``sequences/forecast/*.csv``; the Mackey-Glass series is
computed. What a ``Forecaster`` chooses it chooses at rolling origins of the training part; the test part is
for one final number.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sequences.sets import Measured
from shoal import Forecaster
from shoal.forecasting.scores import mase
from shoal.shapes import Array


@dataclass(frozen=True)
class ForecastSet:
    """Series, how many steps of each are forecast, the season of the MASE, and the MASE to be reached.

    The season is the one that the others' figures are told by; a forecaster finds its own.

    With ``windows`` all forecasts within so many steps at the end are judged, by their mean squared error.
    """

    name: str
    load: Callable[[Path], dict[str, tuple[Array, Array]]]
    horizon: int
    season: int
    target: float
    others: str
    windows: int = 0
    classification: bool = False

    def read(self, folder: Path | None) -> dict[str, tuple[Array, Array]]:
        """Return the training and the test part of every series, (T, C) each."""
        folder = folder or Path(os.environ.get("SHOAL_DATA", "")) / "sequences"
        try:
            return self.load(folder / "forecast")
        except FileNotFoundError as error:
            raise SystemExit(
                f"{error.filename} is not there; set SHOAL_DATA, or give --data the folder of the sets"
            ) from None

    def measure(self, folder: Path | None, validate: bool, settings: dict[str, Any]) -> Measured:
        """Return the errors of the test part and at rolling origins, the CPU seconds, and what was made."""
        parts = self.read(folder)
        own = {name: value for name, value in settings.items() if name != "channels_first"}
        forecaster = Forecaster(self.horizon, **own)
        began = time.process_time()
        forecaster.fit({name: train for name, (train, _) in parts.items()})
        seconds = time.process_time() - began
        error = float("nan")
        if not validate:
            judged = self._squared if self.windows else self._scaled
            error = judged(forecaster, parts)
        evidence = forecaster.evidence_
        return Measured(error, evidence["validation"], seconds, evidence["sentence"])

    def _scaled(self, forecaster: Forecaster, parts: dict[str, tuple[Array, Array]]) -> float:
        """Return the MASE of what follows the training part."""
        forecasts = forecaster.predict()
        errors = [
            mase(test[: self.horizon].T, forecasts[name].T, train.T, self.season)
            for name, (train, test) in parts.items()
        ]
        return float(np.mean(errors))

    def _squared(self, forecaster: Forecaster, parts: dict[str, tuple[Array, Array]]) -> float:
        """Return the mean squared error of all forecasts that lie within the test part."""
        [(train, test)] = parts.values()
        whole, needs = np.concatenate([train, test]), forecaster.mixture_.needs
        total, places = 0.0, range(len(whole) - self.windows, len(whole) - self.horizon + 1)
        for some in np.array_split(places, len(places) // 100 + 1):
            forecasts = forecaster.predict([whole[place - needs : place] for place in some])
            for place, forecast in zip(some, forecasts, strict=True):
                total += float(np.square(forecast - whole[place : place + self.horizon]).mean())
        return total / len(places)


def mackey_glass(steps: int, tau: float = 17.0, before: int = 200) -> Array:
    """Return x at times 0, 1, 2, … after a start of ``before``, by Runge & Kutta's rule of fourth order::

        dx/dt = 0.2 x(t − τ)/(1 + x(t − τ)¹⁰) − 0.1 x(t)        x(t ≤ 0) = 1.2,  10 steps to a unit of time

    Source: Mackey & Glass 1977, "Oscillation and chaos in physiological control systems"; τ = 17 and 1.2 are
    those of Jaeger & Haas 2004, "Harnessing nonlinearity".
    """
    each, dt = 10, 0.1
    delay = round(tau / dt)
    x = np.full(delay + (before + steps) * each + 1, 1.2)

    def slope(now: float, past: float) -> float:
        return 0.2 * past / (1 + past**10) - 0.1 * now

    for t in range(delay, len(x) - 1):
        now, first, last = x[t], x[t - delay], x[t - delay + 1]
        middle = (first + last) / 2
        k1 = slope(now, first)
        k2 = slope(now + dt / 2 * k1, middle)
        k3 = slope(now + dt / 2 * k2, middle)
        k4 = slope(now + dt * k3, last)
        x[t + 1] = now + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x[delay::each][before : before + steps]


def _column(file: str, column: str, test: int) -> Callable[[Path], dict[str, tuple[Array, Array]]]:
    """Return what reads one column of a CSV file, whose last ``test`` values are the test."""

    def load(folder: Path) -> dict[str, tuple[Array, Array]]:
        with (folder / file).open(newline="") as lines:
            values = [row[column] for row in csv.DictReader(lines)]
        y = np.array([float(value) if value else np.nan for value in values])
        return {column: (_filled(y[:-test]), _filled(y[-test:]))}

    return load


def _filled(y: Array) -> Array:
    """Return values (T, 1) with lines over what is missing."""
    known = np.flatnonzero(~np.isnan(y))
    return np.interp(np.arange(len(y)), known, y[known])[:, None]


def _chaos(folder: Path) -> dict[str, tuple[Array, Array]]:
    y = mackey_glass(2000)[:, None]
    return {"Mackey-Glass": (y[:-84], y[-84:])}


def _m4(folder: Path) -> dict[str, tuple[Array, Array]]:
    parts: list[dict[str, list[float]]] = []
    for part in ("train", "test"):
        series: dict[str, list[float]] = {}
        with (folder / f"m4_hourly_{part}_long.csv").open(newline="") as lines:
            for row in csv.DictReader(lines):
                series.setdefault(row["id"], []).append(float(row["value"]))
        parts.append(series)
    train, test = parts
    return {name: (np.array(train[name])[:, None], np.array(test[name])[:, None]) for name in train}


def _ett(folder: Path) -> dict[str, tuple[Array, Array]]:
    with (folder / "ETTh1.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    y = np.array([[float(value) for value in row[1:]] for row in rows])
    month = 30 * 24
    known = y[: 12 * month]
    y = (y - known.mean(axis=0)) / known.std(axis=0)
    return {"ETTh1": (y[: 12 * month], y[12 * month : 20 * month])}


_AIRLINE = _column("airline.csv", "Passengers", 24)
_SUNSPOTS = _column("sunspots.csv", "SUNACTIVITY", 22)
FORECASTS = {
    each.name: each
    for each in (
        ForecastSet("airline", _AIRLINE, 24, 12, 0.86, "linear 0.859, LSTM 0.881"),
        ForecastSet("sunspots", _SUNSPOTS, 22, 11, 0.54, "linear 1.12, LSTM 0.54"),
        ForecastSet("lynx", _column("lynx.csv", "0", 14), 14, 10, 0.73, "Holt-Winters 0.725, LSTM 0.926"),
        ForecastSet("co2", _column("co2_weekly.csv", "co2", 104), 104, 52, 0.19, "linear 0.191, LSTM 0.204"),
        ForecastSet("Mackey-Glass", _chaos, 84, 1, 0.26, "linear 2.92, LSTM 0.259"),
        ForecastSet("M4 hourly", _m4, 48, 24, 1.0, "seasonal naive 1.19, AutoARIMA 0.92, ES-RNN 0.89"),
        ForecastSet("ETTh1", _ett, 96, 24, 0.374, "NLinear 0.374, FEDformer 0.376", windows=4 * 30 * 24),
    )
}
