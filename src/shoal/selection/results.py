"""What a study tells when it has ended: its trials, what was chosen of them, and how it came to be."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from shoal.selection.choosing.axis_effects import explored
from shoal.selection.choosing.contenders import all_contenders
from shoal.selection.outcome import fitted
from shoal.selection.summary import StudySummary

if TYPE_CHECKING:
    import polars

    from shoal.populations.population import Population
    from shoal.selection.candidates.candidate import Candidate
    from shoal.selection.choosing.axis_effects import Explored
    from shoal.selection.choosing.choice import Choice
    from shoal.selection.cohorts.cohort import Curves
    from shoal.selection.cohorts.views import Views
    from shoal.selection.running.scaling import Scaling
    from shoal.selection.samples.study_samples import Split
    from shoal.selection.trials import Trials
    from shoal.shapes import Array


class StudyResults(StudySummary):
    """The properties of a study that has been fitted; see ``CapacityStudy``."""

    views: Views
    candidates: list[Candidate]

    @property
    def table(self) -> Trials:
        """One row a network, sorted by candidate, start and fold, as NumPy columns."""
        return fitted(self._table)

    @property
    def trials(self) -> polars.DataFrame:
        """``table`` as a polars frame; raises ``MissingDependencyError`` where polars is not installed."""
        return self.table.to_polars()

    @property
    def is_lost(self) -> bool:
        """Whether all networks that were trained have diverged, in one fold at least."""
        found = self._table
        return found is not None and not any(isfinite(c.validation_loss) for c in all_contenders(found))

    @property
    def choice(self) -> Choice:
        """What was chosen, and why."""
        return fitted(self._outcome).choice

    @property
    def axes(self) -> list[Explored]:
        """What a search says of each of its axes: the value chosen, its neighbours, how well levels did."""
        contenders = all_contenders(self.table)
        return explored(self.candidates, contenders, self.choice.chosen.candidate)

    @property
    def best(self) -> Population:
        """The chosen network, a population of one; or an ensemble, members as often as they were picked."""
        return fitted(self._outcome).best

    @property
    def curves(self) -> Curves:
        """The training of the chosen network; of its first fold, and of an ensemble's first member."""
        return fitted(self._outcome).curves

    @property
    def ended_by(self) -> str:
        """What ended the study early, "time" or "Ctrl-C"; nothing if it came to its end."""
        return fitted(self._outcome).ended_by

    @property
    def compared(self) -> tuple[int, str | None]:
        """How many ``starts`` and which ``networks`` (None: all) the choice was made among.

        With these and otherwise the same settings, a study that was ended early is made again to the bit.
        """
        return fitted(self._outcome).compared

    @property
    def scaling(self) -> Scaling | None:
        """What the inputs of later starts were scaled by; None where they were not."""
        return fitted(self._outcome).scaling

    @property
    def scales(self) -> dict[object, float]:
        """What the inputs of each source were multiplied by, the largest first; empty where they were not."""
        if self.scaling is None:
            return {}
        of_sources = zip(dict.fromkeys(self.views.sources), self.scaling.columns.tolist(), strict=True)
        return dict(sorted(of_sources, key=lambda pair: -pair[1]))

    def is_scaled(self, start: int) -> bool:
        """Return whether networks of this start saw their inputs scaled."""
        return self.scaling is not None and self.scaling.of_part(self.views.part(start))

    @property
    def splits(self) -> list[Split]:
        """Pairs of row numbers (train, held); rows of a validation set follow those of X."""
        return fitted(self._outcome).splits

    @property
    def held(self) -> Array:
        """The predictions (N, K) of what was chosen for the rows held out, split after split.

        Of two classes they are both probabilities (N, 2), each in its own digits. Every row is predicted by
        networks that were not trained on it: those of its fold.
        """
        return fitted(self._outcome).held

    @property
    def engines(self) -> list[str]:
        """The engine that trained the networks; several, in turn, if the study was resumed with others."""
        return fitted(self._outcome).engines
