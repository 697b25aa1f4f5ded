from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError, DataError
from shoal.selection.samples.splits import holdout, k_folds, some_rows

sizes = st.integers(2, 200)
seeds = st.integers(0, 2**64 - 1)
class_labels = st.lists(st.integers(0, 4), min_size=2, max_size=120)


@given(sizes, st.floats(0.01, 0.99), seeds)
def test_holdout_divides_every_row_once_and_keeps_both_parts(n: int, share: float, seed: int) -> None:
    rest, held = holdout(n, share, seed)

    assert sorted([*rest, *held]) == list(range(n))
    assert len(rest) >= 1
    assert len(held) == min(max(round(n * share), 1), n - 1)
    assert list(rest) == sorted(rest)
    assert list(held) == sorted(held)


@given(class_labels, st.floats(0.05, 0.95), seeds)
def test_stratified_holdout_has_every_class_of_two_in_both_parts(
    labels: list[int], share: float, seed: int
) -> None:
    y = np.array(labels)
    rest, held = holdout(len(y), share, seed, labels=y)

    assert sorted([*rest, *held]) == list(range(len(y)))
    counts = np.bincount(y)
    if counts.max() > 1:
        for label in np.flatnonzero(counts > 1):
            assert label in y[rest]
            assert label in y[held]
            # largest remainders: less than one sample from the exact share, unless held to 1 or size - 1
            taken, exact = np.count_nonzero(y[held] == label), counts[label] * share
            assert abs(taken - exact) < 1 or taken in (1, counts[label] - 1)
        assert not np.isin(y[held], np.flatnonzero(counts == 1)).any()
    else:
        assert len(held) == 1


@given(sizes, st.integers(2, 20), seeds)
def test_folds_hold_every_row_out_once_in_equal_parts(n: int, k: int, seed: int) -> None:
    k = min(k, n)
    folds = k_folds(n, k, seed)

    assert len(folds) == k
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(n))
    for train, held in folds:
        assert sorted([*train, *held]) == list(range(n))
    part_sizes = [len(held) for _, held in folds]
    assert max(part_sizes) - min(part_sizes) <= 1


@given(class_labels, st.integers(2, 6), seeds)
def test_stratified_folds_deal_each_class_evenly(labels: list[int], k: int, seed: int) -> None:
    y = np.array(labels)
    k = min(k, len(y))
    parts = [y[held] for _, held in k_folds(len(y), k, seed, labels=y)]

    for label in np.unique(y):
        counts = [np.count_nonzero(part == label) for part in parts]
        assert max(counts) - min(counts) <= 1


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=80),
    most=st.integers(1, 90),
    seed=st.integers(0, 2**64 - 1),
)
def test_some_rows_are_no_more_than_asked_for_and_of_each_class_its_share(
    labels: list[int], most: int, seed: int
) -> None:
    y = np.sort(labels)  # as a table that somebody sorted
    rows = some_rows(len(y), most, seed, labels=y)
    assert len(rows) == min(most, len(y))
    assert (np.diff(rows) > 0).all()
    counts, share = np.bincount(y[rows], minlength=5), len(rows) / len(y)
    assert (np.abs(counts - share * np.bincount(y, minlength=5)) < 1 + 1e-9).all()


@pytest.mark.parametrize("labels", [None, [0] * 3 + [1] * 6 + [2] * 3])
def test_every_row_is_as_likely_to_be_among_some(labels: list[int] | None) -> None:
    drawn = np.zeros(12)
    for seed in range(3000):
        drawn[some_rows(12, 4, seed, labels)] += 1
    np.testing.assert_allclose(drawn / 3000, 1 / 3, atol=0.05)  # more than five standard deviations


def test_a_seed_fixes_the_split_and_another_changes_it() -> None:
    first, again, other = (holdout(100, 0.3, seed)[1] for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)

    folds, folds_again, folds_other = (k_folds(100, 4, seed)[0][1] for seed in (5, 5, 6))
    assert np.array_equal(folds, folds_again)
    assert not np.array_equal(folds, folds_other)


def test_a_seed_fixes_some_rows_and_another_changes_them() -> None:
    first, again, other = (some_rows(1000, 30, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_second_split_of_one_seed_is_independent_of_the_first() -> None:
    assert not np.array_equal(holdout(100, 0.3, 5)[1], holdout(100, 0.3, 5, index=1)[1])


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 20, float("nan")])
def test_holdout_refuses_a_share_outside_0_and_1(share: float) -> None:
    with pytest.raises(ConfigurationError, match=r"between 0 and 1, got .*; try 0\.2"):
        holdout(10, share, seed=0)


def test_holdout_refuses_a_single_row() -> None:
    with pytest.raises(DataError, match="1 rows cannot be divided"):
        holdout(1, 0.5, seed=0)


@pytest.mark.parametrize("k", [1, 0, -3, 2.5, True])
def test_folds_must_be_a_whole_number_from_two(k: int) -> None:
    with pytest.raises(ConfigurationError, match="whole number ≥ 2"):
        k_folds(10, k, seed=0)


def test_more_folds_than_rows_is_refused() -> None:
    with pytest.raises(DataError, match="3 rows cannot be divided into 4 folds; ask for 3"):
        k_folds(3, 4, seed=0)


@pytest.mark.parametrize("labels", [[0, 1], [0.5] * 4, ["a", "b", "a", "b"], [[0, 1]] * 4])
def test_labels_must_be_whole_numbers_one_a_row(labels: list[object]) -> None:
    with pytest.raises(DataError, match="labels must be 4 whole numbers"):
        holdout(4, 0.5, seed=0, labels=labels)
