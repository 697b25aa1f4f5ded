from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.data.predictions import write_predictions
from shoal.data.tables import read_table
from shoal.errors import ConfigurationError, OutputError

COLUMNS = {"income": np.array(["<=50K", 'a "b", c']), "p": np.array([0.25, 0.1 + 0.2])}
CSV = 'income,p\n<=50K,0.25\n"a ""b"", c",0.30000000000000004\n'


def test_csv(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.csv", COLUMNS)
    assert (tmp_path / "p.csv").read_text() == CSV


def test_compressed_csv_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.csv.gz", COLUMNS)
    first = (tmp_path / "p.csv.gz").read_bytes()
    assert gzip.decompress(first).decode() == CSV
    assert first[4:8] == b"\0" * 4  # no time of writing


def test_tsv(tmp_path: Path) -> None:
    write_predictions(str(tmp_path / "p.TSV"), {"a": np.array([1]), "b": np.array([2])})
    assert (tmp_path / "p.TSV").read_text() == "a\tb\n1\t2\n"


def test_parquet_keeps_the_types(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.parquet", {"k": np.array([1, 2]), **COLUMNS})
    frame = pl.read_parquet(tmp_path / "p.parquet")
    assert frame.to_dict(as_series=False) == {"k": [1, 2], **{k: v.tolist() for k, v in COLUMNS.items()}}
    assert frame.dtypes == [pl.Int64, pl.String, pl.Float64]


@pytest.mark.parametrize("name", ["p.csv", "p.tsv.gz", "p.parquet"])
def test_what_is_written_can_be_read(name: str, tmp_path: Path) -> None:
    write_predictions(tmp_path / name, COLUMNS)
    assert read_table(tmp_path / name)["p"].cast(pl.Float64).to_list() == COLUMNS["p"].tolist()


def test_an_existing_file_is_replaced_where_asked_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("old")
    with pytest.raises(OutputError, match=r"p\.csv exists already"):
        write_predictions(tmp_path / "p.csv", COLUMNS)
    assert (tmp_path / "p.csv").read_text() == "old"
    write_predictions(tmp_path / "p.csv", COLUMNS, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]
    assert (tmp_path / "p.csv").read_text() == CSV


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.parquet.gz", "p.gz"])
def test_other_extensions_are_refused(name: str, tmp_path: Path, refuses: Any) -> None:
    with refuses(ConfigurationError, f"{name} has the extension", ".csv.gz"):
        write_predictions(tmp_path / name, COLUMNS)
    assert list(tmp_path.iterdir()) == []


def test_columns_must_be_equally_long(tmp_path: Path, refuses: Any) -> None:
    with refuses(ConfigurationError, "equally long", "'a': 1", "'b': 2"):
        write_predictions(tmp_path / "p.csv", {"a": np.ones(1), "b": np.ones(2)})


def test_a_place_that_is_not_there_is_told(tmp_path: Path, refuses: Any) -> None:
    with refuses(OutputError, "p.csv cannot be written"):
        write_predictions(tmp_path / "nowhere" / "p.csv", COLUMNS)
