"""``python -m benchmarks.search [TABLE …]``: networks searched in a minute, as populations and one by one.

``CapacityStudy(space=…, halving=…)`` and Optuna over scikit-learn's perceptron (its sampler and its pruner by
successive halving, epoch by epoch, with patience) search the same space on the same split, on one core and
for the same time of that core. Needs SHOAL_DATA, the folder with ``tables/``, and the extra optuna; writes
``benchmarks/results/search.md``.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import warnings
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import optuna
import sklearn.neural_network
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

import shoal
from benchmarks.grids import TARGETS, read
from benchmarks.machine import commit, machine
from benchmarks.results import FOLDER

HIDDEN = ("8", "16", "32", "64", "32x32", "64x64")
RATES, STRENGTHS = (1e-4, 0.1), (1e-3, 10.0)
ACTIVATIONS = ("tanh", "relu")
EPOCHS, BATCH, PATIENCE, RUNG, DRAWS = 100, 128, 10, 6, 256
TARGET = 20
"""Times as many networks."""


@dataclass(frozen=True)
class Split:
    """Rows to train on, to compare by, and to test on."""

    train: tuple[Any, Any]
    validation: tuple[Any, Any]
    test: tuple[Any, Any]

    @property
    def classes(self) -> bool:
        return self.train[1].dtype.kind in "iu"


@dataclass(frozen=True)
class Found:
    """The networks that a search began, its time of one core, and the losses of the best."""

    networks: int
    seconds: float
    validation_loss: float
    test_loss: float


@dataclass(frozen=True)
class Compared:
    """Both searches of a table."""

    table: str
    rows: int
    seconds: float
    ours: Found
    theirs: Found
    date: str
    commit: str

    @property
    def ratio(self) -> float:
        """Networks of ours to one of theirs, in the same time."""
        return (self.ours.networks / self.ours.seconds) / (self.theirs.networks / self.theirs.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TARGETS)}; all")
    parser.add_argument("--seconds", type=float, default=60.0, help="of one core, for each search")
    arguments = parser.parse_args()
    for table in arguments.tables or TARGETS:
        if table not in TARGETS:
            parser.error(f"there is no table {table}; take some of {', '.join(TARGETS)}")
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for table in arguments.tables or TARGETS:
        record(compare(table, arguments.seconds))


def compare(table: str, seconds: float) -> Compared:
    """Search on a table both ways."""
    X, y = read(table)
    split = divided(X, y)
    with threadpool_limits(1):
        ours = populations(split, seconds)
        tell(table, "shoal", ours)
        theirs = one_by_one(split, seconds)
        tell(table, "Optuna and scikit-learn", theirs)
    today = datetime.now(UTC).date().isoformat()
    return Compared(table, len(X), seconds, ours, theirs, today, commit())


def tell(table: str, who: str, found: Found) -> None:
    print(
        f"{table}: {who}: {found.networks} networks in {found.seconds:.1f} s of a core, validation loss "
        f"{found.validation_loss:.4f}, test loss {found.test_loss:.4f}",
        flush=True,
    )


def divided(X: Any, y: Any) -> Split:
    """Return a table in three parts: 60 % of the rows, 20 % and 20 %."""
    if y.dtype.kind not in "f":
        y = np.unique(y, return_inverse=True)[1]
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    X, X_held, y, y_held = train_test_split(X, y, test_size=0.25, random_state=0)
    return Split((X, y), (X_held, y_held), (X_test, y_test))


def populations(split: Split, seconds: float) -> Found:
    """Search by studies, one after the other, until the time is up; every study has new draws."""
    began, networks, seed = time.process_time(), 0, 0
    best: tuple[float, float] = (math.inf, math.inf)
    while not networks or time.process_time() - began < seconds:
        study = shoal.CapacityStudy(
            HIDDEN,
            space={"learning_rate": RATES, "l2": STRENGTHS, "activation": list(ACTIVATIONS)},
            draws=DRAWS,
            halving=RUNG,
            choose="best",
            solver="adam",
            epochs=EPOCHS,
            batch_size=BATCH,
            patience=PATIENCE,
            loss="log_loss" if split.classes else "squared_error",
            seed=seed,
            n_jobs=1,
        ).fit(*split.train, validation=split.validation)
        networks, seed = networks + len(study.table), seed + 1
        mine = study.choice.best.validation_loss
        if mine < best[0]:
            best = mine, loss_of(split.classes, split.test[1], study.predict(split.test[0]))
    return Found(networks, time.process_time() - began, *best)


def one_by_one(split: Split, seconds: float) -> Found:
    """Search by Optuna's trials, each of which trains one perceptron, until the time is up."""
    began, best = time.process_time(), [math.inf, math.inf]

    def objective(trial: optuna.Trial) -> float:
        network = perceptron(trial, split)
        lowest, since = math.inf, 0
        for epoch in range(1, EPOCHS + 1):
            train_epoch(network, split)
            loss = loss_of(split.classes, split.validation[1], outputs(network, split.validation[0]))
            lowest, since = (loss, 0) if loss < lowest else (lowest, since + 1)
            if loss < best[0]:
                best[:] = loss, loss_of(split.classes, split.test[1], outputs(network, split.test[0]))
            trial.report(lowest, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
            if since >= PATIENCE:
                break
        return lowest

    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=RUNG, reduction_factor=2),
    )
    while not study.trials or time.process_time() - began < seconds:
        study.optimize(objective, n_trials=1)
    return Found(len(study.trials), time.process_time() - began, *best)


