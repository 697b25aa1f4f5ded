from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from shoal.data.readers import delimited_parts, parts
from shoal.errors import ConfigurationError, DataError, OutputError, ShoalWarning
from shoal.jobs import model
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data

Mixed = Callable[..., dict[str, list[Any]]]
Write = Callable[..., Path]


@pytest.fixture
def table(mixed: Mixed, write_csv: Write, tmp_path: Path) -> Path:
    return write_csv(tmp_path / "new.csv", mixed(20, seed=3))


def test_a_row_of_predictions_for_each_row_of_the_table(
    fitted: FinishedJob, table: Path, tmp_path: Path
) -> None:
    assert predict_data(fitted.folder, str(table), tmp_path / "p.csv") == 20
    given = pl.read_csv(tmp_path / "p.csv")
    assert given.columns == ["target", "P(target=no)", "P(target=yes)"]
    signal = pl.read_csv(table)["signal"].to_numpy()
    agreement = (given["target"].to_numpy() == "yes") == (signal > 0)
    assert agreement.mean() > 0.9
    likelier = given["P(target=yes)"].to_numpy() > 0.5
    np.testing.assert_array_equal(likelier, given["target"].to_numpy() == "yes")


def test_every_format_holds_the_same(fitted: FinishedJob, table: Path, tmp_path: Path) -> None:
    for name in ("p.csv", "p.tsv", "p.csv.gz", "p.tsv.gz", "p.parquet"):
        predict_data(fitted.folder, str(table), tmp_path / name)
    plain = pl.read_csv(tmp_path / "p.csv")
    assert plain.equals(pl.read_csv(tmp_path / "p.tsv", separator="\t"))
    assert plain.equals(pl.read_parquet(tmp_path / "p.parquet"))
    assert gzip.decompress((tmp_path / "p.csv.gz").read_bytes()) == (tmp_path / "p.csv").read_bytes()
    assert gzip.decompress((tmp_path / "p.tsv.gz").read_bytes()) == (tmp_path / "p.tsv").read_bytes()


def test_the_target_and_unused_columns_are_not_needed(
    fitted: FinishedJob, mixed: Mixed, write_csv: Write, table: Path, tmp_path: Path
) -> None:
    predict_data(fitted.folder, str(table), tmp_path / "all.csv")
    columns = mixed(20, seed=3)
    del columns["target"], columns["unit"]
    shuffled = dict(reversed(columns.items()))
    predict_data(fitted.folder, str(write_csv(tmp_path / "few.csv", shuffled)), tmp_path / "few_p.csv")
    assert (tmp_path / "few_p.csv").read_text() == (tmp_path / "all.csv").read_text()


