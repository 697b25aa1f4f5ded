from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from shoal.clusters.dask import DaskCrew


@pytest.mark.parametrize("error", [TimeoutError, ConnectionError])
def test_a_scheduler_that_goes_while_it_is_asked_has_no_answers(error: type[OSError]) -> None:
    def sync(*_: Any, **__: Any) -> None:
        raise error

    client = SimpleNamespace(scheduler=SimpleNamespace(address="tcp://a:1"), sync=sync, run=None)
    with ThreadPoolExecutor(1) as executor:
        assert DaskCrew(client, executor).ask("os.getpid", 1.0) == {}
