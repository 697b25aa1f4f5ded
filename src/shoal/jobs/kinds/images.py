"""Images, whose classes are predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from shoal.errors import ConfigurationError
from shoal.jobs.kinds.base import KindFindings, rows_of_batch
from shoal.jobs.kinds.study import ByStudy

if TYPE_CHECKING:
    from shoal.data.images.image_set import Wish
    from shoal.data.images.preprocessing import ImagePreprocessor
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.images.model import ImageModel
    from shoal.jobs.images.prepare import PreparedImages
    from shoal.jobs.request import FitRequest
    from shoal.jobs.subjects.batch import Batch
    from shoal.shapes import Array, Shape


class Images(ByStudy["ImageModel", "PreparedImages"]):
    """Folders of pictures by class, IDX and NPZ files."""

    name: ClassVar[str] = "images"
    noun: ClassVar[str] = "images"

    def reads(self, request: FitRequest) -> bool:
        from shoal.data.images.source import holds_images

        return holds_images(request.table)

    def prepare(self, request: FitRequest) -> PreparedImages:
        from shoal.jobs.images.prepare import prepare_images

        return prepare_images(request)

    def findings(
        self, model: ImageModel, prepared: PreparedImages, seed: int, deadline: Deadline
    ) -> KindFindings:
        from shoal.jobs.images.sights import look

        return KindFindings(seen=look(model, prepared, seed, deadline.left()))

    def predict(
        self, model: ImageModel, source: str, ignore_extra: bool, interval: float | None
    ) -> dict[str, Array]:
        if interval is not None:
            raise ConfigurationError("classes of images have no intervals; their probabilities say it")
        from shoal.data.images.source import read_unlabelled

        return model.predict(read_unlabelled(source, _wish(model)))

    def batch(self, model: ImageModel, source: str, row: int, size: int) -> Batch:
        from shoal.data.images.source import read_images
        from shoal.jobs.images.prepare import labels_of
        from shoal.jobs.subjects.batch import Batch

        images = read_images(source, _wish(model)).train
        labels = labels_of(images)
        places = rows_of_batch(model.target, labels, row, size, "image", source)
        X, y = model.preprocessor.transform(images.pixels[places]), model.target.encode(labels.gather(places))
        return Batch(X, y, f"image {places[0] + 1}")

    def preprocessor(self, config: dict[str, Any], arrays: Mapping[str, Array]) -> ImagePreprocessor:
        from shoal.data.images.preprocessing import ImagePreprocessor

        return ImagePreprocessor.from_config(config)

    def sample_shape(self, preprocessor: ImagePreprocessor) -> Shape:
        return preprocessor.shape

    def model(self, preprocessor: ImagePreprocessor, **parts: Any) -> ImageModel:
        from shoal.jobs.images.model import ImageModel

        return ImageModel(preprocessor, **parts)


def _wish(model: ImageModel) -> Wish:
    """Return what images must be brought to for a model."""
    from shoal.data.images.image_set import Wish

    return Wish(model.preprocessor.size, model.preprocessor.channels)
