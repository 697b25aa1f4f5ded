from __future__ import annotations

import runpy

import pytest

from shoal.lecture import plain_numpy


def test_it_is_at_most_a_hundred_lines_that_import_numpy_alone() -> None:
    with open(plain_numpy.__file__) as file:  # noqa: PTH123
        lines = file.read().splitlines()
    assert len(lines) <= 100
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import", "from"))}
    assert imported == {"numpy", "__future__"}


def test_it_runs_and_learns(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(plain_numpy.__file__, run_name="__main__")
    *losses, last = capsys.readouterr().out.splitlines()
    values = [float(line.split()[-1]) for line in losses]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(0.693, abs=0.01)
    assert last == "80 of 80 samples on the right side"
