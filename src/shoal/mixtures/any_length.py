"""Networks over time as they take series of any length: no parameter of theirs depends on T."""

from __future__ import annotations

import dataclasses

from shoal.populations.population import Population
from shoal.sequences import Sequences


def of_any_length(population: Population, series: Sequences) -> Population:
    """Return the population for series padded to any T.

    >>> from shoal.selection.candidates.architectures import Recurrent
    >>> networks = Recurrent((1, 5)).network((2,), 5, 1, "log_loss").population(1)
    >>> of_any_length(networks, Sequences.of([range(9)])).network.inputs
    (1, 9)
    """
    network = dataclasses.replace(population.network, inputs=series.X.shape[1:])
    return Population(network, population.theta, population.keys)