def perceptron(trial: optuna.Trial, split: Split) -> Any:
    """Return the network of a trial; its penalty is told by minibatch, ours by all rows."""
    sizes = trial.suggest_categorical("hidden", HIDDEN)
    kind = sklearn.neural_network.MLPClassifier if split.classes else sklearn.neural_network.MLPRegressor
    return kind(
        hidden_layer_sizes=tuple(map(int, sizes.split("x"))),
        learning_rate_init=trial.suggest_float("learning_rate", *RATES, log=True),
        alpha=trial.suggest_float("l2", *STRENGTHS, log=True) * BATCH / len(split.train[0]),
        activation=trial.suggest_categorical("activation", ACTIVATIONS),
        batch_size=BATCH,
        random_state=trial.number,
    )


def train_epoch(network: Any, split: Split) -> None:
    if split.classes:
        network.partial_fit(*split.train, classes=np.unique(split.train[1]))
    else:
        network.partial_fit(*split.train)


def outputs(network: Any, X: Any) -> Any:
    """Return probabilities of the second class, or values."""
    return network.predict_proba(X)[:, 1] if hasattr(network, "predict_proba") else network.predict(X)


def loss_of(classes: bool, y: Any, predicted: Any) -> float:
    """Return the log loss, or half the mean squared error: what both minimise."""
    if classes:
        return float(log_loss(y, np.asarray(predicted, np.float64)))
    with np.errstate(over="ignore"):
        return float(np.square(y - predicted).mean() / 2)


def record(compared: Compared) -> None:
    """Put a comparison among those of before, and write both files."""
    path = FOLDER / "search.json"
    entries = json.loads(path.read_text()) if path.exists() else {}
    entries[compared.table] = asdict(compared)
    path.write_text(json.dumps(entries, indent=1) + "\n")
    (FOLDER / "search.md").write_text(document([loaded(entry) for entry in entries.values()]))


def loaded(entry: dict[str, Any]) -> Compared:
    """Return a comparison that was written."""
    return Compared(**entry | {who: Found(**entry[who]) for who in ("ours", "theirs")})


def document(compared: list[Compared]) -> str:
    """Return the table of all comparisons."""
    lines = [
        "# Search",
        "",
        "`python -m benchmarks.search`: the same space (6 hidden shapes, learning rate, L2, 2 activations),",
        f"the same split, one core, up to {EPOCHS} epochs of minibatches of {BATCH} with a patience of",
        f"{PATIENCE}; both halve from epoch {RUNG} on. By `CapacityStudy(space=…)` and by Optuna (TPE,",
        "successive halving) over scikit-learn's perceptron. Seconds are of the processor. Ratio: networks",
        "in the same time.",
        "",
        "| table | rows | networks | theirs | seconds | theirs | ratio | target | validation loss | theirs "
        "| test loss | theirs |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for c in compared:
        ours, theirs = c.ours, c.theirs
        met = f"**{c.ratio:.0f}×**" if c.ratio >= TARGET else f"{c.ratio:.0f}×, missed"
        lines.append(
            f"| {c.table} | {c.rows} | {ours.networks} | {theirs.networks} | {ours.seconds:.0f} | "
            f"{theirs.seconds:.0f} | {met} | ≥ {TARGET}× | {ours.validation_loss:.4f} | "
            f"{theirs.validation_loss:.4f} | {ours.test_loss:.4f} | {theirs.test_loss:.4f} |"
        )
    who = machine()["processor"]
    lines += ["", *(f"- {c.table}: {c.date}, commit {c.commit}, one core of {who}." for c in compared)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
