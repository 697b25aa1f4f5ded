"""Floors of workloads, beside what is counted by hand."""

from __future__ import annotations

import pytest

pytest.importorskip("shoal._native")

from benchmarks import floor, kernels
from benchmarks.floor import Work
from benchmarks.workloads import b1, b8, c3
from tests.benchmarks.conftest import image_task, small_task


def test_products_and_activations_are_those_of_the_task() -> None:
    # 4→32→16→4, 10 000 rows, 200 epochs: two products of the first layer, three of the others
    one = Work.of(b1.task())
    assert one.operations == 2 * 10_000 * 200 * (2 * 4 * 32 + 3 * (32 * 16 + 16 * 4))
    assert one.activations == 10_000 * 200 * (32 + 16)
    assert one.seconds(1e11, 1e-9) == pytest.approx(one.operations / 1e11 + one.activations / 1e9)
    wide = Work.of(b8.task())  # of relu, which costs nothing beside products
    assert (wide.operations, wide.activations) == (
        2 * 20_000 * (2 * 784 * 512 + 3 * (512 * 512 + 512 * 10)),
        0,
    )


def test_members_and_folds_and_pixels_count() -> None:
    small = small_task(folds=3)  # two strengths, two starts and three folds of two widths, 30 rows, 4 epochs
    assert Work.of(small).operations == 2 * 12 * 30 * 4 * sum(2 * 3 * m + 3 * m for m in (2, 5))
    images = Work.of(image_task()).operations
    first, second = 3 * 2 * 4 * 4 * 9 * 8, 4 * 3 * 2 * 2 * 3 * 3
    assert images == 2 * 2 * 30 * 4 * (2 * first + 3 * (second + 4 * 5 + 5 * 3))
    assert Work.of(c3.task()).operations == 2 * 256 * 2 * (5 * 64 * 64 * 9 * 256 + 3 * 1024 * 10)


def test_the_table_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(floor, "speeds", lambda dtype, repeats: (1e11, 5e-10))
    monkeypatch.setattr("sys.argv", ["floor", "B1", "B8"])
    floor.main()
    machine, _, single, double, _, *table = capsys.readouterr().out.splitlines()
    assert "instruction set" in machine
    assert single == "float32: 100 GFLOP/s, a tanh in 0.5 ns."
    assert double.startswith("float64")
    assert table[2:] == [
        "| B1 | 7.94 GFLOP | 96 million | 127 ms |",
        "| B8 | 64.2 GFLOP | – | 642 ms |",
    ]
    monkeypatch.setattr("sys.argv", ["floor", "B2"])
    with pytest.raises(SystemExit):
        floor.main()


def test_the_peak_and_a_tanh_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LEAST_SECONDS", 1e-4)
    peak, tanh = kernels.speeds("float32", 2)
    assert peak > 1e6
    assert abs(tanh) < 1e-3  # a difference of two, on a machine that may be busy
