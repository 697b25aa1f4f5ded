from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal.data.roles import Roles
from shoal.errors import DataError
from shoal.jobs.streams.buckets import BUCKETS
from shoal.jobs.streams.folds import ClassFolds, DrawnFolds, GroupFolds, TimeFolds, deal_folds
from shoal.jobs.streams.moments import Moments
from shoal.selection.samples.dividers import Forward

NONE = np.zeros(0, dtype=np.uint64)


def test_folds_at_random_are_even() -> None:
    draws = np.random.default_rng(0).integers(2**64, size=50_000, dtype=np.uint64)
    found = DrawnFolds(5).reading()(pl.DataFrame({"x": np.zeros(50_000)}), draws, NONE)
    counts = np.bincount(found)
    assert len(counts) == 5
    assert abs(counts - 10_000).max() < 5 * np.sqrt(50_000 * 0.2 * 0.8)
    # those that are drawn, whose numbers are the smallest, are in all folds alike
    assert np.bincount(found[np.argsort(draws)[:5000]]).min() > 800


def test_every_class_is_even_in_the_folds_of_those_drawn_and_of_all() -> None:
    rng = np.random.default_rng(0)
    draws = rng.integers(2**64, size=20_000, dtype=np.uint64)
    labels = rng.choice(4, p=[0.6, 0.39, 0.009, 0.001], size=20_000)
    labels[7] = 4  # the only one
    drawn = np.sort(np.argsort(draws)[:2000])
    folds = ClassFolds(5, draws[drawn], labels[drawn], 5, seed=3)
    rows = pl.DataFrame({"x": np.zeros(20_000)})
    found = folds.reading()(rows, draws, labels)
    for part in (np.arange(20_000), drawn):
        for label in range(5):
            counts = np.bincount(found[part][labels[part] == label], minlength=5)
            assert np.ptp(counts) <= 1
    # the folds of those drawn are known without the others, and no fold hangs on how the table is cut
    np.testing.assert_array_equal(folds.reading()(rows[drawn], draws[drawn], labels[drawn]), found[drawn])
    of = folds.reading()
    parts = [slice(0, 1), slice(1, 7000), slice(7000, 7003), slice(7003, None)]
    np.testing.assert_array_equal(
        np.concatenate([of(rows[part], draws[part], labels[part]) for part in parts]), found
    )
    # nor does it follow the order of the table
    first = found[labels == 0]
    assert 0.15 < (first[5:] == first[:-5]).mean() < 0.25


def test_buckets_are_dealt_evenly() -> None:
    tally = np.random.default_rng(0).integers(0, 50, size=BUCKETS)
    of_bucket = deal_folds(tally, 7)
    rows = np.bincount(of_bucket, tally)
    assert rows.max() - rows.min() <= 50
    with pytest.raises(
        DataError, match="12 rows of 2 groups cannot be divided into 3 folds, which takes 3 groups"
    ):
        deal_folds(np.array([5, 0, 7]), 3)


def test_a_group_is_in_one_fold() -> None:
    roles = Roles(group="who")
    of_bucket = np.arange(BUCKETS) % 3
    who = [f"p{k}" for k in range(40)]
    found = GroupFolds(3, of_bucket, roles, 0).reading()(pl.DataFrame({"who": who * 2}), NONE, NONE)
    np.testing.assert_array_equal(found[:40], found[40:])
    assert set(found.tolist()) == {0, 1, 2}


def test_stretches_of_time_are_those_of_a_table_in_memory() -> None:
    times = np.random.default_rng(0).integers(0, 90, size=700).astype(float)
    moments = Moments()
    moments.count(times)
    folds = TimeFolds.of_moments(4, moments, Roles(time_order="when"))
    found = folds.reading()(pl.DataFrame({"when": times}), NONE, NONE)
    assert folds.forward
    for j, (train, held) in enumerate(Forward(times).folds(4, seed=0)):
        np.testing.assert_array_equal(np.flatnonzero(found < j), train)
        np.testing.assert_array_equal(np.flatnonzero(found == j), held)
