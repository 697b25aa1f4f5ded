"""Log evidence beside validation error."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import log_evidence

Builder = Callable[..., dict[str, Any]]
Marks = Callable[[str, str], list[ET.Element]]


def figure(evidence: dict[str, Any]) -> str:
    return log_evidence.pair(evidence["trials"], evidence["choice"], evidence["score"])


def test_a_point_in_each_panel_for_each_network_that_ended(sample: Builder, marks: Marks) -> None:
    evidence = sample(choose="evidence", l2=(1.0,), starts=4, diverged=3)
    for gid in ("nats", "losses"):
        assert len(marks(figure(evidence), gid)) == 5 * 4 - 3


def test_the_choice_is_ringed_in_both(sample: Builder, marks: Marks) -> None:
    evidence = sample(choose="evidence", l2=(1.0,), starts=4)
    drawn, trials = figure(evidence), evidence["trials"]
    highest = max(range(17), key=lambda i: trials["log_evidence"][i])
    for gid in ("nats", "losses"):
        (ring,) = marks(drawn, f"chosen-{gid}")
        chosen, point = ring.attrib, marks(drawn, gid)[highest].attrib
        for axis in "xy":
            assert float(chosen[axis]) == pytest.approx(float(point[axis]), abs=0.01)
        assert len(marks(drawn, f"best-{gid}")) == 1


def test_one_network(sample: Builder, marks: Marks) -> None:
    evidence = sample(choose="evidence", sizes={"0": 3}, l2=(1.0,), starts=1, diverged=0)
    assert len(marks(figure(evidence), "nats")) == 1


def test_a_start_that_went_astray_does_not_press_the_others_flat(sample: Builder, marks: Marks) -> None:
    evidence = sample(choose="evidence", l2=(1.0,), starts=4, diverged=0)
    tidy = [float(use.attrib["y"]) for use in marks(figure(evidence), "nats")]
    evidence["trials"]["log_evidence"][3] = -1e7
    now = [float(use.attrib["y"]) for use in marks(figure(evidence), "nats")]
    assert len(now) == len(tidy) - 1  # it lies below the figure
    assert max(tidy[4:]) - min(tidy[4:]) < 1.5 * (max(now[3:]) - min(now[3:]))
