"""The columns of a finished study: which rows they are judged by, and what tells them apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.lab.columns import Column, columns_of, in_words, labels_of
from shoal.selection.trials import COLUMNS, Trials

NAN = math.nan
NO_ROWS = np.array([], dtype=np.intp)


def trials(*networks: tuple[int, int, int, float]) -> Trials:
    """Return a table of networks: candidate, start, fold, validation loss."""
    blank = {name: kind() for name, kind in COLUMNS.items()}
    return Trials.from_rows(
        [
            blank
            | {"candidate": c, "hidden": f"{c + 2}", "l2": c / 10, "start": s, "fold": f}
            | {"validation_loss": loss}
            for c, s, f, loss in networks
        ]
    )


def column(hidden: str, l2: float) -> Column:
    return Column(hidden, l2, 0, (), NO_ROWS)


def test_rows_of_the_folds_judge_and_those_of_all_samples_are_apart() -> None:
    table = trials(
        (1, 0, 0, 0.5), (0, 0, 0, 0.1), (1, 1, 0, 0.6), (1, 0, 1, 0.7), (1, 1, 1, 0.8), (1, 0, 2, 9.0)
    )
    first, second = columns_of(table, [0, 1])
    assert (first.hidden, first.l2, first.candidate) == ("2", 0.0, 0)
    assert (second.hidden, second.l2, second.candidate) == ("3", 0.1, 1)
    assert [(start, rows.tolist()) for start, rows in second.starts] == [(0, [0, 3]), (1, [2, 4])]
    assert (first.fitted.tolist(), second.fitted.tolist()) == ([], [5])


def test_a_candidate_that_no_fold_judged_has_no_column() -> None:
    (only,) = columns_of(trials((0, 0, 7, 0.1), (4, 3, 0, 0.1)), range(1))
    assert (only.candidate, [start for start, _ in only.starts]) == (4, [3])


def test_one_strength_goes_without_saying() -> None:
    assert labels_of((column("4", 0.1), column("8", 0.1))) == ["4", "8"]
    assert labels_of((column("4", 0.1), column("4", 0.001))) == ["4, λ 0.1", "4, λ 0.001"]


def test_what_nothing_else_tells_apart_is_counted() -> None:
    several = (column("4", 0.1), column("4", 0.1), column("8", 0.1), column("4", 0.1))
    assert labels_of(several) == ["4", "4 (2)", "8", "4 (3)"]


@pytest.mark.parametrize("diverged", [0, 2])
def test_a_start_is_its_mean_over_folds_and_diverged_ones_are_counted_apart(diverged: int) -> None:
    means = [(s, f, loss + (f - 0.5) / 5) for s, loss in enumerate((0.4, 0.2, 0.9)) for f in (0, 1)]
    lost = [(3 + k, f, NAN if f else 0.01) for k in range(diverged) for f in (0, 1)]
    table = trials(*((0, *each) for each in (*means, *lost)))
    (found,) = columns_of(table, [0, 1])
    words = [
        f"{3 + diverged} starts of size 2: validation loss 0.200 from the best, 0.400 from the median, "
        "0.900 from the worst."
    ]
    assert in_words(found, table) == words + [f"{diverged} of them diverged."] * (diverged > 0)


def test_a_size_of_which_every_start_diverged_has_no_losses() -> None:
    table = trials((0, 0, 0, NAN))
    (found,) = columns_of(table, [0])
    assert in_words(found, table) == ["All 1 start of size 2 have diverged."]
