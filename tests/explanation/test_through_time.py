from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from shoal.explanation.explanation import TimeExplanation, explain
from shoal.layers import GRU, LSTM, RNN, Bidirectional, Dense, Dropout, Layer
from shoal.layers.recurrent import Recurrent
from shoal.populations.network import Network
from shoal.sequences import Sequences
from tests.layers import plain

X, y = Sequences(np.random.default_rng(0).normal(size=(3, 2, 7)), [7, 5, 1]), [0, 1, 1]
CELLS: list[Recurrent] = [
    RNN(3, "sigmoid"),
    GRU(2, initial_state="learnt", reverse=True, recurrent_dropout=0.3),
    LSTM(2, initial_state="learnt", truncate=2),
]
every_cell = pytest.mark.parametrize("layer", CELLS, ids=lambda layer: layer.name)


def explained(*layers: Layer, **settings: Any) -> TimeExplanation:
    network = Network((2, 7), [*layers, Dense(1)], "log_loss")
    explanation = explain(network, X, y, **settings)
    assert isinstance(explanation, TimeExplanation)
    return explanation


def test_numbers_by_hand() -> None:
    # W = 2, R = 3, b = −1, x = (1, 1): h = 1 and 4; W₂ = 5: z = 20, L = ½ (20 − 18)², ∂L/∂h_2 = 10.
    population = Network((1, 2), [RNN(1, "identity"), Dense(1)]).population(1)
    population.theta[:] = [2, 3, -1, 5, 0]
    explanation = explain(population, np.ones((1, 1, 2)), [18.0])
    assert isinstance(explanation, TimeExplanation)
    assert [step.state.item() for step in explanation.walk.steps] == [1, 4]
    assert [step.grad.item() for step in explanation.walk.steps] == [30, 10]
    assert [step.growth for step in explanation.walk.steps] == [3, 3]
    assert [gradient.factors.item() for gradient in explanation.walk.gradients] == [40, 10, 40]


@every_cell
def test_factors_multiply_to_what_the_engine_computes(layer: Recurrent) -> None:
    explanation = explained(layer, Dropout(0.1), Dense(3, "tanh"), sample=1)
    for gradient in explanation.walk.gradients:
        assert gradient.engine_error < 1e-12
        assert gradient.block.relative_error < 1e-6
    assert explanation.engine_error < 1e-12  # of the dense layers
    names = [gradient.name for gradient in explanation.walk.gradients]
    assert names == [*layer.parameter_shapes((2, 7))]


@every_cell
def test_each_factor_is_the_derivative_of_its_step(layer: Recurrent) -> None:
    population = Network((2, 7), [layer, Dense(1)], "log_loss").population(1, dtype="float64")
    explanation = explain(population, X, y)
    assert isinstance(explanation, TimeExplanation)
    p = {name: values[0] for name, values in population.network.views(population.theta)[0].items()}
    steps, h = explanation.walk.steps, 1e-6
    assert [step.number for step in steps] == ([*range(7, 0, -1)] if layer.reverse else [*range(1, 8)])
    for before, step in itertools.pairwise(steps):
        for column, unit in enumerate(np.eye(before.state.size) * h):
            x, shift = X.X[0, :, step.number - 1], unit.reshape(before.state.shape)
            plus, minus = (
                np.concatenate(plain.step(layer, p, x, tuple(state), 1.0))
                for state in (before.state + shift, before.state - shift)
            )
            np.testing.assert_allclose(step.factor[:, column], (plus - minus) / (2 * h), atol=1e-8)
        np.testing.assert_allclose(before.grad.ravel(), step.factor.T @ step.grad.ravel(), atol=1e-15)


@every_cell
def test_every_format_goes_on_through_time(layer: Recurrent) -> None:
    explanation = explained(layer, sample_name="a song", output_names=["liked"])
    for page in (str(explanation), explanation.to_markdown(), explanation.to_html()):
        assert "The chain rule of this network" in page
        assert page.index("Back through time") > page.index("All of it checked")
        assert "a song has 7 steps" in page
    content = json.loads(explanation.to_json())["through_time"]
    assert content["layer"]["name"] == layer.name
    assert [step["step"] for step in content["steps"]] == [step.number for step in explanation.walk.steps]
    assert {each["parameter"] for each in content["gradients"]} == {*layer.parameter_shapes((2, 7))}
    assert content["backward"]


def test_what_a_gated_cell_does_is_told_gate_by_gate() -> None:
    told = str(explained(LSTM(2)))
    for formula in (
        "i = σ(Wi x[t] + bi + Ri h[t-1])",
        "c[t] = f ⊙ c[t-1] + i ⊙ g",
        "h[t] = o ⊙ tanh(c[t])",
        "∂L/∂h[t-1] = Riᵀ δi + Rfᵀ δf + Rgᵀ δg + Roᵀ δo",
        "∂J/∂R = 1/N Σ_n Σ_t δ[t] h[t-1]ᵀ",
    ):
        assert formula in told
    assert "∂L/∂h[t-1] = z ⊙ ∂L/∂h[t] + Rrᵀ δr + Rzᵀ δz + Rnᵀ ε" in str(explained(GRU(2)))
    assert "∂L/∂h[t-1] = Rᵀ δ[t]" in str(explained(RNN(2)))


def test_long_sequences_show_their_first_and_last_steps() -> None:
    explanation = explain(
        Network((1, 40), [GRU(2), Dense(1)]), np.random.default_rng(1).normal(size=(2, 1, 40)), [0.0, 1.0]
    )
    assert isinstance(explanation, TimeExplanation)
    assert len(explanation.walk.steps) == 40
    rows = [words[0] for line in str(explanation).splitlines() if len(words := line.split()) == 5]
    assert [row for row in rows if row.isdigit()] == [*map(str, (1, 2, 3, 4, 5, 6, 35, 36, 37, 38, 39, 40))]


def test_some_of_the_differences() -> None:
    explanation = explained(LSTM(6), parameters=30)
    assert all(gradient.block.relative_error < 1e-6 for gradient in explanation.walk.gradients)
    assert explanation.walk.gradients[1].block.checked < 24 * 6


@pytest.mark.parametrize(
    "layers",
    [[GRU(2, return_sequences=True), LSTM(2)], [GRU(2, layer_norm=True)], [Bidirectional(GRU(2))]],
    ids=["stacked", "norm", "both directions"],
)
def test_other_recurrent_layers_are_told_layer_by_layer(layers: list[Layer]) -> None:
    explanation = explain(Network((2, 7), [*layers, Dense(1)], "log_loss"), X, y)
    assert not isinstance(explanation, TimeExplanation)
    assert [below.layer for below in explanation.below] == layers[::-1]
    assert all(each.engine_error < 1e-12 for below in explanation.below for each in below.gradients)
