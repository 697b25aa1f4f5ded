"""Which samples train, judge or are looked at: a held-out share, k folds, or some, stratified on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, DataError
from shoal.randomness import Purpose, check_seed, permutation, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.shapes import IntArray

_FOLDS, _SOME = 2**32, 2**33
"""The indices of the random streams of folds and of ``some_rows``, away from those of ``holdout``."""


def holdout(
    n: int, share: float, seed: int, labels: npt.ArrayLike | None = None, index: int = 0
) -> tuple[IntArray, IntArray]:
    """Return sorted row numbers ``(rest, held)`` of n samples, about ``share`` of them held out.

    With integer ``labels`` (n,) each class gives its share, rounded so that the total is right, and a
    class of two or more is found in both parts; a class of one stays in the rest. ``index`` numbers
    independent splits of one seed: 0 for a test share, 1 for a validation share of what it leaves.

    Raises ``ConfigurationError`` for a share outside (0, 1), ``DataError`` for fewer than two rows or
    labels of another length.

    >>> rest, held = holdout(10, 0.2, seed=0)
    >>> len(rest), len(held)
    (8, 2)
    """
    require_share(share)
    if n < 2:
        raise DataError(f"{n} rows cannot be divided in two; at least 2 are needed")
    groups = _shuffled_classes(n, labels, seed, index)
    held = np.concatenate(
        [group[:count] for group, count in zip(groups, _shares(groups, share), strict=True)]
    )
    if held.size == 0:  # every class has but one sample: any of them will do
        held = np.concatenate(groups)[:1]
    return np.setdiff1d(np.arange(n), held), np.sort(held)


def k_folds(
    n: int, k: int, seed: int, labels: npt.ArrayLike | None = None
) -> list[tuple[IntArray, IntArray]]:
    """Return k pairs of sorted row numbers ``(train, held)``; every sample is held out exactly once.

    Shuffled samples are dealt like cards, class after class when integer ``labels`` (n,) are given, so
    that fold sizes differ by one at most, and so do the counts of each class.

    Raises ``ConfigurationError`` for k < 2, ``DataError`` for fewer rows than folds or labels of
    another length.

    >>> [held.size for train, held in k_folds(10, 3, seed=0)]
    [4, 3, 3]
    """
    require_folds(k)
    if n < k:
        raise DataError(f"{n} rows cannot be divided into {k} folds; ask for {max(n, 2)} folds or fewer")
    dealt = np.concatenate(_shuffled_classes(n, labels, seed, _FOLDS))
    fold = np.empty(n, dtype=np.intp)
    fold[dealt] = np.arange(n) % k
    return [(np.flatnonzero(fold != j), np.flatnonzero(fold == j)) for j in range(k)]


def require_share(share: float) -> None:
    """Raise ``ConfigurationError`` for a share to hold out that leaves nothing on one side."""
    if not 0 < share < 1:
        raise ConfigurationError(f"the share to hold out must lie between 0 and 1, got {share!r}; try 0.2")


def require_folds(k: int) -> None:
    """Raise ``ConfigurationError`` for a number of folds that is none."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
        raise ConfigurationError(f"folds must be a whole number ≥ 2, got {k!r}")


def of_one_class(splits: Sequence[tuple[IntArray, IntArray]], labels: IntArray) -> int:
    """Return how many folds have rows of one class alone to train on, by the ``labels`` (n,) of all.

    >>> splits = [(np.array([0, 1]), np.array([2])), (np.array([1, 2]), np.array([0]))]
    >>> of_one_class(splits, labels=np.array([5, 5, 7]))
    1
    """
    return sum(bool((labels[train] == labels[train[0]]).all()) for train, _ in splits)


def some_rows(n: int, most: int, seed: int, labels: npt.ArrayLike | None = None) -> IntArray:
    """Return at most ``most`` of the row numbers of n samples, drawn at random and sorted; all if n is less.

    Tables are often sorted, so their first rows stand for nothing but themselves. With integer ``labels``
    (n,) each class gives its share of the rows, to within one. Every row is as likely to be drawn as any
    other.

    Source: Madow 1944, "On the theory of systematic sampling": of shuffled classes, laid end to end, every
    (n/most)-th, from a random place on.

    >>> [int(row) // 3 for row in some_rows(9, 3, seed=0, labels=[0, 0, 0, 1, 1, 1, 2, 2, 2])]
    [0, 1, 2]
    """
    if n <= most:
        return np.arange(n)
    laid = np.concatenate(_shuffled_classes(n, labels, seed, _SOME))
    first = stream(seed, purpose=Purpose.SPLIT, index=_SOME + 1).random()
    return np.sort(laid[((np.arange(most) + first) * (n / most)).astype(np.intp)])


def _shuffled_classes(n: int, labels: npt.ArrayLike | None, seed: int, index: int) -> list[IntArray]:
    """Return the row numbers of each class in random order; of all rows where there are no labels."""
    order = permutation(n, check_seed(seed), 0, Purpose.SPLIT, index)
    if labels is None:
        return [order]
    classes = np.asarray(labels)
    if classes.shape != (n,) or not (np.issubdtype(classes.dtype, np.integer) or classes.dtype == np.bool_):
        raise DataError(
            f"labels must be {n} whole numbers, one a row, got {classes.dtype} of shape {classes.shape}"
        )
    shuffled = classes[order]
    return [order[shuffled == label] for label in np.unique(classes)]


def _shares(groups: list[IntArray], share: float) -> IntArray:
    """Return how many of each class to hold out: largest remainders first, both parts kept non-empty."""
    sizes = np.array([group.size for group in groups])
    exact = sizes * share
    counts = np.floor(exact).astype(np.intp)
    short = round(float(exact.sum())) - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[: max(short, 0)]] += 1
    return np.where(sizes > 1, np.clip(counts, 1, np.maximum(sizes - 1, 1)), 0)
