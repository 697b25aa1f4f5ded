"""Trainings that several threads ask for something, such as a notebook's widget and a cell: one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

S = TypeVar("S", bound="InTurn")
P = ParamSpec("P")
R = TypeVar("R")


class InTurn:
    """What has methods that are ``one_at_a_time``: while one runs, other threads wait to call any."""

    def __init__(self) -> None:
        self._turn = threading.RLock()


def one_at_a_time(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Have a method wait until no other thread is in one that waits so."""

    @wraps(method)
    def waiting(self: S, /, *arguments: P.args, **named: P.kwargs) -> R:
        with self._turn:
            return method(self, *arguments, **named)

    return waiting
