"""From images to the arrays of a study: read, divided, standardised by the images that train."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.frames import pl
from shoal.data.images.image_set import ImageData, ImageSet, Wish, shown
from shoal.data.images.preprocessing import ImagePreprocessor
from shoal.data.images.source import read_images
from shoal.data.memory import require_memory
from shoal.data.roles import Roles
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import CLASSIFICATION, TargetEncoder
from shoal.errors import ConfigurationError, DataError, ShoalWarning
from shoal.jobs.baselines.fitting import ITERATIONS, PRODUCTS
from shoal.jobs.division import divide
from shoal.jobs.images.augment import AUTO, augmentation_of, written
from shoal.jobs.images.groups import with_groups
from shoal.jobs.images.method import image_ensembles, image_ladder, image_method, usual_filters
from shoal.jobs.images.model import ImageModel
from shoal.jobs.leakage import tell_of_division
from shoal.jobs.metadata import attributes_from
from shoal.jobs.prepared import Prepared, Subset, collected
from shoal.jobs.recipes import Method, single_goal
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.pace import RELEASED
from shoal.jobs.sizing.study import Goal
from shoal.plots.seen import ImageSize
from shoal.populations.population import Population
from shoal.selection.candidates.architectures import Convolutional
from shoal.selection.deformations import (
    LATE,
    MOST,
    Deformations,
    choose_deformations,
    moved,
    trial_network,
    trial_recipe,
)
from shoal.selection.rules import BY_EVIDENCE
from shoal.shapes import Array, IntArray
from shoal.words import plural, setting
from shoal.workers import count_workers

TARGET = "class"
ENSEMBLE = "ensemble"
TRIALS, SHARE_OF_TIME = 4, 0.15
"""Short trainings that ask for the deformation, and what they may take of the time that the user has."""
LOOKING, PRODUCT = 12.0, 5e-10
"""Seconds for the pictures of the report, and for one product of the linear model, on a few cores."""
COPIES = 5
"""Rows of float32 alive at once: the parts, the study's samples and their gathering, and the baselines'."""


@dataclass(frozen=True)
class PreparedImages(Prepared):
    """Images made ready; ``train_images`` and ``test_images`` are those of the parts, row by row."""

    preprocessor: ImagePreprocessor
    train_images: ImageSet
    test_images: ImageSet

    @property
    def noun(self) -> str:
        return "image"

    @property
    def image_size(self) -> ImageSize:
        channels, rows, columns = self.preprocessor.shape
        return {"channels": channels, "rows": rows, "columns": columns}

    @property
    def less(self) -> dict[str, Any]:
        found = next(iter(self._asked.values()), None)
        return {} if found is None else {"augment": written(found.augmentation)}

    @property
    def finishing(self) -> float:
        products = ITERATIONS[1] * self.n_rows * self.train.X.shape[1] * self.n_classes
        return LOOKING + PRODUCT * min(float(products), PRODUCTS)

    @property
    def sentence(self) -> str:
        colours = "grey" if self.preprocessor.channels == 1 else "coloured"
        return (
            f"{plural(self.n_rows, f'{colours} image')} of {shown(self.preprocessor.size)} pixels, "
            f"{plural(self.n_classes, 'class', 'classes')}."
        )

    def rule(self, request: FitRequest) -> str:
        if request.score == BY_EVIDENCE:
            raise ConfigurationError(
                f"{setting('score', BY_EVIDENCE)} is for the dense networks of tables, got images; "
                "leave it out"
            )
        return request.choose or ENSEMBLE

    def method(self, request: FitRequest) -> Method:
        method = image_method(request, self.preprocessor.shape, len(self.train))
        if method.recipe.rule.full_batch:
            return method
        if request.augment not in (None, AUTO):
            deformed = augmentation_of(request.augment, min(self.preprocessor.size))
            return replace(method, recipe=replace(method.recipe, augmentation=deformed))
        found = self._asked.get(request) or self._asked.setdefault(request, self._deformed(request, method))
        recipe = replace(method.recipe, augmentation=found.augmentation)
        return replace(method, recipe=recipe, told=(found.sentence,))

    @cached_property
    def _asked(self) -> dict[FitRequest, Deformations]:
        """What images held out said, by the request for which they were asked."""
        return {}

    def _deformed(self, request: FitRequest, method: Method) -> Deformations:
        architecture = cast("Convolutional", method.architecture)
        filters, n = usual_filters(architecture.shape), min(len(self.train), MOST)
        if request.time is not None:
            trial = trial_network(architecture, filters, self.loss)
            recipe = trial_recipe(method.recipe, n)
            epoch = RELEASED.epoch(trial, recipe, n, n)
            if TRIALS * recipe.epochs * epoch > SHARE_OF_TIME * request.time * count_workers(request.jobs):
                return moved(min(self.preprocessor.size), LATE)
        weights = np.ones(len(self.train))
        return choose_deformations(
            architecture,
            filters,
            np.asarray(self.train.X),
            self.train.y,
            weights,
            method.recipe,
            self.loss,
            attributes=self.train.attributes,
            n_jobs=request.jobs,
            seconds=None if request.time is None else SHARE_OF_TIME * request.time,
        )

    def decided(self, request: FitRequest) -> dict[str, Any]:
        return {"augment": written(found.augmentation)} if (found := self._asked.get(request)) else {}

    def goal(self, request: FitRequest) -> Goal:
        shape = self.preprocessor.shape
        if self.rule(request) != ENSEMBLE:
            return single_goal(request, image_ladder(shape))
        return single_goal(request, image_ensembles(shape, len(self.train)))

    def model(self, population: Population) -> ImageModel:
        return ImageModel(self.preprocessor, self.target, population)


def prepare_images(request: FitRequest) -> PreparedImages:
    """Read the images and divide them; the mean and deviation come from the training images alone.

    Test and validation images are those that ``test`` and ``valid`` name, or the source's own test and
    validation parts, or else a share.

    Raises ``DataError``, ``ConfigurationError`` or ``CapacityError`` before anything is written.
    """
    with collected() as notes:
        roles = Roles(group=request.group)
        given = read_images(request.table, Wish(request.image_size, None, request.strict))
        data = with_groups(
            _with_others(given, request), given, request.table, request.valid, request.test, roles
        )
        _require_memory(data)
        rare = RareClasses.settle(labels_of(data.train), request.rare, least=2)
        data = _without_rare(data, rare)
        target = TargetEncoder.fit(labels_of(data.train), CLASSIFICATION)
        require_decidable(request.metric, request.cost, target.labels)
        codes = target.encode(labels_of(data.train))
        divided = request.folds is not None or request.validation_share is not None
        own = data.validation is not None and not divided
        attributes = attributes_from(data.train.metadata, roles, len(data.train))
        rows = divide(attributes.divider(len(data.train), codes), request, data.test is not None, own)
        tell_of_division(attributes, roles, rows, codes, target.labels)
        preprocessor = ImagePreprocessor.fit(data.train.pixels[rows.train])

        def part(images: ImageSet) -> Subset:
            X, y = preprocessor.transform(images.pixels), target.encode(labels_of(images))
            return Subset(X, y, attributes_from(images.metadata, roles, len(images)))

        to_train, to_test = _rows(data.train, rows.train), data.test or _rows(data.train, rows.test)
        _tell_of_twins(to_test, [data.train, data.validation], rows.test if data.test is None else None)
        held = data.validation if own else _rows(data.train, rows.held) if rows.held.size else None
        train, test = part(to_train), part(to_test)
        validation = None if held is None else part(held)
    return PreparedImages(
        target=target,
        n_rows=sum(len(images) for images in vars(data).values() if images is not None),
        train=train,
        validation=validation,
        test=test,
        folds=rows.folds,
        validation_share=rows.validation_share,
        test_share=None if data.test is not None else request.test_share,
        warnings=tuple(notes),
        columns=(),
        target_kind="folder" if Path(request.table).is_dir() else "label",
        preprocessor=preprocessor,
        train_images=to_train,
        test_images=to_test,
    )


def _with_others(data: ImageData, request: FitRequest) -> ImageData:
    """Return images with those that ``valid`` and ``test`` name in place of the source's own parts."""
    pixels = data.train.pixels
    wish = Wish((pixels.shape[1], pixels.shape[2]), pixels.shape[3], request.strict)
    parts = {"validation": data.validation, "test": data.test}
    for name, option, path in (("validation", "valid", request.valid), ("test", "test", request.test)):
        if path is None:
            continue
        parts[name] = others = read_images(path, wish).train
        strangers = sorted(set(others.labels or ()) - set(data.train.labels or ()))
        if strangers:
            raise DataError(
                f"{setting(option, path)} has the class {strangers[0]!r}, which {request.table} lacks; leave "
                "it out"
            )
    return ImageData(data.train, **parts)


