from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shoal = Callable[..., Any]


def test_a_folder_without_a_model_is_said(shoal: Shoal, tmp_path: Path) -> None:
    ended = shoal("serve", str(tmp_path / "nothing"))
    assert ended.code != 0
    assert "nothing" in ended.err[-1]


def test_without_its_libraries_it_says_what_to_install(shoal: Shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = ("shoal.serve.serving", "shoal.lab.loopback", "uvicorn")
    for name in [name for name in sys.modules if name.startswith(loaded)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ended = shoal("serve", "wine")
    assert ended.code != 0
    assert "pip install 'shoal[serve]'" in ended.err[-1]
