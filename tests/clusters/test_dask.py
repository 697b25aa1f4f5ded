from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from shoal.clusters import dask
from shoal.clusters.dask import DaskCrew
from shoal.errors import CapacityError
from shoal.selection.study import CapacityStudy


@pytest.mark.parametrize("error", [TimeoutError, ConnectionError])
def test_a_scheduler_that_goes_while_it_is_asked_has_no_answers(error: type[OSError]) -> None:
    def sync(*_: Any, **__: Any) -> None:
        raise error

    client = SimpleNamespace(scheduler=SimpleNamespace(address="tcp://a:1"), sync=sync, run=None)
    with ThreadPoolExecutor(1) as executor:
        assert DaskCrew(client, executor).ask("os.getpid", 1.0) == {}


def test_a_scheduler_that_nobody_has_started_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.2)
    with socket.socket() as bound:  # which nobody listens to, and nobody else can
        bound.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{bound.getsockname()[1]}"
        study = CapacityStudy([2], starts=1, epochs=2, on=address)
        with pytest.raises(CapacityError) as raised:
            study.fit([0.0, 0.5, 1.0, 1.5], [0.0, 1.0, 0.0, 1.0])
    told = str(raised.value)
    assert told.startswith(f"no Dask scheduler answers at {address} (")
    assert told.endswith("; start one there with 'dask scheduler', or give the address that it tells")
    assert "\n" not in told
