"""The losses that a regression may ask for, by name, and how the target is scaled for each of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shoal.data.features.scales import centre_and_scale
from shoal.data.frames import pl
from shoal.data.row_numbers import data_row
from shoal.errors import ConfigurationError, DataError
from shoal.words import setting

SQUARED, ABSOLUTE, HUBER, POISSON = "squared_error", "absolute_error", "huber", "poisson"
LOSSES = (SQUARED, ABSOLUTE, HUBER, POISSON)
"""Of a regression, the usual one first."""


def scaling(y: npt.NDArray[np.float64], loss: str) -> tuple[float, float]:
    """Return what is taken from a target (N,) and what the rest is divided by, so that its loss is about 1.

    - squared error: mean and standard deviation;
    - absolute error and Huber: median and interquartile range, which outliers do not move (the standard
      deviation where the range is 0); it is then one such range beyond which Huber's loss is linear;
    - Poisson: 0 and the mean, so that rates stay rates: with z = z' + ln ȳ the loss of counts y is
      ȳ (e^z' − (y/ȳ) z') and what does not depend on z, so that the same network is best.

    >>> y = np.array([0.0, 1.0, 2.0, 3.0, 94.0])
    >>> [scaling(y, loss) for loss in ("huber", "poisson")]
    [(2.0, 2.0), (0.0, 20.0)]
    """
    if loss == POISSON:
        return 0.0, float(y.mean())
    return (float(y.mean()), float(y.std())) if loss == SQUARED else centre_and_scale(y)


def require_rates(y: npt.NDArray[np.float64], name: str) -> None:
    """Raise ``DataError`` for a negative number in a target (N,) that is to have the Poisson loss."""
    negative = y < 0
    if negative.any():
        row = int(negative.argmax())
        raise DataError(
            f"the target {name!r} is {y[row]:g} in {data_row(row)} ({int(negative.sum())} of {y.size} are "
            f"negative), and {setting('loss', POISSON)} takes counts and rates; use "
            f"{setting('loss', HUBER)} or {setting('loss', SQUARED)} for such numbers"
        )


def not_of_classes(series: pl.Series, loss: str, why: str) -> ConfigurationError:
    """Return the error for a loss of numbers that is asked of classes, which ``why`` says they are."""
    return ConfigurationError(
        f"{setting('loss', loss)} is for numbers, and the target {series.name!r} {why}; classes have the log "
        f"loss: leave {setting('loss')} out, or name a column of numbers"
    )
