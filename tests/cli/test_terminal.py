from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener, counting, plain_console
from shoal.jobs.job import FinishedJob
from shoal.jobs.sizing.study import Sizing, StudySize
from shoal.jobs.tables.prepare import PreparedTable
from shoal.selection.cohorts.design import StudyPlan
from shoal.selection.running.runner import StudyProgress

Lines = Callable[[], list[str]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines written to standard output since last asked."""
    return lambda: capsys.readouterr().out.splitlines()


class Rows(list[int]):
    """Some rows, with a matrix of so many features."""

    def __init__(self, n: int, n_features: int) -> None:
        super().__init__(range(n))
        self.X = SimpleNamespace(shape=(n, n_features))


def parts(rows: int, columns: int, features: int, n_train: int, n_judged: int | None, n_test: int) -> Any:
    prepared = SimpleNamespace(
        noun="row",
        n_rows=rows,
        columns=("",) * columns,
        train=Rows(n_train, features),
        n_train=n_train,
        validation=None if n_judged is None else Rows(n_judged, features),
        test=Rows(n_test, features),
        folds=5 if n_judged is None else None,
        task=SimpleNamespace(sentence="regression, because it is"),
        warnings=("column 'a[b]' is :warning: not used",),
    )
    prepared.sentence = PreparedTable.sentence.fget(prepared)  # type: ignore[attr-defined]
    return prepared


def test_text_is_shown_as_it_is(lines: Lines) -> None:
    text = "[bold]x[/bold] :smile: C:\\[new] [/] 12 'quoted' " + "long " * 40
    plain_console().print(text)
    assert lines() == [text]


def test_what_is_counted_is_shown_on_a_terminal_and_taken_down() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)

    def interrupted() -> None:
        with counting(console, "taking differences", "parameters") as told:
            told(250, 34122)
            console.print("a line that the bar stands below")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    shown = stream.getvalue()
    assert re.search(r"taking differences.* 250/34122.* parameters", shown)
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is there again


def test_a_terminal_of_no_width_shows_everything(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    console = plain_console()
    console.print("a line")
    console.print("and a wrapped one", soft_wrap=False)
    assert lines() == ["a line", "and a wrapped one"]


def test_what_is_counted_leaves_a_file_alone() -> None:
    stream = io.StringIO()
    with counting(Console(file=stream), "taking differences", "parameters") as told:
        told(1, 2)
    assert stream.getvalue().strip() == ""


def test_the_table_is_told_in_singular_and_plural(lines: Lines) -> None:
    listener = TerminalListener(plain_console())
    listener.prepared(parts(2000, 3, 4, 1280, 320, 400))
    assert lines() == [
        "note: column 'a[b]' is :warning: not used",
        "2,000 rows, 3 columns, 4 features. Regression, because it is.",
        "1,280 rows to train on, 320 to validate on, 400 held out for one test at the end.",
    ]
    listener.prepared(parts(1, 1, 1, 1, None, 1))
    assert lines()[1:] == [
        "1 row, 1 column, 1 feature. Regression, because it is.",
        "5 folds of 1 row to validate on, 1 held out for one test at the end.",
    ]


def test_the_estimate_is_told_before_the_study(lines: Lines) -> None:
    listener = TerminalListener(plain_console())
    listener.sized(
        Sizing(StudySize(((1,), (2,)), 30, (0.1, 1.0), 200), 81.0, ("Sized so.",)),
        StudyPlan(120, 9, "native (x86-64-v3)", 3 * 2**20),
        4,
        400 * 2**20,
    )
    listener.sized(
        Sizing(StudySize(((1,),), 1, (0.1,), 1), 4.0, ()),
        StudyPlan(1, 1, "reference (NumPy)", 2000),
        1,
        2**31,
    )
    assert lines() == [
        "Sized so.",
        "120 networks: 2 hidden sizes × 30 starts × 2 L2 strengths, 200 epochs at most. "
        "Estimate: 1 min 21 s at most, on 4 cores. Engine: native (x86-64-v3). "
        "Memory: about 400.0 MiB.",
        "1 network: 1 hidden size × 1 start × 1 L2 strength, 1 epoch at most. "
        "Estimate: 4 s at most, on 1 core. Engine: reference (NumPy). "
        "Memory: about 2.0 GiB.",
    ]


def test_the_bar_tells_done_pace_best_and_time_left() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)
    with TerminalListener(console) as listener:
        listener.sized(
            Sizing(StudySize(((1,),), 40, (0.1,), 9), 4.0, ()),
            StudyPlan(40, 5, "reference (NumPy)", 2000),
            1,
            2**29,
        )
        listener.progress(StudyProgress(0, 40, 0.0, None, None))
        listener.progress(StudyProgress(12, 40, 3.456, 0.123456, 75.0))
    text = stream.getvalue()
    assert "12/40 networks · 3.46 a second · best 0.1235 · 1 min 15 s left" in re.sub(
        r"\x1b\[[\d;]*m", "", text
    )
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # the cursor is hidden, and shown again


def test_no_bar_where_nobody_watches(lines: Lines) -> None:
    with TerminalListener(plain_console()) as listener:
        listener.progress(StudyProgress(12, 40, 3.456, 0.123456, 75.0))
    assert lines() == []


def test_the_end_tells_choice_scores_and_places(lines: Lines) -> None:
    metrics = {"log loss": 0.123456, "error": 0.05, "RMSE": 53541.94, "MAE": 2.39e-5, "R²": 1.5e148}
    evidence = {
        "choice": {"sentence": "2 hidden units: because."},
        "asked": {"hidden": ["2"], "l2": [0.0], "starts": 3, "folds": None, "again": "fit t.csv"},
        "trials": {"hidden": ["2"] * 3, "start": [0, 1, 2], "fold": [0] * 3},
        "diverged": {"count": 3, "of": 40, "sentences": ["hidden 2: gone.", "hidden 4: gone."]},
        "test": {
            "rows": 1,
            "models": [{"name": "shoal", "metrics": metrics}],
            "verdict": {"outcome": "level", "headline": "Not told apart", "differences": "By 1."},
        },
        "seconds": 81.2,
        "data": {"noun": "row"},
    }
    TerminalListener(plain_console()).finished(FinishedJob(None, evidence, Path("some/out")))  # type: ignore[arg-type]
    told = lines()
    assert told[:2] == [
        "2 hidden units: because.",
        "note: 3 of 40 networks diverged: hidden 2: gone.",
    ]
    assert told[2].strip() == "Test: 1 row"
    (scores,) = (line for line in told if "shoal" in line)
    assert scores.strip("│ ").split() == [
        "shoal", "│", "0.1235", "│", "0.05000", "│", "53,542", "│", "2.39e-5", "│", "1.5e148",
    ]  # fmt: skip
    assert told[-3] == "Not told apart. By 1."
    assert told[-2] == "The same model again, in another --out: fit t.csv"
    assert told[-1] == "Took 1 min 21 s. Model: some/out  Report: some/out/report.html"


def test_the_starts_of_every_size_fill_above_the_bar_and_are_taken_down() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)

    def interrupted() -> None:
        with TerminalListener(console) as listener:
            size = StudySize(((1,), (16, 16)), 4, (0.1,), 9)
            listener.sized(Sizing(size, 4.0, ()), StudyPlan(8, 5, "reference (NumPy)", 2000), 1, 2**29)
            listener.progress(StudyProgress(0, 8, 0.0, None, None))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    text = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert "16×16  ····  –" in text
    assert text.index("16×16  ····") < text.index("0/8 networks")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
