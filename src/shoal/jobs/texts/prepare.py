"""From texts to what a study is given: read, divided, and told by views that some of them have taught."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.cells.notation import NOTHING_KNOWN
from shoal.data.cells.remembered import known_numbers, numbers_written
from shoal.data.cells.values import as_numbers, given, undeclared
from shoal.data.frames import Frame, as_frame, quoted
from shoal.data.roles import Roles
from shoal.data.tables import MarkedTable, read_marked
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import CLASSIFICATION, TargetEncoder, TaskChoice, infer_task
from shoal.data.targets.written import as_meant, holds_labels
from shoal.errors import ConfigurationError, DataError, ShoalWarning
from shoal.jobs.division import divide
from shoal.jobs.leakage import require_parts_apart, tell_of_division
from shoal.jobs.metadata import attributes_from, counting, unit_of
from shoal.jobs.prepared import Prepared, Subset, collected
from shoal.jobs.recipes import Method, ensemble_goal, plain_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import Goal, StudySize
from shoal.jobs.texts.features import TextFeatures
from shoal.jobs.texts.model import TextModel
from shoal.jobs.texts.notes import tell_of
from shoal.jobs.texts.reading import TextRows, read_texts, texts_of
from shoal.jobs.texts.terms import terms_within, within_threads
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_planning import BUDGET
from shoal.mixtures.views import Schooling
from shoal.populations.population import Population
from shoal.selection.candidates.architectures import Perceptron
from shoal.selection.rules import BY_EVIDENCE
from shoal.selection.samples.attributes import Attributes
from shoal.shapes import Array, IntArray
from shoal.texts.tokens import CHARACTERS, WORDS
from shoal.words import plural, setting

ROLES = ("group", "time_order", "weight")
FOLDS = 5
"""By which views are taught, so that what they say of a text that trains is honest."""
BUDGETS = {"fast": 0.02, "good": 1.0, "best": 4.0}
"""Times the operations that the estimators have, for networks of views."""
A_SECOND, SHARE = 2e10, 0.4
"""Operations a second of a core; the share of the time that the user allows which those may take."""
LINEAR = 1.6e10
"""Operations of the linear view for every second that the user allows, of some times as many of a core."""
ACTIVATION, RATE, SOLVER = "tanh", 0.001, "lbfgs"
STRENGTHS = (1.0, 10.0, 100.0)
LADDER = (
    StudySize(((), (8,)), 2, STRENGTHS, 100),
    StudySize(((),), 1, STRENGTHS, 100),
    StudySize(((),), 1, (10.0,), 50),
    StudySize(((),), 1, (10.0,), 10),
)
"""Studies over what the views say, from the one that one would like down."""
SECONDS = {"fast": (6.0, 1e-3), "good": (10.0, 2e-3), "best": (40.0, 5e-3)}
"""What a study may take, and besides for every text."""


@dataclass(frozen=True)
class PreparedTexts(Prepared):
    """Texts made ready; ``texts`` are those of the parts in their order: train, validation, test."""

    task: TaskChoice
    preprocessor: TextFeatures
    texts: tuple[TextRows, TextRows | None, TextRows]
    quality: str
    terms: int | None = None
    """Of a unit at most, where memory has decided that."""

    @property
    def less(self) -> dict[str, Any]:
        return {} if self.terms is None else {"features": self.terms}

    @property
    def noun(self) -> str:
        return "text"

    @property
    def sentence(self) -> str:
        found = zip(self.preprocessor.names, self.preprocessor.losses, strict=True)
        views = "; ".join(f"{name} (loss held out {loss:.4g})" for name, loss in found)
        return (
            f"{plural(self.n_rows, 'text')} of the column {quoted(self.preprocessor.column)}. "
            f"{self.task.sentence[0].upper()}{self.task.sentence[1:]}. The networks below weigh what "
            f"{plural(len(self.preprocessor.names), 'view')} of a text say: {views}. The linear model is the "
            "first of them alone."
        )

    @property
    def plain_rows(self) -> tuple[Array, Array]:
        linear = slice(self.preprocessor.width)
        return np.asarray(self.development[0])[:, linear], np.asarray(self.test.X)[:, linear]

    def decided(self, request: FitRequest) -> dict[str, Any]:
        timed = {} if request.time is None else {"budget": _linear_operations(request)}
        return {"quality": self.quality, **timed, **self.less}

    def rule(self, request: FitRequest) -> str:
        return _rule(request)

    def method(self, request: FitRequest) -> Method:
        return _method(request)

    def goal(self, request: FitRequest) -> Goal:
        return ensemble_goal(request, LADDER, len(self.train), SECONDS)

    def model(self, population: Population) -> TextModel:
        return TextModel(self.preprocessor, self.target, population)


def _rule(request: FitRequest) -> str:
    if request.score == BY_EVIDENCE:
        raise ConfigurationError(
            f"{setting('score', BY_EVIDENCE)} is for the dense networks of tables, got texts; leave it out"
        )
    return request.choose or "ensemble"


def _method(request: FitRequest) -> Method:
    plain = plain_method(request, Perceptron(ACTIVATION), RATE, SOLVER)
    return replace(plain, recipe=replace(plain.recipe, patience=request.patience), watched=False)


def prepare_texts(request: FitRequest) -> PreparedTexts:
    """Read the texts and divide them; words, weights and networks come from those that train alone.

    Raises ``DataError`` or ``ConfigurationError`` before anything is written.
    """
    _require_two_columns(request)
    assert request.text is not None
    with collected() as notes:
        given, roles = _Parts.read(request)
        task = infer_task(given.train.targets, request.task, request.loss)
        given = given.without_rare(_rare(given, task, request))
        classes = task.task == CLASSIFICATION
        whole = TargetEncoder.fit(given.train.targets, task.task, given.least) if classes else None
        require_decidable(request.metric, request.cost, () if whole is None else whole.labels)
        labels = None if whole is None else whole.encode(given.train.targets)
        by_folds = True if _rule(request) == "ensemble" else None
        own_test, own_validation = given.test is not None, given.validation is not None
        attributes = attributes_from(given.train.metadata, roles, len(given.train))
        divider = attributes.divider(len(given.train), labels)
        rows = divide(divider, request, own_test, own_validation, by_folds)
        tell_of_division(attributes, roles, rows, labels, whole.labels if whole else ())
        train = given.train.rows(rows.train)
        held = given.train.rows(rows.held) if rows.held.size else given.validation
        test = given.train.rows(rows.test) if given.test is None else given.test
        target = whole or TargetEncoder.fit(train.targets, task.task, loss=request.loss)
        n_rows = len(train) + len(test) + (0 if held is None else len(held))
        features, terms, taught, known = _taught(request, train, target, attributes.take(rows.train))
        train = train if len(known) == len(train) else train.rows(known)
        tell_of(features, request.text, train, held, test)
        dtype = _method(request).recipe.rule.dtype

        def part(some: TextRows) -> Subset:
            X, y = features.transform(some.texts, dtype, request.jobs), target.encode(some.targets)
            return Subset(X, y, attributes_from(some.metadata, roles, len(some), given.unit(roles)))

        validation, tested = None if held is None else part(held), part(test)
    return PreparedTexts(
        target=target,
        n_rows=n_rows,
        train=taught,
        validation=validation,
        test=tested,
        folds=rows.folds,
        validation_share=rows.validation_share,
        test_share=None if own_test else request.test_share,
        warnings=tuple(notes),
        columns=(),
        target_kind="label" if classes else "numeric",
        task=task,
        preprocessor=features,
        texts=(train, held, test),
        quality=_quality(request),
        terms=terms,
    )


def _taught(
    request: FitRequest, train: TextRows, target: TargetEncoder, attributes: Attributes
) -> tuple[TextFeatures, int | None, Subset, IntArray]:
    """Return the views that the texts teach, of how many terms, what they say of texts held out, and which.

    Where time has a say, no view says anything honest of the earlier ones, and they are left out of the part.
    """
    assert request.text is not None
    texts, targets = train.texts, Targets(target.encode(train.targets), len(target.labels))
    if len(texts) < 2:
        raise DataError(f"only {plural(len(texts), 'text')} is left to train on; give 2 at least")
    divider = attributes.divider(len(texts), targets.strata())
    folds = divider.folds(max(min(FOLDS, divider.most_folds), 2), request.seed)
    weights = attributes.weights
    schooling: Schooling[Sequence[str]] = Schooling(
        texts,
        targets if weights is None else replace(targets, weights=weights / weights.mean()),
        folds,
        request.seed,
        n_jobs=request.jobs,
        grouped=attributes.groups is not None,
        ahead=attributes.times is not None,
    )
    unit = CHARACTERS if request.characters else WORDS
    networks, linear = BUDGETS[_quality(request)] * BUDGET, _linear_operations(request)
    terms = terms_within(request, unit, schooling)
    most = request.features if terms is None else terms
    within = partial(within_threads, request)
    features, X = TextFeatures.fit(request.text, unit, schooling, networks, linear, most, within)
    known, dtype = schooling.held, _method(request).recipe.rule.dtype
    if len(known) < len(texts):
        warnings.warn(
            f"the {len(texts) - len(known):,} earliest texts teach views alone, and {len(known):,} later "
            "ones how to weigh them",
            ShoalWarning,
            stacklevel=2,
        )
    return features, terms, Subset(X.astype(dtype), targets.values[known], attributes.take(known)), known


def _quality(request: FitRequest) -> str:
    """Return the quality of the views: the one asked for, or what there is time for."""
    if request.time is None:
        return request.quality
    operations = SHARE * A_SECOND * request.time
    return next((name for name in ("best", "good") if BUDGETS[name] * BUDGET <= operations), "fast")


def _linear_operations(request: FitRequest) -> float:
    """Return how many operations the linear view may take: those asked for, or what there is time for."""
    if request.budget is not None:
        return request.budget
    return math.inf if request.time is None else LINEAR * request.time


def _require_two_columns(request: FitRequest) -> None:
    """Raise ``ConfigurationError`` unless texts and what is predicted of them are each a column."""
    if request.target is None:
        raise ConfigurationError(
            f"{setting('text', request.text)} says what is read; {setting('target')}, the column to predict, "
            "is missing; give it"
        )
    asked = ("text", "target", *(name for name in ROLES if getattr(request, name) is not None))
    named = {name: getattr(request, name) for name in asked}
    for first, second in itertools.combinations(named, 2):
        if {first, second} & {"text", "target"} and named[first] == named[second]:
            raise ConfigurationError(
                f"{setting(first)} and {setting(second)} both name {quoted(named[first])}; name two columns"
            )


def _holds_numbers(frame: Frame, name: str) -> bool:
    return name in frame.columns and not as_numbers(given(undeclared(frame[name]))).null_count()


def _with_target(table: MarkedTable, name: str, request: FitRequest) -> Frame:
    """Return a table whose target, if it is there, is as its task takes it."""
    if name not in table.frame.columns:
        return table.frame
    target = as_meant(table.frame[name], table.notations, request.task, request.loss)
    return table.frame.with_columns(target)


@dataclass(frozen=True)
class _Parts:
    train: TextRows
    validation: TextRows | None
    test: TextRows | None

    @classmethod
    def read(cls, request: FitRequest) -> tuple[_Parts, Roles]:
        """Return the texts of the table, and those of the tables that ``valid`` and ``test`` name."""
        column, target = request.text, request.target
        assert column is not None
        assert target is not None
        names = (column, target, request.group)
        table = read_marked(request.table, known=NOTHING_KNOWN.with_names(names))
        roles = Roles.settle(table.frame.columns, target, request)
        frame = _with_target(table, target, request)
        labels = target in frame.columns and holds_labels(frame[target], request.task, request.loss)
        numbers = [target] if not labels and _holds_numbers(frame, target) else []
        known = known_numbers(numbers, numbers_written(frame, numbers, table.notations))
        known = known.with_names((column, roles.group, target if labels else None))
        table.tell_of_thousands(numbers)
        train = _counted(texts_of(frame, request.table, column, target, roles), roles)
        del table, frame

        def of(option: str, path: str | None) -> TextRows | None:
            if path is None:
                return None
            try:
                part = _counted(read_texts(path, column, target, roles, known), roles)
            except DataError as error:
                raise DataError(f"{setting(option, path)}: {error}") from None
            metadata[setting(option, path)] = part.metadata
            return part

        metadata = {request.table: train.metadata}
        parts = cls(train, of("valid", request.valid), of("test", request.test))
        require_parts_apart(metadata, roles)
        return parts, roles

    def unit(self, roles: Roles) -> float | None:
        """What weights of other texts are told in: the mean of those of the table."""
        return None if self.train.metadata is None else unit_of(as_frame(self.train.metadata), roles)

    @property
    def least(self) -> int:
        """How many texts a class needs: one more where some are set aside for a test."""
        return 2 if self.test is None else 1

    def without_rare(self, rare: RareClasses) -> _Parts:
        """Return the parts without the classes that are left out, rare ones with the label they share."""
        others = (None if part is None else part.without_rare(rare) for part in (self.validation, self.test))
        return _Parts(self.train.without_rare(rare), *others)


def _counted(rows: TextRows, roles: Roles) -> TextRows:
    """Return the texts that count for something."""
    counts = None if rows.metadata is None else counting(rows.metadata, roles)
    return rows if counts is None else rows.rows(counts)


def _rare(parts: _Parts, task: TaskChoice, request: FitRequest) -> RareClasses:
    if task.task == CLASSIFICATION:
        assert parts.train.targets is not None
        return RareClasses.settle(parts.train.targets, request.rare, parts.least)
    if request.rare is not None:
        raise ConfigurationError(
            f"{setting('rare')} is for classes, and this is a {task.sentence}; leave it out"
        )
    return RareClasses()
