"""In files with decimal commas, what names something is never taken for thousands: it stays as written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.sequences.forecast_origins import read_origin
from shoal.errors import DataError
from shoal.jobs.job import FinishedJob
from shoal.jobs.kinds import KINDS
from shoal.jobs.predict import predict_data
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model
from shoal.jobs.sequences.prepare import prepare_sequences
from shoal.jobs.tables.prepare import prepare_table
from shoal.jobs.texts.prepare import prepare_texts

LABELS = ("1.000", "2.500", "12.345")
ROWS = 90
ASKED = {"id": "id", "order": "t", "target": None, "drop": None, "columns": None}


def write(path: Path, header: str, lines: Sequence[Sequence[str]]) -> Path:
    path.write_text("\n".join([header, *(";".join(line) for line in lines)]) + "\n")
    return path


def table_lines() -> list[list[str]]:
    """Return lines of a number with a comma, a code, a group, and a label that the number tells."""
    x = np.random.default_rng(0).normal(0, 0.2, ROWS) + np.arange(ROWS) % 3
    return [
        [f"{x[row]:.4f}".replace(".", ","), LABELS[row // 3 % 3], f"{row // 10 + 1}.000", LABELS[row % 3]]
        for row in range(ROWS)
    ]


@pytest.fixture(scope="module")
def job(fit: Callable[..., FinishedJob], tmp_path_factory: pytest.TempPathFactory) -> FinishedJob:
    """A job of a table with labels and codes, which is shared."""
    folder = tmp_path_factory.mktemp("names")
    table = write(folder / "table.csv", "x;code;of;label", table_lines())
    how = {"task": "classification", "categorical": ("code",), "group": "of", "epochs": 5}
    return fit(table, "label", folder / "out", **how)


def test_groups_are_those_of_another_table_that_writes_them_alike(tmp_path: Path) -> None:
    table, test = write(tmp_path / "table.csv", "x;code;of;label", table_lines()), tmp_path / "test.parquet"
    pl.DataFrame({"x": [1.5], "code": ["1.000"], "of": ["3.000"], "label": ["1.000"]}).write_parquet(test)
    request = FitRequest(str(table), "label", task="classification", group="of", test=str(test))
    with pytest.raises(DataError, match="shares 1 group of 'of' with the table"):
        prepare_table(request)


def test_labels_and_codes_of_a_table_are_predicted_as_they_are_written(
    job: FinishedJob, tmp_path: Path
) -> None:
    table = write(tmp_path / "new.csv", "x;code", [line[:2] for line in table_lines()])
    predict_data(job.folder, str(table), tmp_path / "p.csv")
    predicted = pl.read_csv(tmp_path / "p.csv", infer_schema=False)
    assert predicted.columns == ["label", *(f"P(label={label})" for label in LABELS)]
    assert set(predicted["label"]) <= set(LABELS)
    preprocessing = json.loads((job.folder / "preprocessing.json").read_text())
    levels = [encoder["levels"] for encoder in preprocessing["encoders"] if encoder["column"] == "code"]
    assert levels == [sorted(LABELS)]


def test_codes_are_found_again_whatever_else_a_file_holds(job: FinishedJob, tmp_path: Path) -> None:
    lines = [["1,5", label] for label in LABELS]
    commas = write(tmp_path / "commas.csv", "x;code", lines)
    plain = tmp_path / "plain.parquet"
    pl.DataFrame({"x": [1.5] * 3, "code": LABELS}).write_parquet(plain)
    for source in (commas, plain):
        predict_data(job.folder, str(source), source.with_suffix(".out.csv"))
    read = [(tmp_path / f"{name}.out.csv").read_text() for name in ("commas", "plain")]
    assert read[0] == read[1]
    assert len(set(read[0].splitlines()[1:])) == 3


def test_a_row_to_explain_has_one_of_the_labels(job: FinishedJob, tmp_path: Path) -> None:
    model = load_model(job.folder)
    table = write(tmp_path / "new.csv", "x;code;of;label", table_lines())
    batch = KINDS["table"].batch(model, str(table), 1, 3)
    np.testing.assert_array_equal(np.ravel(batch.y), [0, 1, 2])


def test_a_measured_column_whose_points_may_be_decimal_is_told(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=ROWS)
    lines = [[f"{n:.4f}".replace(".", ","), f"{row % 7 + 1}.250"] for row, n in enumerate(x)]
    doubtful = write(tmp_path / "doubtful.csv", "y;size", lines)
    note = "'1.250' in 'size' is read as 1250, as decimals have commas elsewhere; where it is 1.250, write "
    assert f"{note}1,250" in prepare_table(FitRequest(str(doubtful), "y")).warnings
    assert f"{note}1,250" in prepare_table(FitRequest(str(doubtful), "size", task="regression")).warnings
    whole = [[y, size.removesuffix(".250")] for y, size in lines]
    clear = write(tmp_path / "clear.csv", "y;size", whole)
    assert not [told for told in prepare_table(FitRequest(str(clear), "y")).warnings if "is read as" in told]
    beside = write(tmp_path / "beside.csv", "y;size", [*lines, ["0,5", "75"]])
    assert not [told for told in prepare_table(FitRequest(str(beside), "y")).warnings if "is read as" in told]


def test_series_keep_their_names_and_labels(tmp_path: Path) -> None:
    lines = [
        [f"{series + 1}.000", str(step), f"{np.sin(step * (1 + series % 2)):.4f}".replace(".", ","), label]
        for series in range(20)
        for label in [LABELS[series % 2]]
        for step in range(8)
    ]
    table = write(tmp_path / "steps.csv", "id;t;x;label", lines)
    prepared = prepare_sequences(FitRequest(str(table), "label", id="id", order="t"))
    assert prepared.target.labels == LABELS[:2]
    again = prepared.preprocessor.origin.read(str(table)).train
    assert again.names[:2] == ("1.000", "2.000")
    assert again.targets is not None
    assert set(again.targets) == set(LABELS[:2])
    forecast = [line[:3] for line in lines]
    origin, data = read_origin(str(write(tmp_path / "forecast.csv", "id;t;x", forecast)), ASKED, strict=False)
    assert data.names[:2] == origin.read(str(tmp_path / "forecast.csv")).names[:2] == ("1.000", "2.000")


def test_numbers_of_series_are_still_read(tmp_path: Path) -> None:
    lines = [
        [f"{series + 1}.000", f"{step},5", f"{series + 1}.{125 * series % 1000:03},75"]
        for series in range(20)
        for step in range(8)
    ]
    table = write(tmp_path / "steps.csv", "id;x;y", lines)
    prepared = prepare_sequences(FitRequest(str(table), "y", id="id"))
    assert prepared.target.labels == ()
    again = prepared.preprocessor.origin.read(str(table)).train
    assert again.names[:2] == ("1.000", "2.000")
    assert again.targets is not None
    np.testing.assert_array_equal(again.targets[:2].cast(pl.Float64), [1000.75, 2125.75])


def test_texts_and_their_labels_stay(tmp_path: Path) -> None:
    lines = [[f"{1 + row % 2}.000", f"{row % 7},5", LABELS[row % 2]] for row in range(60)]
    table = write(tmp_path / "texts.csv", "text;x;label", lines)
    prepared = prepare_texts(FitRequest(str(table), "label", text="text"))
    assert prepared.target.labels == LABELS[:2]
    assert {text for part in prepared.texts if part is not None for text in part.texts} == {"1.000", "2.000"}
