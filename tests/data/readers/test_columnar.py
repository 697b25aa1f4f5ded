from __future__ import annotations

import gzip
import io
import random
from datetime import datetime
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shoal.data.readers.columnar import parquet_parts, parquet_rows
from shoal.data.readers.glimpse import glimpse
from shoal.data.tables import read_table
from shoal.errors import DataError, ShoalError

FRAME = pl.DataFrame(
    {
        "i": [1, None, 3],
        "f": [0.5, 1.5, None],
        "s": ["a", "é", None],
        "b": [True, False, None],
        "k": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
    }
)


def ipc(stream: bool = False, compression: Any = "uncompressed") -> bytes:
    buffer = io.BytesIO()
    write = FRAME.write_ipc_stream if stream else FRAME.write_ipc
    write(buffer, compression=compression)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["t.feather", "t.arrow", "t.ipc", "t.arrow.gz"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_arrow_keeps_its_types(name: str, stream: bool, compression: str, write_file: Any) -> None:
    content = ipc(stream, compression)
    table = read_table(write_file(name, gzip.compress(content) if name.endswith("gz") else content))
    assert table.to_dict(as_series=False) == FRAME.to_dict(as_series=False)
    assert table.schema["k"] == pl.Categorical


@pytest.mark.parametrize("labels", [[10, 20, 10], [1.5, 2.0, 1.5], ["a", "b", "a"], [True, False, True]])
@pytest.mark.parametrize("name", ["t.feather", "t.parquet"])
def test_categories_of_pandas_are_categories(labels: list[Any], name: str, tmp_path: Any) -> None:
    frame = pd.DataFrame({"k": pd.Categorical(labels), "x": [1, 2, 3]})
    frame.to_feather(tmp_path / name) if name == "t.feather" else frame.to_parquet(tmp_path / name)
    table = read_table(tmp_path / name)
    assert table.dtypes == [pl.Categorical, pl.Int64]
    told = {1.5: "1.5", 2.0: "2", True: "true", False: "false"}
    assert table["k"].to_list() == [told.get(label, str(label)) for label in labels]


@pytest.mark.parametrize(
    "note", [b"", b"{", b"[" * 10**5, b'{"columns": 3}', b'{"columns": [{"name": "x"}]}']
)
def test_a_note_of_pandas_that_nobody_understands_is_none(note: bytes, tmp_path: Any) -> None:
    table = pa.table({"x": [1, 2]}).replace_schema_metadata({"pandas": note})
    pq.write_table(table, tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["x"].to_list() == [1, 2]


def test_the_first_feather_is_refused(write_file: Any, refuses: Any) -> None:
    with refuses(DataError, "t.feather is a Feather file of version 1", "write it again"):
        read_table(write_file("t.feather", b"FEA1" + bytes(40) + b"FEA1"))


def test_lists_are_told(tmp_path: Any, refuses: Any) -> None:
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as file:
        table = pa.table({"a": [[1], [2]]})
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    with refuses(DataError, "column 'a' of", "t.arrow", "drop or flatten"):
        read_table(tmp_path / "t.arrow")


@pytest.mark.parametrize("content", [b"", b"ARROW1", b"ARROW1\0\0" + bytes(99), b"hello", b"\xff" * 99])
def test_what_is_no_arrow(content: bytes, write_file: Any, refuses: Any) -> None:
    with refuses(DataError, "t.arrow cannot be read as Arrow IPC", "write it again"):
        read_table(write_file("t.arrow", content))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_any_damage_is_a_table_or_an_error_of_one_line(
    stream: bool, compression: str, write_file: Any
) -> None:
    rng, content = random.Random(0), ipc(stream, compression)  # noqa: S311

    def refusal() -> str | None:
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 2, 8])):
            damaged[rng.randrange(len(damaged))] = rng.choice([0, 255, rng.randrange(256)])
        try:
            read_table(write_file("d.arrow", bytes(damaged)))
        except ShoalError as error:
            return str(error)
        return None

    told = [damage for _ in range(100) if (damage := refusal())]
    assert len(told) > 25
    assert [message for message in told if "\n" in message or "d.arrow" not in message] == []


def test_times_in_parquet_have_any_zone(tmp_path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """The offset of pandas' texts with a zone, of which polars panics, and says so on the terminal."""
    path = tmp_path / "t.parquet"
    times = pd.to_datetime([f"2024-02-{day:02}T01:00:00+05:30" for day in (1, 2, 3)])
    frame = pd.DataFrame({"t": times, "k": pd.Categorical([3, 1, 3]), "x": [1.5, None, 2.0]})
    frame.to_parquet(path)
    table = read_table(path)
    before = ["2024-01-31T19:30", "2024-02-01T19:30", "2024-02-02T19:30"]
    assert table["t"].to_list() == [datetime.fromisoformat(time) for time in before]
    assert table["k"].dtype == pl.Categorical
    assert table["x"].to_list() == [1.5, None, 2.0]
    parts = [part["x"].to_list() for part in parquet_parts(path, 2)]
    assert parts == [[1.5, None], [2.0]]
    assert parquet_rows(path) == 3
    seen = glimpse(str(path), large=0)
    assert seen is not None
    assert (seen.rows, seen.head["t"][0] if seen.head is not None else None) == (3, table["t"][0])
    assert capfd.readouterr().err == ""


def test_a_name_with_an_offset_is_a_name(tmp_path: Any) -> None:
    pq.write_table(pa.table({"+05:30": [1, 2]}), tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").to_dict(as_series=False) == {"+05:30": [1, 2]}
