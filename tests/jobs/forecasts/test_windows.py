"""Which network and which window an explanation is about, counted through kinds and series."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import ConfigurationError, DataError
from shoal.forecasting.frames import Frame
from shoal.forecasting.naive import Repeated
from shoal.forecasting.networks import LearntNetworks
from shoal.forecasting.windows import KnownAhead
from shoal.jobs.forecasts.windows import subject_of
from shoal.layers import GRU, Dense
from shoal.populations.network import Network
from shoal.populations.population import Population

HORIZON = 2


def learnt(network: Network, frame: Frame, members: int, first: float) -> LearntNetworks:
    """Return networks whose parameters are all ``first``, ``first`` + 1 and so on."""
    theta = np.repeat(first + np.arange(members)[:, None], network.n_parameters, axis=1)
    return LearntNetworks(
        frame, KnownAhead(), Population(network, theta, network.population(members, seed=0).keys)
    )


DENSE = learnt(Network(3, [Dense(HORIZON)], "squared_error"), Frame(3), 2, 10.0)
GATED = learnt(Network((1, 4), [GRU(1), Dense(HORIZON)], "squared_error"), Frame(4), 3, 20.0)


def model(*members: Any, series: tuple[list[float], ...] = ()) -> Any:
    """Return a model that reads these series, whatever the source."""
    arrays = tuple(np.array([each], dtype=float) for each in series)
    names = tuple("abc"[: len(series)])
    data = TimedSeries(arrays, names, (0.0,) * len(series), ("y",), Calendar(), alone=len(series) == 1)
    return SimpleNamespace(
        mixture=SimpleNamespace(members=members), origin=SimpleNamespace(read=lambda source: data)
    )


TWO = model(
    Repeated(HORIZON),
    DENSE,
    GATED,
    series=([0.0, 1, 3, 6, 10, 15], [0.0, -2, -4, -6, -8, -10, -12]),
)


@pytest.mark.parametrize(("member", "value"), [(1, 10), (2, 11), (3, 20), (4, 21), (5, 22)])
def test_networks_are_counted_from_one_through_all_kinds(member: int, value: float) -> None:
    subject = subject_of(TWO, "t.csv", 1, 1, member)
    assert np.unique(subject.population.theta).tolist() == [value]
    assert subject.X.shape == ((1, 3) if member < 3 else (1, 1, 4))


@pytest.mark.parametrize("member", [0, -1, 6])
def test_a_network_that_is_not_there_is_refused(member: int) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"--member {member} is not in this .* holds 5 networks; count"
    ):
        subject_of(TWO, "t.csv", 1, 1, member)


def test_a_forecast_without_networks_has_no_gradient() -> None:
    with pytest.raises(
        ConfigurationError, match="holds no network: linear maps, or what is naive, did better"
    ):
        subject_of(model(Repeated(HORIZON), series=([1.0, 2, 3],)), "t.csv", 1, 1, 1)


def test_windows_are_those_of_the_first_series_oldest_first_then_of_the_next() -> None:
    # of 3 values and 2 ahead the first series has 2 windows, the second 3
    subject = subject_of(TWO, "t.csv", 1, 5, 1)
    assert subject.X.shape == (5, 3)
    for X, y, start in zip(subject.X[:2], subject.y[:2], (0, 1), strict=True):
        values = np.array([0.0, 1, 3, 6, 10, 15])[start : start + 5]
        centred = values - values[2]
        unit = np.sqrt(np.square(centred[:3]).mean())
        np.testing.assert_allclose(X, centred[:3] / unit)
        np.testing.assert_allclose(y, centred[3:] / unit)
    falling = np.array([2.0, 1, 0]) / np.sqrt(5 / 3)
    np.testing.assert_allclose(subject.X[2:], np.tile(falling, (3, 1)))
    assert subject.output_names == ("1 ahead", "2 ahead")


def test_a_batch_begins_at_its_window_and_ends_with_the_last_at_most() -> None:
    all_of_them = subject_of(TWO, "t.csv", 1, 5, 1)
    some = subject_of(TWO, "t.csv", 2, 2, 1)
    np.testing.assert_array_equal(some.X, all_of_them.X[1:3])
    np.testing.assert_array_equal(some.y, all_of_them.y[1:3])
    assert some.sample_name == "window 2"
    assert len(subject_of(TWO, "t.csv", 5, 9, 1).X) == 1


@pytest.mark.parametrize("row", [0, 6])
def test_a_window_that_is_not_there_is_refused(row: int) -> None:
    with pytest.raises(
        DataError, match=f"window {row} is not in t.csv, which has 5 windows; count them from 1"
    ):
        subject_of(TWO, "t.csv", row, 1, 1)


def test_a_history_too_short_for_a_window_has_none() -> None:
    with pytest.raises(DataError, match=r"t.csv has no window: one takes 3 steps and the 2 after them; give"):
        subject_of(model(DENSE, series=([1.0, 2, 3, 4],)), "t.csv", 1, 1, 1)
    assert len(subject_of(model(DENSE, series=([1.0, 2, 4, 8, 16],)), "t.csv", 1, 1, 1).X) == 1
