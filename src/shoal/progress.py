"""``ProgressLine``: how far a study or a training is, in one line that is written over."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from shoal.fragments import progress_bar
from shoal.words import plural


class ProgressLine:
    """A callback that shows how far a study or a training is, in one line and not in a wall of them.

    In a notebook it is one output that changes, in a terminal one line that is written over; where neither
    reads, such as a file, it is the last line alone. It is written anew with every whole per cent.

    Give it to ``CapacityStudy(progress=…)`` or ``shoal.train(…, callback=…)``. ``file`` is where it writes
    outside of notebooks, None: ``sys.stderr``.

    >>> import io
    >>> from shoal.training.problem import Progress
    >>> line = ProgressLine(file=io.StringIO())
    >>> for epoch in (1, 2):
    ...     line(Progress(epoch, 2, 30))
    >>> line.file.getvalue()
    'epoch 2 of 2, 30 networks in training\\n'
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.file = file
        self._shown: int | None = None
        self._handle: Any = None
        self._width = 0

    def __call__(self, progress: Any) -> None:
        """Show a ``StudyProgress`` or a ``Progress``."""
        done, total, text = _told(progress)
        ended = done >= total or getattr(progress, "active", 1) == 0
        percent = 100 * done // max(total, 1)
        if percent == self._shown and not ended:
            return
        self._shown = percent
        display = _notebook()
        if display is not None:
            self._update(display, text, done, total)
        else:
            self._write(text, ended)
        if ended:  # the next study or training has a line of its own
            self._shown, self._handle, self._width = None, None, 0

    def _update(self, display: Any, text: str, done: int, total: int) -> None:
        shown = {"text/plain": text, "text/html": progress_bar(text, done, total)}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def _write(self, text: str, ended: bool) -> None:
        file = self.file or sys.stderr
        end = "\n" if ended else ""
        if file.isatty():
            file.write(f"\r{text.ljust(self._width)}{end}")
            file.flush()
            self._width = len(text)
        elif ended:
            file.write(f"{text}{end}")


def _told(progress: Any) -> tuple[int, int, str]:
    """Return how much is done, of how much, and a sentence."""
    if hasattr(progress, "epoch"):
        training = f"{plural(progress.active, 'network')} in training"
        return progress.epoch, progress.epochs, f"epoch {progress.epoch:,} of {progress.epochs:,}, {training}"
    told = [f"{progress.done:,} of {progress.total:,} networks", f"{progress.per_second:.3g} a second"]
    if progress.best is not None:
        told.append(f"best {progress.best:.4g}")
    if progress.seconds_left:
        told.append(f"{progress.seconds_left:.0f} s left")
    return progress.done, progress.total, ", ".join(told)


def _notebook() -> Any:
    """Return IPython's ``display`` where it talks to a notebook, which has a kernel; else None."""
    ipython = sys.modules.get("IPython")  # whoever is in a notebook has imported it
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is None:
        return None
    return sys.modules["IPython"].display.display
