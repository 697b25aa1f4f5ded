"""The networks of a forecast, and the windows that they are given: for gradient checks and explanations."""

from __future__ import annotations

import numpy as np

from shoal.errors import ConfigurationError, DataError
from shoal.forecasting.networks import LearntNetworks
from shoal.forecasting.windows import every_window
from shoal.jobs.forecasts.model import ForecastModel
from shoal.jobs.forecasts.usable import panel_of, with_values
from shoal.jobs.kinds.base import require_row
from shoal.jobs.subjects.subject import Subject
from shoal.words import setting


def subject_of(model: ForecastModel, source: str, row: int, size: int, member: int) -> Subject:
    """Return network ``member``, counted through all kinds, with windows from ``row`` on, both from 1.

    Windows are those of the first series, oldest first, then of the next.
    """
    kinds = [learnt for learnt in model.mixture.members if isinstance(learnt, LearntNetworks)]
    counts = [learnt.population.size for learnt in kinds]
    if not counts:
        raise ConfigurationError(
            "this forecast holds no network: linear maps, or what is naive, did better; there is no gradient"
        )
    if not 1 <= member <= sum(counts):
        raise ConfigurationError(
            f"{setting('member', member)} is not in this forecast, which holds {sum(counts)} networks; count "
            "from 1"
        )
    place = int(np.searchsorted(np.cumsum(counts), member))
    learnt, before = kinds[place], sum(counts[:place])
    network = learnt.population.network
    horizon = network.n_outputs
    panel = panel_of(with_values(model.origin.read(source), 2)).long_enough(learnt.frame.window + horizon)
    windows = list(every_window(panel, learnt.frame, horizon, learnt.ahead)) if len(panel) else []
    if not windows:
        raise DataError(
            f"{source} has no window: one takes {learnt.frame.window} steps and the {horizon} after them; "
            "give a longer series"
        )
    require_row(row, sum(len(each.X) for each in windows), "window", source)
    X, Y = (np.concatenate([getattr(each, name) for each in windows]) for name in ("X", "Y"))
    some = slice(row - 1, row - 1 + size)
    X = X[some].reshape(-1, *network.input_shape)
    return Subject(
        learnt.population.members(member - 1 - before),
        X,
        Y[some],
        f"window {row}",
        output_names=tuple(f"{step} ahead" for step in range(1, horizon + 1)),
    )
