"""One network of a run from inside: what the inspector takes it for."""

from __future__ import annotations

import numpy as np

from shoal.lab.inspector import InspectedNetwork
from shoal.lab.material import Rows
from shoal.populations.population import Population
from shoal.populations.run import Run


def subject(run: Run, member: int, alone: Population, samples: Rows) -> InspectedNetwork:
    """Return a member of a run, ``alone`` as it predicts, with the samples that are drawn of its training.

    Differences are taken in 64 bits, whatever it was trained in.
    """
    theta = alone.theta.astype(np.float64)
    strengths = run.snapshot(losses=False).strengths
    rate = float(strengths["learning_rate"][member]) if run.recipe.rule.takes_learning_rate else None
    exact = Population(alone.network, theta, alone.keys)
    return InspectedNetwork(exact, samples, rate, float(strengths["weight_decay"][member]))