def _tell_of_twins(test: ImageSet, others: list[ImageSet | None], own: IntArray | None) -> None:
    """Warn of test images that are, pixel for pixel, among those to train on or to choose by as well.

    ``own`` are the test's rows among the first of ``others``, where it was taken from there.
    """
    known: set[bytes] = set()
    for k, images in enumerate(images for images in others if images is not None):
        left_out = set(own.tolist()) if k == 0 and own is not None else set()
        known.update(_digest(pixels) for row, pixels in enumerate(images.pixels) if row not in left_out)
    twins = [name for name, pixels in zip(test.names, test.pixels, strict=True) if _digest(pixels) in known]
    if twins:
        warnings.warn(
            f"{len(twins):,} of {len(test):,} test images, such as {twins[0]}, are among those to train on "
            "or choose by too, so the test flatters; remove one of each",
            ShoalWarning,
            stacklevel=2,
        )


def _digest(pixels: Array) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest()


def _without_rare(data: ImageData, rare: RareClasses) -> ImageData:
    """Return the images whose classes are not left out, rare ones with the label that they share."""

    def settled(images: ImageSet) -> ImageSet:
        labels = rare.apply(labels_of(images))
        kept = np.flatnonzero(labels.is_not_null().to_numpy())
        return replace(_rows(images, kept), labels=tuple(labels.drop_nulls()))

    if not rare.labels:
        return data
    others = (data.validation, data.test)
    return ImageData(settled(data.train), *(None if part is None else settled(part) for part in others))


def labels_of(images: ImageSet) -> pl.Series:
    """Return the labels of images as a column, which an encoder of the target takes."""
    return pl.Series(TARGET, images.labels, dtype=pl.Categorical)  # the folders 3.1 and 3.10 are two


def _rows(images: ImageSet, rows: IntArray) -> ImageSet:
    labels, metadata = images.labels, images.metadata
    return ImageSet(
        images.pixels[rows],
        tuple(images.names[row] for row in rows),
        None if labels is None else tuple(labels[row] for row in rows),
        metadata[list(rows)] if metadata is not None and metadata.width else metadata,
    )


def _require_memory(data: ImageData) -> None:
    numbers = sum(images.pixels.size for images in vars(data).values() if images is not None)
    require_memory(
        numbers * np.dtype(np.float32).itemsize * COPIES,
        f"training on {len(data.train):,} images of {data.train.pixels[0].size:,} numbers",
        f"use fewer images, a smaller {setting('image_size')}, or a larger machine",
    )
