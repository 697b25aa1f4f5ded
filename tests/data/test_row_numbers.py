"""Rows are told by their places in the table, whatever was left out before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shoal.data.row_numbers import counting_rows, data_row, keep_rows
from shoal.errors import DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.tables.prepare import prepare_table

N = 60


def test_rows_are_counted_for_the_time_of_a_block() -> None:
    keep_rows([False, True])  # of no table
    assert data_row(0) == "data row 1"
    with counting_rows():
        keep_rows([False, True, True])
        with counting_rows(first=7):
            assert data_row(2) == "data row 10"
            keep_rows([])
        assert data_row(1) == "data row 3"
    assert data_row(0) == "data row 1"


@pytest.mark.parametrize(
    ("column", "value", "settings"),
    [
        ("x", float("inf"), {}),
        ("weight", -1.0, {"weight": "weight"}),
        ("when", None, {"time_order": "when"}),
        ("x", float("inf"), {"weight": "weight"}),
    ],
)
def test_what_is_wrong_is_told_by_its_row_of_the_file(
    column: str, value: Any, settings: dict[str, Any], tmp_path: Path
) -> None:
    columns: dict[str, list[Any]] = {
        "x": [float(k * k % 17) for k in range(N)],
        "when": list(range(N)),
        "weight": [float(k > 8) for k in range(N)],
        "target": [None if k in (0, 10) else "rare" if k == 11 else "ab"[k % 2] for k in range(N)],
    }
    columns[column][40] = value
    for name in ("t", "other"):
        pl.DataFrame(columns, strict=False).write_parquet(tmp_path / f"{name}.parquet")
        columns[column][40] = columns[column][38]
    broken, whole = (str(tmp_path / f"{name}.parquet") for name in ("t", "other"))
    settings = {"rare": "drop", **settings}
    asked: list[dict[str, Any]] = [{"table": broken}, {"table": whole, "test": broken}]
    for tables in asked:
        if "test" in tables and column == "when":
            continue  # it is later than nothing
        with pytest.raises(DataError, match=r"data row 41\b"):
            prepare_table(FitRequest(**tables, target="target", **settings))
