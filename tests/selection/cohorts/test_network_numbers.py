from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError
from shoal.selection.cohorts.network_numbers import NetworkNumbers


def test_runs_are_written_by_their_ends() -> None:
    assert str(NetworkNumbers.of([9, 1, 2, 3, 5, 6, 2])) == "1-3,5-6,9"
    assert NetworkNumbers.parse(" 1-3, 5-6 ,9").ranges == ((1, 3), (5, 6), (9, 9))


@given(st.sets(st.integers(1, 60), min_size=1))
def test_numbers_survive_being_written(numbers: set[int]) -> None:
    read = NetworkNumbers.parse(str(NetworkNumbers.of(numbers)))
    assert {n for n in range(80) if n in read} == numbers
    assert read.last == max(numbers)


@pytest.mark.parametrize(
    "text",
    ["", "0", "0-3", "3-1", "1,1", "1-3,3", "5,2", "a", "1-", "-1", "1,,2", "1-2-3", "1" * 16, "\u0661"],
)
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="networks takes numbers from 1 on in rising order, got"):
        NetworkNumbers.parse(text)
