"""A conductor, and whoever listens to it, for tests."""

from __future__ import annotations

import threading
from typing import Any

from shoal.lab import commands as c
from shoal.lab.design import Design
from shoal.lab.laboratory import Laboratory
from shoal.lab.running import Conductor
from tests.waiting import HANGS


class Page:
    """A listener that remembers, and lets others wait for what it heard."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.states: list[dict[str, Any]] = []
        self.change = threading.Condition()

    def hear_frame(self, frame: bytes) -> None:
        with self.change:
            self.frames.append(frame)
            self.change.notify_all()

    def hear_state(self, state: dict[str, Any]) -> None:
        with self.change:
            self.states.append(state)
            self.change.notify_all()

    def wait(self, seen: Any) -> None:
        with self.change:
            assert self.change.wait_for(lambda: seen(self), HANGS)


def conductor(threads: int = 2, **settings: Any) -> Conductor:
    design = Design(**({"hidden": (1, 2, 3), "starts": 3, "epochs": 200} | settings))
    return Conductor(Laboratory(design), threads)


def done(running: Conductor, command: c.Command) -> None:
    running.ask(command).result(HANGS)


class Hungry(Page):
    """A listener that takes every picture at once."""

    def __init__(self, running: Conductor) -> None:
        super().__init__()
        self.running = running

    def hear_frame(self, frame: bytes) -> None:
        super().hear_frame(frame)
        self.running.feed()
