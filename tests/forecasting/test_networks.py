"""Networks over windows: their shapes, who learns from what, and forecasts in the units of the series."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from shoal.forecasting import networks as module
from shoal.forecasting.candidates import ForecastSchooling
from shoal.forecasting.frames import Frame
from shoal.forecasting.networks import LearntNetworks, Networks, batch_size
from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Panel
from shoal.forecasting.windows import KnownAhead
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array

FRAME = Frame(3)


def linear(W: list[list[float]], members: int = 2, noise: float = 0.0) -> Population:
    """Return networks z = W x without a bias; of two the one is as much above as the other below it."""
    network = Network(len(W[0]), [Dense(len(W))], "squared_error")
    theta = np.zeros((members, network.n_parameters), np.float32)
    own = network.views(theta)[0]["W"]
    own[:] = np.array(W)
    own[0] += noise
    own[-1] -= noise
    return Population(network, theta, network.population(members, seed=0).keys)


def contexts(*series: list[float], future: Array | None = None) -> Any:
    panel = Panel.of([np.array([each]) for each in series], None if future is None else [future])
    return panel.contexts(FRAME.window, 2)


@pytest.mark.parametrize(
    ("N", "batch"),
    [(1, 1), (10, 10), (16, 16), (17, 16), (1024, 16), (1025, 17), (8192, 128), (8193, 128), (10**6, 128)],
)
def test_minibatches_are_about_64_of_16_to_128_windows(N: int, batch: int) -> None:
    assert batch_size(N) == batch


@pytest.mark.parametrize(
    ("kind", "hidden", "layers", "shape"),
    [
        ("dense", (4, 3), ["dense", "dense", "dense"], (8,)),
        ("recurrent", (5,), ["gru", "dense"], (1, 8)),
        ("convolutional", (6,), ["conv1d", "flatten", "dense"], (1, 8)),
    ],
)
def test_each_kind_takes_a_window_and_gives_all_steps(
    kind: str, hidden: tuple[int, ...], layers: list[str], shape: tuple[int, ...]
) -> None:
    network = Networks(kind, FRAME, hidden, 1).network(8, 4)
    assert [layer.name for layer in network.layers] == layers
    assert (network.input_shape, network.n_outputs, network.loss.name) == (shape, 4, "squared_error")


def test_a_filter_is_no_longer_than_the_window() -> None:
    short, long = (Networks("convolutional", FRAME, (1,), 1).network(n, 1) for n in (2, 9))
    assert (short.layers[0].kernel_size, long.layers[0].kernel_size) in [(2, 5), ((2,), (5,))]


def test_words_tell_kind_size_and_window() -> None:
    words = Networks("dense", FRAME, (16, 8), 1).words
    assert words == "dense networks of 16-8 units on 3 values, the last subtracted"


def test_a_forecast_is_the_mean_of_the_networks_in_the_units_of_the_series() -> None:
    """Where z is the negative of the first and of the second number of a window in its frame."""
    learnt = LearntNetworks(FRAME, KnownAhead(), linear([[-1, 0, 0], [0, -1, 0]], noise=0.5))
    found = learnt.forecast(contexts([1.0, 2.0, 4.0], [50.0, 30.0, 40.0]))
    # x' = (x − 4)/s, so −x'₁ s + 4 = 4 + 3 and −x'₂ s + 4 = 4 + 2
    np.testing.assert_allclose(found, [[7, 6], [30, 50]], rtol=1e-6)
    assert (found.dtype, learnt.needs) == (np.float64, 3)


def test_more_values_than_the_window_change_nothing() -> None:
    learnt = LearntNetworks(FRAME, KnownAhead(), linear([[-1, 0, 0]]))
    panel = Panel.of([np.array([[1e6, -1e6, 1.0, 2.0, 4.0]])])
    assert learnt.forecast(panel.contexts(5, 1)) == pytest.approx(7, rel=1e-6)


def test_columns_known_ahead_are_inputs_from_the_last_step_on() -> None:
    """Of w = 3 values and one column with h + 1 = 3 steps the sixth input is the column's last step."""
    learnt = LearntNetworks(FRAME, KnownAhead((10.0,), (2.0,)), linear([[0] * 5 + [1], [0, 0, 0, 1, 0, 0]]))
    future = np.array([[0.0, 0, 12, 0, 18]])
    found = learnt.forecast(contexts([1.0, 2.0, 4.0], future=future))
    unit = np.sqrt((9 + 4) / 3)
    np.testing.assert_allclose(found, [[4 + (18 - 10) / 2 * unit, 4 + (12 - 10) / 2 * unit]], rtol=1e-6)


def test_what_is_kept_forecasts_the_same_bits() -> None:
    learnt = LearntNetworks(
        FRAME, KnownAhead((1.0,), (2.0,)), linear([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]])
    )
    config = json.loads(json.dumps(learnt.to_config()))
    again = LearntNetworks.from_config(config, learnt.arrays())
    given = contexts([1.0, 2.0, 4.0], future=np.arange(5.0)[None])
    np.testing.assert_array_equal(again.forecast(given), learnt.forecast(given))


