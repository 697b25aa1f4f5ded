"""The texts of a table's column, with what is to be predicted of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from shoal.data.cells.notation import NOTHING_KNOWN, Known
from shoal.data.frames import as_frame, named, pl, quoted
from shoal.data.names import meant
from shoal.data.roles import Roles
from shoal.data.tables import read_table
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import known_rows
from shoal.errors import DataError


@dataclass(frozen=True)
class TextRows:
    """Texts and their targets, None where those are not asked for.

    A text that is missing is empty. ``others`` are the table's other columns, which are not looked at.
    ``metadata`` has a row for each with what else is known of it, None where nobody asks.
    """

    texts: tuple[str, ...]
    targets: pl.Series | None
    others: tuple[str, ...] = ()
    metadata: pl.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, rows: Iterable[int]) -> TextRows:
        """Return some of them, in this order."""
        some = [int(row) for row in rows]
        targets = None if self.targets is None else self.targets.gather(some)
        metadata = self.metadata[some] if self.metadata is not None and self.metadata.width else self.metadata
        return replace(self, texts=tuple(self.texts[row] for row in some), targets=targets, metadata=metadata)

    def without_rare(self, rare: RareClasses) -> TextRows:
        """Return them without classes that are left out, rare ones with the label that they share."""
        if not rare.labels or self.targets is None:
            return self
        targets = rare.apply(self.targets)
        return replace(self, targets=targets).rows(np.flatnonzero(targets.is_not_null().to_numpy()))


def read_texts(
    source: str,
    column: str,
    target: str | None = None,
    roles: Roles | None = None,
    known: Known = NOTHING_KNOWN,
) -> TextRows:
    """Return the texts of a source's column: see ``texts_of``."""
    return texts_of(read_table(source, known=known), source, column, target, roles)


def texts_of(
    table: pl.DataFrame, source: str, column: str, target: str | None = None, roles: Roles | None = None
) -> TextRows:
    """Return the texts of a table's column, and with a ``target`` asked for those that have one.

    Numbers, dates and truth values are texts, too. Columns of the ``roles``, where there are such, stand
    beside the texts. Raises ``DataError`` for a table without texts or target; rows without a target are left
    out with a ``ShoalWarning``.
    """
    if column not in table.columns:
        raise DataError(f"{source} has no column of texts {quoted(column)}; {meant(column, table.columns)}")
    frame = as_frame(table if target is None else known_rows(table, target))
    texts = frame[column].cast(pl.String).fill_null("").to_list()
    asked = () if roles is None else roles.of_columns
    others = tuple(name for name in frame.columns if name not in (column, target, *asked))
    metadata = named(frame, (name for name in asked if name in frame.columns)) if asked else None
    return TextRows(tuple(texts), None if target is None else frame[target], others, metadata)
