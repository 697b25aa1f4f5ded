"""What the losses of studies, estimators and trainings are called in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shoal.jobs.evidence import SCORES

if TYPE_CHECKING:
    from shoal.plots.evidence import Score

LOG_LOSS = ("log loss", "nats")
OF_CLASSES = dict.fromkeys(("log_loss", "cross_entropy", "step_cross_entropy"), LOG_LOSS)
PLAIN = {
    "squared_error": ("half squared error", "target units, squared"),
    "mean_squared_error": ("mean squared error", "target units, squared"),
    "absolute_error": ("absolute error", "target units"),
    "huber": ("Huber loss", "target units, squared"),
    "poisson": ("Poisson loss", "nats"),
}
"""Losses of targets as they were given."""


def score_of(loss: Any, standardised: bool = False) -> Score:
    """Return what is told of a loss, given as an object or by name; unit and all where it is known.

    ``standardised`` targets are those that the automatic estimators train on.

    >>> score_of("cross_entropy")
    {'name': 'log loss', 'unit': 'nats'}
    >>> score_of("my_own")
    {'name': 'my own', 'unit': ''}
    """
    name = str(getattr(loss, "name", loss))
    known = OF_CLASSES | PLAIN | (SCORES if standardised else {})
    told, unit = known.get(name, (name.replace("_", " "), ""))
    return {"name": told, "unit": unit}
