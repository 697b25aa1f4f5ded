from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from matplotlib.figure import Figure

pytest.importorskip("shoal._native")
from benchmarks import rows


def test_a_table_has_its_rows_and_a_target_that_can_be_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 300)
    rows.write_table(tmp_path / "t.parquet", 700)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table.shape == (700, 31)
    rest = table["y"] - table["x0"] - table["x1"] * table["x2"]
    assert rest.std() == pytest.approx(1, abs=0.1)


def test_a_command_costs_time_and_memory() -> None:
    found = rows.cost(7, ["--version"])
    assert found.rows == 7
    assert found.seconds > 0
    assert found.bytes > 2**20
    with pytest.raises(SystemExit, match="nonsense ended with"):
        rows.cost(7, ["nonsense"])


def test_curves_are_told_in_their_units() -> None:
    axes = Figure().subplots()
    road = next(iter(rows.ROADS))
    costs = [rows.Cost(10, 0.5, 2**20), rows.Cost(100, 1.0, 3 * 2**20)]
    for what, expected in (("bytes", [1.0, 3.0]), ("seconds", [0.5, 1.0])):
        axes.clear()
        rows.draw(axes, {road: costs}, what)
        (line,) = axes.get_lines()
        assert list(line.get_xdata()) == [10, 100]
        assert list(line.get_ydata()) == expected
        assert axes.get_ylabel().endswith({"bytes": "/ MiB", "seconds": "/ s"}[what])
