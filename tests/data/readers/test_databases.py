from __future__ import annotations

import datetime
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.data.database_names import DatabaseSource, is_duckdb
from shoal.data.images.source import holds_images
from shoal.data.readers import databases, parts
from shoal.data.readers.glimpse import glimpse
from shoal.data.readers.parts import comes_in_parts, table_parts
from shoal.data.sequences.recognised import holds_series
from shoal.data.tables import files_of, read_table
from shoal.errors import DataError, MissingDependencyError
from shoal.jobs.kinds import kind_of
from shoal.jobs.request import FitRequest

duckdb = pytest.importorskip("duckdb", reason="needs the package duckdb")
Refuses = Callable[..., AbstractContextManager[None]]
ROWS = 5000


def database(path: Path, *statements: str) -> str:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return f"duckdb:{path}"


@pytest.fixture
def wines(tmp_path: Path) -> str:
    """A database with two tables and a view."""
    return database(
        tmp_path / "wines.db",
        "CREATE TABLE wine AS SELECT i AS number, i / 2 AS half, 'w' || i AS name FROM range(5000) t(i)",
        "CREATE VIEW few AS SELECT number, name FROM wine WHERE number < 3",
        "CREATE SCHEMA cellar",
        "CREATE TABLE cellar.shelf AS SELECT 7 AS place",
    )


def test_a_table_and_a_view_are_read(wines: str) -> None:
    table = read_table(f"{wines}?table=wine")
    assert table.columns == ["number", "half", "name"]
    assert table["number"].to_list() == list(range(ROWS))
    assert table["half"][3] == 1.5
    few = [(0, "w0"), (1, "w1"), (2, "w2")]
    assert read_table(f"{wines}?table=few").rows() == read_table(f"{wines}?table=main.few").rows() == few
    assert read_table(f"{wines}?table=cellar.shelf").rows() == [(7,)]


def test_a_part_of_small_numbers_has_the_type_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_AT_ONCE", 2048)
    source = database(
        tmp_path / "t.db", "CREATE TABLE t AS SELECT i::UBIGINT << 51 AS n FROM range(5000) t(i)"
    )
    assert read_table(source)["n"].to_list()[::4999] == ["0", str(4999 << 51)]


def test_a_query_is_run(wines: str) -> None:
    found = read_table(f"{wines}?query=FROM wine SELECT max(number) AS most\n-- of all\n")
    assert found.rows() == [(ROWS - 1,)]
    assert read_table(f"{wines}?query=WITH a AS (FROM few) FROM a SELECT count(*) AS n;").rows() == [(3,)]


def test_types_are_those_of_tables(tmp_path: Path) -> None:
    source = database(
        tmp_path / "types.db",
        "CREATE TYPE colour AS ENUM ('red', 'white')",
        "CREATE TABLE t AS SELECT 2.50::DECIMAL(9, 2) AS d, 3::HUGEINT AS h, 'red'::colour AS c, TRUE AS b, "
        "DATE '2024-05-06' AS day, TIMESTAMP '2024-05-06 07:08:09' AS moment, NULL::INTEGER AS nothing, "
        "' NA ' AS unknown FROM range(2)",
    )
    table = read_table(source)
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9)  # noqa: DTZ001 (no table has zones here)
    assert table.rows()[0] == (
        2.5,
        3,
        "red",
        True,
        moment.replace(hour=0, minute=0, second=0),
        moment,
        None,
        None,
    )
    types = table.schema
    assert types["c"] == pl.Categorical
    assert types["d"] == types["h"] == pl.Float64


