"""What a job works on, whatever it was read from: parts of rows as a network takes them."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shoal.data.columns import ColumnSummary
from shoal.data.targets.task import TargetEncoder
from shoal.errors import ShoalWarning
from shoal.jobs.judging.held import Held
from shoal.jobs.model import Model
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import Goal, Sizing
from shoal.plots.seen import ImageSize
from shoal.plots.series import SequenceShape
from shoal.populations.population import Population
from shoal.selection.candidates.architectures import loss_of
from shoal.selection.samples.attributes import Attributes
from shoal.selection.samples.study_samples import Validation
from shoal.selection.study import CapacityStudy
from shoal.sequences import Rows, joined
from shoal.shapes import Array, IntArray
from shoal.training.blocks import BlockFile


@dataclass(frozen=True)
class Subset:
    """Samples as a network takes them: rows X (N, n), as exact as the solver, or sequences, and targets y.

    ``attributes`` are what else there is to know of them.
    """

    X: Rows
    y: Array
    attributes: Attributes = field(default_factory=Attributes)

    @property
    def weights(self) -> Array | None:
        """What each sample counts for (N,); None where all count alike."""
        return self.attributes.weights

    def rows(self, rows: IntArray) -> Subset:
        """Return some of the samples."""
        return Subset(self.X[rows], self.y[rows], self.attributes.take(rows))

    @property
    def weighed(self) -> Validation:
        """The samples as those that validate, with what they count for where they have weights."""
        return (self.X, self.y) if self.weights is None else (self.X, self.y, self.weights)

    def __len__(self) -> int:
        return len(self.X)


@dataclass(frozen=True)
class Prepared(ABC):
    """Data made ready: the parts to train on, to choose by (None with folds) and to test on at the end.

    ``columns`` are a table's, without the target, whose values are of ``target_kind``; images have none.
    The shares are None where rows were brought along, or where there are folds.
    """

    target: TargetEncoder
    n_rows: int
    train: Subset
    validation: Subset | None
    test: Subset
    folds: int | None
    validation_share: float | None
    test_share: float | None
    warnings: tuple[str, ...]
    columns: tuple[ColumnSummary, ...]
    target_kind: str

    @property
    @abstractmethod
    def noun(self) -> str:
        """What one sample is called."""

    @property
    def image_size(self) -> ImageSize | None:
        """The rows, columns and channels of images; None for tables."""
        return None

    @property
    def sequence_shape(self) -> SequenceShape | None:
        """The channels and the lengths of sequences; None for what is none."""
        return None

    @property
    def less(self) -> dict[str, Any]:
        """Settings that were decided while there was this memory and this time, as a resumed job has them."""
        return {}

    @property
    def streamed(self) -> bool:
        """Whether the samples to train on lie on disk."""
        return False

    @property
    def bytes(self) -> int:
        """What the features of all parts take."""
        parts = (self.train, self.validation, self.test)
        return sum(part.X.nbytes for part in parts if part is not None)

    @property
    def n_train(self) -> int:
        """How many samples networks are trained on, of which ``train`` may be a part."""
        return len(self.train)

    def lay_out(self, folder: Path) -> BlockFile | None:
        """Write the samples to train on into a job's folder, where they are not in memory."""
        return None

    @property
    def finishing(self) -> float:
        """About how many seconds the linear model and the pictures take, where they take more than a few."""
        return 0.0

    @property
    def views(self) -> tuple[tuple[int, ...], ...]:
        """The features that the networks of each view are given; none where all see all of them."""
        return ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The column that each feature comes from; none where features are no table's columns."""
        return ()

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What was read, and what is asked of it."""

    @abstractmethod
    def rule(self, request: FitRequest) -> str:
        """Return the rule of choice: the one asked for, or that of such data."""

    @abstractmethod
    def method(self, request: FitRequest) -> Method:
        """Return how networks are made, but for the batch size where none is asked for."""

    @abstractmethod
    def goal(self, request: FitRequest) -> Goal | Sizing:
        """Return the studies that there are to pick from, and the time for the one that is picked.

        Where operations alone decide, so that no clock has a part in it, it is the study that they allow.
        """

    @abstractmethod
    def model(self, population: Population) -> Model:
        """Return trained networks with all that takes them from what was read to predictions."""

    def learnt(self, request: FitRequest, study: CapacityStudy) -> tuple[Model, Held]:
        """Return the model that has come out of a study, and what it says of rows held out."""
        return self.model(study.best), Held.of(study)

    @property
    def n_classes(self) -> int:
        """The number of classes; 0 for a regression."""
        return len(self.target.labels)

    @property
    def loss(self) -> tuple[str, int]:
        """The loss that networks minimise, and the number of outputs it takes."""
        return loss_of(self.n_classes, self.target.loss)

    @property
    def development(self) -> tuple[Rows, Array]:
        """Every row that is not for testing: (X, y); copies of them where they are in two parts."""
        if self.validation is None:
            return self.train.X, self.train.y
        return joined([self.train.X, self.validation.X]), self.targets

    @property
    def plain_rows(self) -> tuple[Array, Array]:
        """What the linear model is given: the rows of ``development``, and those of the test."""
        return np.asarray(self.development[0]), np.asarray(self.test.X)

    def afterwards(self, request: FitRequest) -> float:
        """Return the seconds that learning goes on for after the study, where there is an end to it all."""
        return 0.0

    @property
    def following(self) -> int:
        """About the most bytes held by what is learnt after the study, besides the samples."""
        return 0

    def decided(self, request: FitRequest) -> dict[str, Any]:
        """Settings that were left open and that the data, or the time, have decided."""
        return {}

    @property
    def targets(self) -> Array:
        """The targets (N,) of every row that is not for testing."""
        return np.concatenate([part.y for part in (self.train, self.validation) if part is not None])

    @property
    def weights(self) -> Array | None:
        """What each of those rows counts for (N,); None where all count alike."""
        parts = [part.weights for part in (self.train, self.validation) if part is not None]
        known = [weights for weights in parts if weights is not None]
        return np.concatenate(known) if known else None


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the package's warnings of a block as texts, instead of showing them one by one."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ShoalWarning)
        yield told
        told += [str(warning.message) for warning in caught if issubclass(warning.category, ShoalWarning)]
