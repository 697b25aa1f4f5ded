"""What was reached: as JSON, an entry a set, and as a table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks.sequences.forecasts import FORECASTS, ForecastSet
from benchmarks.sequences.sets import SETS, Set
from benchmarks.sequences.texts import SPEECH, TEXTS, SpeechSet, TextSet
from benchmarks.sequences.tried import TRIED

AnySet: TypeAlias = Set | TextSet | SpeechSet | ForecastSet
EVERY: dict[str, AnySet] = {**SETS, **TEXTS, **SPEECH, **FORECASTS}
FOLDER = Path(__file__).parents[1] / "results"
INTRODUCTION = """Errors on the test parts, bold where the target was missed.

Forecasts are scored on the one stretch that ends each series, in units of the mean change over a season of
the training part (MASE; of ETTh1 the mean squared error). By that scale the last value and the last season
have 2.45 and 1.73 on sunspots, 4.03 and 2.49 on airline, 1.61 and 1.03 on lynx, 1.57 and 1.43 on co2. Of one
stretch of so few values a score says little. The column *held out* is over up to 48 stretches."""
MISSED = "What was tried where the target was missed, on training parts unless it says so."
HEADER = (
    "| set | error | held out | to reach | others | seconds of CPU to fit | mixture |",
    "|---|--:|--:|--:|---|--:|---|",
)


@dataclass(frozen=True)
class Entry:
    """One fit: the error of the test part, and of the training part held out, in %, as RMSE, or of
    forecasts as MASE (a mean squared error for ETTh1); theirs held out is by the season found."""

    error: float
    held_out: float
    seconds: float
    sentence: str
    seed: int
    date: str
    commit: str
    machine: str

    def row(self, of: AnySet) -> str:
        """Return the entry as a row of the table."""
        digits, unit = _digits(of), " %" if of.classification else ""
        error, held, target = (f"{x:.{digits}f}{unit}" for x in (self.error, self.held_out, of.target))
        reached = f"**{error}**" if self.missed(of) else error
        cells = (of.name, reached, held, target, of.others, f"{self.seconds:.1f}", self.sentence)
        return f"| {' | '.join(cells)} |"

    def missed(self, of: AnySet) -> bool:
        """Return whether the error is above the target, as it is written."""
        return round(self.error, _digits(of)) > of.target


def _digits(of: AnySet) -> int:
    return 1 if of.classification else 4


def load(folder: Path) -> dict[str, Entry]:
    """Return all entries so far, by set."""
    path = folder / "sequences.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    return {name: Entry(**entry) for name, entry in known.items()}


def save(folder: Path, entries: dict[str, Entry]) -> None:
    """Write the entries and the table over them, in the order of the sets."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {name: entries[name] for name in EVERY if name in entries}
    plain = {name: asdict(entry) for name, entry in known.items()}
    (folder / "sequences.json").write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    rows = [entry.row(EVERY[name]) for name, entry in known.items()]
    table = "\n".join((*HEADER, *rows))
    missed = [name for name, entry in known.items() if entry.missed(EVERY[name]) and name in TRIED]
    tried = [f"**{name}**: {TRIED[name]}" for name in missed]
    parts = [INTRODUCTION, table, *([MISSED, *tried] if tried else [])]
    (folder / "sequences.md").write_text("\n\n".join(parts) + "\n")
