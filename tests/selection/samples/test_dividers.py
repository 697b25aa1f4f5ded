"""Parts that know nothing of each other: no group in two of them, and nothing from the future."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError, DataError
from shoal.selection.samples.dividers import AtRandom, ByGroup, Forward, Settled, _cost
from shoal.selection.samples.splits import holdout, k_folds

grouped = st.lists(st.integers(0, 8), min_size=6, max_size=80).filter(lambda g: len(set(g)) > 2)
moments = st.lists(st.integers(0, 12), min_size=6, max_size=80).filter(lambda t: len(set(t)) > 3)
seeds = st.integers(0, 2**64 - 1)


@given(grouped, st.floats(0.05, 0.95), seeds)
def test_no_group_is_on_both_sides_of_a_holdout(groups: list[int], share: float, seed: int) -> None:
    codes = np.array(groups)
    rest, held = ByGroup(codes).holdout(share, seed)

    assert sorted([*rest, *held]) == list(range(len(codes)))
    assert rest.size
    assert held.size
    assert not set(codes[rest]) & set(codes[held])


@given(grouped, st.integers(2, 3), seeds)
def test_folds_hold_every_group_out_once(groups: list[int], k: int, seed: int) -> None:
    codes = np.array(groups)
    folds = ByGroup(codes).folds(k, seed)

    assert sorted(np.concatenate([held for _, held in folds])) == list(range(len(codes)))
    for train, held in folds:
        assert held.size
        assert sorted([*train, *held]) == list(range(len(codes)))
        assert not set(codes[train]) & set(codes[held])


def test_groups_of_one_row_are_dealt_evenly_and_by_class() -> None:
    labels = np.repeat([0, 1], [90, 10])
    folds = ByGroup(np.arange(100), labels).folds(5, seed=3)

    assert [np.bincount(labels[held]).tolist() for _, held in folds] == [[18, 2]] * 5
    rest, held = ByGroup(np.arange(100), labels).holdout(0.2, seed=3)
    assert np.bincount(labels[held]).tolist() == [18, 2]
    assert rest.size == 80


def test_large_groups_are_dealt_so_that_parts_are_about_as_large_as_asked_for() -> None:
    sizes = [40, 30, 30, 20, 20, 20, 10, 10, 10, 10]
    groups = np.repeat(np.arange(10), sizes)

    assert [held.size for _, held in ByGroup(groups).folds(5, seed=0)] == [40] * 5
    assert ByGroup(groups).holdout(0.2, seed=0)[1].size == 40


def test_the_only_group_with_a_class_is_not_held_out() -> None:
    groups, labels = np.repeat(np.arange(6), 5), np.repeat([0, 0, 0, 0, 0, 1], 5)
    for seed in range(20):
        rest, _ = ByGroup(groups, labels).holdout(0.5, seed)
        assert 1 in labels[rest]


def test_another_seed_deals_otherwise_and_the_same_alike() -> None:
    divider = ByGroup(np.repeat(np.arange(30), 2))
    assert np.array_equal(divider.holdout(0.3, 1)[1], divider.holdout(0.3, 1)[1])
    assert not np.array_equal(divider.holdout(0.3, 1)[1], divider.holdout(0.3, 2)[1])
    assert not np.array_equal(divider.holdout(0.3, 1)[1], divider.holdout(0.3, 1, index=1)[1])


@given(moments, st.floats(0.05, 0.95))
def test_what_is_held_out_is_later_than_all_of_the_rest(times: list[int], share: float) -> None:
    t = np.array(times, dtype=np.float64)
    rest, held = Forward(t).holdout(share, seed=0)

    assert sorted([*rest, *held]) == list(range(len(t)))
    assert t[rest].max() < t[held].min()


@given(moments, st.integers(2, 3))
def test_no_fold_has_seen_the_future(times: list[int], k: int) -> None:
    t = np.array(times, dtype=np.float64)
    folds = Forward(t).folds(k, seed=0)

    assert len(folds) == k
    for train, held in folds:
        assert train.size
        assert held.size
        assert t[train].max() < t[held].min()
    for (_, earlier), (train, later) in itertools.pairwise(folds):
        assert t[earlier].max() < t[later].min()
        assert set(earlier) <= set(train)
    assert t[folds[-1][1]].max() == t.max()


def test_half_of_the_rows_train_for_the_first_fold() -> None:
    t = np.random.default_rng(0).permutation(100).astype(np.float64)
    folds = Forward(t).folds(5, seed=0)
    assert [train.size for train, _ in folds] == [50, 60, 70, 80, 90]
    assert [held.size for _, held in folds] == [10] * 5


@pytest.mark.parametrize(
    ("divider", "told"),
    [
        (ByGroup(np.zeros(9, dtype=int)), "9 rows of 1 group cannot be divided in two"),
        (Forward(np.ones(9)), "9 rows of 1 different time cannot be divided in two"),
    ],
)
def test_one_group_and_one_time_cannot_be_divided(divider: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        divider.holdout(0.2, seed=0)


@pytest.mark.parametrize("divider", [ByGroup(np.array([1, 1, 2, 3])), Forward(np.array([1.0, 2, 3, 3]))])
def test_too_many_folds_are_refused(divider: Any) -> None:
    with pytest.raises(DataError, match=r"4 rows of 3 .*fewer folds"):
        divider.folds(4, seed=0)


def test_some_samples_are_divided_as_they_alone() -> None:
    groups, rows = np.array([5, 5, 6, 7, 7, 8]), np.array([0, 2, 3])
    assert ByGroup(groups).take(rows).groups.tolist() == [5, 6, 7]
    assert Forward(groups.astype(float)).take(rows).most_folds == 2
    assert AtRandom(6, groups).take(rows).labels.tolist() == [5, 6, 7]  # type: ignore[union-attr]


def test_at_random_is_what_splits_do() -> None:
    labels = np.repeat([0, 1], 10)
    assert np.array_equal(AtRandom(20, labels).holdout(0.3, 4, 1)[1], holdout(20, 0.3, 4, labels, 1)[1])
    found, expected = AtRandom(20, labels).folds(4, 7), k_folds(20, 4, 7, labels)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(found, expected, strict=True))


def test_settled_folds_are_those_that_were_dealt_before() -> None:
    dealt = k_folds(30, 3, seed=4)
    fold = np.empty(30, dtype=np.intp)
    for j, (_, held) in enumerate(dealt):
        fold[held] = j
    for one, same in zip(Settled(fold).folds(3, seed=0), dealt, strict=True):
        np.testing.assert_array_equal(one[0], same[0])
        np.testing.assert_array_equal(one[1], same[1])


def test_settled_stretches_are_trained_on_what_is_before_them() -> None:
    times = np.random.default_rng(0).integers(0, 20, size=60).astype(float)
    dealt = Forward(times).folds(3, seed=0)
    fold = np.full(60, -1)
    for j, (_, held) in enumerate(dealt):
        fold[held] = j
    for one, same in zip(Settled(fold, forward=True).folds(3, seed=0), dealt, strict=True):
        np.testing.assert_array_equal(one[0], same[0])
        np.testing.assert_array_equal(one[1], same[1])


def test_what_settled_folds_are_not_is_said() -> None:
    settled = Settled(np.array([0, 1, 1, 2]))
    assert (len(settled), settled.most_folds) == (4, 3)
    assert settled.take(np.array([0, 1])).folds(2, seed=0)[0][1].tolist() == [0]
    with pytest.raises(ConfigurationError, match="in 3 folds that are settled; ask for so many folds"):
        settled.holdout(0.2, seed=0)
    for k in (2, 4):
        with pytest.raises(DataError, match=f"4 rows cannot be divided into {k} folds as these are settled"):
            settled.folds(k, seed=0)


def test_what_a_group_costs_is_rounded_once_whatever_python_s_sum_does() -> None:
    # 3.11 rounds after each of the three terms, and later versions do not: 1.544 and one digit less
    rows, has, totals = Counter([1] * 5 + [0] * 3 + [2] * 3), {0: 8, 1: 7, 2: 1}, {0: 10, 1: 10, 2: 25}
    terms = [Fraction(rows[c] * (2 * has[c] + rows[c]) / totals[c] ** 2) for c in rows]
    assert _cost(rows, Counter(has), Counter(totals)) == float(sum(terms)) == 1.5439999999999998
