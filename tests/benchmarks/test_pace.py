from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from benchmarks import pace as module
from benchmarks.pace import FIGURES, Case, fitted, main, networks, timed
from shoal.jobs.sizing.pace import RELEASED, Pace


def test_figures_are_found_again_from_what_they_take() -> None:
    pace = Pace(operation=2e-11, unit=1e-9, row=5e-8, parameter=3e-9, update=2e-5)
    cases = [Case(*each, 300, pace.epoch(*each, 300, 0)) for each in networks()]
    assert dataclasses.astuple(fitted(cases)) == pytest.approx(dataclasses.astuple(pace), rel=1e-6)


def test_a_count_is_what_a_pace_adds_up() -> None:
    case = Case(*next(networks()), rows=64, seconds=1.0)
    figures = [getattr(RELEASED, name) for name in FIGURES]
    seconds = RELEASED.epoch(case.network, case.recipe, 64, 0)
    assert np.dot(case.counts(), figures) == pytest.approx(seconds)


def test_what_is_stored_stands_beside_what_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = list(itertools.islice(networks(), 3))
    monkeypatch.setattr(module, "networks", lambda: iter(few))
    assert all(timed(*each).rows == 6 * 32 for each in few)
    assert main() == 0
    printed = capsys.readouterr().out
    assert all(f"{name:<10} {getattr(RELEASED, name):>9.2g}" in printed for name in FIGURES)
    assert "times what 3 networks take" in printed
