"""Ranks of an MPI job, told from an executor that is none."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from shoal.clusters.mpi import MpiCrew, connected, crew_of
from shoal.errors import ConfigurationError


class Silent(Future[Any]):
    """A call that nobody ends; to wait for it would be to wait for ever."""

    def exception(self, timeout: float | None = None) -> BaseException | None:
        raise AssertionError("was waited for")


class Ranks(Executor):
    """Three ranks: the first answers, the second fails, and the third says nothing."""

    num_workers = 3

    def __init__(self) -> None:
        self.asked: list[str] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += args
        call: Future[Any] = Silent() if len(self.asked) == 3 else Future()
        if len(self.asked) == 1:
            call.set_result(fn(*args))
        elif len(self.asked) == 2:
            call.set_exception(ImportError("no such module"))
        return call


def test_every_rank_is_asked_and_whoever_is_silent_is_left_out() -> None:
    ranks = Ranks()
    crew = MpiCrew(ranks)
    told = crew.ask("os.sep", seconds=0)
    assert ranks.asked == ["os.sep"] * 3
    assert crew.count() == 3
    assert set(told) == {"call 1", "call 2"}
    assert told["call 1"] == "/"
    assert isinstance(told["call 2"], ImportError)


def test_only_executors_of_mpi4py_are_ranks() -> None:
    with ThreadPoolExecutor(1) as threads:
        assert crew_of(threads) is None
    of_mpi = type("MPIPoolExecutor", (Ranks,), {"__module__": "mpi4py.futures.pool"})
    found = crew_of(of_mpi())
    assert found is not None
    assert (found.called, found.count(), found.is_reachable()) == ("the MPI job", 3, True)


def test_a_program_that_mpi_did_not_start_is_told_how_to() -> None:
    with pytest.raises(ConfigurationError, match="start this one with: mpiexec -n 3"), connected("mpi"):
        pass
