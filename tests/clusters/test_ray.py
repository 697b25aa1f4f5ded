from __future__ import annotations

import sys
import warnings
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from shoal.clusters import ray
from shoal.clusters.silence import Silence
from shoal.errors import CapacityError, ConfigurationError


def test_a_process_of_one_cluster_is_not_asked_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: True))  # type: ignore[arg-type]
    monkeypatch.setattr(ray, "find_spec", lambda _: True)
    with (
        pytest.raises(ConfigurationError, match="is connected to a Ray cluster already; say on='ray'"),
        ray.connected("ray://head:10001"),
    ):
        pass


@pytest.mark.parametrize("error", [ConnectionError, ValueError])
def test_a_head_that_is_gone_is_told_whatever_is_asked_of_it(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise error("the Ray client has already been disconnected")

    lost = SimpleNamespace(is_initialized=lambda: True, nodes=gone, cancel=gone)
    lost.remote = lambda fn: SimpleNamespace(remote=gone)
    monkeypatch.setitem(sys.modules, "ray", lost)  # type: ignore[arg-type]
    crew = ray.RayCrew("the Ray cluster")
    assert (crew.is_reachable(), crew.count()) == (False, 0)
    with pytest.raises(CapacityError, match="the Ray cluster is gone: its scheduler does not answer"):
        Silence(crew).look()
    with pytest.raises(error, match="disconnected"):  # when it is asked for, as of any call
        crew.executor.submit(print).result()
    waiting: Future[Any] = Future()
    assert ray._Call(SimpleNamespace(future=lambda: waiting)).cancel()


def test_where_the_cluster_is_lost_no_call_starts_another_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked of Ray while it is not initialised makes it start processes on this machine."""
    started: list[str] = []

    def starts(*_: Any, **__: Any) -> Any:
        started.append("a cluster")

    lost = SimpleNamespace(is_initialized=lambda: False, nodes=starts, cancel=starts)
    lost.remote = lambda fn: SimpleNamespace(remote=starts)
    monkeypatch.setitem(sys.modules, "ray", lost)  # type: ignore[arg-type]
    crew = ray.RayCrew("the Ray cluster")
    with pytest.raises(ConnectionError, match="is not connected"):
        crew.executor.submit(print).result()
    assert (crew.is_reachable(), crew.count()) == (False, 0)
    waiting: Future[Any] = Future()
    assert ray._Call(SimpleNamespace(future=lambda: waiting)).cancel()
    assert not started


def test_a_cluster_without_workers_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    head = {"Alive": True, "Resources": {}}
    there = SimpleNamespace(is_initialized=lambda: True, nodes=lambda: [head])
    monkeypatch.setitem(sys.modules, "ray", there)  # type: ignore[arg-type]
    crew = ray.RayCrew("the Ray cluster")
    assert (crew.is_reachable(), crew.count()) == (True, 0)


def test_an_address_where_nobody_answers_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(*_: Any, **__: Any) -> None:
        warnings.warn("Ray Client connection timed out", UserWarning, stacklevel=2)
        raise ConnectionError("ray client connection timeout")

    nobody = SimpleNamespace(is_initialized=lambda: False, init=init)
    monkeypatch.setitem(sys.modules, "ray", nobody)  # type: ignore[arg-type]
    monkeypatch.setattr(ray, "find_spec", lambda _: True)
    with (
        pytest.raises(CapacityError, match=r"no Ray cluster answers at ray://head:10001 \(ray client conn"),
        ray.connected("ray://head:10001"),
    ):
        pass
