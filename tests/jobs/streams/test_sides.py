from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.jobs.streams.sides import TESTS, TRAINS, VALIDATES, choose_sides


def test_sides_have_at_most_what_they_are_to_have() -> None:
    tally = np.array([5, 0, 30, 5, 5, 60])
    chosen = choose_sides(tally, [(TESTS, 10), (VALIDATES, 10)])
    assert chosen.tolist() == [TESTS, TRAINS, TRAINS, TESTS, VALIDATES, TRAINS]
    assert choose_sides(np.array([50, 0, 50, 20]), [(TESTS, 10)]).tolist() == [TRAINS, TRAINS, TRAINS, TESTS]
    with pytest.raises(DataError, match="the rows are of 2 groups, too few"):
        choose_sides(np.array([50, 0, 50]), [(TESTS, 10), (VALIDATES, 10)])