@pytest.mark.parametrize("broken", ["nan", "features"])
def test_networks_that_do_not_fit_their_windows_are_refused(broken: str) -> None:
    learnt = LearntNetworks(FRAME, KnownAhead(), linear([[1, 2, 3]]))
    config, arrays = learnt.to_config(), dict(learnt.arrays())
    if broken == "nan":
        arrays["theta"] = np.full_like(arrays["theta"], np.nan)
        message = "its networks take 3 numbers, its windows have 3"
    else:
        config["frame"] = Frame(4).to_config()
        message = "its networks take 3 numbers, its windows have 4"
    with pytest.raises(ValueError, match=message):
        LearntNetworks.from_config(config, arrays)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Train nothing, and tell what was asked; ``diverged`` says which networks are lost."""
    kept: dict[str, Any] = {"diverged": np.zeros(6, dtype=bool)}

    class Result:
        def __init__(self, population: Population) -> None:
            self.population, self.diverged = population, kept["diverged"]

    def train(network: Network, X: Array, Y: Array, **settings: Any) -> Result:
        kept.update(settings, network=network, X=X, Y=Y)
        drawn = network.population(settings["starts"], seed=settings["seed"])
        theta = np.zeros_like(drawn.theta)
        network.views(theta)[-1]["b"][:] = np.arange(settings["starts"])[:, None, None]
        return Result(Population(network, theta, drawn.keys))

    monkeypatch.setattr(module, "train", train)
    return kept


SERIES = Panel.of([np.arange(12.0)[None]])
LESSON = ForecastSchooling(SERIES, Origins(2, (4, 2), ((4, 3), (2,))), 1, 9)
UNIT = np.sqrt((4 + 1) / 3)
"""Of every window of three numbers that rise by one."""


def test_a_refit_learns_from_windows_that_end_before_its_origins(asked: dict[str, Any]) -> None:
    assert Networks("dense", FRAME, (2,), 7, starts=2).learn(LESSON) is not None
    # of 12 steps 8 windows of 3 + 2 begin at 0 to 7, and are followed by 7 to 0 steps
    left = np.arange(7, -1, -1)
    weights = asked["sample_weight"]
    assert weights.shape == (6, 8)
    for rows, cut in zip((slice(0, 2), slice(2, 4), slice(4, 6)), (4, 2, 0), strict=True):
        np.testing.assert_array_equal(weights[rows], np.tile(left >= cut, (2, 1)))
    assert (asked["starts"], asked["epochs"], asked["seed"], asked["batch_size"]) == (6, 7, 9, 8)
    np.testing.assert_allclose(asked["Y"], np.tile([1, 2] / UNIT, (8, 1)), rtol=1e-6)


def test_origins_are_forecast_by_their_own_refit_and_what_comes_by_all_steps(asked: dict[str, Any]) -> None:
    tried = Networks("dense", FRAME, (2,), 1, starts=2).learn(LESSON)
    assert tried is not None
    # network k says k units above the last value; refits are the means of 0 and 1, of 2 and 3, of 4 and 5
    lasts, means = np.array([7, 8, 9]), np.array([0.5, 0.5, 2.5])
    np.testing.assert_allclose(tried.forecasts, np.tile((lasts + means * UNIT)[:, None], 2), rtol=1e-6)
    found = tried.learnt.forecast(SERIES.contexts(3, 2))
    np.testing.assert_allclose(found, [[11 + 4.5 * UNIT] * 2], rtol=1e-6)


def test_networks_that_diverged_are_left_out(asked: dict[str, Any]) -> None:
    asked["diverged"] = np.array([1, 0, 0, 1, 1, 0], dtype=bool)
    tried = Networks("dense", FRAME, (2,), 1, starts=2).learn(LESSON)
    assert tried is not None
    np.testing.assert_allclose(
        tried.forecasts[:, 0], np.array([7, 8, 9]) + np.array([1, 1, 2]) * UNIT, rtol=1e-6
    )
    assert tried.learnt.population.size == 1


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_refit_without_a_network_left_is_no_candidate(asked: dict[str, Any], lost: int) -> None:
    asked["diverged"][2 * lost : 2 * lost + 2] = True
    assert Networks("dense", FRAME, (2,), 1, starts=2).learn(LESSON) is None


def test_a_refit_without_a_window_is_no_candidate(asked: dict[str, Any]) -> None:
    early = ForecastSchooling(
        SERIES, Origins(2, (8, 2), ((8,), (2,))), 1, 0
    )  # 4 steps before it, of 5 that a window has
    assert Networks("dense", FRAME, (2,), 1).learn(early) is None
    assert "X" not in asked
