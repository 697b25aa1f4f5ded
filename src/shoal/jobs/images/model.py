"""A model of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.data.images.image_set import ImageSet
from shoal.data.images.preprocessing import KIND, ImagePreprocessor
from shoal.jobs.model import Model
from shoal.shapes import Array


@dataclass(frozen=True)
class ImageModel(Model):
    """A model of images; its target is their class."""

    kind: ClassVar[str] = KIND
    preprocessor: ImagePreprocessor

    def predict(self, images: ImageSet) -> dict[str, Array]:
        """Return the columns of predictions for images: their names, the target, and every probability."""
        X = self.preprocessor.transform(images.pixels)
        return {"image": np.array(images.names), **self.labelled(self.predict_features(X))}