def test_parts_are_the_whole(wines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS", 2100)
    source = f"{wines}?table=wine"
    found = list(table_parts(source, several=3))
    assert [part.height for part in found] == [2100, 2100, 800]
    assert pl.concat(found).equals(read_table(source))
    assert comes_in_parts(source)


def test_a_glimpse_counts_all_rows_and_shows_the_first(wines: str) -> None:
    seen = glimpse(f"{wines}?table=wine", large=1000)
    assert seen is not None
    assert seen.head is not None
    assert (seen.rows, len(seen.head)) == (ROWS, 2000)
    assert glimpse(f"{wines}?table=few") is None
    assert glimpse(f"{wines}?table=none") is None


def test_a_name_is_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "a'b; DROP [x] --*"
    folder.mkdir()
    source = database(folder / "t'.db", """CREATE TABLE "odd ""name"" ; --" AS SELECT 5 AS x""")
    assert read_table(source).rows() == [(5,)]
    assert read_table(f"""{source}?table=odd "name" ; --""").rows() == [(5,)]
    assert files_of(f"{source}?table=x") == [folder / "t'.db"]
    marked = shutil.copy(folder / "t'.db", tmp_path / "t.db?table=x.db")
    assert files_of(f"duckdb:{marked}") == [tmp_path / "t.db?table=x.db"]
    with pytest.raises(DataError, match="has a question mark in its path"):
        read_table(f"duckdb:{marked}")
    (tmp_path / "duckdb:t.csv").write_text("a,b\n1,2\n")
    assert not is_duckdb(tmp_path / "duckdb:t.csv")
    assert read_table(tmp_path / "duckdb:t.csv").rows() == [("1", "2")]


@pytest.mark.parametrize("name", ["a.png", "a.ts", "a.tsf", "train-images-idx3-ubyte", "x" * 500])
def test_what_is_asked_is_no_name_of_a_file(name: str, wines: str) -> None:
    source = f'{wines}?query=SELECT 1 AS "{name}"'
    assert not holds_images(source)
    assert not holds_series(source)
    assert kind_of(FitRequest(source, name)).name == "table"
    assert read_table(source).columns == [name]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("?table=wime", "has no table 'wime'; did you mean 'wine'?"),
        ("?table=shelf", "did you mean 'cellar.shelf'?"),
        ("?table=", "has no table ''; its tables: 'cellar.shelf', 'few', 'wine'"),
        ("", "has 3 tables; name one, as with ?table=cellar.shelf: it has 'cellar.shelf', 'few', 'wine'"),
        ("?query=SELECT 1; SELECT 2", "is not one SELECT"),
        ("?query=", "is not one SELECT"),
        ("?query=-- nothing", "is not one SELECT"),
        ("?query=DELETE FROM wine", "is not one SELECT"),
        ("?query=COPY wine TO 'stolen.csv'", "is not one SELECT"),
        ("?query=INSTALL httpfs", "is not one SELECT"),
        ("?query=SET threads = 9", "is not one SELECT"),
        ("?query=SELECT * FROM read_text('{folder}/secret.txt')", "disabled by configuration"),
        ("?query=SELECT * FROM '{folder}/secret.csv'", "disabled by configuration"),
        ("?query=SELECT * FROM 'https://localhost/t.parquet'", "disabled by configuration"),
        ("?query=SELECT * FROM frame", "frame does not exist"),
        ("?query=SELECT number FROM wine WHERE number < 0", "has no rows"),
        ("?query=SELECT 1 AS a, 2 AS a", "more than one column named 'a'"),
        ("?query=SELECT [1, 2] AS a", "holds List(Int32) values"),
        ("?query=SELECT a\nFROM wine", "check the query"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    asked: str, told: str, wines: str, tmp_path: Path, refuses: Refuses
) -> None:
    for name in ("secret.txt", "secret.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    frame = pl.DataFrame({"a": [1]})
    with refuses(DataError, told):
        read_table(wines + asked.replace("{folder}", str(tmp_path)))
    assert frame.height == 1
    assert not (tmp_path / "stolen.csv").exists()
    assert read_table(f"{wines}?table=wine").height == ROWS


def test_other_files_are_told(tmp_path: Path, refuses: Refuses) -> None:
    (tmp_path / "t.db").write_bytes(b"no database " * 1000)
    with refuses(DataError, "cannot be read as DuckDB reads tables", "not a valid DuckDB database file"):
        read_table(f"duckdb:{tmp_path}/t.db?table=t")
    with refuses(DataError, "does not exist, expected a database"):
        read_table(f"duckdb:{tmp_path}/u.sqlite?table=t")
    with refuses(DataError, "is an address"):
        read_table("duckdb:s3://bucket/*.parquet")
    with refuses(DataError, "matches no file"):
        read_table(f"duckdb:{tmp_path}/*.parquet")


def test_a_database_is_read_several_times_at_once(wines: str, refuses: Refuses) -> None:
    reading = databases.duckdb_parts(f"{wines}?table=wine", 1000)
    assert next(reading).height == 1000
    assert len(read_table(f"{wines}?table=few").rows()) == 3
    assert sum(part.height for part in reading) == ROWS - 1000
    with (
        duckdb.connect(wines.removeprefix("duckdb:")),
        refuses(DataError, "is open in this program already; close that connection first"),
    ):
        read_table(f"{wines}?table=few")


def test_a_database_is_left_as_it_was(wines: str, tmp_path: Path) -> None:
    before = (tmp_path / "wines.db").read_bytes()
    read_table(f"{wines}?query=FROM wine ORDER BY name")
    assert (tmp_path / "wines.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["wines.db"]


def test_the_files_of_a_pattern_are_one_table(tmp_path: Path) -> None:
    for year in (2023, 2024):
        folder = tmp_path / f"year={year}"
        folder.mkdir()
        pl.DataFrame({"x": [float(year)]}).write_parquet(folder / "a.parquet")
    pl.DataFrame({"x": [0.0]}).write_parquet(tmp_path / "b.parquet")
    source = f"duckdb:{tmp_path}/*/*.parquet"
    assert DatabaseSource.of(source).is_pattern
    assert [file.parent.name for file in files_of(source)] == ["year=2023", "year=2024"]
    assert read_table(source).rows() == [(2023.0, "2023"), (2024.0, "2024")]
    assert pl.concat(table_parts(source)).rows() == read_table(source).rows()
    assert read_table(f"duckdb:{tmp_path}/*.parquet").rows() == [(0.0,)]
    seen = glimpse(source, large=1)
    assert seen is not None
    assert seen.rows == 2
    pl.DataFrame({"x": [1.0]}).write_parquet(tmp_path / "[b].parquet")
    assert read_table(f"duckdb:{tmp_path}/[b].parquet").rows() == [(1.0,)]  # a file of that very name


def test_without_duckdb_the_extra_is_named(wines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[duckdb\]'"):
        read_table(f"{wines}?table=wine")


def test_a_query_for_a_glimpse_is_run_once(wines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    selected: Any = databases._selected
    asked = []

    def counted(source: str) -> Any:
        asked.append(source)
        return selected(source)

    monkeypatch.setattr(databases, "_selected", counted)
    source = f"{wines}?query=FROM wine SELECT number + 1 AS n"
    sizes = {glimpse(source, large=1).rows for _ in range(3)}  # type: ignore[union-attr]
    assert (sizes, len(asked)) == ({ROWS}, 1)
    np.testing.assert_array_equal(read_table(source)["n"], np.arange(1, ROWS + 1))
