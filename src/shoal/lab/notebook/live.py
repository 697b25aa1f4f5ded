"""The widget itself: what it tells a notebook, and what it is told, through anywidget."""

from __future__ import annotations

from concurrent.futures import Future
from functools import cache
from importlib import resources
from typing import Any

import anywidget
import traitlets

from shoal.errors import ConfigurationError, ShoalError
from shoal.lab import commands
from shoal.lab.commands import Command
from shoal.lab.notebook.runs import SIDES
from shoal.lab.playing import MOST_PACE
from shoal.lab.running import Conductor, Exhibit
from shoal.shapes import whole_number


@cache
def _module() -> str:
    return resources.files("shoal.lab").joinpath("static", "widget.js").read_text(encoding="utf-8")


class LiveWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """What ``shoal.lab.widget`` returns: a widget of ipywidgets, which its notebook shows.

    ``state`` and ``frame`` are what it shows; ``pause``, ``play``, ``step``, ``set``, ``fork`` and ``keep``
    do what its buttons and sliders do. All of them raise ``ConfigurationError`` for what cannot be done.

    It trains in threads of its own, while somebody looks, or as fast as it goes without: ``pause`` it before
    a cell trains the same run, else they take turns, and ``close`` it to end them. Whoever observes ``state``
    or ``frame`` is called in such a thread, and what is asked for there is done when the call has ended.
    """

    _esm = traitlets.Unicode("").tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    frame = traitlets.Bytes(b"").tag(sync=True)

    def __init__(self, exhibit: Exhibit) -> None:
        self._conductor = Conductor(exhibit)  # first: half a widget is closed, too, when it is thrown away
        super().__init__(_esm=_module(), state=exhibit.state(), frame=exhibit.frame())
        self._conductor.join(self)
        self.on_msg(self._hear)

    def play(self) -> None:
        """Train on, as long as somebody looks."""
        self._do(commands.Start())

    def pause(self) -> None:
        """Train no further."""
        self._do(commands.Pause())

    def step(self, epochs: int = 1) -> None:
        """Train so many epochs, and pause; Ctrl-C ends it a part of them later."""
        left = whole_number(epochs, "epochs of a step")
        try:
            while left > 0:
                self._do(commands.Step(epochs=min(left, MOST_PACE)))
                left = 0 if self.state["training"]["ended"] else left - MOST_PACE
        except BaseException:  # such as Ctrl-C, which ends the waiting, not the step
            self._conductor.ask(commands.Pause())
            raise

    def set(self, **strengths: float) -> None:
        """Go on under other strengths, of all networks: ``l2``, ``weight_decay``, ``learning_rate``."""
        command = commands.filled("turn", strengths)
        self._do(command)

    def fork(self, l2: float) -> None:
        """Go on twice from here, in the run as it is and beside it under another λ, until one is kept."""
        self._do(commands.Fork(l2=l2))

    def keep(self, side: str) -> None:
        """Go on with one side of a fork, "A" or "B"; to where B stands the run is brought."""
        if side not in SIDES:
            raise ConfigurationError(f"the sides of a fork are A and B, got {side!r}")
        self._do(commands.Join(side=SIDES.index(side)))

    def pick(self, network: int) -> None:
        """Look at one network: its number, run after run, member after member."""
        self._do(commands.Pick(network=network))

    def close(self) -> None:
        """End its threads, and take it off the notebook; the run stays as it is."""
        self._conductor.close()
        super().close()

    def hear_state(self, state: dict[str, Any]) -> None:
        """Tell the notebook how everything stands."""
        self.state = state

    def hear_frame(self, frame: bytes) -> None:
        """Give the notebook another picture."""
        if frame == self.frame:  # which is on the screen, or on its way there
            self._conductor.feed()
        self.frame = frame

    def _do(self, command: Command) -> None:
        answer = self._conductor.ask(command)
        if not self._conductor.is_here:
            answer.result()

    def _hear(self, _: object, said: object, __: object) -> None:
        """Do what the notebook asks, and answer by the number that it gave."""
        fields = dict(said) if isinstance(said, dict) else {}
        if fields.get("do") == "drawn":
            self._conductor.feed()
            return
        number = fields.pop("id", 0)
        try:
            answer = self._conductor.ask(commands.command(fields))
        except ShoalError as error:
            self.send({"id": number, "error": str(error)})
        else:
            answer.add_done_callback(lambda done: self._answer(number, done))

    def _answer(self, number: object, done: Future[None]) -> None:
        error = done.exception()
        self.send({"id": number, "done": True} if error is None else {"id": number, "error": str(error)})
