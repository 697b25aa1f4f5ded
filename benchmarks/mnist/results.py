"""What was reached: as JSON, an entry a row and part, and as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.mnist.digits import Part
from benchmarks.mnist.row import Row

FOLDER = Path(__file__).parents[1] / "results"
HEADER = (
    "| row | network | parameters | validation | test | published | target | networks | time |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|",
)


@dataclass(frozen=True)
class Entry:
    """One run of a row: the accuracy of each network in %, and of all ``together``."""

    accuracies: list[float]
    together: float
    seconds: float
    threads: int
    parameters: int
    seed: int
    date: str
    commit: str
    machine: str
    best: list[float] | None = None

    @property
    def accuracy(self) -> float:
        """The mean of the networks."""
        return float(np.mean(self.accuracies))

    def words(self) -> str:
        """Return the accuracy, and what else there is to say where there are several networks."""
        if len(self.accuracies) == 1:
            return f"{self.accuracies[0]:.2f}"
        best = f"; best epochs {_mean_and_range(self.best)}" if self.best else ""
        return f"{_mean_and_range(self.accuracies)}{best}; vote {self.together:.2f}"


def _mean_and_range(values: list[float]) -> str:
    return f"{np.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


Entries = dict[str, dict[Part, Entry]]


def load(folder: Path) -> Entries:
    """Return all entries so far, by row and part."""
    path = folder / "mnist.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    return {name: {part: Entry(**entry) for part, entry in parts.items()} for name, parts in known.items()}


def save(folder: Path, entries: Entries, rows: Mapping[str, Row]) -> None:
    """Write the entries and the table over them, in the order of the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {
        name: {part: asdict(entry) for part, entry in sorted(entries[name].items())}
        for name in rows
        if name in entries
    }
    (folder / "mnist.json").write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    (folder / "mnist.md").write_text("\n".join(_page(entries, rows)) + "\n")


def _page(entries: Entries, rows: Mapping[str, Row]) -> Iterator[str]:
    yield from (
        "# MNIST",
        "",
        "Accuracy in %, as docs/mnist.md explains it. A row is trained by `python -m benchmarks.mnist ROW`;",
        "the validation number, by which settings were chosen, is that of `--validate`. Several networks of",
        "a row are trained at once: the mean of their accuracies (and the range), and the accuracy",
        "of their mean prediction, the vote.",
        "",
        *HEADER,
    )
    known = {name: entries[name] for name in rows if name in entries}
    for name, parts in known.items():
        yield _line(rows[name], parts)
    yield ""
    for name, parts in known.items():
        for part, entry in parts.items():
            yield (
                f"- `{name}`, {part}: {entry.date}, commit {entry.commit}, seed {entry.seed}, "
                f"{entry.threads} threads of {entry.machine}."
            )


def _line(row: Row, parts: Mapping[Part, Entry]) -> str:
    last = parts["test" if "test" in parts else "validation"]
    cells = [parts[part].words() if part in parts else "" for part in ("validation", "test")]
    published = "" if row.published is None else f"{row.published:.2f} ({row.source})"
    test = parts.get("test")
    targets = [
        _target("", row.target, test.accuracy if test else None),
        _target("vote ", row.vote_target, test.together if test else None),
    ]
    values = [
        f"`{row.name}`",
        row.title,
        f"{last.parameters:,}",
        *cells,
        published,
        ", ".join(filter(None, targets)),
        f"{len(last.accuracies)}",
        f"{last.seconds:.0f} s",
    ]
    return f"| {' | '.join(values)} |"


def _target(what: str, target: float | None, reached: float | None) -> str:
    if target is None:
        return ""
    missed = reached is not None and round(reached, 2) < target
    return f"{what}≥ {target:g}{' missed' if missed else ''}"
