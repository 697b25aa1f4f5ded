from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Tanh
from shoal.compiled.architecture import ACTIVATION_NAMES
from shoal.engines import ENGINES
from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.losses import Huber
from shoal.network import Network
from shoal.solvers import SOLVERS
from shoal.solvers.adam import Adam
from shoal.trainer import train

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal.engines import native

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


def test_the_registries_are_numbered_as_in_the_native_sources() -> None:
    assert set(ACTIVATION_NAMES) == set(ACTIVATIONS)
    assert tuple(SOLVERS)[: len(native._SOLVERS)] == native._SOLVERS


def _theta(n_jobs: int) -> bytes:
    network = Network(2, [Dense(8, "tanh"), Dense(1)])
    return train(
        network, X, y, starts=20, epochs=3, engine="native", n_jobs=n_jobs
    ).population.theta.tobytes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_threads_survive_a_fork() -> None:
    here = _theta(3)
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        assert list(pool.map(_theta, [3, 3], timeout=60)) == [here, here]
    assert _theta(3) == here


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_training(n_jobs: int) -> None:
    code = f"""
import numpy as np
from shoal.layers import Dense
from shoal.network import Network
from shoal.trainer import train
population = Network(2, [Dense(8, "tanh"), Dense(1)]).population(40)
before = population.theta.copy()
print("ready", flush=True)
try:
    train(population, np.ones((200, 2)), np.ones(200), epochs=10**6, engine="native", n_jobs={n_jobs})
except KeyboardInterrupt:
    print("interrupted", np.array_equal(before, population.theta))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[0] == "interrupted True\n"
