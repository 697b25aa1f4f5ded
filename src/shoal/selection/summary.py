"""What a study says of itself, in text and in notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.words import plural

if TYPE_CHECKING:
    from shoal.selection.candidates.candidate import Candidate
    from shoal.selection.choosing.choice import Choice
    from shoal.selection.choosing.spreads import Spread
    from shoal.selection.outcome import StudyOutcome
    from shoal.selection.trials import Trials


class StudySummary:
    """The reprs of a study; see ``CapacityStudy``."""

    starts: int
    choose: str
    folds: int | None
    candidates: list[Candidate]
    _outcome: StudyOutcome | None
    _table: Trials | None

    def __repr__(self) -> str:
        chosen = "not fitted" if self._outcome is None else self._outcome.choice.sentence
        return f"{self._asked()}\n{chosen}"

    def _repr_html_(self) -> str:
        from shoal.fragments import fragment

        if self._outcome is None:
            return fragment(self._asked(), [("choice", "not fitted")])
        choice = self._outcome.choice
        rows, marked = _rows(choice)
        return fragment(self._asked(), [("choice", choice.sentence)], rows, marked)

    def _asked(self) -> str:
        of = f"{plural(len(self.candidates), 'candidate')} × {plural(self.starts, 'start')}"
        folds = f", {self.folds} folds" if self.folds else ""
        return f"CapacityStudy of {of}{folds}, choose={self.choose!r}"


def _rows(choice: Choice) -> tuple[list[list[str]], int]:
    """Return a row for each candidate below their heads, the chosen one first, and which that is.

    The others follow from the lowest median of validation losses up: a table may be cut.
    """
    chosen = [spread for spread in choice.spread if _is_chosen(choice, spread)]
    others = [spread for spread in choice.spread if spread not in chosen]
    others.sort(key=lambda spread: float("inf") if spread.median is None else spread.median)
    searched = any(spread.settings for spread in choice.spread)
    rows = [
        [
            f"{spread.hidden}{' (chosen)' if spread in chosen else ''}",
            f"{spread.l2:g}",
            *([spread.settings] if searched else []),
            str(spread.starts),
            *("–" if value is None else f"{value:.4g}" for value in (spread.min, spread.median, spread.max)),
            str(spread.diverged),
        ]
        for spread in [*chosen, *others]
    ]
    names = ["hidden", "l2", *(["settings"] if searched else []), "starts"]
    return [[*names, "lowest loss", "median", "highest", "diverged"], *rows], 0


def _is_chosen(choice: Choice, spread: Spread) -> bool:
    chosen = choice.chosen
    return (spread.hidden, spread.l2, spread.settings) == (chosen.hidden, chosen.l2, chosen.settings)
