"""The lines of a running study: a line for each size, in which its starts fill."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
from rich.console import Console

from shoal import CapacityStudy
from shoal.cli.dashboard import MOST_CELLS, MOST_SIZES, StudyBoard
from shoal.selection.trials import COLUMNS, Trials


def ended(*networks: tuple[str, int, float | None]) -> Trials:
    """Make trials of (size, start, loss), None of those that diverged."""
    rows: list[dict[str, Any]] = []
    for hidden, start, loss in networks:
        row = dict.fromkeys(COLUMNS, 0) | {"stopped": "epochs", "hidden": hidden, "start": start}
        rows.append(row | {"validation_loss": loss, "diverged": loss is None})
    return Trials.from_rows(rows)


def board(width: int = 100) -> StudyBoard:
    return StudyBoard(console=Console(file=io.StringIO(), force_terminal=True, width=width))


def lines(shown: StudyBoard) -> list[str]:
    console = Console(file=io.StringIO(), width=shown.console.width)
    with console.capture() as capture:
        for line in list(shown.get_renderables())[:-1]:
            console.print(line)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_starts_fill_with_their_folds_and_the_best_loss_stands_beside() -> None:
    shown = board()
    shown.begin(["8", "16x16"], 3, 2 * 3 * 2)
    assert lines(shown) == ["    8  ···  –", "16×16  ···  –"]
    shown.hear(ended(("8", 0, 0.5), ("8", 0, 0.25), ("8", 1, 0.75), ("16x16", 2, None)))
    assert lines(shown) == ["    8  █▄·  0.2500", "16×16  ··▄  –"]
    shown.hear(ended(("16x16", 2, 0.125), ("16x16", 0, 0.5)))
    assert lines(shown) == ["    8  █▄·  0.2500", "16×16  ▄·█  0.1250"]


def test_starts_that_were_not_sure_and_trainings_on_all_samples_are_no_error() -> None:
    shown = board()
    shown.begin(["8"], 2, 2)
    shown.hear(ended(("8", 0, 1.0), ("8", 0, None), ("8", 3, 0.5), ("4", 0, 0.25)))
    assert lines(shown) == ["8  █··█  0.5000", "4  █·  0.2500"]


def test_many_starts_share_a_block_and_few_columns_are_enough() -> None:
    starts = 3 * MOST_CELLS
    shown = board()
    shown.begin(["8"], starts, starts)
    shown.hear(ended(*(("8", start, 1.0) for start in range(6)), ("8", 6, 1.0)))
    assert lines(shown) == [f"8  ██▃{'·' * (MOST_CELLS - 3)}  1"]
    again = board()
    again.begin(["8"], starts, starts)
    again.hear(ended(*(("8", 0, 1.0) for _ in range(3))))  # which does not fill its neighbours
    assert lines(again) == [f"8  ▃{'·' * (MOST_CELLS - 1)}  1"]
    narrow = board(30)
    narrow.begin(["8", "16x16x16x16x16x16x16"], 300, 600)
    narrow.hear(ended(("8", 0, 1.0)))
    assert len(lines(narrow)) == 2
    assert all(len(line) <= 30 for line in lines(narrow))


def test_of_many_sizes_those_heard_of_last_are_shown_in_their_order() -> None:
    sizes = [str(n) for n in range(1, MOST_SIZES + 4)]
    shown = board()
    shown.begin(sizes, 1, len(sizes))
    assert lines(shown)[-1] == "and 3 sizes more"
    assert len(lines(shown)) == MOST_SIZES + 1
    shown.hear(ended((sizes[-1], 0, 0.5)))
    shown.hear(ended((sizes[4], 0, 0.25)))
    told = [line.split()[0] for line in lines(shown)[:-1]]
    assert told == [*sizes[: MOST_SIZES - 1], sizes[-1]]


def test_one_network_needs_no_lines() -> None:
    shown = board()
    shown.begin(["8"], 1, 1)
    shown.hear(ended(("8", 0, 0.5)))
    assert lines(shown) == []


def test_it_takes_what_a_study_tells_and_changes_nothing() -> None:
    X = np.linspace(0, 1, 20)
    settings: dict[str, Any] = {"starts": 3, "l2": (0.0, 0.1), "folds": 2, "epochs": 2, "n_jobs": 1}
    shown = board()
    shown.begin(["1", "2"], 3, 24)
    watched = CapacityStudy([1, 2], progress=lambda progress: shown.hear(progress.trials), **settings)
    watched.fit(X, X**2)
    np.testing.assert_array_equal(
        watched.best.theta, CapacityStudy([1, 2], **settings).fit(X, X**2).best.theta
    )
    assert [re.sub("[^█]", "", line) for line in lines(shown)] == ["███", "███"]
