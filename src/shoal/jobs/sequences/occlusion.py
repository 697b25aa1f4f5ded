"""What of a sequence a prediction depends on: a window is put at the mean, and it is predicted again."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from shoal.jobs.judging.examples import called_by
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.jobs.sequences.model import SequenceModel

WINDOWS = 16
"""Of a sequence, at most."""
LEAST = 1e-12
"""A probability whose logarithm is a number."""


def window_of(T: int) -> int:
    """Return the steps of a window in a sequence of T.

    >>> [window_of(T) for T in (5, 16, 17, 150)]
    [1, 1, 2, 10]
    """
    return -(-T // WINDOWS)


def without_windows(series: Array) -> list[Array]:
    """Return a series (C, T) once for each window, every channel at its mean over the whole series there.

    Missing values stay missing where a channel has no value at all.

    >>> without_windows(np.array([[1.0, 3.0, 2.0]]))[0]
    array([[2., 3., 2.]])
    """
    T, width = series.shape[1], window_of(series.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a channel without values
        mean = np.nanmean(series, axis=1, keepdims=True)
    step = np.arange(T)
    return [np.where((step >= first) & (step < first + width), mean, series) for first in range(0, T, width)]


def salience(model: SequenceModel, series: Array) -> Array:
    """Return how much each window of a series (C, T) speaks for what the model says of it (windows,)::

        ln P(called | x) − ln P(called | x with the window at its mean)          of numbers |ŷ − ŷ′|

    so that positive windows make it surer, in nats, or move the number, in units of the target's scale.

    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.
    """
    every = (series, *without_windows(series))
    scores = model.predict_features(model.preprocessor.transform(every))
    called = called_by(model, scores)
    if called is None:
        return np.asarray(np.abs(scores[0] - scores[1:]))
    of_called = np.log(np.maximum(scores[:, called[0]], LEAST))
    return np.asarray(of_called[0] - of_called[1:])
