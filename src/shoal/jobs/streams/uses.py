"""What the rows drawn from a large table are for: to test on, to validate on, to train on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shoal.data.roles import Roles
from shoal.errors import DataError
from shoal.jobs.division import DEFAULT_SHARE, Division
from shoal.jobs.request import FitRequest
from shoal.jobs.streams.drawing import DrawnRows
from shoal.jobs.streams.folds import ClassFolds, DrawnFolds, Folds
from shoal.jobs.streams.sides import TESTS, TRAINS, VALIDATES, GroupSides, Sides, TimeSides, choose_sides
from shoal.shapes import BoolArray, IntArray
from shoal.words import setting

ASIDE = 2**16
"""Rows at most that validate, and that test: of wide rows half as many."""
_NOTHING = -1
"""The side of a row that was not drawn, and so judges nothing."""
WHAT_FOR = {TRAINS: "train on", VALIDATES: "validate on", TESTS: "test on"}


@dataclass(frozen=True)
class Uses:
    """The places of rows among those ``drawn``, by their use; ``sides`` say it by group or time."""

    drawn: DrawnRows
    test: IntArray
    held: IntArray
    train: IntArray
    sides: Sides | None = None

    @classmethod
    def of(cls, drawn: DrawnRows, request: FitRequest, roles: Roles) -> Uses:
        """Divide the rows as a table's are; nothing is set aside for what has rows of its own.

        With groups, and with a time, all rows of the parts that test and validate are left out of training,
        drawn or not. Raises ``DataError`` where none was drawn of a part.
        """
        test_share = 0.0 if request.test is not None else request.test_share
        apart = request.valid is not None or request.folds is not None
        share = 0.0 if apart else request.validation_share or DEFAULT_SHARE
        tested = round(test_share * drawn.known)
        sides: Sides | None = None
        if drawn.tally is not None:
            held = round(share * (drawn.known - tested))
            wanted = [(side, rows) for side, rows in ((TESTS, tested), (VALIDATES, held)) if rows]
            asked = [side for side, _ in wanted]
            sides = GroupSides(choose_sides(drawn.tally, wanted), drawn.tally, roles, request.seed)
        elif drawn.moments is not None and drawn.moments.rows:
            parts = [(side, part) for side, part in ((TESTS, test_share), (VALIDATES, share)) if part]
            asked = [side for side, _ in parts]
            sides = TimeSides.of_shares(drawn.moments, parts, roles)
        if sides is not None:
            side = sides.of(drawn.rows)
            side[(side != TRAINS) & ~_at_random(drawn)] = _NOTHING
            _require_drawn(side, drawn, [TRAINS, *asked])
            test, judged, train = (np.flatnonzero(side == one) for one in (TESTS, VALIDATES, TRAINS))
            return cls(drawn, test, judged, train, sides)
        tested = min(tested, ASIDE)
        held = min(round(share * (drawn.known - tested)), ASIDE)
        ranks = drawn.ranks
        judged = np.flatnonzero((ranks >= tested) & (ranks < tested + held))
        train = np.flatnonzero(ranks >= tested + held)
        return cls(drawn, np.flatnonzero(ranks < tested), judged, train)

    def at_most(self, aside: int, train: int) -> Uses:
        """Return the same of fewer rows, those that were drawn first."""
        test, held = (self._first(rows, aside) for rows in (self.test, self.held))
        return replace(self, test=test, held=held, train=self._first(self.train, train))

    def _first(self, rows: IntArray, most: int) -> IntArray:
        """Return at most so many of these rows that were drawn, in the table's order, and all others."""
        drawn = rows[_at_random(self.drawn)[rows]]
        first = drawn[np.argsort(self.drawn.ranks[drawn])[:most]]
        return np.sort(np.concatenate([first, np.setdiff1d(rows, drawn)]))

    def folds(self, count: int, labels: IntArray | None, n_classes: int, seed: int) -> Folds:
        """Return so many folds of the rows to train on, even in their classes unless sides divide them.

        ``labels`` (M,) are those of the rows that are drawn, None where the target is a number. With folds no
        rows are set aside to validate. Raises ``DataError`` for too few groups, or different times.
        """
        if self.sides is not None:
            return self.sides.folds(count)
        if labels is None:
            return DrawnFolds(count)
        return ClassFolds(count, self.drawn.draws[self.train], labels[self.train], n_classes, seed)

    @property
    def division(self) -> Division:
        """The rows as those of a table that is read whole."""
        return Division(self.train, self.held, self.test, None, None)

    @property
    def aside(self) -> IntArray:
        """The numbers in the table of the rows that are not trained on, in rising order; with sides, none."""
        if self.sides is not None:
            return np.zeros(0, dtype=np.intp)
        return np.sort(self.drawn.numbers[np.concatenate([self.test, self.held])])

    @property
    def trained(self) -> int:
        """How many rows of the table are to train on."""
        if self.sides is None:
            return self.drawn.known - len(self.test) - len(self.held)
        return self.sides.trained


def _at_random(drawn: DrawnRows) -> BoolArray:
    """Return which of the rows (M,) were drawn."""
    return np.less(drawn.ranks, drawn.at_random)


def _require_drawn(side: IntArray, drawn: DrawnRows, asked: list[int]) -> None:
    """Raise ``DataError`` unless some rows were drawn on each side that is asked for."""
    for one in asked:
        if not (side == one).any():
            raise DataError(
                f"too few rows are there to {WHAT_FOR[one]}: none of them is among {len(side):,} drawn at "
                f"random from {drawn.known:,}; divide by a finer column, or with another "
                f"{setting('test_share')} or {setting('validation_share')}"
            )
