"""What has no peer, on tiny inputs."""

from __future__ import annotations

import pytest

from benchmarks.costs import COSTS, population, user_seconds


def test_a_population_is_drawn_and_trained() -> None:
    with population(members=20) as once:
        assert 0 < once() < 60


def test_a_command_tells_the_time_of_its_own_process_or_why_there_is_none() -> None:
    assert user_seconds(["--version"]) > 0
    with pytest.raises(RuntimeError, match=r"shoal fit nothing\.csv has ended: shoal: Missing option"):
        user_seconds(["fit", "nothing.csv"])


def test_costs_have_names_of_their_own() -> None:
    assert len({cost.name for cost in COSTS}) == len(COSTS)
