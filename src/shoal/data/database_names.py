"""What is written for DuckDB in the place of a table's file, told from names of files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

PREFIX = "duckdb:"
_ASKED = re.compile(r"\?(table|query)=")
_PARQUET = ".parquet"


@dataclass(frozen=True)
class DatabaseSource:
    """What is named: a ``file``, or a pattern of files, and a ``table`` or a ``query`` of a database."""

    file: str
    table: str | None = None
    query: str | None = None

    @classmethod
    def of(cls, source: str | Path) -> DatabaseSource:
        """Return what is asked for. Of question marks in a name that is first which a file ends before.

        >>> DatabaseSource.of("duckdb:a.db?table=wines")
        DatabaseSource(file='a.db', table='wines', query=None)
        >>> DatabaseSource.of("duckdb:sales/*.parquet")
        DatabaseSource(file='sales/*.parquet', table=None, query=None)
        """
        text = str(source).removeprefix(PREFIX)
        found = list(_ASKED.finditer(text))
        if not found or os.path.lexists(text):
            return cls(text)
        mark = next((mark for mark in found if os.path.lexists(text[: mark.start()])), found[0])
        return cls(text[: mark.start()], **{mark[1]: text[mark.end() :]})

    @property
    def is_pattern(self) -> bool:
        """Whether files of Parquet are meant, and no database."""
        return self.file.lower().endswith(_PARQUET) and self.table is self.query is None


def is_duckdb(source: str | Path) -> bool:
    """Tell whether a source is for DuckDB; a file whose name only looks so is a file.

    >>> is_duckdb("duckdb:a.db?table=wines"), is_duckdb("wines.csv")
    (True, False)
    """
    text = str(source)
    return text.startswith(PREFIX) and not os.path.lexists(text)
