"""The parts of ``evidence.json`` that tell of sequences: see ``shoal.plots.evidence``."""

from __future__ import annotations

from typing import TypedDict


class SequenceShape(TypedDict):
    """What sequences are like: their channels, their steps, and the share of values that are missing.

    ``counts`` are of sequences whose steps are from one of the ``edges`` on and below the next.
    """

    channels: list[str]
    shortest: int
    median: float
    longest: int
    missing: float
    edges: list[int]
    counts: list[int]
