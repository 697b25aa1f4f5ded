"""Every study with settings small enough for tests, computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from shoal.lecture.studies import STUDIES
from shoal.lecture.study import Study

SMALL: dict[str, dict[str, Any]] = {
    "backprop": {"starts": 2},
    "numpy-demo": {"updates": 1500},
    "capacity": {"starts": 4, "epochs": 800},
    "starts": {"hidden": (1, 2, 4), "starts": 5, "epochs": 300, "races": 3},
    "generalization": {"draws": 4, "starts": 2, "hidden": (1, 2, 6), "sizes": (8, 60), "epochs": 4000},
    "weight-decay": {"samples": (10, 60), "strengths": (1e-3, 0.1, 10.0), "steps": (1, 20, 300)},
    "prior": {"strengths": (0.003, 0.03), "starts": 3, "iterations": 800},
    "evidence": {"hidden": (1, 3, 8), "starts": 3, "draws": 2},
    "regularization": {"hidden": (2, 5, 20), "starts": 3, "epochs": 100},
    "decision-boundary": {"hidden": (2, 12), "strengths": (0.0, 0.1, 100.0), "starts": 2, "iterations": 150},
    "deep": {"depths": (1, 3, 12), "epochs": 150},
    "representation": {"updates": 300},
    "parameters": {
        "train": 400,
        "dense": (2, 32),
        "local": (1, 2),
        "convolutional": (2, 12),
        "starts": 2,
        "updates": 300,
    },
    "data-efficiency": {"sizes": (30, 400), "starts": 2, "updates": 250},
    "invariance": {"train": 400, "updates": 300, "looked_at": 150},
    "sharing-in-time": {"train": 500, "test": 200, "places": 4, "starts": 1, "updates": 250},
    "sequences": {"steps": (6, 40), "units": 8, "starts": 1, "updates": 300, "samples": 3200},
    "vanishing": {"units": 32, "samples": 2},
    "shallow-vs-deep": {"sizes": (60, 300), "starts": 2, "epochs": 60},
}
Found = tuple[Study[Any], Any]


@functools.cache
def _computed(name: str) -> Found:
    study = STUDIES[name](**SMALL[name])
    return study, study.compute()


@pytest.fixture(scope="session")
def small() -> Callable[[str], Study[Any]]:
    """Return a function from a name to the study with small settings."""
    return lambda name: STUDIES[name](**SMALL[name])


@pytest.fixture(scope="session")
def computed() -> Callable[[str], Found]:
    """Return a function from a name to the study with small settings, and what it found."""
    return _computed
