"""Calls that workers elsewhere do, each once, for those who need all of what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from shoal.clusters.crew import Crew
from shoal.clusters.silence import Silence
from shoal.errors import CapacityError

T = TypeVar("T")
LOOK_SECONDS = 0.5


def done_by(crew: Crew, function: Callable[..., T], given: Iterable[tuple[Any, ...]]) -> list[T]:
    """Return what ``function`` makes of each of the arguments ``given``, in their order.

    Raises what a call raises, and ``CapacityError`` where nobody is there to do it.
    """
    silence = Silence(crew)
    calls = [crew.executor.submit(function, *arguments) for arguments in given]
    try:
        return [_awaited(call, silence, crew) for call in calls]
    finally:
        for call in calls:
            call.cancel()


def _awaited(call: Future[T], silence: Silence, crew: Crew) -> T:
    while True:
        try:
            return call.result(LOOK_SECONDS)
        except TimeoutError:
            if call.done():  # it is the call's own, or it has just ended
                return call.result()
            silence.look()
        except CancelledError:
            silence.look()
            raise CapacityError(
                f"{crew.called} has lost a call; look at what it says, and fit again"
            ) from None
