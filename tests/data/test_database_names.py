from __future__ import annotations

from pathlib import Path

import pytest

from shoal.data.database_names import DatabaseSource, is_duckdb


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("duckdb:a.db", DatabaseSource("a.db")),
        ("duckdb:a.db?table=wines", DatabaseSource("a.db", table="wines")),
        ("duckdb:a.db?query=SELECT '?table='", DatabaseSource("a.db", query="SELECT '?table='")),
        ("duckdb:a.db?other=b", DatabaseSource("a.db?other=b")),
    ],
)
def test_a_question_mark_begins_what_is_asked_of_a_file(source: str, asked: DatabaseSource) -> None:
    assert DatabaseSource.of(source) == asked


def test_a_file_that_is_there_is_what_was_meant(tmp_path: Path) -> None:
    odd = tmp_path / "a?table=b.db"
    asked = f"duckdb:{odd}?query=SELECT 1"
    assert DatabaseSource.of(asked) == DatabaseSource(f"{tmp_path}/a", table="b.db?query=SELECT 1")
    odd.touch()
    assert DatabaseSource.of(asked) == DatabaseSource(str(odd), query="SELECT 1")
    assert DatabaseSource.of(f"duckdb:{odd}") == DatabaseSource(str(odd))


@pytest.mark.parametrize(
    ("source", "is_pattern"),
    [("duckdb:a/*.PARQUET", True), ("duckdb:a.parquet?table=x", False), ("duckdb:a.db", False)],
)
def test_parquet_is_no_database(source: str, is_pattern: bool) -> None:
    assert DatabaseSource.of(source).is_pattern == is_pattern


def test_a_file_whose_name_only_looks_so_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_duckdb("duckdb:a.csv")
    Path("duckdb:a.csv").touch()
    assert not is_duckdb("duckdb:a.csv")
