from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from shoal.data.readers import glimpse as module
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.readers.glimpse import bytes_of, glimpse
from shoal.data.readers.parts import table_parts
from shoal.data.tables import read_table


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 1000)
    monkeypatch.setattr(module, "HEAD", 20_000)


@pytest.fixture
def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    numbers = {f"x{k}": rng.normal(size=5000).astype(np.float32).round(4) for k in range(4)}
    return pl.DataFrame({**numbers, "text": ["short", "a text that is longer than that"] * 2500})


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz"])
def test_the_rows_of_a_text_are_told_from_the_first_of_them(
    name: str, table: pl.DataFrame, tmp_path: Path
) -> None:
    content = table.write_csv(separator="\t" if "tsv" in name else ",").encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    seen = glimpse(str(path))
    assert seen is not None
    assert seen.head is not None
    assert seen.head.columns == table.columns
    assert seen.head["text"].to_list()[:2] == table["text"].to_list()[:2]
    assert len(seen.head) < 1000
    assert seen.rows == pytest.approx(5000, rel=0.02)
    texts = 5 * 16 * 5000 + 31 * 2500
    assert seen.reading == pytest.approx(max(2 * len(content) + texts, 2 * texts), rel=0.02)


def test_the_rows_of_parquet_are_known(table: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table.with_columns(double=pl.col("x0").cast(pl.Float64)).write_parquet(path)
    seen = glimpse(str(path))
    assert seen is not None
    assert seen.head is not None
    assert (seen.rows, len(seen.head)) == (5000, 2000)
    texts = 16 * 5000 + 31 * 2500
    # what is double already is there once
    whole = 4 * (4 + 8) * 5000 + 8 * 5000 + 2 * texts
    assert (
        whole <= seen.reading <= whole + 5 * 5000 / 8
    )  # older polars has a bit for each number that is there


def as_lines(table: pl.DataFrame, kind: str) -> bytes:
    """Return the numbers of a table in a format of lines."""
    if kind == "jsonl":
        return table.write_ndjson().encode()
    if kind == "arff":
        declared = "".join(f"@attribute {name} numeric\n" for name in table.columns)
        return f"@relation r\n{declared}@data\n{table.write_csv(include_header=False)}".encode()
    rows = (" ".join(f"{k}:{x}" for k, x in enumerate(row, start=1)) for row in table.iter_rows())
    return "".join(f"{i % 2} {row}\n" for i, row in enumerate(rows)).encode()


@pytest.mark.parametrize("kind", ["jsonl", "arff", "svm"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_rows_of_lines_are_told_from_the_first_of_them(
    kind: str, packed: bool, table: pl.DataFrame, tmp_path: Path
) -> None:
    content = as_lines(table.drop("text"), kind)
    path = tmp_path / (f"t.{kind}.gz" if packed else f"t.{kind}")
    path.write_bytes(gzip.compress(content) if packed else content)
    seen, whole = glimpse(str(path)), read_table(path)
    assert seen is not None
    assert seen.head is not None
    assert seen.head.equals(whole.head(len(seen.head)))
    assert 100 < len(seen.head) < 1000
    assert seen.rows == pytest.approx(5000, rel=0.03)
    a_cell = module._LINES[f".{kind}"][1]
    assert seen.reading == pytest.approx(2 * len(content) + a_cell * 5000 * len(whole.columns), rel=0.03)


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("empty", [False, True])
def test_the_rows_of_arrow_are_told_from_its_first_batch(
    stream: bool, compression: Any, empty: bool, table: pl.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "t.arrow"
    whole = table.with_columns(pl.col("text").cast(pl.Categorical)).to_arrow()
    options = pa.ipc.IpcWriteOptions(compression=None if compression == "uncompressed" else compression)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(str(path), whole.schema, options=options) as out:
        if empty:
            out.write_batch(whole.combine_chunks().to_batches()[0].slice(0, 0))
        out.write_table(whole.combine_chunks(), max_chunksize=1250)
    seen = glimpse(str(path))
    assert seen is not None
    assert seen.head is not None
    assert seen.head["text"].to_list()[:2] == table["text"].to_list()[:2]
    assert len(seen.head) == 1250
    most = 6250 if empty and not stream else 5000  # a file counts its batches, with rows or without
    assert seen.rows == pytest.approx(most, rel=0.05)
    columns = seen.rows / 1250 * bytes_of(seen.head)
    assert seen.reading == pytest.approx(path.stat().st_size + 3 * columns, rel=0.01)


def test_of_archives_it_is_known_what_they_unpack_to(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.zeros((5000, 8)), y=np.arange(5000) % 7)
    seen = glimpse(str(tmp_path / "t.npz"))
    assert seen is not None
    assert (seen.rows, seen.head) == (0, None)
    assert seen.reading == pytest.approx(5000 * 9 * 8, rel=0.01)
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"<c/>" * 100_000)
        book.writestr("xl/media/image1.png", np.random.default_rng(0).bytes(2000))
    seen = glimpse(str(tmp_path / "t.xlsx"))
    assert seen is not None
    assert seen.reading == 400_000  # of the sheet, not of a picture in it


@pytest.mark.parametrize(
    "content", [b"x" * 2000, b"\0" * 2000, b"a,b\n" + b"1\n2,3,4\n" * 500, b"1,2\n" * 500]
)
@pytest.mark.parametrize(
    "name",
    [
        "t.csv",
        "t.parquet",
        "t.csv.gz",
        "t.xlsx",
        "t.npz",
        "t.ods",
        "t.nonsense",
        "t.jsonl",
        "t.arff",
        "t.svm",
        "t.arrow",
        "t.feather",
        "t.jsonl.gz",
        "t.arrow.gz",
    ],
)
def test_what_cannot_be_told_is_left_to_reading(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert glimpse(str(path)) is None


def test_small_and_missing_files_are_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    assert glimpse(str(path)) is None
    assert glimpse(str(tmp_path / "none.csv")) is None
    assert glimpse("builtin:wine") is None


def test_bytes_are_those_of_values_and_long_texts() -> None:
    table = pl.DataFrame({"a": [1, 2, 3], "b": [1.0, None, 2.0], "c": ["x", None, "y" * 20]})
    assert bytes_of(table) == pytest.approx(3 * 8 + 3 * 8 + 3 * 16 + 20, abs=2)


def test_a_folder_of_parquet_files_has_the_rows_of_all(tmp_path: Path) -> None:
    for key in "ab":
        (tmp_path / f"k={key}").mkdir()
        pl.DataFrame({"x": [1.0, 2.0, 3.0]}).write_parquet(tmp_path / f"k={key}" / "t.parquet")
    seen = glimpse(str(tmp_path), large=0)
    assert seen is not None
    assert seen.head is not None
    assert (seen.rows, seen.head.columns) == (6, ["x", "k"])
    assert seen.reading >= 2 * bytes_of(read_table(tmp_path))


def test_a_folder_without_rows_is_not_told(tmp_path: Path) -> None:
    for k in range(3):
        pl.DataFrame({"a": []}, {"a": pl.Int64}).write_parquet(tmp_path / f"{k}.parquet")
    assert glimpse(str(tmp_path), 1) is None


@pytest.mark.parametrize("name", ["t.parquet", "t.csv.gz", "t.csv.zst", "t.npz", "folder"])
def test_a_small_file_of_a_large_table_is_looked_at_and_comes_in_parts(name: str, tmp_path: Path) -> None:
    """A column that repeats itself takes next to nothing in a file, and 8 bytes a row in memory."""
    path, rows = tmp_path / name, 50_000
    table = pl.DataFrame({"x": np.repeat(12345, rows), "y": np.repeat(67890, rows)})
    if name == "folder":
        path.mkdir()
        table.write_parquet(path / "part.parquet")
    elif name == "t.parquet":
        table.write_parquet(path)
    elif name == "t.npz":
        np.savez_compressed(path, x=table["x"].to_numpy(), y=table["y"].to_numpy())
    else:
        pack = gzip.compress if path.suffix == ".gz" else lambda content: pa.compress(content, "zstd")
        path.write_bytes(pack(table.write_csv().encode()))
    large = 2 * 8 * rows * 7 // 10
    assert sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path])) < large / 4
    seen = glimpse(str(path), large)
    assert seen is not None
    assert seen.reading >= large
    assert glimpse(str(path), 2 * large) is None
    if name != "t.npz":  # of which no part is read alone
        assert seen.rows == pytest.approx(rows, rel=0.05)
        assert sum(part.height for part in table_parts(path, large=large)) == rows
        with pytest.raises(NotPlainError):
            next(table_parts(path, large=2 * large))
