from __future__ import annotations

import itertools

import pytest

from shoal.clusters import silence as module
from shoal.clusters.silence import Silence
from shoal.errors import CapacityError, ShoalWarning
from tests.clusters.crews import PaperCrew


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is 10 s after the one before."""
    ticks = itertools.count(step=10.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: next(ticks))


def look(silence: Silence, times: int) -> None:
    for _ in range(times):
        silence.look()


def test_it_is_told_once_and_ends_at_its_limit() -> None:
    silence = Silence(PaperCrew([0]))
    silence.look()
    with pytest.warns(
        ShoalWarning, match="the cluster has no worker; waiting for one, 120 s at most"
    ) as told:
        look(silence, 11)
    assert len(told) == 1
    with pytest.raises(CapacityError, match=r"the cluster has had no worker for 120 s; start some, .*resume"):
        silence.look()


def test_a_worker_that_comes_ends_it() -> None:
    silence = Silence(PaperCrew([*[0] * 12, 1, 0]))
    with pytest.warns(ShoalWarning):
        look(silence, 20)


def test_a_study_that_has_to_end_waits_no_longer() -> None:
    silence = Silence(PaperCrew([0]), seconds=25.0)
    silence.look()
    with pytest.warns(ShoalWarning):
        silence.look()
    with pytest.raises(CapacityError, match="has had no worker for 20 s"):
        silence.look()


def test_while_workers_are_there_nobody_minds_the_time() -> None:
    silence = Silence(PaperCrew([2]), seconds=1.0)
    look(silence, 100)


def test_nobody_waits_for_who_is_gone() -> None:
    with pytest.raises(CapacityError, match=r"the cluster is gone: .*resume"):
        Silence(PaperCrew([2], reachable=False)).look()
