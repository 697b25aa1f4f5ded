"""``IntervalsDisplay``: intervals beside the values that they were to hold, on given axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, DataError
from shoal.plots import drawing, intervals
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class IntervalsDisplay:
    """Intervals of a regression with the actual values, row by row; those outside have marks of their own.

    Make one by ``from_estimator`` or ``from_predictions``; ``plot`` draws it again. Attributes: ``ax_`` and
    ``figure_``, matplotlib's; ``y_true`` (N,), ``y_interval`` (N, 2), ``coverage``, what was promised, and
    ``covered``, the share of values inside.

    >>> from matplotlib.figure import Figure
    >>> ends = [[0.0, 2.0], [1.0, 3.0]]
    >>> display = IntervalsDisplay.from_predictions([1.0, 5.0], ends, coverage=0.9, ax=Figure().subplots())
    >>> display.covered
    0.5
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, y_true: Array, y_interval: Array, coverage: float | None = None) -> None:
        self.y_true, self.y_interval, self.coverage = y_true, y_interval, coverage

    @property
    def covered(self) -> float:
        """The share of values inside their intervals, whose ends belong to them."""
        low, high = self.y_interval.T
        return float(((low <= self.y_true) & (self.y_true <= high)).mean())

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, coverage: float = 0.9, ax: Axes | None = None
    ) -> IntervalsDisplay:
        """Return the display of a fitted regressor's ``predict_interval`` on rows that it has not seen.

        Raises ``ConfigurationError`` for estimators without intervals, and as ``from_predictions``.
        """
        if not hasattr(estimator, "predict_interval"):
            raise ConfigurationError(
                f"{type(estimator).__name__} predicts no intervals; give a fitted ShoalRegressor"
            )
        ends = estimator.predict_interval(X, coverage=coverage)
        return cls.from_predictions(y, ends, coverage=coverage, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: npt.ArrayLike,
        y_interval: npt.ArrayLike,
        *,
        coverage: float | None = None,
        ax: Axes | None = None,
    ) -> IntervalsDisplay:
        """Return the display of values (N,) and the ends (N, 2) of their intervals.

        ``coverage`` is what the intervals promise. Raises ``DataError`` for what are no intervals of N rows.
        """
        actual, ends = _numbers(y_true, "y_true"), _numbers(y_interval, "y_interval")
        if actual.ndim != 1 or not actual.size or ends.shape != (actual.size, 2):
            raise DataError(
                f"y_true has shape {actual.shape} and y_interval {ends.shape}; expected (N,) and (N, 2)"
            )
        if (ends[:, 0] > ends[:, 1]).any():
            row = int((ends[:, 0] > ends[:, 1]).argmax())
            raise DataError(f"y_interval of row {row} ends before it begins: {ends[row].tolist()}")
        return cls(y_true=actual, y_interval=ends, coverage=coverage).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> IntervalsDisplay:
        """Draw on ``ax``, or on axes of a new figure, and return the display."""
        self.ax_ = drawing.axes_or_new(ax)
        self.figure_ = cast("Figure", self.ax_.figure)
        low, high = self.y_interval.T
        drawn = intervals.draw(self.ax_, low, high, self.y_true, self.coverage)
        drawing.legend_within(self.ax_, drawn.legend)
        return self


def _numbers(values: npt.ArrayLike, name: str) -> Array:
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be numbers") from None
    if not np.isfinite(found).all():
        raise DataError(f"{name} has values that are not finite; leave such rows out")
    return found
