from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data import glimpse as module
from shoal.data.glimpse import bytes_of, glimpse


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
    assert (seen.rows, len(seen.head)) == (5000, 2000)
    texts = 16 * 5000 + 31 * 2500
    # what is double already is there once
    assert seen.reading == 4 * (4 + 8) * 5000 + 8 * 5000 + 2 * texts


@pytest.mark.parametrize(
    "content", [b"x" * 2000, b"\0" * 2000, b"a,b\n" + b"1\n2,3,4\n" * 500, b"1,2\n" * 500]
)
@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.csv.gz", "t.xlsx", "t.nonsense"])
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
