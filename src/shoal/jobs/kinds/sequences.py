"""Sequences, each of which has one class, or one number, that is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from shoal.errors import DataError
from shoal.jobs.kinds.base import KindFindings, rows_of_batch
from shoal.jobs.kinds.study import ByStudy

if TYPE_CHECKING:
    from shoal.data.sequences.reading import SequenceReading
    from shoal.data.targets.task import TargetEncoder
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.request import FitRequest
    from shoal.jobs.sequences.model import SequenceModel
    from shoal.jobs.sequences.prepare import PreparedSequences
    from shoal.jobs.subjects.batch import Batch
    from shoal.shapes import Array, Shape


class SequencesKind(ByStudy["SequenceModel", "PreparedSequences"]):
    """``.ts`` and NPZ files of series, and tables with a row for every step."""

    name: ClassVar[str] = "sequences"
    noun: ClassVar[str] = "sequences"

    def reads(self, request: FitRequest) -> bool:
        if request.id is not None:
            return True
        from shoal.data.sequences.recognised import holds_series

        return holds_series(request.table)

    def prepare(self, request: FitRequest) -> PreparedSequences:
        from shoal.jobs.sequences.prepare import prepare_sequences

        return prepare_sequences(request)

    def findings(
        self, model: SequenceModel, prepared: PreparedSequences, seed: int, deadline: Deadline
    ) -> KindFindings:
        from shoal.jobs.sequences.in_time import over_time
        from shoal.jobs.sequences.shown import shown

        in_time = over_time(model, prepared, deadline)
        return KindFindings(examples=shown(model, prepared, seed, deadline), in_time=in_time)

    def predict(
        self, model: SequenceModel, source: str, ignore_extra: bool, interval: float | None
    ) -> dict[str, Array]:
        return model.predict(model.preprocessor.read(source), interval)

    def batch(self, model: SequenceModel, source: str, row: int, size: int) -> Batch:
        from shoal.jobs.subjects.batch import Batch

        series = model.preprocessor.read(source)
        if series.targets is None:
            raise DataError(f"{source} has no targets, which the loss needs; add them")
        places = rows_of_batch(model.target, series.targets, row, size, "sequence", source)
        some = series.rows(places)
        assert some.targets is not None
        X = model.preprocessor.transform(some.series, dtype="float64")
        return Batch(X, model.target.encode(some.targets), f"sequence {places[0] + 1}")

    def preprocessor(self, config: dict[str, Any], arrays: Mapping[str, Array]) -> SequenceReading:
        from shoal.data.sequences.reading import SequenceReading

        return SequenceReading.from_config(config)

    def sample_shape(self, preprocessor: SequenceReading) -> Shape:
        return preprocessor.shape

    def parts(
        self, description: Mapping[str, Any], arrays: Mapping[str, Array], target: TargetEncoder
    ) -> dict[str, Any]:
        from shoal.jobs.sequences.model import MIXTURE

        if MIXTURE not in description:
            return {}
        from shoal.mixtures.storing import mixture_of
        from shoal.mixtures.views import below

        outputs = max(len(target.labels), 1)
        return {MIXTURE: mixture_of(description[MIXTURE], below(arrays, MIXTURE), outputs)}

    def model(self, preprocessor: SequenceReading, **parts: Any) -> SequenceModel:
        from shoal.jobs.sequences.model import SequenceModel

        return SequenceModel(preprocessor, **parts)
