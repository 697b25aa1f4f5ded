from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from matplotlib.figure import Figure

pytest.importorskip("shoal._native")
from benchmarks import rows


def test_a_table_has_its_rows_and_a_target_that_can_be_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 150)
    monkeypatch.setattr(rows, "IN_A_FILE", 300)
    for _ in range(2):  # what was there before is gone
        rows.write_table(tmp_path / "table", 700)
    assert sorted(path.name for path in (tmp_path / "table").iterdir()) == [
        f"part-{number:03}.parquet" for number in range(3)
    ]
    table = pl.read_parquet(tmp_path / "table")
    assert table.shape == (700, 31)
    assert table.is_unique().all()
    rest = table["y"] - table["x0"] - table["x1"] * table["x2"]
    assert rest.std() == pytest.approx(1, abs=0.1)


def test_a_command_costs_time_and_memory() -> None:
    found = rows.cost(7, ["--version"])
    assert found.rows == 7
    assert found.seconds > 0
    assert found.bytes > found.anonymous > 2**20
    with pytest.raises(SystemExit, match="nonsense ended with"):
        rows.cost(7, ["nonsense"])


def test_curves_are_told_in_their_units() -> None:
    axes = Figure().subplots()
    road = next(iter(rows.ROADS))
    costs = [rows.Cost(10, 0.5, 2**19, 2**20), rows.Cost(100, 1.0, 2**20, 3 * 2**20)]
    for what, expected in (("bytes", [1.0, 3.0]), ("anonymous", [0.5, 1.0]), ("seconds", [0.5, 1.0])):
        axes.clear()
        rows.draw(axes, {road: costs}, what)
        (line,) = axes.get_lines()
        assert list(line.get_xdata()) == [10, 100]
        assert list(line.get_ydata()) == expected
        assert axes.get_ylabel().endswith({"seconds": "/ s"}.get(what, "/ MiB"))


def test_a_process_that_has_ended_holds_nothing() -> None:
    assert rows.anonymous(os.getpid()) > 2**20
    assert rows.anonymous(2**22 + 1) == 0


def test_a_row_from_the_disk_is_compared_with_one_in_memory() -> None:
    in_memory, limited, predict = rows.ROADS
    curves = {
        in_memory: [rows.Cost(10, 1.0, 1, 1), rows.Cost(100, 8.0, 1, 1)],
        limited: [rows.Cost(10, 1.1, 1, 1), rows.Cost(100, 10.0, 1, 1), rows.Cost(1000, 100.0, 1, 1)],
        predict: [],
    }
    assert list(rows.ratios(curves)) == [(10, pytest.approx(1.1)), (100, 1.25), (1000, 1.25)]


def test_sizes_are_added_to_those_of_before_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rows, "FOLDER", tmp_path)
    monkeypatch.setattr(rows, "picture", lambda curves: (tmp_path / "drawn").touch())

    def measured(folder: Path, sizes: list[int]) -> Iterator[tuple[str, rows.Cost]]:
        for road in rows.ROADS:
            yield from ((road, rows.Cost(size, size / 10, 2**20, 2**21)) for size in sizes)

    monkeypatch.setattr(rows, "measure", measured)
    rows.main(["--rows", "100", "10"])
    rows.main(["--rows", "50", "10"])
    kept = json.loads((tmp_path / "rows.json").read_text())
    assert [[each["rows"] for each in costs] for costs in kept["curves"].values()] == [[10, 50, 100]] * 3
    assert "a row of 50 from the disk: 1.00 times" in capsys.readouterr().out
    assert (tmp_path / "drawn").exists()
    (tmp_path / "rows.json").write_text(json.dumps(kept | {"machine": {}}))
    assert not any(rows.before().values())
