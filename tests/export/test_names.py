from __future__ import annotations

import re

import pytest

from shoal.export.names import identifier


@pytest.mark.parametrize(
    "name", ["", " ", "1", "a b", "größe", "目标", "a-b", "__x", "x" * 300, "\n", "é́", "①", "a.b[0]", "_"]
)
def test_every_name_becomes_one_of_a_variable(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][0-9A-Za-z_]*", identifier(name))


@pytest.mark.parametrize("name", ["x", "_x1", "CamelCase", "a_b"])
def test_a_name_that_is_one_stays(name: str) -> None:
    assert identifier(name) == name
