"""Evidence as a study leaves it, made up but consistent, the same each time."""

from __future__ import annotations

import math
from statistics import median, quantiles
from typing import Any

import numpy as np

SIZES = {"1": 15, "2": 29, "4": 57, "8": 113, "16x16": 497}


def sample_evidence(
    task: str = "classification",
    *,
    sizes: dict[str, int] | None = None,
    l2: tuple[float, ...] = (0.0, 0.1, 1.0, 10.0),
    starts: int = 10,
    folds: int | None = None,
    labels: tuple[str, ...] = ("<=50K", ">50K"),
    columns: tuple[str, ...] = ("age", "education", "hours_per_week", "occupation", "row_id", "country"),
    diverged: int = 2,
    choose: str = "one-se",
    linear: float = 1.12,
) -> dict[str, Any]:
    """Return evidence in which about four hidden units are enough.

    ``linear`` is the linear model's test score over ours: below one, the linear model wins.
    """
    sizes = SIZES if sizes is None else sizes
    rng = np.random.default_rng(0)
    trials = _trials(rng, sizes, l2, starts, folds or 1, diverged)
    choice = _choice(trials, choose)
    if choose == "evidence":
        _add_evidence(trials, choice)
    test = _test(rng, task, labels, choice["validation_loss"] * 1.02, linear)
    test["comparisons"] = _comparisons(test["models"])
    return {
        "format": 1,
        "title": "income from adult.csv.gz",
        "created": "2026-01-02T03:04:05Z",
        "seconds": 81.25,
        "asked": _asked(task, sizes, l2, starts, folds, choose),
        "data": _data(task, labels, columns, folds),
        "score": {
            "name": "log loss" if task == "classification" else "half squared error",
            "unit": "nats" if task == "classification" else "standardised target units, squared",
        },
        "trials": trials,
        "choice": choice,
        "curves": _curves(rng, choice["validation_loss"]),
        "spread": _spread(trials),
        "test": test,
        "calibration": _calibration(task),
        "importances": [
            {"column": name, "increase": 0.08 * 0.6**i - 0.001, "sd": 0.004 * 0.8**i}
            for i, name in enumerate(columns)
        ],
        "diverged": _diverged(trials),
        "versions": {"shoal": "0.1.0", "numpy": "2.4.0", "python": "3.11.9", "platform": "Linux-x86_64"},
    }


def _asked(
    task: str, sizes: dict[str, int], l2: tuple[float, ...], starts: int, folds: int | None, choose: str
) -> dict[str, Any]:
    return {
        "command": "shoal fit adult.csv.gz --target income --out adult",
        "table": "adult.csv.gz",
        "target": "income",
        "task": task,
        "choose": choose,
        "hidden": list(sizes),
        "starts": starts,
        "l2": list(l2),
        "folds": folds,
        "validation_share": None if folds else 0.2,
        "validation_table": None,
        "test_share": 0.2,
        "solver": "adam",
        "activation": "tanh",
        "learning_rate": 0.01,
        "batch_size": 256,
        "epochs": 60,
        "patience": 10,
        "seed": 0,
        "planned": ["10 starts instead of 30, to end within two minutes on 2 cores"],
        "estimate_seconds": 100.0,
    }


