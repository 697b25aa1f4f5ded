"""How many threads there is room for, once the data are there, and what the job takes with them."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.data.memory import peak_bytes, readable, resident_bytes
from shoal.errors import CapacityError
from shoal.jobs.memory.footprint import PROGRAM, Allowance, bytes_of_predictions
from shoal.jobs.prepared import Prepared
from shoal.selection.cohorts.design import StudyPlan
from shoal.selection.running.dispatch import in_full_rounds
from shoal.words import plural, setting
from shoal.workers import cores

SLACK = 1.1
"""What a thread takes of what it is told to need: allocators keep some of what is let go of."""
LATER = 48 * 2**20
"""Bytes of what is loaded after the study, for the examination and the report."""
MARGIN = 1.05
"""Of all that is told, what an estimate may be too small by."""


@dataclass(frozen=True)
class Room:
    """What a job may hold, holds with its data, and needs for each thread of its study."""

    allowance: Allowance
    prepared: Prepared
    plan: StudyPlan

    def workers(self, asked: int) -> int:
        """Return how many of the threads asked for there is room for.

        Raises ``CapacityError`` where there is none for a single one.
        """
        for workers in range(asked, 0, -1):
            if self.allowance.holds(self._study(workers)):
                return workers
        raise CapacityError(
            f"one network at a time needs about {readable(self._study(1))} with the data, and "
            f"{self.allowance.told}; allow more, or use smaller "
            f"{setting('hidden')} sizes or a smaller {setting('batch_size')}"
        )

    def sentence(self, asked: int) -> tuple[str, ...]:
        """Return what there is to say where fewer threads than asked for have room."""
        workers = self.workers(asked)
        if workers == asked:
            return ()
        return (f"There is memory for {workers} of {plural(asked, 'core')}: {self.allowance.told}.",)

    def bytes(self, workers: int) -> int:
        """Return about the most that the process holds at once, from its beginning to its end."""
        following = int(MARGIN * (self._held() + LATER + SLACK * self.prepared.following))
        return max(peak_bytes() or 0, self._study(workers), following)

    def _held(self) -> int:
        return resident_bytes() or PROGRAM + self.prepared.bytes

    def _study(self, workers: int) -> int:
        held = self._held()
        train, validation = self.prepared.train, self.prepared.validation
        copied = 0 if validation is None else train.X.nbytes + validation.X.nbytes
        judged, test, outputs = validation or train, self.prepared.test, self.prepared.loss[1]
        after = bytes_of_predictions(len(judged), len(test), outputs)
        training = int(SLACK * self._at_once(workers) * self.plan.memory)
        return int(MARGIN * (held + LATER + copied + max(training, after)))

    def _at_once(self, workers: int) -> int:
        """Return the cohorts that are trained at once: on all cores threads may take turns."""
        cohorts = self.plan.cohorts
        return min(in_full_rounds(workers, cohorts) if workers == cores() > 1 else workers, cohorts)
