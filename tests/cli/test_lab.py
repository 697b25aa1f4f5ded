from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Shoal = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("table.csv",), "a table and its --target go together"),
        (("--target", "y"), "a table and its --target go together"),
        (("missing.csv", "--target", "y"), "missing.csv"),
        (("--port", "99999"), "port 99999 cannot be had"),
    ],
)
def test_what_cannot_be_served_is_said(shoal: Shoal, arguments: tuple[str, ...], sentence: str) -> None:
    ended = shoal("lab", "--no-browser", *arguments)
    assert ended.code != 0
    assert sentence in ended.err[-1]


def test_without_its_libraries_it_says_what_to_install(shoal: Shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    loaded = ("shoal.lab.serving", "shoal.lab.loopback", "uvicorn")
    for name in [name for name in sys.modules if name.startswith(loaded)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ended = shoal("lab", "--no-browser")
    assert ended.code != 0
    assert "pip install 'shoal[lab]'" in ended.err[-1]
