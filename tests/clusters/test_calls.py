from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from shoal.clusters import calls as module
from shoal.clusters.calls import done_by
from shoal.errors import CapacityError
from tests.clusters.crews import ADDRESS, PaperCrew, here


class Never(Executor):
    """Does nothing of what it is asked, or cancels it at once."""

    def __init__(self, cancels: bool) -> None:
        self.cancels = cancels

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.cancels:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


def test_what_comes_of_calls_is_in_their_order() -> None:
    with here(ADDRESS) as crew:
        assert done_by(crew, divmod, [(7, 2), (9, 4), (1, 1)]) == [(3, 1), (2, 1), (1, 0)]


@pytest.mark.parametrize("error", [TimeoutError, ZeroDivisionError])
def test_an_error_of_a_call_is_raised_as_it_was(error: type[Exception]) -> None:
    def fail() -> None:
        raise error("its own")

    with here(ADDRESS) as crew, pytest.raises(error, match="its own"):
        done_by(crew, fail, [()])


@pytest.mark.parametrize("cancels", [False, True])
def test_nobody_waits_for_who_is_gone(monkeypatch: pytest.MonkeyPatch, cancels: bool) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    crew = PaperCrew([2], reachable=False)
    crew.executor = Never(cancels)
    with pytest.raises(CapacityError, match="the cluster is gone"):
        done_by(crew, divmod, [(7, 2)])


def test_a_call_that_is_cancelled_on_a_cluster_that_is_there_is_lost() -> None:
    crew = PaperCrew([2])
    crew.executor = Never(cancels=True)
    with pytest.raises(CapacityError, match="has lost a call"):
        done_by(crew, divmod, [(7, 2)])
