from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.readers import parts
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.roles import Roles
from shoal.errors import DataError
from shoal.jobs.streams.drawing import DrawnRows, draw


@pytest.fixture
def table(tmp_path: Path) -> str:
    target = [None if k % 10 == 3 else float(k) for k in range(1000)]
    pl.DataFrame({"x": range(1000), "y": target}).write_parquet(tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def drawn(table: str, most: int, monkeypatch: pytest.MonkeyPatch, rows: int = 64, seed: int = 0) -> DrawnRows:
    monkeypatch.setattr(parts, "ROWS", rows)
    return draw(table, "y", seed, most)


def test_rows_are_those_of_the_table_with_a_target(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(table, 50, monkeypatch)
    assert (found.known, found.total, found.rows.height) == (900, 1000, 50)
    assert found.rows["x"].to_list() == found.numbers.tolist() == sorted(set(found.numbers.tolist()))
    assert not (found.numbers % 10 == 3).any()
    assert sorted(found.ranks.tolist()) == list(range(50))


def test_parts_and_the_size_of_the_draw_change_no_row(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (drawn(table, 50, monkeypatch, rows) for rows in (7, 1000))
    assert one.rows.equals(other.rows)
    np.testing.assert_array_equal(one.ranks, other.ranks)
    few = drawn(table, 20, monkeypatch)
    assert set(few.numbers.tolist()) == set(one.numbers[one.ranks < 20].tolist())
    assert drawn(table, 50, monkeypatch, seed=1).numbers.tolist() != one.numbers.tolist()


def test_a_table_may_be_drawn_as_a_whole(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(table, 5000, monkeypatch).rows.height == 900


def test_every_row_is_as_likely(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.zeros(1000)
    for seed in range(40):
        counts[drawn(table, 225, monkeypatch, rows=1000, seed=seed).numbers] += 1
    known = counts[np.arange(1000) % 10 != 3]
    assert known.mean() == 10
    # binomial: 40 draws of 1/4, with the variance 7.5
    assert abs(known.var() / 7.5 - 1) < 0.25
    assert abs(known[:450].mean() - 10) < 0.5


def test_what_has_no_target_is_told(table: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'z' to predict"):
        draw(table, "z", 0, 10)
    pl.DataFrame({"x": [1, 2], "y": [None, None]}).write_parquet(tmp_path / "none.parquet")
    with pytest.raises(DataError, match="missing in all 2 rows"):
        draw(str(tmp_path / "none.parquet"), "y", 0, 10)


def test_a_text_table_that_is_not_plain_is_left_to_the_whole(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x;y\n1,5;2\n2,5;3\n")
    with pytest.raises(NotPlainError):
        draw(str(tmp_path / "t.csv"), "y", 0, 10)


def test_weights_whose_decimal_mark_a_part_alone_may_take_for_another_are_left_to_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS", 2)
    for told in (["1,234", "2,345", "0,5", "1"], ["1", "2", "0,5", "1,5"]):
        pl.DataFrame({"w": told, "y": [1.0, 2.0, 3.0, 4.0]}).write_parquet(tmp_path / "t.parquet")
        with pytest.raises(NotPlainError):
            draw(str(tmp_path / "t.parquet"), "y", 0, 9, Roles(weight="w"))
    plain = pl.DataFrame({"w": ["1.5", "0", "2e-1", "1"], "y": [1.0, 2.0, 3.0, 4.0]})
    plain.write_parquet(tmp_path / "t.parquet")
    assert draw(str(tmp_path / "t.parquet"), "y", 0, 9, Roles(weight="w")).weightless == 1
