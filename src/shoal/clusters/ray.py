"""Workers of a Ray cluster."""

from __future__ import annotations

import pkgutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any

from shoal.clusters.crew import Crew
from shoal.errors import CapacityError, ConfigurationError, MissingDependencyError, reason

NAME, SCHEME = "ray", "ray"
_GONE = (ConnectionError, ValueError)
"""What Ray's client raises once it has lost its head, the latter where a channel is closed already."""


class RayExecutor(Executor):
    """Has calls done as tasks of the Ray cluster that this process is connected to.

    Ray makes a remote function of a function and sends it to the cluster: once for each, not for each call.
    """

    def __init__(self) -> None:
        self._remote: dict[Any, Any] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        import ray

        if fn not in self._remote:
            self._remote[fn] = ray.remote(fn)
        try:
            _require_connection()
            return _Call(self._remote[fn].remote(*args, **kwargs))
        except _GONE as error:  # as of any call that is lost
            lost: Future[Any] = Future()
            lost.set_exception(error)
            return lost


class _Call(Future[Any]):
    """One task: to cancel its future is to cancel it, which Ray's own futures do not."""

    def __init__(self, reference: Any) -> None:
        super().__init__()
        self._reference = reference
        reference.future().add_done_callback(self._end)

    def cancel(self) -> bool:
        import ray

        cancelled = super().cancel()
        if cancelled:
            with suppress(*_GONE):
                _require_connection()
                ray.cancel(self._reference)
        return cancelled

    def _end(self, done: Future[Any]) -> None:
        if not self.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error is None:
            self.set_result(done.result())
        else:
            self.set_exception(error)


class RayCrew(Crew):
    """The nodes of the Ray cluster that this process is connected to."""

    def __init__(self, called: str) -> None:
        super().__init__(RayExecutor(), called)

    def count(self) -> int:
        try:
            return int(sum(node["Resources"].get("CPU", 0) for node in self._nodes()))
        except _GONE:
            return 0

    def is_reachable(self) -> bool:
        import ray

        try:
            if found := bool(ray.is_initialized()):
                ray.nodes()  # its client is initialised until it has asked for 30 s whether the head is there
        except _GONE:
            return False
        return found

    def ask(self, name: str, seconds: float) -> Mapping[str, Any]:
        """Ask every node once: its workers are made as they are needed, in the same environment."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        resolve = ray.remote(pkgutil.resolve_name)
        calls = {}
        for node in self._nodes():
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            called = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
            calls[resolve.options(num_cpus=0, scheduling_strategy=there).remote(name)] = called
        done, _ = ray.wait(list(calls), num_returns=len(calls), timeout=seconds)
        return {calls[call]: self._told(call) for call in done}

    def _told(self, call: Any) -> Any:
        import ray

        try:
            return ray.get(call)
        except Exception as error:  # of the task as it was, or of Ray
            return getattr(error, "cause", None) or error

    def _nodes(self) -> list[dict[str, Any]]:
        import ray

        _require_connection()
        return [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]


def _require_connection() -> None:
    """Raise ``ConnectionError`` where the cluster is lost: Ray would start another one here, unasked."""
    import ray

    if not ray.is_initialized():
        raise ConnectionError("Ray's client is not connected")


@contextmanager
def connected(address: str) -> Iterator[Crew]:
    """Lend the cluster at an address such as ``ray://head:10001``.

    For ``ray`` it is the one that this process is connected to already, else the one that ``RAY_ADDRESS`` or
    the machine tells of, else one that is started here for the time of the block.
    """
    try:
        import ray
    except ImportError:
        raise MissingDependencyError("Ray's clusters need its package: pip install 'shoal[ray]'") from None
    if address != NAME and find_spec("grpc") is None:
        raise MissingDependencyError(f"{address} needs Ray's client: pip install 'shoal[ray]'")
    if address != NAME and ray.is_initialized():
        raise ConfigurationError(
            "this process is connected to a Ray cluster already; say on='ray', or ray.shutdown() before "
            f"{address}"
        )
    own = not ray.is_initialized()
    if own:
        try:
            with warnings.catch_warnings():  # of the client's, of what the error tells
                warnings.simplefilter("ignore", UserWarning)
                ray.init(None if address == NAME else address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            raise CapacityError(
                f"no Ray cluster answers at {address} ({reason(error)}); start one there with "
                "'ray start', or give the address of its head"
            ) from None
    try:
        yield RayCrew("the Ray cluster" if address == NAME else f"the Ray cluster at {address}")
    finally:
        if own:
            ray.shutdown()
