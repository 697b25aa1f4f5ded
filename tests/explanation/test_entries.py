from __future__ import annotations

import re

import numpy as np

from shoal.explanation.blocks import Formula, Heading, Paragraph
from shoal.explanation.entries import MOST_TERMS, one_entry
from shoal.explanation.explained import Comparison
from shoal.explanation.explanation import Explanation, explain
from shoal.formulas.text import text
from shoal.layers import Dense
from shoal.populations.network import Network


def parts_of(formula: str) -> list[str]:
    return [part.strip() for part in formula.split(" = ")]


def of(explanation: Explanation, name: str, layer: int) -> tuple[Comparison, list[str]]:
    """Return a comparison and the formulas that its entry is written out in."""
    (comparison,) = (
        each
        for each in explanation.comparisons
        if (each.derivation.name, each.derivation.step.number) == (name, layer)
    )
    blocks = list(one_entry(explanation, comparison))
    assert isinstance(blocks[0], Heading)
    assert isinstance(blocks[-1], Paragraph)
    return comparison, [text(block.tree) for block in blocks if isinstance(block, Formula)]


def test_the_largest_entry_is_written_as_a_mean_over_the_samples(lecture: Explanation) -> None:
    comparison, formulas = of(lecture, "W", 3)
    gradient = comparison.derivation.gradient
    i, j = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    assert len(formulas) == 1  # there is no layer above
    left, _, written, value = parts_of(formulas[0])
    assert left == f"∂J/∂W3[{i + 1},{j + 1}]"
    assert float(value.replace("−", "-")) == float(f"{gradient[i, j]:.4g}")
    assert written.startswith("1/4 (")
    assert written.count("·") == 4  # a product for each sample


def test_a_hidden_layer_is_followed_by_where_its_delta_comes_from(lecture: Explanation) -> None:
    assert len(of(lecture, "W", 1)[1]) == 2
    assert len(of(lecture, "b", 1)[1]) == 1


def test_of_many_samples_the_first_few_terms_are_written() -> None:
    rng = np.random.default_rng(0)
    network = Network(1, [Dense(1)])
    explanation = explain(network, rng.normal(size=(MOST_TERMS + 3, 1)), rng.normal(size=MOST_TERMS + 3))
    comparison, [formula] = of(explanation, "b", 1)
    added = [f"{abs(d):.4g}" for d in comparison.derivation.delta[0]]
    assert re.findall(r"[0-9.]+|⋯", parts_of(formula)[2]) == ["1", "7", *added[:MOST_TERMS], "⋯"]
