"""The table of trials: one row for each network that a study trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas
    import polars

    from shoal.shapes import Array, BoolArray, IntArray

COLUMNS: dict[str, type] = {
    "candidate": int,
    "hidden": str,
    "l2": float,
    "start": int,
    "fold": int,
    "parameters": int,
    "train_loss": float,
    "validation_loss": float,
    "validation_se": float,
    "epochs": int,
    "best_epoch": int,
    "stopped": str,
    "diverged": bool,
    "seconds": float,
    "log_evidence": float,
    "gamma": float,
    "strength": float,
}
"""Every column and its type. Losses are means over samples without penalties; those of a network that
diverged are NaN, and ``validation_se`` is the standard error of ``validation_loss`` over its samples.
The last three are NaN but for networks that were scored by evidence: ln p(D | α, β, M), how many parameters
the data determine, and the l2 re-estimated as α/β."""


@dataclass(frozen=True)
class Trials:
    """Columns of equal length, one entry a network; ``trials["validation_loss"]`` is a NumPy array (T,).

    >>> trials = Trials.from_rows([{"candidate": 0, "hidden": "8", "l2": 0.0, "start": 0, "fold": 0,
    ...     "parameters": 25, "train_loss": 0.1, "validation_loss": 0.2, "validation_se": 0.01, "epochs": 90,
    ...     "best_epoch": 80, "stopped": "converged", "diverged": False, "seconds": 0.5,
    ...     "log_evidence": None, "gamma": None, "strength": None}])
    >>> trials
    Trials of 1 network:
    hidden  l2  start  fold  parameters  train_loss  validation_loss  epochs    stopped
         8   0      0     0          25         0.1              0.2      90  converged
    """

    columns: Mapping[str, Array]

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]]) -> Trials:
        """Return the table of rows that hold every column; None stands for a missing loss."""
        return cls(
            {
                name: np.array(
                    [math.nan if row[name] is None else row[name] for row in rows],
                    dtype=object if kind is str else kind,
                )
                for name, kind in COLUMNS.items()
            }
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Trials]) -> Trials:
        """Return the rows of all parts, part after part."""
        return cls({name: np.concatenate([part[name] for part in parts]) for name in COLUMNS})

    def __len__(self) -> int:
        return len(self.columns["candidate"])

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def take(self, rows: IntArray | BoolArray) -> Trials:
        """Return the given rows: their numbers in the order wanted, or a mask."""
        return Trials({name: column[rows] for name, column in self.columns.items()})

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as plain lists for JSON, None for what is not finite."""
        return {name: [_plain(value) for value in column.tolist()] for name, column in self.columns.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Return the networks one by one, as ``from_rows`` takes them."""
        values = [column.tolist() for column in self.columns.values()]
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*values, strict=True)]

    def to_polars(self) -> polars.DataFrame:
        """Return a polars frame, losses of diverged networks as nulls.

        Raises ``MissingDependencyError`` where polars is not installed.
        """
        try:
            import polars
        except ImportError:
            raise _missing("polars") from None
        frame = polars.DataFrame({name: column.tolist() for name, column in self.columns.items()})
        return frame.fill_nan(None)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a pandas frame; raises ``MissingDependencyError`` where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise _missing("pandas") from None
        return pandas.DataFrame({name: column.tolist() for name, column in self.columns.items()})

    def __repr__(self) -> str:
        names, *printed = self._printed(_PRINTED_ROWS)
        widths = [max(map(len, column)) for column in zip(names, *printed, strict=True)]
        lines = ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
                 for line in [names, *printed]]  # fmt: skip
        if len(self) > _PRINTED_ROWS:
            lines.append(f"… and {len(self) - _PRINTED_ROWS} more")
        return "\n".join([f"{self._title()}:", *lines])

    def _repr_html_(self) -> str:
        from shoal.fragments import fragment

        return fragment(self._title(), table=self._printed(len(self)))

    def _title(self) -> str:
        return f"Trials of {len(self)} network{'s' * (len(self) != 1)}"

    def _printed(self, most: int) -> list[list[str]]:
        """Return the first rows as text, below the names of their columns."""
        names = [name for name in COLUMNS if name not in _UNPRINTED]
        rows = [[_short(self[name][i]) for name in names] for i in range(min(len(self), most))]
        return [names, *rows]


_UNPRINTED = {
    *("candidate", "validation_se", "best_epoch", "diverged", "seconds", "log_evidence", "gamma", "strength")
}
_PRINTED_ROWS = 10


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _missing(package: str) -> MissingDependencyError:
    return MissingDependencyError(
        f"a {package} frame needs {package}: pip install 'shoal[frames]', "
        "or use the NumPy columns of the study's table"
    )
