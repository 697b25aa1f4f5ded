"""``ReliabilityDisplay``: whether probabilities mean what they say, on given axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import _check_sample_weight

from shoal.calibration.temperature import BINS
from shoal.errors import ConfigurationError, DataError
from shoal.jobs.judging.examination import in_bins
from shoal.plots import drawing, reliability
from shoal.shapes import Array, IntArray, whole_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from shoal.plots.promises import Bins

NEAR_ONE = 1e-3
"""So far may the probabilities of a row be from 1 together, which single precision and rounding leave."""


class ReliabilityDisplay:
    """How often the likeliest class is right, by its probability: trustworthy ones lie on the diagonal.

    The area of a mark goes by its share of rows, its line is a standard error. Make one by
    ``from_estimator`` or ``from_predictions``; ``plot`` draws it again. Attributes: ``ax_`` and ``figure_``,
    matplotlib's; ``bins``, what is drawn, with the expected calibration error as ``bins["error"]``; ``rows``.

    Source: Guo et al. 2017, "On calibration of modern neural networks", figure 1.

    >>> from matplotlib.figure import Figure
    >>> sure = [0.25, 0.75, 0.75, 0.75]
    >>> display = ReliabilityDisplay.from_predictions([0, 1, 1, 1], sure, ax=Figure().subplots())
    >>> display.bins["error"]
    0.25
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, bins: Bins, rows: int) -> None:
        self.bins, self.rows = bins, rows

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        bins: int = BINS,
        ax: Axes | None = None,
    ) -> ReliabilityDisplay:
        """Return the display of a fitted classifier's ``predict_proba`` on rows that it has not seen.

        Raises ``ConfigurationError`` for what predicts no probabilities, and as ``from_predictions``.
        """
        if not hasattr(estimator, "predict_proba") or not hasattr(estimator, "classes_"):
            raise ConfigurationError(
                f"{type(estimator).__name__} predicts no probabilities; give a fitted classifier that does"
            )
        probabilities = estimator.predict_proba(X)
        return cls.from_predictions(
            y, probabilities, classes=estimator.classes_, sample_weight=sample_weight, bins=bins, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: npt.ArrayLike,
        y_prob: npt.ArrayLike,
        *,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        bins: int = BINS,
        ax: Axes | None = None,
    ) -> ReliabilityDisplay:
        """Return the display of labels (N,) and the probabilities predicted for them.

        ``y_prob`` is (N, K), a column for each of the ``classes``, which None takes from the labels in their
        order; or (N,), of the second of two. ``bins`` of the largest probability are of equal width.

        Raises ``DataError`` for what are no probabilities of N rows, and for labels that are no class.
        """
        probabilities = _probabilities(y_prob)
        codes = _codes(np.asarray(y_true), probabilities.shape, classes)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, probabilities, ensure_non_negative=True)
        found = in_bins(probabilities, codes, weights, whole_number(bins, "bins"))
        return cls(bins=found, rows=len(codes)).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ReliabilityDisplay:
        """Draw on ``ax``, or on axes of a new figure, and return the display."""
        self.ax_ = drawing.axes_or_new(ax)
        self.figure_ = cast("Figure", self.ax_.figure)
        reliability.draw(self.ax_, {"before": self.bins, "after": self.bins}, self.rows)
        return self


def _probabilities(given: npt.ArrayLike) -> Array:
    """Return probabilities (N, K), of both classes where those of one are given."""
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("y_prob must be numbers, (N, K) or (N,)") from None
    if found.ndim == 1:
        found = np.stack([1 - found, found], axis=1)
    if found.ndim != 2 or found.shape[1] < 2 or not len(found):
        raise DataError(f"y_prob has shape {np.shape(given)}, expected (N, K) of K ≥ 2 classes, or (N,)")
    if not ((found >= 0) & (found <= 1)).all():
        raise DataError("y_prob has values that are no probabilities, which are from 0 to 1")
    off = np.abs(found.sum(axis=1) - 1)
    if off.max() > NEAR_ONE:
        row = int(off.argmax())
        raise DataError(f"y_prob of row {row} has the sum {found[row].sum():g}, expected 1 over the classes")
    return found


def _codes(y: npt.NDArray[Any], shape: tuple[int, ...], classes: npt.ArrayLike | None) -> IntArray:
    """Return the places of labels (N,) among the classes."""
    if y.shape != shape[:1]:
        raise DataError(f"y_true has shape {y.shape} and y_prob {shape}; give a label for each row")
    known = np.unique(y) if classes is None else np.asarray(classes)
    if known.shape != shape[1:]:
        raise DataError(
            f"y_prob has {shape[1]} columns and there are {known.size} classes; give classes= in their order"
        )
    same = y[:, None] == known
    if not same.any(axis=1).all():
        label = y[int(same.any(axis=1).argmin())]
        raise DataError(f"y_true has the label {label!r}, which is none of the classes {known.tolist()}")
    return np.asarray(same.argmax(axis=1), dtype=np.intp)
