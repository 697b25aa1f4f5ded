"""A model reads a table as the one that it was fitted to was written, or says that it cannot."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.readers import parts
from shoal.errors import DataError, ShoalWarning
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_table_model
from shoal.jobs.tables.prepare import prepare_table

NAMES = ["size", "count", "share", "price", "sold"]
ROWS = 90
Row = tuple[float, int, float, float, float]


def rows() -> list[Row]:
    """Draw sizes with three decimals, which alone could be thousands, counts, shares, prices and a target."""
    rng = np.random.default_rng(0)
    sizes = rng.uniform(1, 9, ROWS).round(3) + 0.0001 * (np.arange(ROWS) % 2)
    counts = rng.integers(1, 9999, ROWS)
    shares, prices = rng.uniform(0.01, 0.9, ROWS).round(4), rng.uniform(1, 5000, ROWS).round(2)
    sold = (sizes + counts / 5000 + shares + prices / 2500).round(2)
    return list(zip(*(each.tolist() for each in (sizes, counts, shares, prices, sold)), strict=True))


def written(number: float, places: int, decimal: str) -> str:
    marks = {".": decimal, ",": {",": ".", ".": ","}[decimal]}
    return "".join(marks.get(letter, letter) for letter in f"{number:,.{places}f}")


def write(path: Path, of: Sequence[Row], decimal: str, delimiter: str) -> Path:
    """Write rows with a decimal mark, thousands in groups, per cent signs, a currency, and a gap."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file, delimiter=delimiter)
        lines.writerow(NAMES)
        for number, (size, count, share, price, sold) in enumerate(of):
            places = 3 if size == round(size, 3) else 4
            lines.writerow(
                [
                    written(size, places, decimal),
                    written(count, 0, decimal) if number % 9 or number < 9 else "-",
                    f"{written(100 * share, 2, decimal)} %",
                    f"{written(price, 2, decimal)} €",
                    written(sold, 2, decimal),
                ]
            )
    return path


@pytest.fixture(scope="module", params=[",", "."])
def job(
    request: pytest.FixtureRequest, fit: Callable[..., FinishedJob], tmp_path_factory: pytest.TempPathFactory
) -> tuple[FinishedJob, str]:
    """A job on a file with the one or the other mark, which is shared."""
    folder = tmp_path_factory.mktemp("notation")
    mark = request.param
    table = write(folder / "table.csv", rows(), mark, ";")
    return fit(table, "sold", folder / "out", epochs=5), mark


def predicted(job: FinishedJob, source: Path, tmp_path: Path) -> list[float]:
    out = tmp_path / "p.csv"
    predict_data(job.folder, str(source), out, overwrite=True)
    return pl.read_csv(out)["sold"].to_list()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [",", "."])
def test_every_mark_beside_every_delimiter_is_the_same_number(
    job: tuple[FinishedJob, str], mark: str, delimiter: str, tmp_path: Path
) -> None:
    fitted, own = job
    expected = predicted(fitted, write(tmp_path / "own.csv", rows(), own, ";"), tmp_path)
    other = write(tmp_path / "other.csv", rows(), mark, delimiter)
    if mark == own:
        assert predicted(fitted, other, tmp_path) == expected
    else:
        with pytest.warns(ShoalWarning, match="the table that the model was fitted to has decimal"):
            assert predicted(fitted, other, tmp_path) == expected


