from __future__ import annotations

import multiprocessing

import pytest

from shoal.engines import ENGINES

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal.compiled import module


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.native, "cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert module.threads(0) == 4
    assert module.threads(7) == 7
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert module.threads(0) == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "9")
    assert module.threads(0) == 4
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "somebody")
    assert module.threads(0) == 1
