"""The evidence for a choice: everything that a report shows, as plain JSON."""

from __future__ import annotations

import datetime
import math
import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any, TypedDict, cast

import numpy as np

from shoal._version import __version__
from shoal.activations import ACTIVATIONS
from shoal.data.columns import ColumnSummary
from shoal.data.tables import title_of
from shoal.data.targets.losses import ABSOLUTE, HUBER, POISSON, SQUARED
from shoal.jobs.prepared import Prepared
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import Sizing
from shoal.plots.contributions import TextExample
from shoal.plots.evidence import (
    FORMAT,
    ChosenNetwork,
    Diverged,
    Evidence,
    ExploredAxis,
    Importance,
    LossCurves,
    Refinements,
    Rule,
    Scale,
    Scales,
    Score,
    SpreadOverStarts,
    StudyAsked,
    StudyData,
    TableColumn,
    Target,
    Task,
    TrialColumns,
)
from shoal.plots.in_time import InTime
from shoal.plots.promises import Calibration
from shoal.plots.seen import Seen
from shoal.plots.series import MixtureShown, SeriesExample
from shoal.plots.tested import HeldOut
from shoal.registry import resolve
from shoal.report.verdict import verdict
from shoal.selection.candidates.candidate import hidden_label
from shoal.selection.study import CapacityStudy
from shoal.selection.trials import Trials
from shoal.sequences import width
from shoal.shapes import Array
from shoal.training.history import divergence_sentence

DIVERGENCES_TOLD = 20
SCORES = {
    SQUARED: ("half squared error", "standardised target units, squared"),
    ABSOLUTE: ("absolute error", "target units over their interquartile range"),
    HUBER: ("Huber loss", "target units over their interquartile range, squared"),
    POISSON: ("Poisson loss", "nats, of targets over their mean"),
}
"""What networks of numbers are compared by, and its unit."""
PACKAGES = ("numpy", "scipy", "scikit-learn", "polars", "narwhals", "safetensors")


class Examined(TypedDict):
    """The parts of the evidence that a job finds out about a trained model."""

    calibration: Calibration | None
    test: HeldOut
    importances: list[Importance]
    seen: Seen | None
    examples: list[SeriesExample]
    in_time: InTime | None
    mixture: MixtureShown | None
    texts: list[TextExample]


def assemble(
    request: FitRequest,
    command: str,
    again: str,
    prepared: Prepared,
    sizing: Sizing,
    method: Method,
    study: CapacityStudy,
    examined: Examined,
    seconds: float,
) -> Evidence:
    """Return the evidence of a finished job, which ``shoal.report`` renders; ``examined`` is part of it.

    ``command`` is how the job was called, ``again`` what makes the same model again.
    """
    test, choice = examined["test"], cast("ChosenNetwork", study.choice.to_dict())
    told = verdict(test, choice, prepared.noun)
    clocked = bool(request.time or study.ended_by)
    asked = _asked(request, command, again, prepared, sizing, method, clocked)
    asked["starts"] = max(sizing.size.starts, study.compared[0])
    if request.search is not None:
        _tell_search(asked, request.search, study)
    return {
        "format": FORMAT,
        "title": f"{prepared.target.name} from {title_of(request.table)}",
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(seconds, 2),
        "asked": asked,
        "data": _data(prepared),
        "score": _score(prepared),
        "trials": trials_shown(study.table),
        "choice": choice,
        "curves": curves_shown(study),
        "spread": cast("list[SpreadOverStarts]", study.choice.spread_dicts()),
        "explored": cast("list[ExploredAxis]", [axis.to_dict() for axis in study.axes]),
        **examined,
        "test": {**test, "verdict": told},
        "scales": _scales(study),
        "diverged": _diverged(study.table, cast("float | None", method.recipe.learning_rate) or 0.0),
        "versions": {**versions(), "engine": ", then ".join(study.engines)},
    }


def _asked(
    request: FitRequest,
    command: str,
    again: str,
    prepared: Prepared,
    sizing: Sizing,
    method: Method,
    clocked: bool,
) -> StudyAsked:
    size, recipe, architecture = sizing.size, method.recipe, method.architecture
    numbers = recipe.to_config() | {"dropout": architecture.dropout}
    return {
        "command": command,
        "again": again,
        "clocked": clocked,
        "table": title_of(request.table),
        "target": prepared.target.name,
        "task": cast("Task", prepared.target.task),
        "loss": prepared.loss[0],
        "choose": cast("Rule", prepared.rule(request)),
        "hidden": [hidden_label(hidden) for hidden in size.hidden],
        "starts": size.starts,
        "l2": list(size.l2),
        "folds": prepared.folds,
        "validation_share": prepared.validation_share,
        "validation_table": None if request.valid is None else title_of(request.valid),
        "test_share": prepared.test_share,
        "test_table": None if request.test is None else title_of(request.test),
        "solver": recipe.rule.name,
        "activation": resolve("activation", architecture.activation, ACTIVATIONS).name,
        "architecture": architecture.name,
        "learning_rate": numbers["learning_rate"],
        "batch_size": recipe.batch_size,
        "schedule": recipe.rates.name,
        **cast("Refinements", {name: numbers[name] for name in Refinements.__annotations__}),
        "pieces": method.pieces,
        "waves": method.waves,
        "augmentation": numbers["augmentation"],
        "decided": list(method.told),
        "epochs": size.epochs,
        "patience": recipe.patience,
        "networks": request.networks,
        "search": None,
        "group": request.group,
        "time_order": request.time_order,
        "weight": request.weight,
        "metric": request.metric,
        "cost": None if request.cost is None else list(request.cost),
        "seed": request.seed,
        "planned": list(sizing.sentences),
        "estimate_seconds": round(sizing.seconds, 1),
    }


