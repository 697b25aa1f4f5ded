from __future__ import annotations

import math
from typing import Any

from shoal.selection.candidates.candidate import Candidate
from shoal.selection.choosing.axis_effects import explored
from shoal.selection.choosing.contenders import Contender


def candidates(*points: dict[str, Any]) -> list[Candidate]:
    return [
        Candidate(i, point.get("hidden", (4,)), 0.0, tuple(point.items())) for i, point in enumerate(points)
    ]


def contender(candidate: int, loss: float, start: int = 0) -> Contender:
    return Contender(candidate, "4", 0.0, start, 9, loss, 0.1)


def test_choices_are_levels_with_the_best_and_the_middle_loss() -> None:
    points = [{"activation": name, "l2": 0.0} for name in ("tanh", "relu", "tanh", "relu", "tanh")]
    losses = [0.5, 0.1, 0.3, 0.2, 0.4]
    (axis,) = explored(candidates(*points), [contender(i, loss) for i, loss in enumerate(losses)], chosen=1)
    assert (axis.axis, axis.chosen, axis.below, axis.above) == ("activation", "relu", "", "")
    tanh, relu = axis.levels
    assert (tanh.values, tanh.candidates, tanh.lowest, tanh.median, tanh.chosen) == (
        "tanh",
        3,
        0.3,
        0.4,
        False,
    )
    assert (relu.values, relu.candidates, relu.lowest, relu.median, relu.chosen) == (
        *("relu", 2, 0.1),
        (0.1 + 0.2) / 2,
        True,
    )


def test_numbers_have_neighbours_and_at_most_six_levels() -> None:
    rates = [0.01 * (i + 1) for i in range(12)]
    points = [{"learning_rate": rate} for rate in reversed(rates)]
    tried = [contender(i, 1.0 + i) for i in range(12)]
    (axis,) = explored(candidates(*points), tried, chosen=5)
    assert len(axis.levels) == 6
    assert [level.candidates for level in axis.levels] == [2] * 6
    assert (axis.below, axis.chosen, axis.above) == ("0.06 (7)", "0.07", "0.08 (5)")
    assert axis.levels[3].chosen
    assert axis.levels[0].values == "0.01 to 0.02"


def test_sizes_have_neighbours_by_layers_and_units_in_whatever_order_they_were_tried() -> None:
    points = [{"hidden": hidden} for hidden in [(32,), (4, 4), (8,), (16,)]]
    (axis,) = explored(candidates(*points), [contender(i, 0.1 * i) for i in range(4)], chosen=3)
    assert [level.values for level in axis.levels] == ["8", "16", "32", "4x4"]
    assert (axis.below, axis.above) == ("8 (0.2)", "32 (0)")


def test_at_the_end_of_an_axis_there_is_one_neighbour() -> None:
    found = candidates({"depth": 1}, {"depth": 2}, {"depth": 3})
    (axis,) = explored(found, [contender(i, 0.1) for i in range(3)], chosen=2)
    assert (axis.below, axis.above, axis.spread) == ("2 (0.1)", "", None)


def test_a_candidate_counts_by_its_best_start_and_what_diverged_has_no_loss() -> None:
    found = candidates({"depth": 1}, {"depth": 2})
    tried = [contender(0, 0.4), contender(0, 0.2, start=1), contender(1, math.nan)]
    (axis,) = explored(found, tried, chosen=0)
    assert [(level.lowest, level.median) for level in axis.levels] == [(0.2, 0.2), (None, None)]
    assert axis.above == "2 (diverged)"


def test_what_was_not_tried_is_not_told_and_one_value_is_no_axis() -> None:
    found = candidates({"depth": 1}, {"depth": 2}, {"depth": 3})
    (axis,) = explored(found, [contender(0, 0.1), contender(2, 0.2)], chosen=0)
    assert [level.values for level in axis.levels] == ["1", "3"]
    assert explored(candidates({"depth": 1}, {"depth": 1}), [contender(0, 0.1)], chosen=0) == []
    assert explored(candidates({}), [contender(0, 0.1)], chosen=0) == []


def test_an_axis_that_the_chosen_one_has_not_is_left_out() -> None:
    found = candidates(
        {"solver": "scg"}, {"solver": "adam", "batch_size": 8}, {"solver": "adam", "batch_size": 16}
    )
    axes = explored(found, [contender(i, 0.1 * (i + 1)) for i in range(3)], chosen=0)
    assert [axis.axis for axis in axes] == ["solver"]
