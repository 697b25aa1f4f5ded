"""Workers of a Dask cluster."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from shoal.clusters.crew import Crew
from shoal.clusters.quiet import quiet
from shoal.errors import CapacityError, MissingDependencyError, reason

SCHEMES = ("tcp", "tls", "ws", "wss", "ucx", "inproc")
"""What the addresses of a Dask scheduler begin with."""
CONNECT_SECONDS = 20.0


class DaskCrew(Crew):
    """The workers that a ``distributed.Client`` has its calls done by."""

    def __init__(self, client: Any, executor: Executor | None = None) -> None:
        # equal calls are calls all the same
        super().__init__(
            executor or client.get_executor(pure=False), f"the Dask cluster at {client.scheduler.address}"
        )
        self._client = client

    def count(self) -> int:
        return sum(worker["nthreads"] for worker in self._info().values())

    def is_reachable(self) -> bool:
        return bool(self._client.status == "running")

    def ask(self, name: str, seconds: float) -> Mapping[str, Any]:
        """Ask beside the calls that workers are busy with, from the loop that serves their connections."""
        client = self._client
        try:
            told: dict[str, Any] = client.sync(
                client.run, pkgutil.resolve_name, name, on_error="return", callback_timeout=seconds
            )
        except OSError:  # TimeoutError of the slowest, or its connection has just ended
            return {}
        return told

    def _info(self) -> dict[str, Any]:
        try:
            workers: dict[str, Any] = self._client.scheduler_info(n_workers=-1).get("workers", {})
        except OSError:  # its connection has just ended
            return {}
        return workers


@contextmanager
def connected(address: str) -> Iterator[Crew]:
    """Lend the workers of the scheduler at an address such as ``tcp://scheduler:8786``."""
    try:
        from distributed import Client
    except ImportError:
        raise MissingDependencyError(
            "Dask's clusters need its package: pip install 'shoal[distributed]'"
        ) from None
    with quiet("distributed"), quiet("tornado"):
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CapacityError(
                f"no Dask scheduler answers at {address} ({reason(error)}); start one there with 'dask "
                "scheduler', or give the address that it tells"
            ) from None
        with client:
            yield DaskCrew(client)


def crew_of(executor: Executor) -> Crew | None:
    """Return the workers behind an executor of Dask's, None for any other."""
    client = getattr(executor, "_client", None)
    is_dask_s = type(executor).__module__.split(".")[0] == "distributed"
    return DaskCrew(client, executor) if is_dask_s and client is not None else None
