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


def test_of_a_large_network_a_sample_is_checked_and_it_says_so(shoal: Shoal) -> None:
    ended = shoal("check", "--layers", "60,20,1", "--batch", 4)
    assert (ended.code, ended.err) == (0, [])
    assert ended.out[-2] == (
        "Checked 1,000 of 1,241 parameters: at least 20 of each array, and each array along a direction in "
        "which every entry has a part; --all checks every one."
    )
    whole = shoal("check", "--layers", "60,20,1", "--batch", 4, "--all")
    assert (whole.code, whole.err) == (0, [])
    assert "Checked all 1,241 parameters." in whole.out


def test_a_network_of_an_ensemble_is_checked_in_a_sample(shoal: Shoal) -> None:
    sizes = ("--hidden", 200, "--starts", 2, "--l2", 1, "--epochs", 2, "--jobs", 1, "--pieces", 0)
    assert shoal("fit", "builtin:iris", "--target", "species", "--out", "out", *sizes).code == 0
    for member in (1, 2):
        ended = shoal("check", "out", "--member", member, "--batch", 4)
        assert (ended.code, ended.err) == (0, [])
        assert any(line.startswith("Checked 1,000 of 1,603 parameters: ") for line in ended.out)


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
