from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shoal = Callable[..., Any]


def test_a_right_gradient_ends_well(shoal: Shoal) -> None:
    ended = shoal("check", "--layers", "4,3,2,1", "--figure", "steps.svg")
    assert (ended.code, ended.err) == (0, [])
    told = "\n".join(ended.out)
    assert "W3" in told
    assert "reference" in told
    assert "The error against the step: steps.svg; the best step is " in told
    assert ended.out[-1].startswith("Every gradient is right to ")
    assert Path("steps.svg").read_text().startswith("<svg")


def test_a_saved_model_is_checked_on_its_table(shoal: Shoal, finished: Path) -> None:
    ended = shoal("check", "out", "--row", 40, "--batch", 20, "--engine", "reference")
    assert (ended.code, ended.err) == (0, [])


def test_a_check_that_fails_ends_with_code_1(shoal: Shoal) -> None:
    ended = shoal("check", "--layers", "4,3,1", "--tolerance", "1e-14", "--engine", "reference")
    assert ended.code == 1
    (line,) = ended.err
    assert line.startswith("shoal: the gradient of W1 by the reference engine is off by ")
    assert not any("Every gradient is right" in text for text in ended.out)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "a network is needed: give either a folder that shoal fit wrote, or --layers 4,3,2,1"),
        ("--layers 2,1 --engine warp", "warp"),
        ("--layers 2,1 --step 0", "step must be a positive number, got 0"),
    ],
)
def test_checks_that_cannot_be_made(shoal: Shoal, arguments: str, told: str) -> None:
    assert told in shoal("check", *arguments.split()).refusal
