"""A column may be named as polars calls all columns; names that it never takes for a column's are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.errors import DataError
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data

ROWS = 60


def columns() -> dict[str, list[Any]]:
    """Draw a column of each kind, with gaps, signs and a number that is written otherwise."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=ROWS).round(3)
    days = np.datetime64("2024-01-01") + rng.integers(0, 700, size=ROWS)
    return {
        "a": a.tolist(),
        "b": [None, *rng.integers(0, 90, ROWS - 1).tolist()],
        "share": [f"{share:.1f} %" for share in rng.uniform(1, 90, ROWS)],
        "price": ["1,234.5", *(f"{price:.2f}" for price in rng.uniform(1, 90, ROWS - 1))],
        "kind": rng.choice(["x", "y"], ROWS).tolist(),
        "day": days.astype(str).tolist(),
        "unit": ["cm"] * ROWS,
        "left": rng.integers(0, 9, ROWS).tolist(),
        "target": np.where(a > 0, "yes", "no").tolist(),
    }


@pytest.mark.parametrize(
    ("column", "name"),
    [*((column, "*") for column in columns()), ("kind", "self")],
)
def test_any_other_name_is_that_of_a_column(
    fit: Callable[..., FinishedJob],
    write_csv: Callable[[Path, Mapping[str, Sequence[object]]], Path],
    plain: pl.DataFrame,
    tmp_path: Path,
    column: str,
    name: str,
) -> None:
    assert predicted(fit, write_csv, tmp_path, {column: name}).rows() == plain.rows()


def predicted(fit: Any, write_csv: Any, folder: Path, names: Mapping[str, str]) -> pl.DataFrame:
    """Return what a model predicts for its own table, some columns of which have other ``names``."""
    of = {name: names.get(name, name) for name in columns()}
    table = write_csv(folder / "table.csv", {of[name]: values for name, values in columns().items()})
    fit(table, of["target"], folder / "out", drop=(of["left"],), categorical=(of["kind"],), starts=1)
    predict_data(folder / "out", str(table), folder / "p.csv")
    return pl.read_csv(folder / "p.csv")


@pytest.fixture(scope="module")
def plain(fit: Any, write_csv: Any, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return predicted(fit, write_csv, tmp_path_factory.mktemp("plain"), {})


@pytest.mark.parametrize("name", ["^a$", "^.*$", "^$", "^(a$"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "arrow"])
def test_a_pattern_is_refused_by_its_name(
    fit: Callable[..., FinishedJob], tmp_path: Path, name: str, form: str
) -> None:
    table, given = tmp_path / f"table.{form}", pl.DataFrame({name: ["1.5", "2"], "y": [0.5, 1.0]})
    write = {"csv": given.write_csv, "jsonl": given.write_ndjson, "parquet": given.write_parquet}
    write.get(form, given.write_ipc)(table)
    with pytest.raises(DataError, match=rf"has a column named '{re.escape(name)}'; .* so rename it$"):
        fit(table, "y", tmp_path / "out")
