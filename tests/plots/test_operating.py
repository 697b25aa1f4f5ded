from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import operating

Marks = Callable[[str, str], list[ET.Element]]


def test_the_decision_is_ringed_in_both(sample: Callable[..., dict[str, Any]], marks: Marks) -> None:
    rates = sample()["test"]["operating"]
    figure = operating.pair(rates)
    assert len(marks(figure, "chosen-roc")) == len(marks(figure, "chosen-precision")) == 1
    rates["chosen"]["precision"] = None
    assert marks(operating.pair(rates), "chosen-precision") == []


@pytest.mark.parametrize("form", ["wide", "narrow"])
def test_axes_say_what_is_shared(
    sample: Callable[..., dict[str, Any]], texts: Callable[[str], list[str]], form: Any
) -> None:
    rates = sample()["test"]["operating"] | {"label": "ill"}
    shown = texts(operating.pair(rates, "image", form))
    assert {"share of the other images called ill", "share of ill called so (recall)"} <= set(shown)
