from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.explanation.explanation import Explanation, explain
from shoal.formulas.text import text
from shoal.layers import Dense, Dropout, Flatten
from shoal.layers.base import Layer
from shoal.losses import StepCrossEntropy
from shoal.populations.network import Network

NETWORK = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
X, y = [[0.5, -1.0], [2.0, 0.3]], [0, 1]


def test_the_chains_of_the_lecture(lecture: Explanation) -> None:
    chains = [" · ".join(text(factor.symbol) for factor in c.derivation.factors) for c in lecture.comparisons]
    down_to_2 = "∂L/∂a3 · ∂a3/∂z3 · ∂z3/∂a2 · ∂a2/∂z2"
    down_to_1 = f"{down_to_2} · ∂z2/∂a1 · ∂a1/∂z1"
    assert chains == [
        "∂L/∂a3 · ∂a3/∂z3 · ∂z3/∂W3",
        "∂L/∂a3 · ∂a3/∂z3 · ∂z3/∂b3",
        f"{down_to_2} · ∂z2/∂W2",
        f"{down_to_2} · ∂z2/∂b2",
        f"{down_to_1} · ∂z1/∂W1",
        f"{down_to_1} · ∂z1/∂b1",
    ]


def test_the_boxed_formulas_of_the_lecture(lecture: Explanation) -> None:
    told = [" ".join(line.split()) for line in str(lecture).splitlines()]
    for formula in (
        "∂L/∂W3 = (a3 − y) · a2",
        "∂L/∂b3 = a3 − y",
        "∂L/∂W2 = (a3 − y) · W3 · g′(z2) · a1",
        "∂L/∂b2 = (a3 − y) · W3 · g′(z2)",
        "∂L/∂W1 = (a3 − y) · W3 · g′(z2) · W2 · g′(z1) · x",
        "∂L/∂b1 = (a3 − y) · W3 · g′(z2) · W2 · g′(z1)",
        "│ ∂J/∂W3 = 1/N δ3 a2ᵀ │",
        "│ δ2 = W3ᵀ δ3 ⊙ g′(z2) │",
        "│ ∂J/∂W2 = 1/N δ2 a1ᵀ │",
        "│ ∂J/∂W1 = 1/N δ1 xᵀ │",
        "│ ∂J/∂b1 = 1/N δ1 1 │",
    ):
        assert formula in told


def test_numbers_of_a_network_worked_by_hand() -> None:
    # z = w x + b = 2 · 3 + 1 = 7, L = ½ (7 − 5)² = 2, δ = 2, ∂L/∂w = δ x = 6, ∂L/∂b = 2
    population = Network(1, [Dense(1)]).population(1)
    population.theta[:] = [2, 1]
    explanation = explain(population, [3.0], [5.0])
    weight, bias = explanation.comparisons
    assert explanation.trace.losses.tolist() == [2]
    assert weight.derivation.sample_gradient(0).tolist() == weight.engine.tolist() == [[6]]
    assert bias.derivation.gradient.tolist() == [[2]]
    assert [factor.batch.tolist() for factor in weight.derivation.factors] == [[[2]], [[1]], [[3]]]
    assert "∂J/∂W1[1,1] = 1/N Σ_n δ1[1,n] x[1,n] = 1/1 2 · 3 = 6" in str(explanation)


def test_one_entry_is_the_sum_that_it_is_written_as(lecture: Explanation) -> None:
    (first,) = (line for line in str(lecture).split("#") if "One entry as a sum: ∂J/∂W3" in line)
    written = re.search(r"= 1/4 \((.*?)\) = (−?[\d.]+)", " ".join(first.split()))
    assert written is not None
    terms = written[1].replace("(−", "-").replace(")", "").replace("− ", "+ -").split(" + ")
    total = sum(float(np.prod([float(x.replace("−", "-")) for x in term.split(" · ")])) for term in terms)
    np.testing.assert_allclose(total / 4, float(written[2].replace("−", "-")), rtol=2e-3)


def test_every_format_tells_of_every_parameter(lecture: Explanation) -> None:
    for name, layer in (("W", 3), ("b", 3), ("W", 2), ("b", 2), ("W", 1), ("b", 1)):
        assert f"## Finding $\\frac{{\\partial L}}{{\\partial {name}_{{{layer}}}}}$" in lecture.to_markdown()
        assert f"# Finding ∂L/∂{name}{layer}" in str(lecture)
    assert lecture.to_html().count("<h2") == lecture.to_markdown().count("\n## ") == 10


def test_the_page_is_well_formed_and_fetches_nothing(lecture: Explanation) -> None:
    page = lecture.to_html()
    body = page[page.index("<body>") : page.index("</html>")]
    root = ET.fromstring(body)  # noqa: S314 - our own page
    assert {element.tag for element in root.iter()} & {"script", "img", "link", "iframe"} == set()
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "url(" not in page
    targets = {element.get("href", "")[1:] for element in root.iter("a")}
    assert targets <= {element.get("id") for element in root.iter()}


