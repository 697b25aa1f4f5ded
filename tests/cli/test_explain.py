from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shoal = Callable[..., Any]


def test_a_row_of_a_saved_model_as_a_page(shoal: Shoal, finished: Path) -> None:
    ended = shoal("explain", "out", "builtin:iris", "--row", 7, "--format", "html", "--out", "row.html")
    assert ended == (0, ["Explanation: row.html"], [])
    page = Path("row.html").read_text()
    assert "row 7" in page
    assert "petal length (cm)" in page
    assert "virginica" in page
    assert shoal("explain", "out", "--row", 7, "--format", "html", "--out", "same.html").code == 0
    assert Path("same.html").read_text() == page


def test_a_fresh_network_in_the_terminal(shoal: Shoal) -> None:
    ended = shoal("explain", "--layers", "4,3,2,1")
    assert (ended.code, ended.err) == (0, [])
    told = "\n".join(ended.out)
    assert "Units: 4 → 3 → 2 → 1. Activations: layer 1 sigmoid" in told
    assert "∂L/∂W2 = (a3 − y) · W3 · g′(z2) · a1" in told
    assert ended == shoal("explain", "--layers", "4,3,2,1")
    assert ended != shoal("explain", "--layers", "4,3,2,1", "--seed", 1)


def test_json_can_be_piped(shoal: Shoal) -> None:
    ended = shoal("explain", "--layers", "2,3", "--activation", "relu", "--batch", 5, "--format", "json")
    content = json.loads("\n".join(ended.out))
    assert content["samples"] == 5
    assert content["network"]["loss"]["name"] == "cross_entropy"


def test_of_a_large_network_differences_are_taken_of_a_sample(shoal: Shoal) -> None:
    arguments = ("explain", "--layers", "60,20,1", "--batch", 3, "--format", "json")
    some, every = (json.loads("\n".join(shoal(*arguments, *more).out)) for more in ((), ("--all",)))

    def unknown(content: Any) -> int:
        found = [g["central_differences"] for g in content["gradients"]]
        return sum(value is None for rows in found for row in rows for value in row)

    assert unknown(every) == 0
    assert 0 < unknown(some) <= 241
    told = " ".join(" ".join(shoal("explain", "--layers", "60,20,1", "--batch", 3).out).split())
    assert " of 1,241 parameters: at least 20 of each array" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "a network is needed: give either a folder that shoal fit wrote, or --layers 4,3,2,1"),
        ("out --layers 2,1", "a network is needed"),
        ("nowhere", "nowhere is no model folder"),
        ("--layers 2,x", "--layers takes values separated by commas, got '2,x'"),
        ("--layers 2,0,1", "the units of a dense layer must be a whole number ≥ 1, got 0"),
        ("--layers 2,1 --format pdf", "--format pdf is not known"),
        ("--layers 2,1 --loss hinge", "hinge"),
        ("--layers 2,1 --batch 0", "Invalid value for '--batch'"),
        ("--layers 2,1 --seed -1", "seed must be an integer from 0"),
    ],
)
def test_explanations_that_cannot_be_given(shoal: Shoal, arguments: str, told: str) -> None:
    assert told in shoal("explain", *arguments.split()).refusal
