"""From sequences to those of a study: read, divided, standardised by those that train."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.cells.notation import NOTHING_KNOWN
from shoal.data.frames import as_frame
from shoal.data.places import place
from shoal.data.roles import Roles
from shoal.data.sequences.long_tables import LongColumns
from shoal.data.sequences.origins import Files, LongTables, Origin, Sounds
from shoal.data.sequences.plain_rows import PlainRows
from shoal.data.sequences.preprocessing import without_values
from shoal.data.sequences.reading import SequenceReading
from shoal.data.sequences.recognised import holds_sounds
from shoal.data.sequences.series_set import SequenceData, SeriesSet, shown_lengths
from shoal.data.tables import read_marked
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import CLASSIFICATION, TargetEncoder, TaskChoice, infer_task
from shoal.data.targets.written import as_meant, holds_labels
from shoal.errors import ConfigurationError, DataError, ShoalWarning
from shoal.jobs.division import Division, divide
from shoal.jobs.judging.held import Held
from shoal.jobs.leakage import require_known, require_parts_apart, tell_of_division
from shoal.jobs.metadata import attributes_from, counting, unit_of
from shoal.jobs.prepared import Prepared, Subset, collected
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.jobs.sequences.mixture import learnt, method_for, sized
from shoal.jobs.sequences.model import SequenceModel
from shoal.jobs.sequences.views import Aftermath, aftermath_of, budget_of
from shoal.jobs.sizing.study import Sizing
from shoal.plots.series import SequenceShape
from shoal.populations.population import Population
from shoal.selection.rules import BY_EVIDENCE
from shoal.selection.study import CapacityStudy
from shoal.shapes import Array
from shoal.words import plural, setting

SHARE = 0.4
"""Of the time that the user allows, what the other views take once the study has ended."""
BINS = 20
"""Of the histogram of lengths, at most."""


@dataclass(frozen=True)
class PreparedSequences(Prepared):
    """Sequences made ready; ``series`` are those of the parts in their order: train, validation, test."""

    task: TaskChoice
    preprocessor: SequenceReading
    series: tuple[SeriesSet, SeriesSet | None, SeriesSet]
    after: Aftermath = field(default_factory=Aftermath)

    @property
    def less(self) -> dict[str, Any]:
        return self.after.less

    @property
    def following(self) -> int:
        return self.after.bytes

    @property
    def noun(self) -> str:
        return "sequence"

    @property
    def lengths(self) -> Array:
        """The steps of all sequences."""
        return np.concatenate([part.lengths for part in self.series if part is not None])

    @property
    def sequence_shape(self) -> SequenceShape:
        lengths = self.lengths
        low, high = int(lengths.min()), int(lengths.max())
        width = -(-(high + 1 - low) // BINS)
        edges = np.arange(low, high + 1 + width, width)
        return {
            "channels": list(self.preprocessor.channels.channels),
            "shortest": low,
            "median": float(np.median(lengths)),
            "longest": high,
            "missing": self._missing(),
            "edges": edges.tolist(),
            "counts": np.histogram(lengths, edges)[0].tolist(),
        }

    def _missing(self) -> float:
        series = [each for part in self.series if part is not None for each in part.series]
        return sum(int(np.isnan(each).sum()) for each in series) / sum(each.size for each in series)

    @property
    def sentence(self) -> str:
        channels = plural(len(self.preprocessor.channels.channels), "channel")
        missing = self._missing()
        gaps = f", {missing:.2g} of their values missing" if missing else ""
        return (
            f"{plural(self.n_rows, 'sequence')} of {shown_lengths(self.lengths)} and {channels}{gaps}. "
            f"{self.task.sentence[0].upper()}{self.task.sentence[1:]}."
        )

    @cached_property
    def plain_rows(self) -> tuple[Array, Array]:
        train, validation, test = self.series
        plain = PlainRows.of(self.preprocessor.channels, self.lengths)
        held = () if validation is None else validation.series
        return plain.rows((*train.series, *held)), plain.rows(test.series)

    def rule(self, request: FitRequest) -> str:
        return _rule(request)

    def method(self, request: FitRequest) -> Method:
        return method_for(request, self.preprocessor.shape, len(self.train))

    def goal(self, request: FitRequest) -> Sizing:
        return sized(request, self, self.preprocessor.shape)

    def decided(self, request: FitRequest) -> dict[str, Any]:
        usual = request.time is None and request.quality == "good"
        return self.less | ({} if usual else {"budget": budget_of(request)})

    def afterwards(self, request: FitRequest) -> float:
        return SHARE * (request.time or 0.0)

    def model(self, population: Population) -> SequenceModel:
        return SequenceModel(self.preprocessor, self.target, population)

    def learnt(self, request: FitRequest, study: CapacityStudy) -> tuple[SequenceModel, Held]:
        housed = replace(request, **self.less, jobs=self.after.jobs)
        return learnt(housed, self, study, len(self.preprocessor.channels.channels))


def _rule(request: FitRequest) -> str:
    if request.score == BY_EVIDENCE:
        raise ConfigurationError(
            f"{setting('score', BY_EVIDENCE)} is for the dense networks of tables, got sequences; "
            "leave it out"
        )
    return request.choose or "ensemble"


def prepare_sequences(request: FitRequest) -> PreparedSequences:
    """Read the sequences and divide them, never one of them; moments come from those that train alone.

    Test and validation sequences are those that ``test`` and ``valid`` name, or the source's own test part,
    or else a share.

    Raises ``DataError``, ``ConfigurationError`` or ``CapacityError`` before anything is written.
    """
    with collected() as notes:
        roles = Roles.asked(request)
        origin, data = _read(request, roles)
        parts = _Parts.of(origin, data, request, roles)
        task = _task(parts.train, data, request)
        parts = parts.without_rare(_rare(parts, task, request))
        whole = TargetEncoder.fit(parts.train.targets, task.task, parts.least) if _has_classes(task) else None
        require_decidable(request.metric, request.cost, () if whole is None else whole.labels)
        labels = None if whole is None else whole.encode(parts.train.targets)
        own_test, own_validation = parts.test is not None, parts.validation is not None
        by_folds = True if _rule(request) == "ensemble" else None
        attributes = attributes_from(parts.train.metadata, roles, len(parts.train))
        divider = attributes.divider(len(parts.train), labels)
        rows = divide(divider, request, own_test, own_validation, by_folds)
        tell_of_division(attributes, roles, rows, labels, whole.labels if whole else ())
        train, validation, test = series = parts.divided(rows)
        target = whole or TargetEncoder.fit(train.targets, task.task, loss=request.loss)
        _tell_of_twins(train, validation, test)
        _tell_of_lengths(train, test)
        _tell_of_channels(data.channels, train)
        lengths = np.concatenate([part.lengths for part in series if part is not None])
        preprocessor = SequenceReading.fit(origin, data.channels, train.series)
        dtype = method_for(request, preprocessor.shape, len(train)).recipe.rule.dtype

        def part(some: SeriesSet) -> Subset:
            X, y = preprocessor.transform(some.series, dtype), target.encode(some.targets)
            return Subset(X, y, attributes_from(some.metadata, roles, len(some), parts.unit(roles)))

        made = part(train), None if validation is None else part(validation), part(test)
    prepared = PreparedSequences(
        target=target,
        n_rows=len(lengths),
        train=made[0],
        validation=made[1],
        test=made[2],
        folds=rows.folds,
        validation_share=rows.validation_share,
        test_share=None if own_test else request.test_share,
        warnings=tuple(notes),
        columns=(),
        target_kind="label" if _has_classes(task) else "numeric",
        task=task,
        preprocessor=preprocessor,
        series=series,
    )
    after = aftermath_of(prepared, request, len(preprocessor.channels.channels))
    return replace(prepared, after=after, warnings=(*prepared.warnings, *after.told))


def _read(request: FitRequest, roles: Roles) -> tuple[Origin, SequenceData]:
    """Return the series, and how other sources are read as these were."""
    if request.id is None:
        origin: Origin = Files()
        path = place(request.table, "sequences")
        if holds_sounds(path):
            origin = Sounds.of(path)
        return origin, origin.read(request.table, request.strict, parts=True)
    names = (request.id, request.target, request.group)
    table = read_marked(request.table, known=NOTHING_KNOWN.with_names(names))
    columns = LongColumns.settle(
        table.frame.columns,
        request.id,
        request.order,
        request.target,
        request.drop,
        request.columns,
        roles.of_columns,
    )
    target = as_meant(table.frame[columns.target], table.notations, request.task, request.loss)
    labels = holds_labels(target, request.task, request.loss)
    table.tell_of_thousands([*columns.channels, *([] if labels else [columns.target])])
    tables = LongTables.of(columns, table, labels)
    return tables, tables.series(table.frame.with_columns(target), request.table, request.strict)


@dataclass(frozen=True)
class _Parts:
    train: SeriesSet
    validation: SeriesSet | None
    test: SeriesSet | None

    @classmethod
    def of(cls, origin: Origin, data: SequenceData, request: FitRequest, roles: Roles) -> _Parts:
        """Return the parts whose targets are known, with those that ``valid`` and ``test`` name."""
        train = _known(_with_metadata(origin, request.table, data.train, roles), request.table)
        if train.metadata is not None:
            require_known(train.metadata, roles, request.table)
            train = _counted(train, roles)
        others: dict[str, SeriesSet | None] = {"valid": None, "test": None}
        if data.test is not None and request.test is None:
            own = _with_metadata(origin, request.table, data.test, roles, test=True)
            others["test"] = _known(own, f"the test part of {request.table}")
        for option, path in (("valid", request.valid), ("test", request.test)):
            if path is None:
                continue
            given = origin.read(path, request.strict)
            given = given.with_channels(data.channels, setting(option, path), request.strict)
            others[option] = _known(_with_metadata(origin, path, given.train, roles), path)
        others = {name: part and _counted(part, roles) for name, part in others.items()}
        whose = {request.table: train}
        for option, path in (("valid", request.valid), ("test", request.test)):
            if (part := others[option]) is not None:
                whose[f"the test part of {request.table}" if path is None else setting(option, path)] = part
        require_parts_apart({name: part.metadata for name, part in whose.items()}, roles)
        return cls(train, others["valid"], others["test"])

    def unit(self, roles: Roles) -> float | None:
        """What weights of other series are told in: the mean of those to train on."""
        return None if self.train.metadata is None else unit_of(as_frame(self.train.metadata), roles)

    @property
    def least(self) -> int:
        """How many sequences a class needs: one more where some are set aside for a test."""
        return 2 if self.test is None else 1

    def without_rare(self, rare: RareClasses) -> _Parts:
        """Return the parts without the classes that are left out, rare ones with the label they share."""
        if not rare.labels:
            return self
        return _Parts(*(None if part is None else _settled(part, rare) for part in vars(self).values()))  # type: ignore[arg-type]

    def divided(self, rows: Division) -> tuple[SeriesSet, SeriesSet | None, SeriesSet]:
        """Return the sequences to train on, to choose by, and to test on."""
        held = self.train.rows(rows.held) if rows.held.size else None
        test = self.train.rows(rows.test) if self.test is None else self.test
        return self.train.rows(rows.train), held if self.validation is None else self.validation, test


def _with_metadata(
    origin: Origin, source: str, series: SeriesSet, roles: Roles, test: bool = False
) -> SeriesSet:
    """Return the series with what is known beside each, where that is asked for."""
    if not roles.of_columns:
        return series
    return replace(series, metadata=origin.metadata(source, roles, series.names, test))


def _counted(series: SeriesSet, roles: Roles) -> SeriesSet:
    """Return the series that count for something."""
    counts = None if series.metadata is None else counting(series.metadata, roles)
    return series if counts is None else series.rows(counts)


def _known(series: SeriesSet, source: str) -> SeriesSet:
    """Return the series whose target is known; none is a ``DataError``."""
    if series.targets is None or series.targets.null_count() == len(series):
        raise DataError(f"{source} has no labels or numbers to predict; add them, as its format has them")
    missing = series.targets.null_count()
    if not missing:
        return series
    warnings.warn(
        f"{missing} of {len(series)} sequences of {source} have no target and are left out",
        ShoalWarning,
        stacklevel=2,
    )
    return series.rows(np.flatnonzero(series.targets.is_not_null().to_numpy()))


def _settled(series: SeriesSet, rare: RareClasses) -> SeriesSet:
    assert series.targets is not None
    targets = rare.apply(series.targets)
    kept = np.flatnonzero(targets.is_not_null().to_numpy())
    return replace(series, targets=targets).rows(kept)


def _task(train: SeriesSet, data: SequenceData, request: FitRequest) -> TaskChoice:
    """Return what is asked of the targets: as asked, or as the source says, or as they look."""
    chosen = infer_task(train.targets, request.task or data.task, request.loss)
    if request.task is None and data.task is not None:
        return TaskChoice(data.task, f"{data.task}, as the file says")
    return chosen


def _has_classes(task: TaskChoice) -> bool:
    return task.task == CLASSIFICATION


def _rare(parts: _Parts, task: TaskChoice, request: FitRequest) -> RareClasses:
    if _has_classes(task):
        assert parts.train.targets is not None
        return RareClasses.settle(parts.train.targets, request.rare, parts.least)
    if request.rare is not None:
        raise ConfigurationError(
            f"{setting('rare')} is for classes, and this is a {task.sentence}; leave it out"
        )
    return RareClasses()


def _tell_of_twins(train: SeriesSet, validation: SeriesSet | None, test: SeriesSet) -> None:
    """Warn of test sequences that are, value for value, among those to train on or to choose by as well."""
    others = [train] if validation is None else [train, validation]
    known = {digest for part in others for digest in _digests(part)}
    twins = [name for name, digest in zip(test.names, _digests(test), strict=True) if digest in known]
    if twins:
        warnings.warn(
            f"{len(twins):,} of {len(test):,} test sequences, such as {twins[0]}, are among those to train "
            "on or choose by too, so the test flatters; remove one of each",
            ShoalWarning,
            stacklevel=2,
        )


def _digests(part: SeriesSet) -> Iterator[bytes]:
    for each in part.series:
        yield hashlib.blake2b(f"{each.shape}".encode() + each.tobytes(), digest_size=16).digest()


def _tell_of_lengths(train: SeriesSet, test: SeriesSet) -> None:
    longest, longer = int(train.lengths.max()), int((test.lengths > train.lengths.max()).sum())
    if longer:
        warnings.warn(
            f"{longer:,} of {len(test):,} test sequences, of up to {int(test.lengths.max()):,} steps, are "
            f"longer than any trained on, of {longest:,}",
            ShoalWarning,
            stacklevel=2,
        )


def _tell_of_channels(channels: tuple[str, ...], train: SeriesSet) -> None:
    if empty := without_values(channels, train.series):
        if len(empty) == len(channels):
            raise DataError("the sequences to train on hold no value at all; give some that do")
        warnings.warn(
            f"{', '.join(empty[:3])}{' …' * (len(empty) > 3)} has no value in any sequence trained on, and "
            "is left out",
            ShoalWarning,
            stacklevel=2,
        )
