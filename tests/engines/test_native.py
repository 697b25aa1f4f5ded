from __future__ import annotations

import logging
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from shoal.activations import Tanh
from shoal.engines import ENGINES
from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.losses import Huber
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.solvers.adam import Adam
from tests.native.programs import printed, start

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

X = np.random.default_rng(0).normal(size=(40, 2))
y = X[:, 0]


@dataclass(frozen=True)
class MyTanh(Tanh):
    pass


@dataclass(frozen=True)
class MyAdam(Adam):
    pass


@dataclass(frozen=True)
class MyHuber(Huber):
    pass


@dataclass(frozen=True)
class MyDense(Dense):
    pass


def test_it_comes_first() -> None:
    assert next(iter(ENGINES)) == "native"


@pytest.mark.parametrize(
    ("network", "solver", "lacking"),
    [
        (Network(2, [Dense(3, MyTanh()), Dense(1)]), Adam(), "activation MyTanh()"),
        (Network(2, [Dense(3), MyDense(1)]), Adam(), "layer MyDense("),
        (Network(2, [Dense(1)], MyHuber()), Adam(), "loss MyHuber("),
        (Network(2, [Dense(1)]), MyAdam(), "solver MyAdam("),
    ],
)
def test_what_somebody_else_wrote_is_left_to_the_reference_engine(
    network: Network, solver: Adam, lacking: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigurationError) as error:
        train(network, X, y, solver=solver, epochs=1, engine="native")
    assert str(error.value).startswith(f"engine 'native' does not support the {lacking}")
    with caplog.at_level(logging.INFO, "shoal"):
        first, again = (train(network, X, y, solver=solver, epochs=3) for _ in range(2))
    (message,) = caplog.messages
    assert lacking in message
    expected = train(network, X, y, solver=solver, epochs=3, engine="reference")
    for result in first, again:
        assert np.array_equal(result.population.theta, expected.population.theta)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_training(n_jobs: int, tmp_path: Path) -> None:
    body = f"""
population = network.population(40)
before = population.theta.copy()
say_when_trainings_run(1)
try:
    train(population, *ENDLESS, epochs=10**6, engine="native", n_jobs={n_jobs})
except KeyboardInterrupt:
    print("interrupted", np.array_equal(before, population.theta))
"""
    process = start(tmp_path, "ENDLESS = np.ones((10**5, 2)), np.ones(10**5)" + body)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert printed(process) == "interrupted True\n"
