"""Every study of the lecture, in the order of its slides."""

from __future__ import annotations

from typing import Any

from shoal.lecture.backprop import Backprop
from shoal.lecture.capacity import Capacity
from shoal.lecture.numpy_demo import NumpyDemo
from shoal.lecture.starts import Starts
from shoal.lecture.study import Study
from shoal.registry import family

STUDIES: dict[str, type[Study[Any]]] = family(
    Backprop,
    NumpyDemo,
    Capacity,
    Starts,
)
"""Name -> study; a new one is a file and a line here."""
