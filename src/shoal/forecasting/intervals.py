"""Intervals around forecasts, a width for every step ahead, from errors at rolling origins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.calibration.conformal import Conformal
from shoal.errors import DataError
from shoal.shapes import Array


@dataclass(frozen=True, eq=False)
class StepIntervals:
    """The errors |y − ŷ|/d (N, h) of forecasts at N rolling origins, in units d of their series.

    Errors of neighbouring origins resemble each other, so that coverage is about what is asked for, without
    a guarantee.
    """

    errors: Array

    def ends(self, forecasts: Array, units: Array, coverage: float) -> tuple[Array, Array]:
        """Return the lower and upper ends (N, h) around forecasts (N, h) of series with units d (N,)::

            ŷ_{t+k} ± d R_k        R_k: the ⌈coverage · (N + 1)⌉-th smallest of the errors k steps ahead

        Raises ``ConfigurationError`` for a coverage outside (0, 1), ``DataError`` for too few origins.

        Source: ``Conformal``; Stankevičiūtė, Alaa & van der Schaar 2021, "Conformal time-series forecasting".
        """
        try:
            zero = np.zeros(1)
            widths = np.array([Conformal(each).interval(zero, coverage)[1][0] for each in self.errors.T])
        except DataError as error:
            told = str(error).replace("rows held out", "forecasts at rolling origins")
            raise DataError(f"{told}, or give a longer history") from None
        reach = units[:, None] * widths
        return forecasts - reach, forecasts + reach
