from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal.data.roles import Roles
from shoal.errors import DataError
from shoal.jobs.streams.sides import BUCKETS, TESTS, TRAINS, VALIDATES, buckets_of, choose_sides

ROLES = Roles(group="who")


def test_sides_have_at_most_what_they_are_to_have() -> None:
    tally = np.array([5, 0, 30, 5, 5, 60])
    chosen = choose_sides(tally, [(TESTS, 10), (VALIDATES, 10)])
    assert chosen.tolist() == [TESTS, TRAINS, TRAINS, TESTS, VALIDATES, TRAINS]
    assert choose_sides(np.array([50, 0, 50, 20]), [(TESTS, 10)]).tolist() == [TRAINS, TRAINS, TRAINS, TESTS]
    with pytest.raises(DataError, match="the rows are of 2 groups, too few"):
        choose_sides(np.array([50, 0, 50]), [(TESTS, 10), (VALIDATES, 10)])


def test_a_bucket_is_of_the_group_and_the_seed_alone() -> None:
    names = [f"p{k}" for k in range(500)]
    found = buckets_of(pl.DataFrame({"who": names}), ROLES, seed=1)
    assert found is not None
    assert len(set(found.tolist())) > 480
    assert (found >= 0).all()
    assert (found < BUCKETS).all()
    again = buckets_of(pl.DataFrame({"who": names[::-1]}), ROLES, seed=1)
    np.testing.assert_array_equal(again, found[::-1])
    other = buckets_of(pl.DataFrame({"who": names}), ROLES, seed=2)
    assert (other != found).mean() > 0.9
    same = buckets_of(pl.DataFrame({"who": ["1", "1.0", "01"]}), ROLES, seed=1)
    assert len(set(same.tolist())) == 1  # type: ignore[union-attr]
    assert buckets_of(pl.DataFrame({"what": names}), ROLES, seed=1) is None
