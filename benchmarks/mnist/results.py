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

    def accuracy(self, votes: bool) -> float:
        """The row's number: of all together, or the mean of the networks."""
        return self.together if votes else float(np.mean(self.accuracies))

    def words(self, votes: bool) -> str:
        """Return the accuracy, with what the single networks reach where there are several."""
        if len(self.accuracies) == 1:
            return f"{self.accuracies[0]:.2f}"
        lowest, highest = min(self.accuracies), max(self.accuracies)
        return f"{self.accuracy(votes):.2f} ({lowest:.2f} to {highest:.2f})"


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
        "a row are trained at once: the mean of their accuracies (and the range), or their vote",
        "where they have one.",
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
    last = next(iter(parts.values()))
    cells = [parts[part].words(row.votes) if part in parts else "" for part in ("validation", "test")]
    published = "" if row.published is None else f"{row.published:.2f} ({row.source})"
    target, reached = "", parts.get("test")
    if row.target is not None:
        missed = reached is not None and reached.accuracy(row.votes) < row.target
        target = f"≥ {row.target:g}{', missed' if missed else ''}"
    seconds = parts["test" if "test" in parts else "validation"].seconds
    networks = f"{len(last.accuracies)}{', voting' if row.votes else ''}"
    values = [
        f"`{row.name}`",
        row.title,
        f"{last.parameters:,}",
        *cells,
        published,
        target,
        networks,
        f"{seconds:.0f} s",
    ]
    return f"| {' | '.join(values)} |"
