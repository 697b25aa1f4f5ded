"""How much of a search for a strength some operations allow: counted, so that it is the same at any load."""

from __future__ import annotations

from dataclasses import dataclass

STRENGTHS = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Penalties that are tried, from the strongest on, for as long as they get better."""
FEWER: tuple[tuple[float, ...], ...] = (STRENGTHS, (1.0, 0.1, 0.01), (0.1, 0.01), (0.03,))
"""What is left of them, as there are fewer operations."""
GRADIENTS, MANY, USUAL, FEWEST = 15_000, 100, 16, 8
"""Of a layer at most, more than one takes, as many as it takes with hundreds of classes, and the fewest that
are worth a fit."""


@dataclass(frozen=True)
class Effort:
    """Which ``strengths`` are tried, and by how many ``gradients`` of a layer at most.

    >>> Effort.of(130, folds=5, judged=2)
    Effort(strengths=(0.1, 0.01), gradients=16)
    """

    strengths: tuple[float, ...] = STRENGTHS
    gradients: int = GRADIENTS

    @classmethod
    def of(cls, gradients: float, folds: int, judged: int) -> Effort:
        """Return what so many ``gradients`` allow, all layers together.

        A layer is fitted for each of the ``folds`` and for all samples, and besides for every further
        strength in the folds that are ``judged`` by. As many strengths as have the ``USUAL`` gradients are
        tried; where one has too few, its layers end sooner, with the ``FEWEST`` in any case.
        """
        layers, strengths = 1, FEWER[0]
        for strengths in FEWER:
            layers = folds + 1 + judged * (len(strengths) - 1)
            if USUAL * layers <= gradients:
                break
        most = int(min(gradients // layers, GRADIENTS))
        return cls(strengths, max(most, FEWEST))

    @property
    def reduced(self) -> str | None:
        """What is given up, as a sentence goes on; None where nothing is that anybody would notice."""
        if self.gradients >= MANY:
            return None
        return (
            f"tries {len(self.strengths)} of {len(STRENGTHS)} strengths of its penalty, with "
            f"{self.gradients} gradients at most for a layer"
        )
