"""Texts of one column of a table, each of which has one class, or one number, that is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from shoal.jobs.kinds.base import KindFindings, rows_of_batch
from shoal.jobs.kinds.study import ByStudy

if TYPE_CHECKING:
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.request import FitRequest
    from shoal.jobs.subjects.batch import Batch
    from shoal.jobs.texts.features import TextFeatures
    from shoal.jobs.texts.model import TextModel
    from shoal.jobs.texts.prepare import PreparedTexts
    from shoal.shapes import Array, Shape


class Texts(ByStudy["TextModel", "PreparedTexts"]):
    """Tables of which one column is asked for as ``text``."""

    name: ClassVar[str] = "texts"
    noun: ClassVar[str] = "texts"

    def reads(self, request: FitRequest) -> bool:
        return request.text is not None

    def prepare(self, request: FitRequest) -> PreparedTexts:
        from shoal.jobs.texts.prepare import prepare_texts

        return prepare_texts(request)

    def findings(
        self, model: TextModel, prepared: PreparedTexts, seed: int, deadline: Deadline
    ) -> KindFindings:
        from shoal.jobs.texts.shown import shown

        texts, note = shown(model, prepared, seed, deadline)
        return KindFindings(texts=texts, note=note)

    def predict(
        self, model: TextModel, source: str, ignore_extra: bool, interval: float | None
    ) -> dict[str, Array]:
        from shoal.data.cells.notation import NOTHING_KNOWN
        from shoal.jobs.texts.reading import read_texts

        column = model.preprocessor.column
        known = NOTHING_KNOWN.with_names((column,))
        return model.predict(read_texts(source, column, known=known).texts, interval)

    def batch(self, model: TextModel, source: str, row: int, size: int) -> Batch:
        from shoal.data.cells.notation import NOTHING_KNOWN
        from shoal.jobs.subjects.batch import Batch
        from shoal.jobs.texts.reading import read_texts

        column, target = model.preprocessor.column, model.target.name
        known = NOTHING_KNOWN.with_names((column, target if model.target.labels else None))
        rows = read_texts(source, column, target, known=known)
        assert rows.targets is not None
        places = rows_of_batch(model.target, rows.targets, row, size, "text", source)
        some = rows.rows(places)
        X = model.preprocessor.transform(some.texts, "float64")
        return Batch(
            X, model.target.encode(some.targets), f"text {places[0] + 1}", model.preprocessor.feature_names
        )

    def preprocessor(self, config: dict[str, Any], arrays: Mapping[str, Array]) -> TextFeatures:
        from shoal.jobs.texts.features import TextFeatures
        from shoal.jobs.texts.model import VIEWS
        from shoal.mixtures.views import below

        return TextFeatures.from_config(config, below(arrays, VIEWS))

    def sample_shape(self, preprocessor: TextFeatures) -> Shape:
        return (preprocessor.count,)

    def model(self, preprocessor: TextFeatures, **parts: Any) -> TextModel:
        from shoal.jobs.texts.model import TextModel

        return TextModel(preprocessor, **parts)
