from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import in_time
from shoal.report import html
from shoal.report.html import render
from shoal.report.wording import alone

Builder = Callable[..., dict[str, Any]]
SMALL: dict[str, Any] = {"sizes": {"0": 3}, "l2": (0.5,), "starts": 1, "diverged": 0}


@pytest.mark.usefixtures("without_figures")
def test_where_there_is_nothing_to_compare_one_sentence_says_so(sample: Builder) -> None:
    both = render(sample(sizes={"16x16": 497}, l2=(0.5,), starts=3, diverged=0))
    assert (
        "<p>Only one size (16×16 hidden units) and one L2 strength (0.5) were tried, so there is nothing to "
        "compare them with; ask for several with hidden (such as 4,16,64) and l2 (such as "
        "0,0.1,1,10).</p>"
    ) in both
    assert "How many hidden units?" not in both
    assert "How strong a penalty?" not in both
    size = render(sample(sizes={"8": 113}, starts=3, diverged=0))
    assert "<p>Only one size (8 hidden units) was tried, so there is nothing to compare it with; " in size
    assert "How strong a penalty?" in size
    assert "Only one" not in render(sample(starts=2))


def test_of_images_the_sizes_to_ask_for_are_those_of_stages(sample: Builder) -> None:
    evidence = sample(sizes={"4x8": 113}, starts=3, diverged=0)
    evidence["asked"]["architecture"] = "convolutional"
    assert alone(evidence) == (  # type: ignore[arg-type]
        "Only one size (4×8 filters) was tried, so there is nothing to compare it with; ask for several with "
        "hidden (such as 4x8,8x16,16x32)."
    )


@pytest.mark.usefixtures("without_figures")
def test_curves_of_smoothed_labels_say_so(sample: Builder) -> None:
    evidence = sample(**SMALL)
    assert "smoothed" not in render(evidence)
    evidence["asked"]["label_smoothing"] = 0.1
    told = (
        "Training was on smoothed labels (0.1), whose loss does not fall to 0; validation is on the labels as"
    )
    assert told in render(evidence)


def test_a_narrow_page_has_figures_of_its_own(sample: Builder) -> None:
    """Of the figures that are drawn twice a page shows one; those of a telephone's width are drawn once."""
    page = render(sample(starts=2, l2=(0.1, 1.0)))
    forms = re.findall(r'<svg [^>]*class="([^"]*)"', page)
    assert forms == ["plot wide", "plot narrow"] * 4 + ["plot", "plot wide", "plot narrow"]
    style = page.split("<style>")[1].split("</style>")[0]
    assert "svg.narrow { display: none; }" in style
    narrow = style.split("@media screen and (max-width: 42rem) {")[1].split("\n}")[0]
    assert "svg.wide { display: none; }" in narrow
    assert "svg.narrow { display: block; }" in narrow


def test_what_there_is_over_time_is_shown_and_nothing_else(
    sample: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def what_there_is_over_time(draw: Callable[..., str], *arguments: object) -> str:
        return draw(*arguments, form="wide") if draw.__module__ == in_time.__name__ else ""

    monkeypatch.setattr(html, "_both", what_there_is_over_time)
    evidence = sample(**SMALL)
    assert 'id="in-time"' not in render(evidence)
    evidence["in_time"] = {
        "by_length": [
            {"first": 3, "last": 9, "count": 12, "error": 0.25, "low": 0.1, "high": 0.5},
            {"first": 10, "last": 12, "count": 9, "error": 0.1, "low": 0.0, "high": 0.3},
        ]
    }
    lengths = render(evidence)
    assert '<section id="in-time">' in lengths
    assert '<a href="#in-time">Over time</a>' in lengths
    assert "share of sequences mistaken" in lengths
    assert "first recurrent layer" not in lengths
    evidence["in_time"] |= {
        "reach": [{"direction": "forward", "start": [1.0, 0.1], "end": [1.0, 0.5]}],
        "states": {
            "name": "line 3", "actual": "up", "called": "up", "layer": "gru", "stride": 1,
            "channels": [[0.0, 1.0]], "salience": [0.5, -1.0], "states": [[0.1, -0.2], [0.0, 0.9]],
        },
    }  # fmt: skip
    everything = render(evidence)
    assert "line 3 of the test, which the model tells best" in everything
    assert "first recurrent layer, a GRU, step by step" in everything
    assert "values that speak for what it is called" in everything
    numbers = sample("regression", **SMALL) | {"in_time": evidence["in_time"]}
    assert "values that make the number larger" in render(numbers)
    assert "dashed with the weights that it began with" in everything


@pytest.mark.usefixtures("without_figures")
def test_the_colour_behind_sequences_is_told_of_where_there_is_one(sample: Builder) -> None:
    evidence = sample(**SMALL)
    example = {
        "name": "line 3", "actual": "up", "called": "up", "right": True, "stride": 1, "channels": [[0.0, 1]],
    }  # fmt: skip
    evidence["examples"] = [example]
    assert "The colour behind a curve" not in render(evidence)
    evidence["examples"] = [example, {**example, "window": 1, "salience": [0.1, 0.2]}]
    assert "The colour behind a curve" in render(evidence)
