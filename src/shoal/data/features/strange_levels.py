"""Categories of which a table holds none that a model was fitted to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shoal.data.features.encoders import CategoricalEncoder, ColumnEncoder
from shoal.data.frames import as_frame, quoted, text

FEW_VALUES = 20
"""Which may all be rare ones."""


class StrangeLevels:
    """What is told of columns none of whose values was one where the ``encoders`` were fitted.

    They may be written otherwise, as 1.0 for 1, and all count as a rare one; a few values tell nothing. A
    table may be seen in parts.
    """

    def __init__(self, encoders: Iterable[ColumnEncoder]) -> None:
        self._levels = {
            e.column: e.levels for e in encoders if isinstance(e, CategoricalEncoder) and e.levels
        }
        self._values = dict.fromkeys(self._levels, 0)
        self._first: dict[str, str] = {}

    def see(self, frame: Any) -> None:
        """Take note of a table or of a part of it."""
        table = as_frame(frame)
        for column in self._levels.keys() & set(table.columns):
            values, levels = table[column], self._levels[column]
            if any(text(some).is_in(levels).any() for some in (values.head(FEW_VALUES), values)):
                del self._levels[column]
            elif len(known := text(values).drop_nulls()):
                self._values[column] += len(known)
                self._first.setdefault(column, known[0])

    @property
    def notes(self) -> list[str]:
        """A line for each such column."""
        return [
            f"column {column!r}: none of {self._values[column]} values such as {quoted(self._first[column])} "
            f"is a category that the model was fitted to, as {quoted(levels[0])} is; they count as rare ones"
            for column, levels in self._levels.items()
            if self._values[column] > FEW_VALUES
        ]
