"""The evidence for a choice: everything that a report shows, as plain JSON."""

from __future__ import annotations

import dataclasses
import datetime
import math
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from shoal._version import __version__
from shoal.activations import ACTIVATIONS
from shoal.data.columns import ColumnSummary
from shoal.data.losses import ABSOLUTE, HUBER, POISSON, SQUARED
from shoal.jobs.prepared import Prepared
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import Sizing
from shoal.registry import resolve
from shoal.report.verdict import verdict
from shoal.selection.candidates import hidden_label
from shoal.selection.study import CapacityStudy
from shoal.selection.trials import Trials
from shoal.shapes import Array
from shoal.training.history import divergence_sentence

if TYPE_CHECKING:
    from shoal.plots.evidence import Choice

FORMAT = 1
DIVERGENCES_TOLD = 20
SCORES = {
    SQUARED: ("half squared error", "standardised target units, squared"),
    ABSOLUTE: ("absolute error", "target units over their interquartile range"),
    HUBER: ("Huber loss", "target units over their interquartile range, squared"),
    POISSON: ("Poisson loss", "nats, of targets over their mean"),
}
"""What networks of numbers are compared by, and its unit."""
PACKAGES = ("numpy", "scipy", "scikit-learn", "polars", "narwhals", "safetensors")


def assemble(
    request: FitRequest,
    command: str,
    again: str,
    prepared: Prepared,
    sizing: Sizing,
    method: Method,
    study: CapacityStudy,
    findings: dict[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """Return the evidence of a finished job, which ``shoal.report`` renders; ``findings`` are parts of it.

    ``command`` is how the job was called, ``again`` what makes the same model again.
    """
    table, test = Path(request.table).name, findings["test"]
    choice = study.choice.to_dict()
    told = verdict(test, cast("Choice", choice), prepared.noun)
    return {
        "format": FORMAT,
        "title": f"{prepared.target.name} from {table}",
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(seconds, 2),
        "asked": {**_asked(request, command, prepared, sizing, method, table), "again": again},
        "data": _data(prepared),
        "score": _score(prepared),
        "trials": _trials(study.table),
        "choice": choice,
        "curves": _curves(study),
        "spread": study.choice.spread_dicts(),
        **findings,
        "test": {**test, "verdict": told},
        "diverged": _diverged(study.table, cast("float | None", method.recipe.learning_rate) or 0.0),
        "versions": {**_versions(), "engine": ", then ".join(study.engines)},
    }


def _asked(
    request: FitRequest, command: str, prepared: Prepared, sizing: Sizing, method: Method, table: str
) -> dict[str, Any]:
    size, recipe, architecture = sizing.size, method.recipe, method.architecture
    return {
        "command": command,
        "table": table,
        "target": prepared.target.name,
        "task": prepared.target.task,
        "loss": prepared.loss[0],
        "choose": prepared.rule(request),
        "hidden": [hidden_label(hidden) for hidden in size.hidden],
        "starts": size.starts,
        "l2": list(size.l2),
        "folds": prepared.folds,
        "validation_share": prepared.validation_share,
        "validation_table": None if request.valid is None else Path(request.valid).name,
        "test_share": prepared.test_share,
        "test_table": None if request.test is None else Path(request.test).name,
        "solver": recipe.rule.name,
        "activation": resolve("activation", architecture.activation, ACTIVATIONS).name,
        "architecture": architecture.name,
        "learning_rate": recipe.learning_rate,
        "batch_size": recipe.batch_size,
        "schedule": recipe.rates.name,
        "weight_decay": recipe.weight_decay,
        "dropout": architecture.dropout,
        "label_smoothing": recipe.label_smoothing,
        "pieces": method.pieces,
        "waves": method.waves,
        "augmentation": None if recipe.augmentation is None else dataclasses.asdict(recipe.augmentation),
        "epochs": size.epochs,
        "patience": recipe.patience,
        "networks": request.networks,
        "seed": request.seed,
        "planned": list(sizing.sentences),
        "estimate_seconds": round(sizing.seconds, 1),
    }


def _data(prepared: Prepared) -> dict[str, Any]:
    development = len(prepared.train)
    validation = development if prepared.validation is None else len(prepared.validation)
    return {
        "rows": prepared.n_rows,
        "noun": prepared.noun,
        "images": prepared.image_size,
        "columns": [_column(column) for column in prepared.columns],
        "features": prepared.train.X.shape[1],
        "target": _target(prepared),
        "split": {"train": development, "validation": validation, "test": len(prepared.test)},
        "warnings": list(prepared.warnings),
    }


def _column(column: ColumnSummary) -> dict[str, Any]:
    shown = ("name", "kind", "used", "missing", "distinct", "summary", "note")
    return {name: getattr(column, name) for name in shown}


def _target(prepared: Prepared) -> dict[str, Any]:
    y = np.concatenate([prepared.targets, prepared.test.y])
    values = prepared.target.decode_values(y)
    summary: dict[str, Any] = {"name": prepared.target.name, "kind": prepared.target_kind}
    if prepared.n_classes:
        counts = np.bincount(y, minlength=prepared.n_classes).tolist()
        classes = [{"label": k, "count": n} for k, n in zip(prepared.target.labels, counts, strict=True)]
        return {**summary, "classes": classes, "mean": None, "sd": None, "min": None, "max": None}
    extremes = {name: float(getattr(values, name)()) for name in ("mean", "min", "max")}
    return {**summary, "classes": None, "sd": float(values.std()), **extremes}


def _score(prepared: Prepared) -> dict[str, str]:
    if prepared.n_classes:
        return {"name": "log loss", "unit": "nats"}
    name, unit = SCORES[prepared.loss[0]]
    return {"name": name, "unit": unit}


def _trials(trials: Trials) -> dict[str, list[Any]]:
    columns = trials.to_dict()
    shown = (
        "hidden", "parameters", "start", "l2", "fold", "train_loss", "validation_loss", "epochs", "diverged",
        "stopped", "log_evidence",
    )  # fmt: skip
    return {name: [_finite(value) for value in columns[name]] for name in shown}


def _curves(study: CapacityStudy) -> dict[str, Any]:
    curves = study.curves
    return {
        "train_loss": _finite_list(curves.train_loss),
        "validation_loss": _finite_list(curves.validation_loss),
        "best_epoch": curves.best_epoch,
    }


def _diverged(trials: Trials, learning_rate: float) -> dict[str, Any]:
    lost = [row for row in trials.rows() if row["diverged"]]
    sentences = [
        f"hidden {row['hidden']}, l2 {row['l2']:g}, start {row['start']}: "
        + divergence_sentence(row["epochs"], learning_rate)
        for row in lost[:DIVERGENCES_TOLD]
    ]
    if len(lost) > DIVERGENCES_TOLD:
        sentences.append(f"and {len(lost) - DIVERGENCES_TOLD} more.")
    return {"count": len(lost), "of": len(trials), "sentences": sentences}


def _versions() -> dict[str, str]:
    versions = {"shoal": __version__, "python": platform.python_version()}
    versions |= {package: metadata.version(package) for package in PACKAGES}
    return {**versions, "platform": platform.platform()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _finite_list(values: Sequence[float] | Array) -> list[float | None]:
    return [_finite(float(value)) for value in values]
