"""Series that are forecast: the values that come after the last ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from shoal.errors import ConfigurationError
from shoal.jobs.kinds.base import Kind

if TYPE_CHECKING:
    from shoal.jobs.forecasts.model import ForecastModel
    from shoal.jobs.job import FinishedJob, Job
    from shoal.jobs.request import FitRequest
    from shoal.jobs.saved.files import Saved
    from shoal.jobs.subjects.subject import Subject
    from shoal.populations.population import Population
    from shoal.shapes import Array


class Forecasts(Kind):
    """``.tsf`` files, and tables with a row for every step of which a ``horizon`` is asked for."""

    name: ClassVar[str] = "forecasts"
    noun: ClassVar[str] = "series to forecast"

    def reads(self, request: FitRequest) -> bool:
        if request.horizon is not None:
            return True
        from shoal.data.database_names import is_duckdb
        from shoal.data.sequences.recognised import is_tsf

        return not is_duckdb(request.table) and is_tsf(Path(request.table))

    def fit(self, job: Job) -> FinishedJob:
        from shoal.jobs.forecasts.fit import fit_forecasts

        return fit_forecasts(job)

    def restore(self, saved: Saved) -> ForecastModel:
        from shoal.jobs.forecasts.model import ForecastModel

        return ForecastModel.restore(saved)

    def networks(self, model: ForecastModel) -> Population:
        raise ConfigurationError(
            "a forecast mixes linear maps and networks over windows in units of their own, which is no one "
            "population of networks; use 'shoal predict'"
        )

    def subject(self, model: ForecastModel, source: str, row: int, size: int, member: int) -> Subject:
        from shoal.jobs.forecasts.windows import subject_of

        return subject_of(model, source, row, size, member)

    def predict(
        self, model: ForecastModel, source: str, ignore_extra: bool, interval: float | None
    ) -> dict[str, Array]:
        found: dict[str, Any] = model.predict(model.origin.read(source), interval)
        return found
