from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS
from shoal.errors import ConfigurationError
from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.export.c.networks import rounded_to_int8
from shoal.export.c.source import to_c
from shoal.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, LayerNorm
from shoal.populations.network import Network
from shoal.populations.population import Population
from tests.export.c.conftest import Compiled

Build = Callable[..., Compiled]
TOLERANCE = {"float32": 2e-6, "float64": 1e-13}


def drawn(network: Network, P: int = 2, dtype: str = "float32", scale: float = 3.0) -> Population:
    """Networks whose weights are large enough for curved activations."""
    population = network.population(P, seed=3, dtype=dtype)
    rng = np.random.default_rng(5)
    noise = rng.uniform(-1, 1, population.theta.shape).astype(population.theta.dtype)
    return dataclasses.replace(population, theta=scale * population.theta + noise / 2)


def rows(n: int, N: int = 40) -> Any:
    return np.random.default_rng(7).normal(0, 2, (N, n)).astype(np.float32).astype(np.float64)


def mean(population: Population, X: Any) -> Any:
    return population.predict(X.astype(population.theta.dtype)).mean(axis=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(compiled: Build, name: str, dtype: str) -> None:
    population = drawn(Network(3, [Dense(6, name), Dense(4, name), Dense(2)]), dtype=dtype)
    X = rows(3)
    expected = mean(population, X)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        compiled(population, 2).predict(X), expected, rtol=0, atol=TOLERANCE[dtype] * scale
    )


@pytest.mark.parametrize(
    ("loss", "K"), [("log_loss", 1), ("log_loss", 3), ("cross_entropy", 3), ("poisson", 2)]
)
def test_every_link(compiled: Build, loss: str, K: int) -> None:
    population = drawn(Network(3, [Dense(6, "tanh"), Dense(K)], loss), P=3)
    X = rows(3)
    np.testing.assert_allclose(compiled(population, K).predict(X), mean(population, X), rtol=2e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norms_and_dropout(compiled: Build, dtype: str) -> None:
    layers = [Dense(6), BatchNorm("relu"), Dropout(0.5), Dense(5, "silu"), LayerNorm("tanh"), Dense(2)]
    population = drawn(Network(4, layers), dtype=dtype)
    theta = population.theta.copy()
    for view in population.network.views(theta)[1].values():
        view[...] = np.abs(view) + 0.5  # variances among them
    population = dataclasses.replace(population, theta=theta)
    X, scale = rows(4), np.abs(mean(population, rows(4))).max()
    np.testing.assert_allclose(
        compiled(population, 2).predict(X), mean(population, X), atol=5 * TOLERANCE[dtype] * scale
    )


def test_a_network_that_was_picked_twice_is_written_once_and_counts_twice(compiled: Build) -> None:
    population = drawn(Network(2, [Dense(3, "tanh"), Dense(1)])).members(np.array([0, 1, 1]))
    assert to_c(population).count("static void member_") == 2
    X = rows(2)
    np.testing.assert_allclose(compiled(population, 1).predict(X), mean(population, X), rtol=1e-5, atol=1e-6)


def test_weights_of_8_bits_are_those_rounded(compiled: Build) -> None:
    """The very numbers: weights are replaced by what they are rounded to, and the network asked again."""
    population = drawn(Network(3, [Dense(6, "tanh"), Dense(2)]), P=2)
    theta = population.theta.copy()
    for views in population.network.views(theta):
        for p in range(2):
            Q, s = rounded_to_int8(views["W"][p])
            views["W"][p] = Q * s[:, None]
    X = rows(3)
    given = compiled(population, 2, int8=True).predict(X)
    np.testing.assert_allclose(given, mean(dataclasses.replace(population, theta=theta), X), atol=1e-5)
    assert np.abs(given - mean(population, X)).max() > 1e-4


def test_a_classifier(compiled: Build) -> None:
    X = rows(2, 60)
    y = np.where(X[:, 0] * X[:, 1] > 0, "in", "out")
    model = MLPClassifier((5,), solver="scg", max_iter=2000, random_state=0).fit(X, y)
    np.testing.assert_allclose(compiled(model, 1).predict(X)[:, 0], model.predict_proba(X)[:, 1], atol=1e-9)


def test_what_has_no_form_is_refused() -> None:
    image = Network((1, 4, 4), [Conv2D(2, 3, activation="relu"), Flatten(), Dense(1)]).population(1)
    with pytest.raises(ConfigurationError, match="layer 'conv2d' over samples of 3 axes has no form"):
        to_c(image)
    with pytest.raises(ConfigurationError, match="type dict cannot be exported"):
        to_c({})


def test_a_stranger_calls_it_from_a_program_of_their_own(compiler: str, tmp_path: Path) -> None:
    population = drawn(Network(2, [Dense(3, "tanh"), Dense(1)]))
    (tmp_path / "gate.c").write_text(to_c(population, "gate"))
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\nvoid gate_predict(const double in[2], double out[1]);\n"
        "int main(void) { double in[2] = {0.5, -1.5}, out[1]; "
        'gate_predict(in, out); printf("%.9g", out[0]); }\n'
    )
    build = [compiler, "-std=c99", "-Wall", "-Werror", "-o", "gate", "main.c", "gate.c", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "gate"], check=True, capture_output=True, text=True).stdout
    assert float(said) == pytest.approx(float(mean(population, np.array([[0.5, -1.5]]))[0, 0]), abs=1e-5)
