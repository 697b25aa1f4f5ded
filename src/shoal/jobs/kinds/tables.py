"""Tables: rows of columns, one of which is predicted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from shoal.errors import CapacityError, DataError, ShoalWarning
from shoal.jobs.kinds.base import KindFindings, rows_of_batch
from shoal.jobs.kinds.study import ByStudy

if TYPE_CHECKING:
    from shoal.data.features.preprocessing import TablePreprocessor
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.model import TableModel
    from shoal.jobs.request import FitRequest
    from shoal.jobs.subjects.batch import Batch
    from shoal.jobs.tables.prepare import PreparedTable
    from shoal.shapes import Array, Shape


class Tables(ByStudy["TableModel", "PreparedTable"]):
    """Tables of every format, and whatever no other kind reads: the error that follows names formats."""

    name: ClassVar[str] = "table"
    noun: ClassVar[str] = "a table"

    def reads(self, request: FitRequest) -> bool:
        return True

    def prepare(self, request: FitRequest) -> PreparedTable:
        return self.prepare_again(request, None)

    def prepare_again(self, request: FitRequest, streamed: bool | None) -> PreparedTable:
        from shoal.jobs.leakage import tell_of_one_file
        from shoal.jobs.prepared import collected

        with collected() as notes:
            tell_of_one_file(request)
        prepared = self._prepared(request, streamed)
        return replace(prepared, warnings=(*notes, *prepared.warnings))

    def _prepared(self, request: FitRequest, streamed: bool | None) -> PreparedTable:
        from shoal.data.readers.delimited_parts import NotPlainError, as_a_whole
        from shoal.jobs.streams.prepare import is_streamed, prepare_stream, way_to_the_disk
        from shoal.jobs.tables.prepare import prepare_table

        why: NotPlainError | None = None
        try:
            if is_streamed(request) if streamed is None else streamed:
                return prepare_stream(request)
        except NotPlainError as error:
            why = error
        try:
            return prepare_table(request)
        except CapacityError as error:
            raise as_a_whole(error, why, way_to_the_disk(request)) from None

    def findings(
        self, model: TableModel, prepared: PreparedTable, seed: int, deadline: Deadline
    ) -> KindFindings:
        from shoal.jobs.judging.importances import importances

        found = importances(model, prepared, seed, deadline)
        return KindFindings(importances=found.rows, note=found.note)

    def predict(
        self, model: TableModel, source: str, ignore_extra: bool, interval: float | None
    ) -> dict[str, Array]:
        from shoal.data.tables import read_table

        table = read_table(source, model.preprocessor.source_columns, model.preprocessor.known)
        return model.predict(table, ignore_extra=ignore_extra, interval=interval)

    def predict_in_parts(
        self, model: TableModel, source: str, ignore_extra: bool, interval: float | None
    ) -> Iterator[dict[str, Array]]:
        from shoal.data.cells.remembered import as_fitted, require_signs
        from shoal.data.features.strange_levels import StrangeLevels
        from shoal.data.readers.delimited_parts import NotPlainError
        from shoal.data.readers.parts import table_parts
        from shoal.data.row_numbers import counting_rows

        known, told, first = model.preprocessor.known, "", 0
        strange = StrangeLevels(model.preprocessor.encoders)
        for part in table_parts(source, model.rows_together):
            try:
                read = as_fitted(part, known)
                require_signs(read.table, known)
                if read.table is not part:  # by rows of a part, not of the table
                    raise NotPlainError("its numbers are written otherwise than those fitted")
                if not told and (told := read.told):
                    warnings.warn(f"{source}: {read.told}", ShoalWarning, stacklevel=3)
                strange.see(part)
                with counting_rows(first):
                    predicted = model.predict_part(part, ignore_extra, interval)
            except DataError as error:  # of the rows of a part, not of the table
                raise NotPlainError(str(error)) from error
            yield predicted
            first += part.height
        for note in strange.notes:
            warnings.warn(f"{source}: {note}", ShoalWarning, stacklevel=2)

    def batch(self, model: TableModel, source: str, row: int, size: int) -> Batch:
        from shoal.data.frames import as_frame, quoted
        from shoal.data.tables import read_table
        from shoal.jobs.subjects.batch import Batch

        target = model.target.name
        known = model.preprocessor.known
        if model.target.labels:
            known = known.with_names((*known.names, target))
        frame = as_frame(read_table(source, model.preprocessor.source_columns, known))
        if target not in frame.columns:
            raise DataError(
                f"{source} lacks the target {quoted(target)}, which the loss needs; add that column"
            )
        places = rows_of_batch(model.target, frame[target], row, size, "row", source)
        rows = frame[places]
        X, y = model.preprocessor.transform(rows, ignore_extra=True), model.target.encode(rows[target])
        return Batch(X, y, f"row {places[0] + 1}", model.preprocessor.feature_names)

    def preprocessor(self, config: dict[str, Any], arrays: Mapping[str, Array]) -> TablePreprocessor:
        from shoal.data.features.preprocessing import TablePreprocessor

        return TablePreprocessor.from_config(config)

    def sample_shape(self, preprocessor: TablePreprocessor) -> Shape:
        return (len(preprocessor.feature_names),)

    def model(self, preprocessor: TablePreprocessor, **parts: Any) -> TableModel:
        from shoal.jobs.model import TableModel

        model = TableModel(preprocessor, **parts)
        if preprocessor.target != model.target.name:
            raise ValueError(f"it predicts {model.target.name!r}, and its table has {preprocessor.target!r}")
        return model
