"""Curves of the chosen network."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import curves

Builder = Callable[..., dict[str, Any]]
Marks = Callable[[str, str], list[ET.Element]]
Texts = Callable[[str], list[str]]
SCORE = {"name": "log loss", "unit": "nats"}


def test_both_curves_have_a_vertex_an_epoch_and_the_best_is_marked(
    sample: Builder, marks: Marks, groups: Marks, texts: Texts
) -> None:
    parts = sample()["curves"]
    figure = curves.lines(parts, SCORE)
    for name in ("training", "validation"):
        (line,) = groups(figure, name)
        path = line[0].attrib["d"].split()
        corners = [(path[i + 1], path[i + 2]) for i, letter in enumerate(path) if letter in "ML"]
        assert len(corners) == 41
    (best,) = marks(figure, "best")
    assert (best.attrib["x"], best.attrib["y"]) == corners[parts["best_epoch"] - 1]
    assert f"best epoch: {parts['best_epoch']}" in texts(figure)
    assert {"training", "validation"} <= set(texts(figure))


@pytest.mark.parametrize(
    "parts",
    [
        {"train_loss": [1.0, 0.5], "validation_loss": None, "best_epoch": None},
        {"train_loss": [1.0, 0.5], "validation_loss": [None, None], "best_epoch": 2},
        {"train_loss": [1.0], "validation_loss": [2.0], "best_epoch": 1},
        {"train_loss": [1.0, None], "validation_loss": [2.0, None], "best_epoch": 9},
    ],
    ids=["no validation", "no value", "one epoch", "beyond the end"],
)
def test_incomplete_curves(parts: dict[str, Any], texts: Texts) -> None:
    shown = [t for t in texts(curves.lines(parts, SCORE)) if t in {"training", "validation"}]
    assert shown == [
        name
        for name, key in [("training", "train_loss"), ("validation", "validation_loss")]
        if any(v is not None for v in parts[key] or [])
    ]
