from __future__ import annotations

import numpy as np
import pytest

from shoal.layers import Dense
from shoal.lecture.marks import draw_regions, enumerated
from shoal.plots import drawing
from shoal.populations.network import Network


@pytest.mark.parametrize(
    ("values", "text"), [([], ""), ([1], "1"), ([1, 2], "1 and 2"), ([1, 2, 3], "1, 2 and 3")]
)
def test_an_enumeration(values: list[int], text: str) -> None:
    assert enumerated(values) == text


def test_regions_are_divided_where_the_network_is_undecided() -> None:
    population = Network(2, [Dense(1)], loss="log_loss").population(1, dtype="float64")
    population.theta[...] = [1.0, 0.0, -0.5]  # z = x₁ − 0.5
    with drawing.axes(300, 200) as (_, axes):
        draw_regions(axes, population, np.array([[0.0, 0.0], [1.0, 1.0]]))
        boundary = axes.collections[-1].get_paths()[0].vertices
    np.testing.assert_allclose(np.asarray(boundary)[:, 0], 0.5, atol=1e-9)
