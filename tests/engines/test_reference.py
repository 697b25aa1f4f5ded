from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from shoal import engines
from shoal.engines import ENGINES, choose_engine, reference
from shoal.engines import loop as training
from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.shapes import Array
from shoal.training.recipe import Recipe

NETWORK = Network(2, [Dense(3, "tanh"), Dense(1)])
X = np.random.default_rng(0).normal(size=(8, 2))
y = X[:, 0]


@dataclass
class Picky(ReferenceEngine):
    """An engine that can do nothing."""

    name = "picky"

    def lacks(self, network: Network, recipe: Recipe | None = None) -> str | None:
        return f"a network of {network.n_parameters} parameters"


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_last_engine_supports_everything() -> None:
    assert list(ENGINES)[-1] == "reference"


def test_auto_takes_the_first_engine_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", {"picky": Picky(), "reference": ReferenceEngine()})
    chosen = choose_engine("auto", NETWORK)
    assert chosen.name == "reference"


def test_an_engine_that_cannot_do_the_job_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", {"picky": Picky()} | ENGINES)
    with pytest.raises(ConfigurationError) as error:
        train(NETWORK, X, y, engine="picky")
    assert str(error.value) == "engine 'picky' does not support a network of 13 parameters; use engine='auto'"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            ModuleNotFoundError("No module named 'shoal._native'", name="shoal._native"),
            "shoal was installed without its compiled engine (SHOAL_NATIVE=0), or run without being built",
        ),
        (
            ImportError("undefined symbol: x", name="shoal._native"),
            "the compiled engine cannot be loaded (undefined symbol: x); install shoal again on this machine",
        ),
    ],
)
def test_without_a_compiled_engine_one_line_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: ImportError, why: str
) -> None:
    monkeypatch.setattr(engines, "ENGINES", {"reference": ReferenceEngine()})
    monkeypatch.setattr(engines, "_MISSING", error)
    with caplog.at_level("INFO", "shoal"):
        train(NETWORK, X, y, epochs=1, engine="reference")  # asked for: nothing to explain
        assert caplog.messages == []
        for _ in range(2):
            train(NETWORK, X, y, epochs=1)
    assert caplog.messages == [f"the reference engine (NumPy) does the work: {why}"]
    with pytest.raises(ConfigurationError) as raised:
        train(NETWORK, X, y, epochs=1, engine="native")
    assert str(raised.value) == f"engine 'native' is not here: {why}; or use engine='auto'"


def test_an_unknown_engine() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown engine 'refrence'; did you mean 'reference'\? Known: auto, "
    ):
        train(NETWORK, X, y, engine="refrence")


def test_linear_algebra_runs_on_one_thread_and_on_as_many_as_before_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    during: list[set[int]] = []

    class Watched(training.BatchObjective):
        def __call__(self, *arguments: Any) -> tuple[Array, Array]:
            during.append(blas_threads())
            return super().__call__(*arguments)

    monkeypatch.setattr(training, "BatchObjective", Watched)
    reference._threadpools.cache_clear()  # SciPy may have come since, with a BLAS of its own
    with threadpool_limits(2, user_api="blas"):
        train(NETWORK, X, y, epochs=1, engine="reference")
        assert blas_threads() == {2}
    assert during == [{1}]


def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    network, rng = Network(200, [Dense(150, "tanh"), Dense(1)]), np.random.default_rng(0)
    X, y = rng.normal(size=(500, 200)), rng.normal(size=500)
    thetas = set()
    for threads in 1, 2, 3:
        with threadpool_limits(threads):
            thetas.add(
                train(network, X, y, epochs=2, engine="reference", n_jobs=threads).population.theta.tobytes()
            )
    assert len(thetas) == 1
