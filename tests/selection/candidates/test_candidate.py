from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.selection.candidates.candidate import Candidate, grid, hidden_label, parse_hidden


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (8, (8,)),
        (np.int64(3), (3,)),
        ("8", (8,)),
        (" 16 x 4 ", (16, 4)),
        ("16×4", (16, 4)),
        ((16, 16), (16, 16)),
        ([5], (5,)),
        (0, ()),
        ("0", ()),
        ((), ()),
    ],
)
def test_hidden_sizes_are_read_from_numbers_text_and_tuples(value: object, expected: tuple[int, ...]) -> None:
    assert parse_hidden(value) == expected


@pytest.mark.parametrize("value", [-1, "-4", "8x", "x", "", "large", 2.5, True, None, (4, -1), [2.0]])
def test_other_hidden_sizes_are_refused_by_name(value: object) -> None:
    with pytest.raises(ConfigurationError, match="whole numbers ≥ 0"):
        parse_hidden(value)


@pytest.mark.parametrize("value", [(0, 4), "4x0"])
def test_a_layer_without_units_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="at least one unit"):
        parse_hidden(value)


@pytest.mark.parametrize("hidden", [(), (1,), (16, 3, 2)])
def test_labels_read_back_as_the_sizes(hidden: tuple[int, ...]) -> None:
    assert parse_hidden(hidden_label(hidden)) == hidden


def test_the_grid_counts_through_strengths_within_sizes() -> None:
    assert grid(range(1, 3), [0, 0.5]) == [
        Candidate(0, (1,), 0.0),
        Candidate(1, (1,), 0.5),
        Candidate(2, (2,), 0.0),
        Candidate(3, (2,), 0.5),
    ]


def test_single_values_are_lists_of_one() -> None:
    assert grid("4x4", 1.0) == [Candidate(0, (4, 4), 1.0)]
    assert grid(4, np.array([1.0])) == [Candidate(0, (4,), 1.0)]


@pytest.mark.parametrize("strength", [-1.0, float("inf"), float("nan"), "much", None])
def test_strengths_must_be_finite_and_not_negative(strength: float) -> None:
    with pytest.raises(ConfigurationError, match="L2 strength must be a number ≥ 0"):
        grid([1], [strength])


def test_empty_and_repeated_entries_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="hidden is empty"):
        grid([], [0.0])
    with pytest.raises(ConfigurationError, match="l2 is empty"):
        grid([1], [])
    with pytest.raises(ConfigurationError, match="hidden holds '4' more than once"):
        grid([4, "4"], [0.0])
    with pytest.raises(ConfigurationError, match=r"l2 holds 1\.0 more than once"):
        grid([4], [1, 1.0])