def _data(task: str, labels: tuple[str, ...], columns: tuple[str, ...], folds: int | None) -> dict[str, Any]:
    kinds = ["numeric", "categorical", "numeric", "categorical", "identifier", "constant"]
    described: list[dict[str, Any]] = []
    for i, name in enumerate(columns):
        kind = kinds[i % len(kinds)]
        used = kind not in {"identifier", "constant"}
        described.append(
            {
                "name": name,
                "kind": kind,
                "used": used,
                "missing": 2799 if i == 3 else 0,
                "distinct": {"numeric": 74, "categorical": 16, "identifier": 48842, "constant": 1}[kind],
                "summary": "17 … 90, median 37" if kind == "numeric" else "Private 69 %, Self-emp 8 %, …",
                "note": {"identifier": "every value distinct", "constant": "one value only"}.get(kind, ""),
            }
        )
    classes = [{"label": label, "count": 37155 // (i + 1)} for i, label in enumerate(labels)]
    regression = task == "regression"
    return {
        "rows": 48842,
        "columns": described,
        "features": 104,
        "target": {
            "name": "income",
            "kind": "numeric" if regression else "categorical",
            "classes": None if regression else classes,
            "mean": 9.9 if regression else None,
            "sd": 3.2 if regression else None,
            "min": 1.0 if regression else None,
            "max": 29.0 if regression else None,
        },
        "split": {"train": 39073 if folds else 31258, "validation": 39073 if folds else 7815, "test": 9769},
        "warnings": ["column 'row_id' looks like an identifier (every value distinct) and is not used"],
    }


def _trials(
    rng: np.random.Generator,
    sizes: dict[str, int],
    l2: tuple[float, ...],
    starts: int,
    folds: int,
    diverged: int,
) -> dict[str, list[Any]]:
    """Return trials whose error falls to the third size, then rises; the last few diverge."""
    rows: list[dict[str, Any]] = []
    for rank, (hidden, parameters) in enumerate(sizes.items()):
        for strength in l2:
            for start in range(starts):
                bad_start = 0.02 * rng.exponential()
                for fold in range(folds):
                    capacity = 0.30 + 0.012 * (rank - 2.4) ** 2 + 0.004 * abs(math.log10(strength + 0.1))
                    loss = capacity + bad_start + 0.003 * float(rng.standard_normal())
                    rows.append(
                        {
                            "hidden": hidden,
                            "parameters": parameters,
                            "start": start,
                            "l2": strength,
                            "fold": fold,
                            "train_loss": loss - 0.01 * rank,
                            "validation_loss": loss,
                            "epochs": 40 + start,
                            "diverged": False,
                            "stopped": "early stopping",
                        }
                    )
    for row in rows[len(rows) - diverged :]:
        row.update(train_loss=None, validation_loss=None, diverged=True, stopped="diverged", epochs=4)
    return {key: [row[key] for row in rows] for key in rows[0]}


def _diverged(trials: dict[str, list[Any]]) -> dict[str, Any]:
    lost = [i for i, gone in enumerate(trials["diverged"]) if gone]
    return {
        "count": len(lost),
        "of": len(trials["diverged"]),
        "sentences": [
            f"hidden {trials['hidden'][i]}, start {trials['start'][i]}: the loss left the finite numbers at "
            "epoch 4 with learning rate 0.5; try 0.05"
            for i in lost
        ],
    }


def _choice(trials: dict[str, list[Any]], choose: str) -> dict[str, Any]:
    """Apply the rule to the means over folds, with a standard error that is made up."""
    losses: dict[tuple[int, str, float, int], list[float | None]] = {}
    for p, h, s, t, loss in zip(
        trials["parameters"],
        trials["hidden"],
        trials["l2"],
        trials["start"],
        trials["validation_loss"],
        strict=True,
    ):
        losses.setdefault((p, h, s, t), []).append(loss)
    means = {key: float(np.mean(v)) for key, v in losses.items() if None not in v}
    best = min(means, key=lambda key: means[key])
    threshold = means[best] + 0.006
    simplest = min((key for key in means if means[key] <= threshold), key=lambda key: (key[0], means[key]))
    chosen = simplest if choose == "one-se" else best
    members = sorted(means, key=lambda key: means[key])[:5] if choose == "ensemble" else [chosen]

    def candidate(key: tuple[int, str, float, int]) -> dict[str, Any]:
        return {"hidden": key[1], "l2": key[2], "start": key[3]}

    return {
        "rule": choose,
        **candidate(chosen),
        "parameters": chosen[0],
        "validation_loss": means[chosen],
        "best": {
            **candidate(best),
            "parameters": best[0],
            "validation_loss": means[best],
            "standard_error": 0.006,
        },
        "threshold": threshold if choose == "one-se" else None,
        "sentence": f"{chosen[1]} hidden units ({chosen[0]} parameters): the smallest network whose "
        f"validation loss {means[chosen]:.4f} is within one standard error of the best, {means[best]:.4f}.",
        "members": [candidate(key) for key in members],
    }


def _add_evidence(trials: dict[str, list[Any]], choice: dict[str, Any]) -> None:
    """Give every network a log evidence that falls with its error, and choose by it."""
    losses = trials["validation_loss"]
    trials["log_evidence"] = [None if v is None else -9000 * v - i % 7 for i, v in enumerate(losses)]
    found = [-np.inf if v is None else v for v in trials["log_evidence"]]
    best = int(np.argmax(found))
    chosen = {name: trials[name][best] for name in ("hidden", "l2", "start")}
    choice.update(chosen, parameters=trials["parameters"][best], validation_loss=losses[best])
    choice["members"] = [chosen]
    choice["evidence"] = {"log_evidence": found[best], "gamma": 21.5, "strength": 0.4, "agreement": 0.93}


def _curves(rng: np.random.Generator, end: float) -> dict[str, Any]:
    epochs = np.arange(1, 42)
    train = end - 0.02 + 0.35 * np.exp(-epochs / 7) - 0.0006 * epochs
    validation = end + 0.3 * np.exp(-epochs / 6) + 0.00002 * (epochs - 31) ** 2
    validation = validation + 0.001 * rng.standard_normal(epochs.size)
    return {
        "train_loss": [float(v) for v in train],
        "validation_loss": [float(v) for v in validation],
        "best_epoch": int(np.argmin(validation)) + 1,
    }


def _spread(trials: dict[str, list[Any]]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, float], list[float | None]] = {}
    for hidden, strength, loss in zip(trials["hidden"], trials["l2"], trials["validation_loss"], strict=True):
        groups.setdefault((hidden, strength), []).append(loss)
    spread = []
    for (hidden, strength), values in groups.items():
        finite = [v for v in values if v is not None]
        q = quantiles(finite, n=4) if len(finite) > 1 else [median(finite)] * 3 if finite else [None] * 3
        spread.append(
            {
                "hidden": hidden,
                "l2": strength,
                "starts": len(values),
                "min": min(finite, default=None),
                "q1": q[0],
                "median": q[1],
                "q3": q[2],
                "max": max(finite, default=None),
                "diverged": len(values) - len(finite),
            }
        )
    return spread


def _test(
    rng: np.random.Generator, task: str, labels: tuple[str, ...], score: float, linear: float
) -> dict[str, Any]:
    if task == "regression":
        actual = 3 + rng.gamma(4, 1.7, 400)
        predicted = actual + rng.normal(0, 0.3 + 0.12 * actual)
        return {
            "rows": 9769,
            "score_name": "RMSE",
            "models": [
                {"name": "shoal", "metrics": {"RMSE": 2.08, "MAE": 1.49, "R²": 0.567}},
                {"name": "linear model", "metrics": {"RMSE": 2.08 * linear, "MAE": 1.6, "R²": 0.53}},
                {"name": "constant", "metrics": {"RMSE": 3.2, "MAE": 2.4, "R²": -0.001}},
            ],
            "confusion": None,
            "residuals": {"actual": [float(v) for v in actual], "predicted": [float(v) for v in predicted]},
        }
    K = len(labels)
    counts = rng.poisson(3 if K < 10 else 0.6, (K, K)) + np.diag(rng.poisson(600 if K < 10 else 150, K))
    if K == 2:
        counts = np.array([[6900, 520], [890, 1459]])
    error = 1 - float(np.trace(counts)) / float(counts.sum())
    return {
        "rows": int(counts.sum()),
        "score_name": "log loss",
        "models": [
            {"name": "shoal", "metrics": {"log loss": score, "error": error}},
            {"name": "linear model", "metrics": {"log loss": score * linear, "error": error * linear}},
            {"name": "constant", "metrics": {"log loss": math.log(K) * 0.8, "error": 1 - 0.76 / (K - 1)}},
        ],
        "reliability": {"before": _bins(0.8, 0.31, 0.13), "after": _bins(1.02, 0.28, 0.012)},
        "confusion": {"labels": list(labels), "counts": counts.tolist()},
        "operating": _operating(labels[1]) if K == 2 else None,
        "residuals": None,
    }


def _comparisons(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Compare ours with the others; the intervals reach a twentieth of the other's loss each way."""
    power = {"RMSE": 2}
    loss = {"RMSE": "squared error", "MAE": "absolute error"}
    found = []
    for model in models[1:]:
        for metric, value in models[0]["metrics"].items():
            if metric == "R²":
                continue
            theirs = model["metrics"][metric] ** power.get(metric, 1)
            difference = value ** power.get(metric, 1) - theirs
            ends = {"low": difference - theirs / 20, "high": difference + theirs / 20}
            names = {"model": model["name"], "metric": metric, "loss": loss.get(metric, metric)}
            found.append({**names, "difference": difference, **ends})
    return found


def _bins(steepness: float, log_loss: float, error: float) -> dict[str, Any]:
    accuracy = [0.52, 0.6, 0.74, 0.86, 0.97]
    return {
        "confidence": [min(0.5 + steepness * (share - 0.5), 1.0) for share in accuracy],
        "accuracy": accuracy,
        "share": [0.05, 0.1, 0.1, 0.2, 0.55],
        "error": error,
        "log_loss": log_loss,
    }


def _operating(label: str) -> dict[str, Any]:
    return {
        "label": label,
        "share": 0.24,
        "auc": 0.9,
        "false_positive": [0.0, 0.05, 0.2, 1.0],
        "recall": [0.3, 0.6, 0.9, 1.0],
        "precision": [1.0, 0.79, 0.59, 0.24],
        "chosen": {"false_positive": 0.05, "recall": 0.6, "precision": 0.79},
    }


def _calibration(task: str) -> dict[str, Any] | None:
    known = {"temperature": 0.72, "rows": 7815, "before": 0.315, "after": 0.287}
    return known if task == "classification" else None
