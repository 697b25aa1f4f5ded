"""What is the same for every kind of data that a study chooses networks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from shoal.jobs.kinds.base import ModelT, PreparedT, StudyKind

if TYPE_CHECKING:
    from shoal.jobs.job import FinishedJob, Job
    from shoal.jobs.saved.files import Saved
    from shoal.jobs.subjects.subject import Subject
    from shoal.populations.population import Population


class ByStudy(StudyKind[ModelT, PreparedT]):
    """A kind whose model is that of ``shoal.jobs.fit_study``."""

    def fit(self, job: Job) -> FinishedJob:
        from shoal.jobs.fit_study import fit_study

        return fit_study(self, job)

    def restore(self, saved: Saved) -> ModelT:
        from shoal.jobs.saved.studies import restore_model

        return cast("ModelT", restore_model(self, saved))

    def networks(self, model: ModelT) -> Population:
        return model.population

    def subject(self, model: ModelT, source: str, row: int, size: int, member: int) -> Subject:
        from shoal.jobs.subjects.subject import subject_of

        return subject_of(model, self.batch(model, source, row, size), member)
