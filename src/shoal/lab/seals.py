"""Sealed tests: each opens once, for a draw of the data, whatever else is begun anew with it."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.errors import ConfigurationError
from shoal.lab import choosing
from shoal.lab.course import Course
from shoal.lab.design import Design


class Seals:
    """What opened tests have said; another set, or another draw of it, has a test of its own."""

    def __init__(self) -> None:
        self._opened: dict[tuple[str, int], choosing.Opened] = {}

    def of(self, design: Design) -> choosing.Opened | None:
        """Return what a design's test has said; None where it is sealed."""
        return self._opened.get((design.data, design.seed))

    def open(self, design: Design, sides: Sequence[Course], rule: str) -> None:
        """Open a design's test for the better choice of all sides by that rule.

        Raises ``ConfigurationError`` where it has been opened, and where there is no choice yet.
        """
        if self.of(design) is not None:
            raise ConfigurationError("the test has been opened; draw other data for another one")
        found = [(k, side, choosing.choice(side, rule)) for k, side in enumerate(sides)]
        known = [(k, side, choice) for k, side, choice in found if choice is not None]
        if not known or not sides[0].epoch:
            raise ConfigurationError("there is no choice to test yet; train first")
        k, side, choice = min(known, key=lambda one: one[2].chosen.validation_loss)
        self._opened[design.data, design.seed] = choosing.opened(side, k, choice)

    def renew(self, data: str) -> None:
        """Seal the tests of a set that is another one than before."""
        self._opened = {seal: test for seal, test in self._opened.items() if seal[0] != data}
