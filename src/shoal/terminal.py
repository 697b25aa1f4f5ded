"""What ``shoal`` shows in a terminal: sentences, a progress bar, a table of scores."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from shoal.jobs.fit import Outcome
from shoal.jobs.prepare import Prepared
from shoal.jobs.sizing import Sizing
from shoal.selection.running import StudyProgress


class TerminalListener:
    """Tells a person how a job is going; a context manager, so that the bar is always taken down."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("networks · {task.fields[pace]} · best {task.fields[best]} · {task.fields[left]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task(
            "", total=None, start=False, visible=False, pace="", best="–", left=""
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line, whatever characters the data brought into it."""
        self.console.print(escape(text), style=style, highlight=False, soft_wrap=True)

    def prepared(self, prepared: Prepared) -> None:
        for warning in prepared.warnings:
            self.say(f"note: {warning}", style="yellow")
        self.say(
            f"{prepared.n_rows:,} rows, {len(prepared.columns)} columns, "
            f"{prepared.train.X.shape[1]} features. "
            f"{prepared.task.sentence[0].upper()}{prepared.task.sentence[1:]}."
        )
        if prepared.folds:
            judged = f"{prepared.folds} folds of {len(prepared.train):,} rows to choose by"
        else:
            assert prepared.validation is not None
            judged = f"{len(prepared.train):,} rows to train on, {len(prepared.validation):,} to choose by"
        self.say(f"{judged}, {len(prepared.test):,} held out for one test at the end.")

    def sized(self, sizing: Sizing, networks: int, workers: int) -> None:
        for sentence in sizing.sentences:
            self.say(sentence)
        size = sizing.size
        processes = "1 process" if workers == 1 else f"{workers} processes"
        self.say(
            f"{networks:,} networks: {len(size.hidden)} hidden sizes × {size.starts} starts × "
            f"{len(size.l2)} L2 strengths, {size.epochs} epochs at most. "
            f"Estimate: {duration(sizing.seconds)} at most, on {processes}."
        )
        self._bar.start()

    def progress(self, progress: StudyProgress) -> None:
        left = "" if progress.seconds_left is None else f"{duration(progress.seconds_left)} left"
        self._bar.update(
            self._task,
            visible=True,
            completed=progress.done,
            total=progress.total,
            pace=f"{progress.per_second:.3g} a second",
            best="–" if progress.best is None else f"{progress.best:.4g}",
            left=left,
        )

    def finished(self, outcome: Outcome) -> None:
        """Print the choice, the test scores beside the baselines', and where the report is."""
        self._bar.stop()
        evidence = outcome.evidence
        self.say(evidence["choice"]["sentence"])
        lost = evidence["diverged"]
        if lost["count"]:
            self.say(
                f"note: {lost['count']} of {lost['of']} networks diverged: {lost['sentences'][0]}", "yellow"
            )
        models = evidence["test"]["models"]
        table = Table(title=f"Test: {evidence['test']['rows']:,} rows", title_justify="left")
        table.add_column("")
        for name in models[0]["metrics"]:
            table.add_column(name, justify="right")
        for model in models:
            table.add_row(escape(model["name"]), *(f"{value:.4g}" for value in model["metrics"].values()))
        self.console.print(table)
        self.say(f"Took {duration(evidence['seconds'])}. Model: {outcome.folder}  Report: {outcome.report}")


def duration(seconds: float) -> str:
    """Return a time as a person says it.

    >>> duration(4.2), duration(75), duration(7300)
    ('4.2 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
