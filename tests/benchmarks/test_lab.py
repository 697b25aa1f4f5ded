from __future__ import annotations

import pytest

pytest.importorskip("playwright")

from benchmarks.lab import Budget


@pytest.mark.parametrize(
    ("found", "most", "held"),
    [(59, 60, True), (61, 60, False), (31, -30, True), (29, -30, False), (0, 0, True), (1, 0, False)],
)
def test_a_budget_is_held_from_the_side_that_it_bounds(found: float, most: float, held: bool) -> None:
    budget = Budget("frames", found, most, "a second")
    assert budget.held is held
    assert ("over its budget" in str(budget)) is not held
    assert ("≥" in str(budget)) is (most < 0)
