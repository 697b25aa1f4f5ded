from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shoal.data.frames import as_frame
from shoal.data.readers import parts
from shoal.data.readers.columnar import arrow_parts
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.readers.parts import table_parts
from shoal.data.tables import read_table
from shoal.errors import DataError

TABLE = pa.table(
    {
        "x": [float(i) for i in range(50)],
        "of": pa.array(["red", "green", None, "blue", "red"] * 10).dictionary_encode(),
        "when": pa.array([86_400 * i for i in range(50)], pa.timestamp("s")),
    }
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS", 7)


def write(path: Path, table: pa.Table = TABLE) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=16)
    elif path.suffix == ".csv":
        pl.from_arrow(table).write_csv(path)  # type: ignore[union-attr]
    else:
        opened = pa.ipc.new_stream if path.suffix == ".ipc" else pa.ipc.new_file
        with opened(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=16)
    return path


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.ipc", "t.csv"])
def test_parts_are_the_whole(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name)
    found = list(table_parts(path, several=3, large=0))
    assert [part.height for part in found] == [6, 6, 6, 6, 6, 6, 6, 6, 2]
    whole = read_table(path)
    together = pl.concat(found)
    assert together.columns == whole.columns
    assert together.height == whole.height
    assert read_table(path).rows() == [tuple(row) for row in whole.rows()]
    assert together["x"].cast(pl.Float64).to_list() == whole["x"].cast(pl.Float64).to_list()
    assert together["of"].cast(pl.String).to_list() == whole["of"].cast(pl.String).to_list()


@pytest.mark.parametrize("source", ["builtin:wine", "t.json", "small.csv"])
def test_other_tables_are_read_as_a_whole(source: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("[]")
    write(tmp_path / "small.csv")
    name = source if source.startswith("builtin") else str(tmp_path / source)
    with pytest.raises(NotPlainError):
        list(table_parts(name, large=0 if source == "t.json" else None))


def test_a_column_that_may_number_the_rows_is_left_to_the_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", TABLE.append_column("__index_level_0__", pa.array(range(50))))
    with pytest.raises(NotPlainError):
        list(table_parts(path, large=0))


def test_a_batch_of_small_numbers_has_the_type_of_the_next(tmp_path: Path) -> None:
    long, short = Decimal("1.00000000000000000001"), Decimal("1.50000000000000000000")
    columns = {
        "whole": pa.array([1] * 16 + [2**64 - 1] * 16, pa.uint64()),
        "part": pa.array([short] * 16 + [long] * 16, pa.decimal128(38, 20)),
    }
    path = write(tmp_path / "t.arrow", pa.table(columns))
    found = pl.concat(table_parts(path, large=0))
    assert as_frame(found).equals(read_table(path))
    assert as_frame(found).rows()[::31] == [("1", "1.5"), (str(2**64 - 1), str(long))]


def test_a_damaged_row_group_is_an_error_in_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet")
    content = bytearray(path.read_bytes())
    at = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    content[at : at + 40] = b"\xff" * 40
    path.write_bytes(content)
    left = table_parts(path, large=0)
    assert next(left).height == 7
    with pytest.raises(DataError, match=r"t\.parquet cannot be read as Parquet"):
        list(left)


def test_a_batch_of_all_rows_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    with pa.ipc.new_file(path, TABLE.schema) as writer:
        writer.write_table(TABLE)
    assert [part.height for part in arrow_parts(path, 20)] == [20, 20, 10]
    assert pl.concat(arrow_parts(path, 20)).equals(pl.concat(arrow_parts(path, 50)))
