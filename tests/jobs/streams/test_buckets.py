from __future__ import annotations

import numpy as np
import polars as pl

from shoal.data.roles import Roles
from shoal.jobs.streams.buckets import BUCKETS, buckets_of

ROLES = Roles(group="who")


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
