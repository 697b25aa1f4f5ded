"""Tables in DuckDB and in SQLite, and what a query says of them."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

Asked = Callable[..., dict[str, list[Any]]]
MATHEMATICS = {
    "exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "floor": math.floor
}  # fmt: skip


def of_duckdb(query: str, table: pl.DataFrame, called: str) -> Any:
    duckdb = pytest.importorskip("duckdb", reason="needs the package duckdb")
    with duckdb.connect() as connection:
        connection.register("given", table.to_arrow())
        connection.execute(f'CREATE TABLE "{called}" AS SELECT * FROM given')  # noqa: S608
        answer = connection.execute(query)
        return [column[0] for column in answer.description], answer.fetchall()


def of_sqlite(query: str, table: pl.DataFrame, called: str) -> Any:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("SELECT exp(1.0)")
    except sqlite3.OperationalError:  # it was built without them
        for name, function in MATHEMATICS.items():
            connection.create_function(name, 1, function, deterministic=True)
    columns = ['"' + name.replace('"', '""') + '"' for name in table.columns]
    connection.execute(f'CREATE TABLE "{called}" ({", ".join(columns)})')
    places = ", ".join("?" * len(columns))
    rows = [[str(v) if hasattr(v, "isoformat") else v for v in row] for row in table.rows()]
    connection.executemany(f'INSERT INTO "{called}" VALUES ({places})', rows)  # noqa: S608
    cursor = connection.execute(query)
    found = [column[0] for column in cursor.description], cursor.fetchall()
    connection.close()
    return found


@pytest.fixture(params=[of_duckdb, of_sqlite], ids=["DuckDB", "SQLite"])
def asked(request: pytest.FixtureRequest) -> Asked:
    """Return a function from a query and a table to the columns that it gives, by their names."""

    def ask(query: str, table: Any, called: str = "data") -> dict[str, list[Any]]:
        frame = table if isinstance(table, pl.DataFrame) else pl.DataFrame(table, strict=False)
        names, rows = request.param(query, frame, called)
        return {name: [row[k] for row in rows] for k, name in enumerate(names)}

    return ask
