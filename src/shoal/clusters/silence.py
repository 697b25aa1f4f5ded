"""How long a study waits for workers that are not there."""

from __future__ import annotations

import time
import warnings

from shoal.clusters.crew import Crew
from shoal.errors import CapacityError, ShoalWarning
from shoal.words import setting

LIMIT_SECONDS = 120.0
"""How long no worker may be there: to replace one takes seconds, a minute where a machine has to start."""
TOLD_SECONDS = 5.0


class Silence:
    """Watches whether workers are there while nothing comes; ``seconds`` is how long all may take."""

    def __init__(self, crew: Crew, seconds: float | None = None) -> None:
        self._crew = crew
        self._end = None if seconds is None else time.monotonic() + seconds
        self._since: float | None = None
        self._told = False

    def look(self) -> None:
        """Warn (``ShoalWarning``) once if no worker has been there for some seconds; end what is in vain.

        Raises ``CapacityError`` where whoever hands out the work is gone, or no worker there for too long.
        """
        if not self._crew.is_reachable():
            raise gone(self._crew)
        if self._crew.count():
            self._since = None
            return
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        waited = now - self._since
        if waited >= LIMIT_SECONDS or (self._end is not None and now >= self._end):
            raise CapacityError(
                f"{self._crew.called} has had no worker for {waited:.0f} s; start some, {_resume()}"
            )
        if waited >= TOLD_SECONDS and not self._told:
            self._told = True
            warnings.warn(
                f"{self._crew.called} has no worker; waiting for one, {LIMIT_SECONDS:g} s at most",
                ShoalWarning,
                stacklevel=2,
            )


def gone(crew: Crew) -> CapacityError:
    """Return the error to raise where whoever hands out the work is gone."""
    return CapacityError(f"{crew.called} is gone: its scheduler does not answer; start it again, {_resume()}")


def _resume() -> str:
    return f"and go on with {setting('resume', True)} from what was kept"
