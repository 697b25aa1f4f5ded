"""What trains while it plays, in a page or a notebook: it is paused, and stepped by some epochs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from shoal.lab import commands
from shoal.lab.course import Each, in_turn
from shoal.shapes import whole_number

MOST_PACE = 1000
"""Epochs between two pictures, and of one step."""
UNHEARD = 2_500_000
"""Parameters times samples times epochs, that are trained between two looks at what is asked: a moment."""


class Player(ABC):
    """``playing`` says whether it is to train on, ``pace`` how many epochs between two pictures."""

    playing, pace = False, 5

    @property
    @abstractmethod
    def work(self) -> int:
        """What an epoch takes: parameters times samples, of all networks together."""

    @property
    def stride(self) -> int:
        """How many epochs are trained before anything else that is asked can be done."""
        return max(1, UNHEARD // self.work)

    @abstractmethod
    def train(self, epochs: int, each: Each = in_turn) -> None:
        """Train on; at the end the playing ends."""

    def _pause(self, command: commands.Pause, each: Each) -> None:
        self.playing = False

    def _step(self, command: commands.Step, each: Each) -> None:
        epochs = min(whole_number(command.epochs, "epochs of a step"), MOST_PACE)
        self.playing = False
        self.train(epochs, each)
