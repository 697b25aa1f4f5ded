from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.readers import parts
from shoal.errors import DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.streams import labels as module
from shoal.jobs.streams.drawing import DrawnRows, draw
from shoal.jobs.streams.labels import Labels, with_every_class


def read(target: list[object], tmp_path: Path, most: int = 20) -> tuple[DrawnRows, Labels]:
    """Return so many rows of a table, and the labels of all."""
    table = pl.DataFrame({"place": range(len(target)), "label": pl.Series(target, strict=False)})
    table.write_parquet(tmp_path / "t.parquet")
    labels = Labels("label")
    return draw(str(tmp_path / "t.parquet"), "label", 0, most, passing=labels.add), labels


def request(tmp_path: Path, **settings: object) -> FitRequest:
    return FitRequest(str(tmp_path / "t.parquet"), "label", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [7, 64, 1000])
def test_the_first_of_every_label_is_there_whatever_the_parts(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS", rows)
    target: list[object] = ["a", "b"] * 300
    plain, _ = read(target, tmp_path)
    rare = [k for k in range(600) if k not in plain.numbers][100:400:100]
    for k in rare:
        target[k] = "z"
    target[rare[0] + 1] = None
    drawn, labels = read(target, tmp_path)
    found, told = with_every_class(drawn, labels, request(tmp_path))
    assert (found.at_random, found.besides, found.known) == (20, 1, 599)
    assert found.numbers.tolist() == sorted([*plain.numbers.tolist(), rare[0]])
    assert found.rows["place"].to_list() == found.numbers.tolist()
    assert found.numbers[found.ranks == 20].tolist() == [rare[0]]
    others = found.ranks < 20
    np.testing.assert_array_equal(found.ranks[others], plain.ranks)
    np.testing.assert_array_equal(found.draws[others], plain.draws)
    assert told == (
        "1 class of the target 'label' has none of the rows drawn, but 'z' 3 of the others: the first row of "
        "each is looked at, too",
    )


def test_labels_that_were_all_drawn_change_nothing(tmp_path: Path) -> None:
    drawn, labels = read(["a", "b"] * 300, tmp_path)
    assert with_every_class(drawn, labels, request(tmp_path)) == (drawn, ())


def test_of_a_number_no_row_is_added(tmp_path: Path) -> None:
    drawn, labels = read(list(range(600)), tmp_path)
    assert with_every_class(drawn, labels, request(tmp_path)) == (drawn, ())
    assert with_every_class(drawn, None, request(tmp_path, task="regression")) == (drawn, ())
    with_all, _ = with_every_class(drawn, labels, request(tmp_path, task="classification"))
    assert with_all.rows.height == 600


def test_codes_of_which_few_were_drawn_are_numbers_as_in_memory(tmp_path: Path) -> None:
    target: list[object] = [k % 3 for k in range(600)]
    drawn, _ = read(target, tmp_path)
    target[next(k for k in range(600) if k not in drawn.numbers)] = 77
    drawn, labels = read(target, tmp_path)
    assert with_every_class(drawn, labels, request(tmp_path)) == (drawn, ())  # not three classes


def test_too_many_labels_are_refused_as_classes_and_taken_as_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 50)
    drawn, labels = read([f"name {k}" for k in range(600)], tmp_path)
    with pytest.raises(DataError, match="has more than 50 different values, too many for classes"):
        with_every_class(drawn, labels, request(tmp_path))
    drawn, labels = read([k / 8 for k in range(600)], tmp_path)
    assert with_every_class(drawn, labels, request(tmp_path)) == (drawn, ())
