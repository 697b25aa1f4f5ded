"""What is wrong with a table that is trained on from the disk is told by its line or row of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shoal.data.readers import glimpse
from shoal.errors import CapacityError, DataError
from shoal.jobs.kinds import KINDS
from shoal.jobs.request import FitRequest
from shoal.jobs.streams.prepare import is_streamed, prepare_stream

N = 3000


@pytest.fixture(autouse=True)
def tiny(thousand_is_many: Callable[..., None]) -> None:
    thousand_is_many(sample=900, aside=300, rows=700)


@pytest.fixture
def table(mixed: Callable[..., dict[str, list[Any]]]) -> pl.DataFrame:
    return pl.DataFrame(mixed(N, seed=7), strict=False)


def test_a_row_is_told_by_its_place_in_the_table(table: pl.DataFrame, tmp_path: Path) -> None:
    row = pl.int_range(N)
    odd = table.with_columns(
        target=pl.when(row % 3 == 0).then(None).otherwise("target"),
        weight=pl.when(row == 1234).then(-1.0).otherwise((row % 5 > 0).cast(pl.Float64)),
        wild=pl.when(row == 2000).then(float("inf")).otherwise(row),
    )
    source = str(tmp_path / "t.parquet")
    odd.write_parquet(source)
    cases: list[tuple[dict[str, Any], int]] = [({"weight": "weight"}, 1235), ({}, 2001)]
    for settings, told in cases:
        with pytest.raises(DataError, match=rf"in data row {told}[, ]"):
            prepare_stream(FitRequest(source, "target", **settings))


@pytest.mark.parametrize(
    ("odd", "kind", "told"),
    [
        (b"0.5\n", CapacityError, "; it cannot be read in parts, as line 2901 has 1 field"),
        (b"\n", CapacityError, "; it cannot be read in parts, as some of its lines are blank"),
        (b"0.5,\xfc\n", DataError, r"t\.csv is not UTF-8 text: a byte \(0xfc, line 2901\)"),
    ],
)
def test_why_a_table_is_not_trained_on_from_the_disk_is_told_where_it_does_not_fit(
    odd: bytes,
    kind: type[Exception],
    told: str,
    table: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(glimpse, "HEAD", 20_000)
    source = tmp_path / "t.csv"
    table.write_csv(source)
    lines = source.read_bytes().splitlines(keepends=True)
    source.write_bytes(b"".join([*lines[:2900], odd, *lines[2900:]]))
    request = FitRequest(str(source), "target", memory=335_600_000)
    assert is_streamed(request)
    with pytest.raises(kind, match=told):
        KINDS["table"].prepare(request)  # type: ignore[attr-defined]
