"""The tables, which of them may choose a default, and how each is split into training and test rows.

The folder that ``SHOAL_DATA`` names holds real ones as ``tables/NAME.csv.gz``, ``uci/NAME.csv.gz`` and
``more/NAME.csv.gz``, the target in the last column; those of ``made`` are made here, and those of ``halves``
ask of regressions that choose whether the number is above its median. Of the sets of
``tables`` and of ``uci`` in alphabetical order the first, third, fifth … *choose*: defaults were settled on
their training rows alone. The others *confirm*, and played no part in settling anything. All of ``more``,
``made`` and ``halves`` choose.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from benchmarks.generalisation.made import CLASSES, MADE, TRAINING, lines_of

Rows = npt.NDArray[np.intp]

MISSING = frozenset({"", "?", "NA", "nan"})
UCI = ("boston", "concrete", "energy", "kin8nm", "naval", "power", "protein", "wine_red", "yacht")
CLASSIFICATIONS = (
    "adult", "german_credit", "ionosphere", "letter", "magic", "pendigits", "phoneme", "pima", "segment",
    "sonar",
)  # fmt: skip
REGRESSIONS = ("abalone", "california_housing", "cpu_act", "wine_white")
MORE_CLASSIFICATIONS = (
    "anneal", "car", "cmc", "credit_a", "dermatology", "hypothyroid", "kr_vs_kp", "nursery", "page_blocks",
    "sick", "soybean",
)  # fmt: skip
MORE_REGRESSIONS = (
    "autompg", "bank8FM", "bodyfat", "elevators", "fried", "machine_cpu", "mv", "pol", "puma32H", "servo",
)  # fmt: skip
HALVED = (
    "more/bank8FM", "more/elevators", "more/fried", "more/pol", "more/puma32H", "tables/abalone",
    "tables/california_housing", "uci/protein",
)  # fmt: skip
"""Tables of two classes and many rows come from these."""
FEW_SPLITS = 5
LARGE_UCI = ("protein",)


@dataclass(frozen=True)
class Table:
    """A table: its name with its folder, and what its last column asks for."""

    name: str
    task: Literal["classification", "regression"]

    @property
    def part(self) -> str:
        """Whether the set was there to choose by, or to confirm what was chosen."""
        return "choose" if self in CHOOSE else "confirm"

    @property
    def splits(self) -> int:
        """How many splits there are: the 20 published ones of the uci sets (5 of the largest), else 5."""
        folder, short = self.name.split("/")
        return 20 if folder == "uci" and short not in LARGE_UCI else FEW_SPLITS

    @property
    def path(self) -> Path:
        """The file; raises ``FileNotFoundError`` with a remedy where there is none."""
        path = Path(os.environ.get("SHOAL_DATA", "")) / f"{self.name}.csv.gz"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not there; set SHOAL_DATA to the folder with the tables")
        return path

    @cached_property
    def lines(self) -> list[list[str]]:
        """The fields of every line as they are written, the header first."""
        folder, short = self.name.split("/")
        if folder == "made":
            return lines_of(short)
        if folder == "halves":
            return in_halves(next(TABLES[name] for name in HALVED if name.endswith(f"/{short}")).lines)
        with gzip.open(self.path, "rt", newline="") as file:
            return list(csv.reader(file))

    def split(self, number: int) -> tuple[Rows, Rows]:
        """Return the training and the test rows of a split, in the order in which they were drawn.

        uci: the published splits, successive draws of one generator; the first 90 % train. Other tables:
        a permutation of the split's own, whose first fifth tests; of made ones all but ``TRAINING``.
        """
        n = len(self.lines) - 1
        if self.name.startswith("uci/"):
            random = np.random.RandomState(1)
            for _ in range(number + 1):
                order = random.choice(range(n), n, replace=False)
            return order[: round(0.9 * n)], order[round(0.9 * n) :]
        order = np.random.RandomState(number).permutation(n)
        test = n - TRAINING if self.name.startswith("made/") else n // 5
        return order[test:], order[:test]

    def write(self, rows: Rows, path: Path) -> None:
        """Write some rows as a CSV file, as they are."""
        header, *body = self.lines
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *(body[i] for i in rows)])

    def columns(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any], npt.NDArray[Any]]:
        """Return numbers (N, n) with NaN for what is missing, texts (N, c), and the target (N,)."""
        _, *body = self.lines
        fields = [list(column) for column in zip(*body, strict=True)]
        numeric = [_numbers(column) for column in fields[:-1]]
        numbers = [column for column in numeric if column is not None]
        texts = [column for column, read in zip(fields[:-1], numeric, strict=True) if read is None]
        n = len(body)
        target: npt.NDArray[Any] = np.array(fields[-1])
        return (
            np.array(numbers).T if numbers else np.empty((n, 0)),
            np.array(texts, dtype=object).T if texts else np.empty((n, 0), dtype=object),
            target if self.task == "classification" else target.astype(np.float64),
        )


def in_halves(lines: list[list[str]]) -> list[list[str]]:
    """Return the lines with what the last field asks for: whether its number is above the median of all.

    >>> in_halves([["x", "y"], ["5", "1.5"], ["6", "3"], ["7", "2"]])
    [['x', 'y'], ['5', 'below'], ['6', 'above'], ['7', 'below']]
    """
    header, *body = lines
    middle = float(np.median([float(fields[-1]) for fields in body]))
    halves = ("above" if float(fields[-1]) > middle else "below" for fields in body)
    return [header, *([*fields[:-1], half] for fields, half in zip(body, halves, strict=True))]


def _numbers(column: list[str]) -> npt.NDArray[np.float64] | None:
    try:
        return np.array([np.nan if field.strip() in MISSING else float(field) for field in column])
    except ValueError:
        return None


_TASKS = {
    **dict.fromkeys((f"tables/{name}" for name in CLASSIFICATIONS), "classification"),
    **dict.fromkeys((f"tables/{name}" for name in REGRESSIONS), "regression"),
    **dict.fromkeys((f"uci/{name}" for name in UCI), "regression"),
    **dict.fromkeys((f"more/{name}" for name in MORE_CLASSIFICATIONS), "classification"),
    **dict.fromkeys((f"more/{name}" for name in MORE_REGRESSIONS), "regression"),
    **{f"halves/{name.split('/')[1]}": "classification" for name in HALVED},
    **{f"made/{name}": "classification" if name in CLASSES else "regression" for name in MADE},
}
TABLES = {name: Table(name, _TASKS[name]) for name in sorted(_TASKS)}  # type: ignore[arg-type]


def those_of(*folders: str) -> list[Table]:
    """Return the tables of some folders, in alphabetical order.

    >>> [table.name for table in those_of("uci")][:2]
    ['uci/boston', 'uci/concrete']
    """
    return [table for name, table in TABLES.items() if name.split("/")[0] in folders]


def named(names: Iterable[str]) -> list[Table]:
    """Return tables by their names, or by those of folders; raises ``KeyError`` with a name that is none.

    >>> [table.name for table in named(["tables/adult", "made"])][:2]
    ['tables/adult', 'made/friedman1_0_0.3']
    """
    return [table for name in names for table in (those_of(name) or [TABLES[name]])]


CHOOSE = (*those_of("tables")[::2], *those_of("uci")[::2], *those_of("more", "made", "halves"))