def test_names_from_data_are_escaped(lecture: Explanation) -> None:
    hostile = lecture.feature_names[0]
    assert "<script" not in lecture.to_html()
    assert html.escape(hostile) in lecture.to_html()
    assert "<script" not in lecture.to_markdown().replace("\\<", "")
    assert "\\| \\$a\\$ & \\`b\\`" in lecture.to_markdown().replace("\\&", "&")
    assert hostile in str(lecture)
    assert json.loads(lecture.to_json())["features"][0] == hostile


def test_json_holds_every_number(lecture: Explanation) -> None:
    content = json.loads(lecture.to_json())
    assert [entry["parameter"] for entry in content["gradients"]] == ["W3", "b3", "W2", "b2", "W1", "b1"]
    for entry, comparison in zip(content["gradients"], lecture.comparisons, strict=True):
        assert np.array_equal(entry["engine"], comparison.engine)
        assert np.array_equal(entry["gradient"], comparison.derivation.gradient)
        assert np.array_equal(entry["central_differences"], comparison.numerical)
        for written, factor in zip(entry["factors"], comparison.derivation.factors, strict=True):
            assert np.array_equal(written["batch"], factor.batch)
            assert np.array_equal(written["sample"], factor.sample(1))
            assert written["formula"]["text"] == text(factor.formula)


def test_what_the_page_shows_has_its_differences_whatever_the_sample() -> None:
    network = Network(30, [Dense(20, "tanh"), Dense(1)], loss="log_loss")
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(4, 30)), rng.integers(2, size=4)
    some, every = (explain(network, *batch, parameters=parameters) for parameters in (100, None))
    assert "undefined" not in some.to_markdown()
    for few, all_ in zip(some.comparisons, every.comparisons, strict=True):
        known = np.isfinite(few.numerical)
        assert np.array_equal(few.numerical[known], all_.numerical[known])
        assert few.block.checked == known.sum()
    weights = some.comparisons[2]
    assert weights.derivation.name == "W"
    assert weights.block.checked < 600
    assert np.isfinite(weights.numerical[:10, :8]).all()
    assert np.isfinite(weights.numerical.flat[np.abs(weights.derivation.gradient).argmax()])
    assert "Differences were taken of all 641 parameters." in every.to_markdown()
    assert f"taken of {some.check.coverage[0]} of 641 parameters: at least 20 of each" in some.to_markdown()


def test_a_saturated_output_is_explained_by_the_simple_form() -> None:
    network = Network(1, [Dense(1)], loss="log_loss")
    population = network.population(1, dtype="float64")
    population.theta[:] = [1000, 0]
    explanation = explain(population, [1.0], [1.0])
    assert "∂L/∂a1 = undefined" in str(explanation)
    assert json.loads(explanation.to_json())["gradients"][0]["factors"][0]["batch"] == [[None]]


def test_dropout_is_off() -> None:
    with_dropout = Network(2, [Dense(3, "tanh"), Dropout(0.5), Dense(1)], loss="log_loss")
    population = with_dropout.population(1)
    a, b = explain(population, X, y), explain(NETWORK.population(1), X, y)
    np.testing.assert_array_equal(a.comparisons[0].engine, b.comparisons[0].engine)


def test_large_numbers_of_units_and_samples_are_cut() -> None:
    rng = np.random.default_rng(0)
    network = Network(30, [Dense(20, "relu"), Dense(1)])
    told = str(explain(network, rng.normal(size=(50, 30)), rng.normal(size=50)))
    assert "⋯ 20 more" in told
    assert "+ ⋯) =" in told
    assert max(map(len, told.splitlines())) <= 110


class Mystery(Layer):
    name = "mystery"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def forward(self, parameters: Any, a: Any, noise: Any) -> Any:
        return a, None

    def backward(self, parameters: Any, cache: Any, grad_a: Any, gradients: Any, propagate: bool) -> Any:
        return grad_a


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"sample": 2}, ConfigurationError, "sample must be a row of the batch, 0 to 1, got 2; count from 0"),
        ({"sample": True}, ConfigurationError, "sample must be a row of the batch"),
        ({"feature_names": ["a"]}, ConfigurationError, "feature_names must be 2 names, got 1"),
        ({"y": [0, 1, 1]}, DataError, "X has 2 rows and y has 3"),
        ({"network": NETWORK.population(3)}, ConfigurationError, "one network is explained at a time, got 3"),
        (
            {"network": Network(2, [Mystery(), Dense(1)], loss="log_loss")},
            ConfigurationError,
            "the chain rule is explained for dense layers, got ",
        ),
    ],
)
def test_what_cannot_be_explained(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        explain(**({"network": NETWORK, "X": X, "y": y} | arguments))
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_a_class_for_every_step_is_not_explained() -> None:
    network = Network((2, 4), [Flatten(), Dense(12)], StepCrossEntropy(4))
    with pytest.raises(ConfigurationError, match="one answer for a sample is explained, got StepCross"):
        explain(network, np.ones((1, 2, 4)), [[0, 1, 2, 0]])
