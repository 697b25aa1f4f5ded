"""What has no peer, on tiny inputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.costs import COSTS, GUNPOINT, Cost, population, series, user_seconds


def test_a_population_is_drawn_and_trained() -> None:
    with population(members=20) as once:
        assert 0 < once() < 60


def test_a_command_tells_the_time_of_its_own_process_or_why_there_is_none() -> None:
    assert user_seconds(["--version"]) > 0
    with pytest.raises(RuntimeError, match=r"shoal fit nothing\.csv has ended: shoal: Missing option"):
        user_seconds(["fit", "nothing.csv"])


def test_costs_have_names_of_their_own() -> None:
    assert len({cost.name for cost in COSTS}) == len(COSTS)


def test_a_cost_that_lacks_its_file_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    [gunpoint] = (cost for cost in COSTS if cost.name == "gunpoint")
    assert Cost("c", "a cost", 1.0, population).lacks == ""
    for folder in ("", str(tmp_path)):
        monkeypatch.setenv("SHOAL_DATA", folder)
        assert gunpoint.lacks == f"{GUNPOINT} is not in the folder that SHOAL_DATA names"
    (tmp_path / GUNPOINT).parent.mkdir(parents=True)
    (tmp_path / GUNPOINT).touch()
    assert gunpoint.lacks == ""


def test_a_file_of_series_is_fitted_by_the_clock(
    real_data: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def seconds(arguments: list[str]) -> float:
        asked.append(arguments)
        return 99.0  # of the processor, which is not what is told

    monkeypatch.setattr("benchmarks.costs.user_seconds", seconds)
    with series(GUNPOINT) as once:
        assert 0 <= once() < 60
        once()
    assert real_data(GUNPOINT) == Path(asked[0][1]).resolve()
    assert [arguments[0] for arguments in asked] == ["fit", "fit"]
    assert asked[0][-2:] == ["--jobs", "2"]
    assert asked[0][3] != asked[1][3]
    assert os.environ["SHOAL_DATA"]
