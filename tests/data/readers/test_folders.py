from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from shoal.data.images.source import holds_images
from shoal.data.readers import folders, parts
from shoal.data.readers.folders import table_files
from shoal.data.readers.parts import table_parts
from shoal.data.tables import read_table
from shoal.errors import DataError


def write(folder: Path, name: str, **columns: list[object]) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(folder / name)


@pytest.fixture
def hive(tmp_path: Path) -> Path:
    write(tmp_path, "year=2024/city=Sankt%20P%C3%B6lten/b.parquet", x=[3.0, 4.0])
    write(tmp_path, "year=2024/city=Graz/a.parquet", x=[1.0, 2.0])
    write(tmp_path, "year=__HIVE_DEFAULT_PARTITION__/city=Graz/c.parquet", x=[5.0])
    write(tmp_path, "_temporary/d.parquet", x=[9.0])
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "year=2024" / ".a.crc").touch()
    return tmp_path


def test_rows_of_all_files_with_the_keys_of_their_folders(hive: Path) -> None:
    assert read_table(hive).rows() == [
        (1.0, "2024", "Graz"),
        (2.0, "2024", "Graz"),
        (3.0, "2024", "Sankt Pölten"),
        (4.0, "2024", "Sankt Pölten"),
        (5.0, None, "Graz"),
    ]
    assert not holds_images(hive)


def test_parts_are_the_whole(hive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS", 2)
    found = list(table_parts(hive, large=0))
    assert [part.height for part in found] == [2, 2, 1]
    assert pl.concat(found).rows() == read_table(hive).rows()


def test_a_flat_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path, "2.PARQUET", x=[2.0], y=["b"])
    write(tmp_path, "1.parquet", x=[1.0], y=["a"])
    write(tmp_path, "3.parquet", y=["c"], x=[3.0])
    assert read_table(tmp_path).rows() == [(1.0, "a"), (2.0, "b"), (3.0, "c")]
    assert [file.name for file in table_files(tmp_path)] == ["1.parquet", "2.PARQUET", "3.parquet"]


@pytest.mark.parametrize("name", ["0", "2", "4"])
def test_a_file_without_rows_may_have_any_columns(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS", 2)
    write(tmp_path, f"{name}.parquet", x=[])  # polars' and pandas' type of nothing, and a column less
    write(tmp_path, "1.parquet", x=[1.0, 2.0], y=["a", "b"])
    write(tmp_path, "3.parquet", y=["c"], x=[3.0])
    assert read_table(tmp_path).rows() == [(1.0, "a"), (2.0, "b"), (3.0, "c")]
    assert pl.concat(table_parts(tmp_path, large=0)).rows() == read_table(tmp_path).rows()


def test_files_that_all_have_no_rows_are_told(tmp_path: Path) -> None:
    write(tmp_path, "1.parquet", x=[], y=[])
    write(tmp_path, "2.parquet", x=[])
    with pytest.raises(DataError, match="has 2 columns and no rows"):
        read_table(tmp_path)


def test_a_key_that_comes_twice_is_told(tmp_path: Path) -> None:
    write(tmp_path, "year=2024/ye%61r=2025/a.parquet", x=[1.0])
    with pytest.raises(DataError, match=r"a\.parquet lies in two folders of the key 'year'"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"x": [1, 2], "y": ["a", "b"]}, r"2\.parquet has Int64 values in the column 'x'"),
        ({"x": [1.0]}, r"2\.parquet lacks the column 'y', and .*1\.parquet has String values in it"),
        ({"x": [1.0], "y": ["a"], "z": [1]}, r"1\.parquet lacks it"),
    ],
)
def test_a_schema_that_changes_is_an_error(
    tmp_path: Path, columns: dict[str, list[object]], told: str
) -> None:
    write(tmp_path, "1.parquet", x=[1.0], y=["a"])
    write(tmp_path, "2.parquet", **columns)
    for read in (read_table, lambda path: list(table_parts(path, large=0))):
        with pytest.raises(DataError, match=told):
            read(tmp_path)


def test_a_key_that_is_a_column_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "x=1/a.parquet", x=[1.0])
    with pytest.raises(DataError, match="has a column 'x' and lies in a folder of that name"):
        read_table(tmp_path)


def test_folders_without_a_table_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="is a directory, expected a table"):
        read_table(tmp_path)
    (tmp_path / "a=1").mkdir()
    with pytest.raises(DataError, match="is a directory, expected a table"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="holds no Parquet file"):
        table_files(tmp_path)
    monkeypatch.setattr(folders, "_DEEPEST", 1)
    write(tmp_path, "a=1/b=2/c=3/x.parquet", x=[1.0])
    with pytest.raises(DataError, match="more than 1 folders deep"):
        read_table(tmp_path)


def test_a_damaged_file_is_named(hive: Path) -> None:
    (hive / "year=2024" / "city=Graz" / "a2.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DataError, match=r"a2\.parquet cannot be read as Parquet"):
        read_table(hive)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_among_the_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "0.parquet", a=[1.0])
    os.mkfifo(tmp_path / "1.parquet")
    with pytest.raises(DataError, match=r"1\.parquet cannot be read \(it is a pipe, which may never end"):
        read_table(tmp_path)
