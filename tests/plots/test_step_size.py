from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

from shoal.plots import step_size

STEPS = [1e-2, 1e-4, 1e-6]
ERRORS = {"W1": [1e-4, 1e-8, 1e-6], "b1": [0.0, 1e-9, 1e-7]}


def test_every_array_and_both_errors_are_named(
    texts: Callable[[str], list[str]], groups: Callable[[str, str], list[ET.Element]]
) -> None:
    figure = step_size.lines(STEPS, ERRORS, truncation=1.0, rounding=1e-12, used=1e-5, tolerance=1e-6)
    written = texts(figure)
    assert {"W1", "b1", "truncation, c·h²", "rounding, c/h", "tolerance 1e-6", "step used, 1e-5"} <= set(
        written
    )
    assert {"step h", "relative error of the gradient", "1e-6"} <= set(written)
    assert not any("$" in text for text in written)
    assert len(groups(figure, "W1")) == len(groups(figure, "b1")) == 1
