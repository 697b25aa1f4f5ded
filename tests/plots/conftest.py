"""Evidence to draw, and ways to look into figures."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[1] / "report" / "sample.py"


@pytest.fixture(scope="session")
def sample() -> Callable[..., dict[str, Any]]:
    """Return the builder of sample evidence."""
    spec = importlib.util.spec_from_file_location("sample_evidence", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sample_evidence  # type: ignore[no-any-return]


def _parsed(figure: str) -> ET.Element:
    return ET.fromstring(figure.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))  # noqa: S314 - our own


@pytest.fixture(scope="session")
def parsed() -> Callable[[str], ET.Element]:
    """Return a function from a figure to its root element, its tags without a namespace."""
    return _parsed


@pytest.fixture(scope="session")
def groups() -> Callable[[str, str], list[ET.Element]]:
    """Return a function from a figure and a gid to the groups with that gid, numbered or not."""

    def find(figure: str, gid: str) -> list[ET.Element]:
        ids = re.compile(rf"\w+-{gid}(-\d+)?")
        return [g for g in _parsed(figure).iter("g") if ids.fullmatch(g.get("id", ""))]

    return find


@pytest.fixture(scope="session")
def marks(groups: Callable[[str, str], list[ET.Element]]) -> Callable[[str, str], list[ET.Element]]:
    """Return a function from a figure and a gid to the marks in the groups with that gid."""
    return lambda figure, gid: [mark for group in groups(figure, gid) for mark in group.iter("use")]


@pytest.fixture(scope="session")
def texts() -> Callable[[str], list[str]]:
    """Return a function from a figure to everything that is written in it, tooltips left out."""
    return lambda figure: [text.text or "" for text in _parsed(figure).iter("text")]