def _tell_search(asked: StudyAsked, axes: Sequence[str], study: CapacityStudy) -> None:
    """Tell what was searched along these axes, in the place of sizes and strengths that were asked for."""
    candidates = study.candidates
    asked["hidden"] = list(dict.fromkeys(candidate.label for candidate in candidates))
    asked["l2"] = sorted({candidate.l2 for candidate in candidates})
    asked["search"] = {"axes": list(axes), "points": len(candidates), "halving": study.search.halving}


def _data(prepared: Prepared) -> StudyData:
    development = prepared.n_train
    validation = development if prepared.validation is None else len(prepared.validation)
    return {
        "rows": prepared.n_rows,
        "noun": prepared.noun,
        "images": prepared.image_size,
        "sequences": prepared.sequence_shape,
        "columns": [_column(column) for column in prepared.columns],
        "features": width(prepared.train.X),
        "target": _target(prepared),
        "split": {"train": development, "validation": validation, "test": len(prepared.test)},
        "warnings": list(prepared.warnings),
    }


def _column(column: ColumnSummary) -> TableColumn:
    return cast("TableColumn", {name: getattr(column, name) for name in TableColumn.__annotations__})


def _target(prepared: Prepared) -> Target:
    y = np.concatenate([prepared.targets, prepared.test.y])
    found: Target = {
        "name": prepared.target.name,
        "kind": prepared.target_kind,
        "classes": None,
        "mean": None,
        "sd": None,
        "min": None,
        "max": None,
    }
    if prepared.n_classes:
        counts = np.bincount(y, minlength=prepared.n_classes).tolist()
        found["classes"] = [
            {"label": label, "count": n} for label, n in zip(prepared.target.labels, counts, strict=True)
        ]
        return found
    values = prepared.target.decode_values(y)
    found["mean"], found["sd"] = float(values.mean()), float(values.std())
    found["min"], found["max"] = float(values.min()), float(values.max())
    return found


def _score(prepared: Prepared) -> Score:
    if prepared.n_classes:
        return {"name": "log loss", "unit": "nats"}
    name, unit = SCORES[prepared.loss[0]]
    return {"name": name, "unit": unit}


def trials_shown(trials: Trials) -> TrialColumns:
    """Return the networks of a study, as figures read them."""
    columns = trials.to_dict()
    names = [name for name in TrialColumns.__annotations__ if name in columns]
    kept = {name: [_finite(value) for value in columns[name]] for name in names}
    return cast("TrialColumns", kept)


def curves_shown(study: CapacityStudy) -> LossCurves:
    """Return the training of what a study chose, as figures read it."""
    curves = study.curves
    return {
        "train_loss": _finite_list(curves.train_loss),
        "validation_loss": _finite_list(curves.validation_loss),
        "best_epoch": curves.best_epoch,
    }


def _scales(study: CapacityStudy) -> Scales | None:
    """Return what the inputs of later starts were scaled by, column by column, if they were."""
    found = study.scaling
    if found is None:
        return None
    columns: list[Scale] = [{"column": str(name), "scale": scale} for name, scale in study.scales.items()]
    plain, scaled = found.losses or (None, None)
    return {
        "columns": columns,
        "plain": plain,
        "scaled": scaled,
        "counted": sum(study.is_scaled(member.start) for member in study.choice.members),
    }


def _diverged(trials: Trials, learning_rate: float) -> Diverged:
    lost = [row for row in trials.rows() if row["diverged"]]
    sentences = [
        f"hidden {row['hidden']}, l2 {row['l2']:g}, {_besides(row)}start {row['start']}: "
        + divergence_sentence(row["epochs"], _rate(row, learning_rate))
        for row in lost[:DIVERGENCES_TOLD]
    ]
    if len(lost) > DIVERGENCES_TOLD:
        sentences.append(f"and {len(lost) - DIVERGENCES_TOLD} more.")
    return {"count": len(lost), "of": len(trials), "sentences": sentences}


def _besides(row: dict[str, Any]) -> str:
    """Return what a network of a search has besides size and strength, in words."""
    return f"{row['settings']}, " if "settings" in row else ""


def _rate(row: dict[str, Any], usual: float) -> float:
    """Return a network's learning rate: its own, where that is an axis of a search; NaN was none."""
    own = row.get("learning_rate", usual)
    return own if math.isfinite(own) else 0.0


def versions() -> dict[str, str]:
    """Return what has made a model: packages and platform."""
    found = {"shoal": __version__, "python": platform.python_version()}
    found |= {package: metadata.version(package) for package in PACKAGES}
    return {**found, "platform": platform.platform()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _finite_list(values: Sequence[float] | Array) -> list[float | None]:
    return [_finite(float(value)) for value in values]
