"""What ``shoal`` shows in a terminal: sentences, a progress bar, a table of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.segment import Segments
from rich.table import Table
from rich.text import Text

from shoal.cli.dashboard import StudyBoard
from shoal.data.memory import readable
from shoal.plots.text import number, sparklines
from shoal.printable import on_one_line
from shoal.report.terms import duration
from shoal.report.wording import decision, little
from shoal.selection.candidates.candidate import hidden_label
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.jobs.job import FinishedJob
    from shoal.jobs.prepared import Prepared
    from shoal.jobs.sizing.study import Sizing
    from shoal.plots.evidence import Evidence
    from shoal.selection.cohorts.design import StudyPlan
    from shoal.selection.running.runner import StudyProgress

WIDEST = 1000
"""Characters in a line at most."""

_USUAL = 80
"""Characters in a line of a terminal that says nothing of its width."""


STYLES = {"chosen": "green", "mixed": "yellow", "level": "yellow", "baseline": "red", "alone": None}
"""Of the verdict, by its outcome."""


class _PlainConsole(Console):
    def render_str(self, text: str, **settings: Any) -> Text:
        """Return a text as it will be laid out: every string that is printed passes here, each as a line."""
        return super().render_str(on_one_line(text), **settings)


def plain_console(stderr: bool = False) -> Console:
    """Return a console that shows text as it is: what data brought into it neither marks up nor steers."""
    console = _PlainConsole(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)
    if console.width < 1:  # what COLUMNS=0 says of no terminal: rich would print nothing at all
        console.width = _USUAL
    return console


def print_whole(console: Console, table: Table) -> None:
    """Print a table as wide as it is: a narrow terminal breaks its lines, which beats half a number."""
    segments = console.render(table, console.options.update(max_width=max(console.width, WIDEST)))
    console.print(Segments(segments), end="", soft_wrap=True)


@contextmanager
def counting(console: Console, doing: str, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar for something that is counted until the block is left, if the console is a terminal.

    The block gets a function that takes how many are done, and of how many.
    """
    bar = Progress(
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(what),
        console=console,
        transient=True,
        disable=not console.is_terminal,  # a log file has no use for a bar
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


class TerminalListener:
    """Tells a person how a job is going; a context manager, so that the bar is always taken down."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = StudyBoard(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("networks · {task.fields[pace]} · best {task.fields[best]} · {task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,  # a log file has no use for a bar
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
        """Print a line."""
        self.console.print(text, style=style)

    def prepared(self, prepared: Prepared) -> None:
        for warning in prepared.warnings:
            self.say(f"note: {warning}", style="yellow")
        self.say(prepared.sentence)
        if prepared.folds:
            judged = f"{prepared.folds} folds of {plural(len(prepared.train), prepared.noun)} to validate on"
        else:
            assert prepared.validation is not None
            trained = plural(prepared.n_train, prepared.noun)
            judged = f"{trained} to train on, {len(prepared.validation):,} to validate on"
        self.say(f"{judged}, {len(prepared.test):,} held out for one test at the end.")

    def sized(self, sizing: Sizing, plan: StudyPlan, workers: int, memory: int) -> None:
        for sentence in sizing.sentences:
            self.say(sentence)
        size = sizing.size
        of = f"{plural(len(size.hidden), 'hidden size')} × {plural(size.starts, 'start')} × "
        of += plural(len(size.l2), "L2 strength")
        if plan.points:
            of = f"{plural(plan.points, 'point')} × {plural(size.starts, 'start')}"
        self.say(
            f"{plural(plan.networks, 'network')}: {of}, "
            f"{plural(size.epochs, 'epoch')} at most. Estimate: {duration(sizing.seconds)} at most, "
            f"on {plural(workers, 'core')}. Engine: {plan.engine}. "
            f"Memory: about {readable(memory)}."
        )
        labels = [hidden_label(hidden) for hidden in size.hidden]
        self._bar.begin(labels, size.starts, plan.networks)
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
        self._bar.hear(progress.trials)

    def finished(self, outcome: FinishedJob) -> None:
        """Print the choice, the test scores beside simpler models', and where the report is."""
        self._bar.stop()
        evidence = outcome.evidence
        told = {"forecasts": self._forecast}.get(evidence.get("kind", ""), self._chosen)
        told(evidence)
        self.say(f"The same model again, in another --out: {evidence['asked']['again']}")
        self.say(f"Took {duration(evidence['seconds'])}. Model: {outcome.folder}  Report: {outcome.report}")

    def _forecast(self, evidence: dict[str, Any]) -> None:
        choice, test = evidence["choice"], evidence["test"]
        season = f"Season: {plural(choice['season'], 'step')}" if choice["season"] > 1 else "No season"
        self.say(f"{season}{', as the series say' if choice['season_found'] else ', as asked'}.")
        self.say(choice["sentence"])
        self._scores(f"Test: {plural(test['values'], 'value')}", test["models"])
        self.say(test["sentence"], style=STYLES[test["outcome"]])
        self.say("The test: history│what came│forecast.")
        for one in evidence["shown"]:
            lines = one["history"], one["actual"], one["lines"]["shoal"]
            self.say(f"{one['name']}, {one['start']} to {one['end']}: {sparklines(*lines)}")
        self.say(evidence["final"])

    def _chosen(self, evidence: dict[str, Any]) -> None:
        self.say(evidence["choice"]["sentence"])
        if mixture := evidence.get("mixture"):
            self.say(f"What predicts is a mixture: {mixture['sentence']}")
        if few := little(cast("Evidence", evidence)):
            self.say(f"note: {few}", style="yellow")
        lost = evidence["diverged"]
        if lost["count"]:
            self.say(
                f"note: {lost['count']} of {plural(lost['of'], 'network')} diverged: {lost['sentences'][0]}",
                style="yellow",
            )
        rows = plural(evidence["test"]["rows"], evidence["data"]["noun"])
        self._scores(f"Test: {rows}", evidence["test"]["models"])
        if decided := decision(cast("Evidence", evidence)):
            self.say(decided)
        told = evidence["test"]["verdict"]
        self.say(f"{told['headline']}. {told['differences']}".rstrip(), style=STYLES[told["outcome"]])

    def _scores(self, title: str, models: list[dict[str, Any]]) -> None:
        table = Table(title=title, title_justify="left")
        table.add_column("")
        for name in models[0]["metrics"]:
            table.add_column(name, justify="right")
        for model in models:
            table.add_row(model["name"], *map(number, model["metrics"].values()))
        print_whole(self.console, table)
