"""Ctrl-C, and the wish of the system that this process end: what is said then, and with which exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

ENDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "the terminal is gone"}
"""The signals that ask for an end, and how that is called."""
PATIENCE = 2
"""From so many on, whoever sends them wants no more tidying up."""


class Terminated(BaseException):
    """The system, and not the user, wants this process to end."""


class SignalWatch:
    """What this process was asked, and what the command that runs advises whoever asked.

    Until it ``has_begun`` there is nothing to tidy up, and when it ``is_over`` no more.
    """

    def __init__(self) -> None:
        self.received: list[int] = []
        self.advice: Callable[[], str] = str
        self.has_begun = self.is_over = False

    def install(self) -> None:
        """Receive the signals from now on, but for those that whoever started this process wants ignored."""
        self.received, self.advice = [], str
        self.has_begun = self.is_over = False
        if threading.current_thread() is not threading.main_thread():
            return
        for name in ENDS:
            number = getattr(signal, name, None)  # not every system has every signal
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._receive)

    @property
    def code(self) -> int:
        """The exit code that shells give the last signal."""
        return 128 + self.received[-1]

    def sentence(self) -> str:
        """Return what is said at the end, in one line."""
        try:
            advice = self.advice()
        except Exception:  # whatever state the command was in
            advice = ""
        return f"{ENDS[signal.Signals(self.received[-1]).name]}{advice and '; '}{advice}"

    def _receive(self, number: int, frame: FrameType | None) -> None:
        """Have the command end: by an exception, or at once where none would get through."""
        self.received.append(number)
        if self.is_over:
            os._exit(self.code)
        if not self.has_begun or len(self.received) > PATIENCE or _is_importing(frame):
            with contextlib.suppress(OSError):
                os.write(2, f"shoal: {self.sentence()}\n".encode(errors="backslashreplace"))
            os._exit(self.code)
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being loaded: modules swallow exceptions there, and have nothing to lose."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


WATCH = SignalWatch()
"""That of the command that runs."""
