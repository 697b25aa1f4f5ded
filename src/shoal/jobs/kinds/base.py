"""What a kind of data is: how it is read, made ready, modelled, looked at, and predicted."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from shoal.errors import DataError, ShoalWarning
from shoal.registry import Named
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.data.frames import pl
    from shoal.data.targets.task import TargetEncoder
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.job import FinishedJob, Job
    from shoal.jobs.model import Model
    from shoal.jobs.prepared import Prepared
    from shoal.jobs.request import FitRequest
    from shoal.jobs.saved.files import Saved
    from shoal.jobs.subjects.batch import Batch
    from shoal.jobs.subjects.subject import Subject
    from shoal.plots.contributions import TextExample
    from shoal.plots.evidence import Importance
    from shoal.plots.in_time import InTime
    from shoal.plots.seen import Seen
    from shoal.plots.series import SeriesExample
    from shoal.populations.population import Population
    from shoal.shapes import Array, Shape

ModelT = TypeVar("ModelT", bound="Model")
PreparedT = TypeVar("PreparedT", bound="Prepared")


@dataclass(frozen=True)
class KindFindings:
    """What a kind shows of a model besides its scores, by its name in the evidence.

    ``note`` says what there was no time for.
    """

    importances: list[Importance] = field(default_factory=list)
    seen: Seen | None = None
    examples: list[SeriesExample] = field(default_factory=list)
    in_time: InTime | None = None
    texts: list[TextExample] = field(default_factory=list)
    note: str = ""


class Kind(Named, ABC):
    """A kind of data, from the file to predictions; the registry ``KINDS`` says which there are.

    ``name`` is also what a saved model's preprocessing, and what exports it, know the kind by. A kind's file
    imports what trains and examines when it is asked to: predictions wait for none of it.
    """

    noun: ClassVar[str]
    """What the data are called in sentences."""

    @abstractmethod
    def reads(self, request: FitRequest) -> bool:
        """Return whether what is asked for is about such data."""

    @abstractmethod
    def fit(self, job: Job) -> FinishedJob:
        """Do all that ``shoal.jobs.fit.fit_data`` says."""

    @abstractmethod
    def restore(self, saved: Saved) -> Any:
        """Return the model of what a folder holds, or raise ``ModelFolderError``."""

    @abstractmethod
    def networks(self, model: Any) -> Population:
        """Return the networks of a model; ``ConfigurationError`` where they do not make one population."""

    @abstractmethod
    def subject(self, model: Any, source: str, row: int, size: int, member: int) -> Subject:
        """Return network ``member`` with samples of ``source`` from ``row`` on, both counted from 1.

        Raises ``DataError`` for a row that is not there, and without targets, and ``ConfigurationError`` for
        a member that is not there.
        """

    @abstractmethod
    def predict(
        self, model: Any, source: str, ignore_extra: bool, interval: float | None
    ) -> dict[str, Array]:
        """Return the columns of predictions for what ``source`` holds: see ``shoal.jobs.predict``."""

    def predict_in_parts(
        self, model: Any, source: str, ignore_extra: bool, interval: float | None
    ) -> Iterator[dict[str, Array]]:
        """Yield the same for some samples at a time, where they need not be in memory all at once.

        Raises ``NotPlainError``, in the middle perhaps, where only all of them together tell.
        """
        yield self.predict(model, source, ignore_extra, interval)


class StudyKind(Kind, Generic[ModelT, PreparedT]):
    """A kind of data whose samples have a target each, that a study chooses networks for: see ``ByStudy``."""

    @abstractmethod
    def prepare(self, request: FitRequest) -> PreparedT:
        """Read what a job is asked to work on, and divide it."""

    def prepare_again(self, request: FitRequest, streamed: bool | None) -> PreparedT:
        """Do the same for a resumed job, of which is known if it was ``streamed``; None where it is not."""
        return self.prepare(request)

    @abstractmethod
    def findings(self, model: ModelT, prepared: PreparedT, seed: int, deadline: Deadline) -> KindFindings:
        """Return what there is to show of a trained model, as far as there is time for it."""

    @abstractmethod
    def batch(self, model: ModelT, source: str, row: int, size: int) -> Batch:
        """Return ``size`` samples of ``source`` with their targets, or what there are, from ``row`` on.

        They are counted from 1. Raises ``DataError`` for a row that is not there, and without targets.
        """

    @abstractmethod
    def preprocessor(self, config: dict[str, Any], arrays: Mapping[str, Array]) -> Any:
        """Return what the preprocessing and the arrays of a saved model describe, or ``ModelFolderError``."""

    @abstractmethod
    def sample_shape(self, preprocessor: Any) -> Shape:
        """Return the shape of a sample that networks are given."""

    def parts(
        self, description: Mapping[str, Any], arrays: Mapping[str, Array], target: TargetEncoder
    ) -> dict[str, Any]:
        """Return the further fields of a saved model, as its ``kept`` told them; errors as ``model``."""
        return {}

    @abstractmethod
    def model(self, preprocessor: Any, **parts: Any) -> ModelT:
        """Return the model of ``parts``, the other fields of ``Model``; ``ValueError`` if they do not fit."""


def rows_of_batch(
    target: TargetEncoder, given: pl.Series, row: int, size: int, noun: str, source: str
) -> list[int]:
    """Return the places of the first ``size`` samples from ``row`` on that can be learnt from.

    Rows are counted from 1. Others have no value among the ``given`` targets (N,), or a class that was left
    out or merged as a rare one: a warning (``ShoalWarning``) counts those in between. Raises ``DataError``
    for a row that ``source`` does not have, and where the model knows none of the targets.
    """
    require_row(row, len(given), noun, source)
    places = [row - 1 + k for k, known in enumerate(target.knows(given[row - 1 :])) if known][:size]
    if not places:
        target.encode(given[row - 1 :])  # which says what is wrong with the first
    passed = places[-1] + 2 - row - len(places)
    if passed:
        warnings.warn(
            f"{plural(passed, noun)} from {row} on {'is' if passed == 1 else 'are'} passed over, for want of "
            f"a value of the target {target.name!r} that the model was fitted to",
            ShoalWarning,
            stacklevel=2,
        )
    return places


def require_row(row: int, rows: int, noun: str, source: str) -> None:
    """Raise ``DataError`` unless ``source``, which has so many rows, has this one, counted from 1."""
    if not 1 <= row <= rows:
        raise DataError(f"{noun} {row} is not in {source}, which has {rows} {noun}s; count them from 1")
