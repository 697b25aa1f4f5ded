"""A training taken to its end, with somebody told after every epoch."""

from __future__ import annotations

import numpy as np

from shoal.engines.base import Training
from shoal.training.problem import Callback, Progress
from shoal.training.stopping import Reason


def finish(training: Training, epochs: int, threads: int, callback: Callback | None) -> None:
    """Train all ``epochs`` of the plan; ``callback`` hears of each, and returning True ends the training."""
    if callback is None:
        training.finish(threads)
        return
    active = epochs
    while training.epoch < epochs and active:
        training.advance(1, threads)
        going = np.equal(training.history.stopped, Reason.EPOCHS)
        active = int(going.sum())
        if callback(Progress(training.epoch, epochs, active, training.history)) and active:
            training.end(going, Reason.INTERRUPTED)
            break
