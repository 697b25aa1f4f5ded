"""A running study on a terminal: which of its networks are trained, and how good those of each size are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import Progress
from rich.text import Text

from shoal.plots.text import BARS, number, shortened, size_name
from shoal.words import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from shoal.selection.trials import Trials

MOST_SIZES, MOST_CELLS, WIDEST_NAME = 8, 40, 16
NARROWEST = 20
"""Columns that a line of cells leaves to the name of a size and its loss."""


@dataclass
class _Size:
    """What is known of the networks of one size: ``done`` by start, the lowest validation loss."""

    done: dict[int, int]
    best: float = math.inf
    heard: int = 0


class StudyBoard(Progress):
    """A bar with a line above it for each size of a study, in which its random starts fill.

    A start is a block that grows with its folds and strengths; of more than ``MOST_CELLS`` several share one.
    Of many sizes those show that were heard of last.
    """

    _lines: tuple[Text, ...] = ()
    _shows = False

    def begin(self, sizes: Sequence[str], starts: int, networks: int) -> None:
        """Show a study of so many ``networks``: so many ``starts`` of each of the ``sizes``."""
        self._sizes = {size: _Size({}) for size in sizes}
        self._starts, self._each = starts, max(networks / max(len(sizes) * starts, 1), 1.0)
        self._shows = len(sizes) * starts > 1
        self._heard = 0
        self._lines = self._drawn()

    def hear(self, trials: Trials) -> None:
        """Count the networks that have ended."""
        if not self._shows or not len(trials):
            return
        self._heard += 1
        losses = np.where(trials["diverged"], np.inf, trials["validation_loss"])
        for name, start, loss in zip(
            trials["hidden"], trials["start"].tolist(), losses.tolist(), strict=True
        ):
            size = self._sizes.setdefault(name, _Size({}))
            size.done[start] = size.done.get(start, 0) + 1
            size.best = min(size.best, loss) if math.isfinite(loss) else size.best
            size.heard = self._heard
        self._lines = self._drawn()

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the lines of the sizes, and the bar below them; another thread asks for them."""
        yield from self._lines
        yield from super().get_renderables()

    def _drawn(self) -> tuple[Text, ...]:
        if not self._shows:
            return ()
        latest = sorted(self._sizes.values(), key=lambda size: size.heard, reverse=True)[:MOST_SIZES]
        shown = {name: size for name, size in self._sizes.items() if any(size is each for each in latest)}
        names = {name: shortened(size_name(name), WIDEST_NAME) for name in shown}
        width = max(map(len, names.values()))
        lines = [
            f"{names[name]:>{width}}  {self._cells(size, width)}  {_loss(size)}"
            for name, size in shown.items()
        ]
        if left := len(self._sizes) - len(shown):
            lines.append(f"and {plural(left, 'size')} more")
        return tuple(Text(line, no_wrap=True, overflow="ellipsis") for line in lines)

    def _cells(self, size: _Size, width: int) -> str:
        room = max(min(MOST_CELLS, self.console.width - width - NARROWEST), 1)
        starts = max(self._starts, max(size.done, default=0) + 1)
        together = math.ceil(starts / room)
        groups = [range(first, min(first + together, starts)) for first in range(0, starts, together)]
        shares = [
            sum(min(size.done.get(start, 0) / self._each, 1.0) for start in group) / len(group)
            for group in groups
        ]
        return "".join(map(_cell, shares))


def _cell(share: float) -> str:
    """Return a block as high as what is done, a dot for nothing.

    >>> "".join(map(_cell, [0, 0.01, 0.5, 0.99, 1]))
    '·▁▄▇█'
    """
    return "·" if share <= 0 else BARS[min(int(share * (len(BARS) - 1)), len(BARS) - 1)]


def _loss(size: _Size) -> str:
    return number(size.best) if math.isfinite(size.best) else "–"