def test_a_row_whose_marks_could_be_both_is_read_as_it_was_fitted(
    job: tuple[FinishedJob, str], tmp_path: Path
) -> None:
    fitted, own = job
    every = rows()
    size, count, share, *_ = next(row for row in every if row[0] == round(row[0], 3) and row[1] > 1000)
    plain, alone = tmp_path / "plain.parquet", tmp_path / "alone.csv"
    numbers = {"size": [size], "count": [count], "share": [share], "price": [12.0]}
    pl.DataFrame(numbers).write_parquet(plain)
    whole = round(100 * share, 2) != round(100 * share)
    texts = [written(size, 3, own), written(count, 0, own), f"{100 * share:.2f} %".replace(".", own), "12 €"]
    assert whole
    assert len(texts[0]) == len(texts[1]) == 5
    for delimiter in (";", "\t"):
        alone.write_text("\n".join(delimiter.join(line) for line in (NAMES[:4], texts)))
        assert predicted(fitted, alone, tmp_path) == predicted(fitted, plain, tmp_path)
    texts[2] = "-"  # which told
    for delimiter in (";", "\t"):
        alone.write_text("\n".join(delimiter.join(line) for line in (NAMES[:4], texts)))
        pl.DataFrame(numbers | {"share": pl.Series([None], dtype=pl.Float64)}).write_parquet(plain)
        assert predicted(fitted, alone, tmp_path) == predicted(fitted, plain, tmp_path)


def test_a_share_without_its_sign_and_another_currency_are_refused(
    job: tuple[FinishedJob, str], tmp_path: Path
) -> None:
    fitted, _ = job
    for share, price, message in (
        ("45", "7 €", "column 'share' has '45', and no number of it has a per cent sign"),
        ("45 %", "$7", "column 'price' has '\\$7', an amount in \\$, expected one in €"),
    ):
        (tmp_path / "new.csv").write_text(f"size;count;share;price\n2;3;{share};{price}\n")
        with pytest.raises(DataError, match=message):
            predicted(fitted, tmp_path / "new.csv", tmp_path)


def test_a_model_of_before_knows_no_writing_and_is_read(job: tuple[FinishedJob, str], tmp_path: Path) -> None:
    model = load_table_model(job[0].folder)
    assert model.preprocessor.known.mark == job[1]
    config = model.preprocessor.to_config()
    again = type(model.preprocessor).from_config(json.loads(json.dumps(config)))
    assert again == model.preprocessor
    del config["notations"]
    assert not type(model.preprocessor).from_config(config).known.of


def test_a_table_in_parts_is_read_as_it_was_fitted(
    job: tuple[FinishedJob, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted, own = job
    other = {",": ".", ".": ","}[own]
    tables = {mark: write(tmp_path / f"{n}.csv", rows(), mark, ";") for n, mark in enumerate((own, other))}
    expected = predicted(fitted, tables[own], tmp_path)
    monkeypatch.setattr(parts, "LARGE", 0)
    assert predicted(fitted, tables[own], tmp_path) == expected
    with pytest.warns(ShoalWarning, match="the table that the model was fitted to has decimal"):
        assert predicted(fitted, tables[other], tmp_path) == expected


def test_rows_to_test_on_are_read_as_the_table(tmp_path: Path) -> None:
    table, test = write(tmp_path / "table.csv", rows(), ",", ";"), tmp_path / "test.csv"
    test.write_text("size;count;share;price;sold\n1.234;1.000;5 %;7 €;2.345\n")
    prepared = prepare_table(FitRequest(str(table), "sold", test=str(test)))
    numbers = {"size": [1234.0], "count": [1000], "share": [0.05], "price": [7.0]}
    np.testing.assert_array_equal(
        prepared.test.X, prepared.preprocessor.transform(numbers, dtype=prepared.test.X.dtype)
    )
    test.write_text("size;count;share;price;sold\n1.234;1.000;5 %;7 €;0.5\n")
    prepared = prepare_table(FitRequest(str(table), "sold", test=str(test)))
    numbers |= {"size": [1.234], "count": [1]}
    np.testing.assert_array_equal(
        prepared.test.X, prepared.preprocessor.transform(numbers, dtype=prepared.test.X.dtype)
    )
    assert any("numbers are read with decimal points" in told for told in prepared.warnings)


def test_how_a_target_is_read_is_told_once(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(f"{row % 9},€ {row}.5\n" for row in range(60)))
    told = prepare_table(FitRequest(str(table), "y")).warnings
    assert [note for note in told if "target" in note] == ["the target 'y': '€ 0.5' is read as 0.5"]
