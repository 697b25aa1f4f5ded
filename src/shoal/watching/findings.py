"""What there is to keep of a training, a study or a model when it has ended, whoever keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from shoal.errors import ConfigurationError
from shoal.jobs.saved.layout import EVIDENCE, MODEL
from shoal.populations.trainer import TrainingResult
from shoal.report.card import card
from shoal.report.evidence import load_evidence
from shoal.report.html import pictures
from shoal.selection.study import CapacityStudy
from shoal.watching.numbers import of_epoch
from shoal.watching.studies import Point, Setting, candidates, drawn, point_of, settings

if TYPE_CHECKING:
    from shoal.training.history import History


@dataclass(frozen=True)
class Findings:
    """``course`` is told step by step, ``results`` once, beside the ``settings`` that they are of.

    ``candidates`` are those of a study, the best first; ``pictures`` are PNG files by their names, ``words``
    Markdown; ``folder`` holds the model.
    """

    settings: Mapping[str, Setting] = field(default_factory=dict)
    results: Mapping[str, float] = field(default_factory=dict)
    course: Sequence[Mapping[str, float]] = ()
    candidates: Sequence[Point] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    words: str = ""
    folder: Path | None = None


def found(what: Any) -> Findings:
    """Return the findings of a ``TrainingResult``, a study, an estimator that has one, or a model's folder.

    Raises ``ConfigurationError`` for anything else, and ``ModelFolderError`` for a folder without evidence.
    """
    study = getattr(what, "study_", what)
    if isinstance(study, CapacityStudy):
        return _of_study(study)
    if isinstance(what, TrainingResult):
        return _of_result(what)
    if isinstance(what, str | Path):
        return _of_folder(Path(what))
    raise ConfigurationError(
        f"what shoal.train returns, a fitted study or the folder of a model is written, got "
        f"{type(what).__name__}"
    )


def _of_result(result: TrainingResult) -> Findings:
    course, population = _course(result.history), result.population
    told: dict[str, Setting] = {"members": population.size, "parameters": population.theta.shape[1]}
    return Findings(told, course[-1] if course else {}, course)


def _course(history: History) -> list[dict[str, float]]:
    return [of_epoch(history, epoch + 1) for epoch in range(int(history.epochs.max()))]


def _of_study(study: CapacityStudy) -> Findings:
    chosen, curves = study.choice.chosen, study.curves
    pairs = zip_longest(curves.train_loss.tolist(), curves.validation_loss.tolist())
    course = [_finite({"training_loss": train, "validation_loss": held}) for train, held in pairs]
    told = settings(study) | point_of(study, chosen)
    results = _finite({"validation_loss": chosen.validation_loss})
    return Findings(told, results, course, candidates(study), drawn(study), study.choice.sentence)


def _of_folder(folder: Path) -> Findings:
    evidence = cast("dict[str, Any]", load_evidence(folder / EVIDENCE))
    asked, choice, test = evidence["asked"], evidence["choice"], evidence["test"]
    told = {name: value for name, value in asked.items() if isinstance(value, Setting)}
    results: dict[str, float | None] = {}
    if "hidden" in choice:
        told |= {"hidden": choice["hidden"], "l2": choice["l2"]}
        results["validation_loss"] = choice["validation_loss"]
    if test:
        scores = test["models"][0]["metrics"]
        results |= {_plain(f"test/{name}"): score for name, score in scores.items()}
    model = folder if (folder / MODEL).is_file() else None
    return Findings(told, _finite(results), (), (), pictures(evidence), card(evidence), model)


def _finite(results: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float(value) for name, value in results.items() if value is not None and isfinite(value)}


def _plain(name: str) -> str:
    """Return the name of a metric as every tool takes it: R² is R2 there."""
    return name.replace("²", "2").replace(" ", "_")
