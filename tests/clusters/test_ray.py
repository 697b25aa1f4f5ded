from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from shoal.clusters import ray
from shoal.errors import ConfigurationError


def test_a_process_of_one_cluster_is_not_asked_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: True))  # type: ignore[arg-type]
    monkeypatch.setattr(ray, "find_spec", lambda _: True)
    with (
        pytest.raises(ConfigurationError, match="is connected to a Ray cluster already; say on='ray'"),
        ray.connected("ray://head:10001"),
    ):
        pass