def test_a_missing_column_is_named(
    fitted: FinishedJob, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    columns = mixed(20)
    columns["Signal"] = columns.pop("signal")
    with pytest.raises(DataError, match=r"lacks the column 'signal', .* is 'Signal' meant"):
        predict_data(fitted.folder, str(write_csv(tmp_path / "t.csv", columns)), tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()


def test_an_extra_column_is_refused_until_it_is_allowed(
    fitted: FinishedJob, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    table = str(write_csv(tmp_path / "t.csv", {**mixed(20), "new": ["?"] * 20}))
    with pytest.raises(DataError, match=r"not trained on: 'new'; drop them or pass --ignore-extra"):
        predict_data(fitted.folder, table, tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()
    assert predict_data(fitted.folder, table, tmp_path / "p.csv", ignore_extra=True) == 20


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.parquet.gz", "p.npz"])
def test_an_unknown_extension(fitted: FinishedJob, table: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected \.csv"):
        predict_data(fitted.folder, str(table), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_place_that_is_not_there(fitted: FinishedJob, table: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        predict_data(fitted.folder, str(table), tmp_path / "nowhere" / "p.csv")
    assert not (tmp_path / "nowhere").exists()


def test_numbers_are_in_the_units_of_the_target(
    fit: Callable[..., FinishedJob], write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    x = np.linspace(-1, 1, 80)
    columns = {"x": x.tolist(), "y": (5000 + 100 * x).tolist()}
    table = write_csv(tmp_path / "t.csv", columns)
    outcome = fit(table, "y", tmp_path / "out", hidden=((),), l2=(0.0,), epochs=300, solver="lbfgs")
    predict_data(outcome.folder, str(table), tmp_path / "p.csv")
    given = pl.read_csv(tmp_path / "p.csv")
    assert given.columns == ["y"]
    np.testing.assert_allclose(given["y"].to_numpy(), 5000 + 100 * x, atol=5)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table is large, and parts are a few rows."""
    monkeypatch.setattr(parts, "LARGE", 0)
    monkeypatch.setattr(parts, "ROWS", 600)
    monkeypatch.setattr(model, "MOST_ROWS", 600)
    monkeypatch.setattr(delimited_parts, "BYTES", 9000)


@pytest.mark.parametrize("table_format", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize("out", ["p.csv", "p.tsv.gz"])
def test_a_large_table_is_predicted_in_parts_of_the_same_bytes(
    fitted: FinishedJob,
    mixed: Mixed,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    table_format: str,
    out: str,
) -> None:
    source = tmp_path / f"t.{table_format}"
    frame = pl.DataFrame(mixed(1500, seed=4), strict=False)
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "arrow": frame.write_ipc}[table_format](source)
    predict_data(fitted.folder, str(source), tmp_path / f"whole_{out}")
    request.getfixturevalue("in_parts")
    assert predict_data(fitted.folder, str(source), tmp_path / out) == 1500
    assert (tmp_path / out).read_bytes() == (tmp_path / f"whole_{out}").read_bytes()


@pytest.mark.usefixtures("in_parts")
def test_parquet_has_a_row_group_for_each_part(fitted: FinishedJob, mixed: Mixed, tmp_path: Path) -> None:
    pl.DataFrame(mixed(1500, seed=4), strict=False).write_parquet(tmp_path / "t.parquet")
    predict_data(fitted.folder, str(tmp_path / "t.parquet"), tmp_path / "p.parquet")
    predict_data(fitted.folder, str(tmp_path / "t.parquet"), tmp_path / "p.csv")
    assert pq.ParquetFile(tmp_path / "p.parquet").num_row_groups == 3
    assert pl.read_parquet(tmp_path / "p.parquet").equals(pl.read_csv(tmp_path / "p.csv"))


@pytest.mark.usefixtures("in_parts")
def test_a_wrong_value_in_a_later_part_is_told_by_its_row_and_nothing_is_left(
    fitted: FinishedJob, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    columns = mixed(1500, seed=4)
    columns["signal"][1234] = "much"
    source = write_csv(tmp_path / "t.csv", columns)
    with pytest.raises(DataError, match="'much' in data row 1235"):
        predict_data(fitted.folder, str(source), tmp_path / "p.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.usefixtures("in_parts")
def test_a_table_whose_parts_differ_is_read_as_a_whole(
    fitted: FinishedJob, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    columns = mixed(1500, seed=4)
    predict_data(fitted.folder, str(write_csv(tmp_path / "t.csv", columns)), tmp_path / "p.csv")
    columns["signal"] = [str(value).replace(".", ",") for value in columns["signal"]]
    predict_data(fitted.folder, str(write_csv(tmp_path / "u.csv", columns)), tmp_path / "q.csv")
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()


@pytest.mark.usefixtures("in_parts")
def test_strange_categories_are_told_of_all_parts_at_once(
    fitted: FinishedJob, mixed: Mixed, write_csv: Write, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    columns = mixed(1500, seed=4)
    columns["colour"] = [f"a {colour}" for colour in columns["colour"]]
    predict_data(fitted.folder, str(write_csv(tmp_path / "t.csv", columns)), tmp_path / "p.csv")
    (told,) = (str(each.message) for each in recwarn if each.category is ShoalWarning)
    assert "column 'colour': none of 1500 values such as" in told
    recwarn.clear()
    columns["colour"][-1] = columns["colour"][-1].removeprefix("a ")
    predict_data(fitted.folder, str(write_csv(tmp_path / "u.csv", columns)), tmp_path / "q.csv")
    assert not [each for each in recwarn if each.category is ShoalWarning]
