"""Small networks that the demonstrations show, trained when they are first looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.populations.population import Population
from shoal.populations.trainer import begin
from shoal.shapes import Array


def best_start(
    population: Population, X: Any, y: Array, held: tuple[Any, Array], batch_size: int, epochs: int
) -> Population:
    """Return the one of a population that has the smallest loss on what is ``held`` out, in the end."""
    run = begin(
        population,
        X,
        y,
        validation=held,
        solver="adam",
        learning_rate=0.01,
        batch_size=batch_size,
        epochs=epochs,
        n_jobs=1,
    )
    run.advance(epochs)
    assert run.history.validation_loss is not None
    return run.population.members(int(np.argmin(run.history.validation_loss[:, -1])))
