"""``python -m benchmarks.generalisation.members``: what each kind of member contributes to the ensembles.

A kind is the form in which networks see the numbers (plain, pieces, waves; a table in which all see the same
has one form) times whether their inputs are scaled by what their columns matter. The defaults are fitted to
three quarters of some training rows of every set that chooses. Then ensembles are chosen from the same
networks, by shoal's own rule on the rows that the folds hold out: from one kind alone, and from all but that
kind. The last quarter judges them beside the whole ensemble. Results are kept as soon as they are there, so
the command may be stopped and called again; those that other code has made are made anew.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self
from unittest.mock import patch

import numpy as np

from benchmarks.generalisation.ablation import (
    JUDGED,
    LEAST,
    ROWS,
    choosing,
    completed,
    mean_ratio,
    parts,
)
from benchmarks.generalisation.contestants import scored
from benchmarks.generalisation.origin import origin_of
from benchmarks.generalisation.runs import FOLDER, Run
from benchmarks.generalisation.sets import TABLES, Table
from shoal.data.features.encoders import PIECES, PLAIN, WAVES
from shoal.data.tables import read_table
from shoal.jobs import fit_study
from shoal.jobs.judging.calibrated import calibrated
from shoal.jobs.judging.held import Held
from shoal.jobs.model import TableModel
from shoal.jobs.request import FitRequest
from shoal.jobs.tables.prepare import PreparedTable, prepare_frame
from shoal.selection import study as studies
from shoal.selection.choosing.choice import Choice
from shoal.selection.choosing.contenders import all_contenders
from shoal.selection.choosing.ensemble import choose_from_store
from shoal.selection.samples.study_samples import StudySamples
from shoal.selection.store.networks import StoredNetworks
from shoal.selection.study import CapacityStudy
from shoal.selection.trials import Trials

NAME = "members"
ONE_FORM, SCALED = "one form", ", scaled"
KINDS = tuple(form + scaled for form in (PLAIN, PIECES, WAVES, ONE_FORM) for scaled in ("", SCALED))
HEAD = (
    "Ratios are of the log loss of classes, the RMSE of numbers, on rows that neither trained nor chose: of "
    "the ensemble chosen from one kind *alone*, and from all *without* it, over the whole ensemble's. "
    "*Networks* is the kind's share of those there were to choose from, *weight* its share of the picks. "
    "Means are over the sets that have the kind and others, of ratios geometric, with their standard errors."
)


class Among(NamedTuple):
    """What a study has chosen from, as ``choose_from_store`` was given it."""

    trials: Trials
    stored: StoredNetworks
    samples: StudySamples
    folds: Sequence[int]
    unit: str


@contextlib.contextmanager
def overheard() -> Iterator[list[Among]]:
    """Note what the studies that are fitted while this lasts choose from, each in turn."""
    heard: list[Among] = []

    def listening(*among: Any) -> Choice:
        heard.append(Among(*among))
        return choose_from_store(*among)

    with patch.object(studies, choose_from_store.__name__, listening):
        yield heard


@dataclass(frozen=True)
class Ensemble:
    """An ensemble as ``shoal fit`` makes it of a table, and the networks that it is chosen from."""

    prepared: PreparedTable
    study: CapacityStudy
    among: Among

    @classmethod
    def of(cls, path: Path, request: FitRequest) -> Self:
        """Fit the defaults to the table in a file, but for what is requested."""
        frame, target = read_table(str(path)), str(request.target)
        with overheard() as heard:
            _, study = fit_study.fit_frame(frame, target, request)
        return cls(prepare_frame(frame, target, request, divide_test=False), study, heard[-1])

    def kinds(self) -> dict[str, list[int]]:
        """Return the starts of each kind, without those that have diverged."""
        found: dict[str, list[int]] = {}
        for contender in all_contenders(self.among.trials):
            if math.isfinite(contender.validation_loss):
                found.setdefault(self.kind(contender.start), []).append(contender.start)
        return {kind: found[kind] for kind in KINDS if kind in found}

    def kind(self, start: int) -> str:
        """Return the kind of the networks of a start."""
        return self._form(start) + SCALED * self.study.is_scaled(start)

    def _form(self, start: int) -> str:
        """Return the form of the numbers in the view of a start: the plain one is part of all."""
        views = self.prepared.views
        if not views:
            return ONE_FORM
        known = [form for encoder in self.prepared.preprocessor.encoders for form in encoder.forms]
        others = {known[place] for place in views[start % len(views)]} - {PLAIN}
        return others.pop() if others else PLAIN

    def chosen(self, starts: Sequence[int]) -> Choice:
        """Return what the study would have chosen, had it had the networks of these starts alone."""
        trials = self.among.trials
        own = trials.take(np.isin(trials["start"], starts))
        return choose_from_store(own, *self.among[1:])

    def model(self, choice: Choice) -> TableModel:
        """Return the model of what was chosen; classes have the temperature of the rows held out."""
        _, stored, samples, folds, _ = self.among
        keys = [(member.candidate, member.start, fold) for member in choice.members for fold in folds]
        model = self.prepared.model(stored.population(keys))
        if not self.prepared.n_classes:
            return model
        held = replace(Held.of(self.study), predictions=stored.mean(choice.members, samples, folds))
        return calibrated(model, held, self.prepared)


def measured(table: Table, split: int, rows: int, **asked: Any) -> Run:
    """Return the score of the ensemble, and for each kind its shares and the scores alone and without it.

    ``asked`` is what a job is asked for besides.
    """
    train, judges = parts(table, split, rows)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        paths = Path(name) / "train.csv", Path(name) / "judges.csv"
        table.write(train, paths[0])
        table.write(judges, paths[1])
        target = table.lines[0][-1]
        request = FitRequest(str(paths[0]), target=target, task=table.task, seed=split, jobs=1, **asked)
        ensemble = Ensemble.of(paths[0], request)
        X = ensemble.prepared.preprocessor.transform(read_table(str(paths[1])))

    def score(choice: Choice) -> float:
        model = ensemble.model(choice)
        return scored(table, judges, model, model.predict_features(X))[JUDGED[table.task][0]]

    starts_of, choice = ensemble.kinds(), ensemble.study.choice
    picks = [ensemble.kind(member.start) for member in choice.members]
    everyone = [start for starts in starts_of.values() for start in starts]
    kinds = {}
    for kind, starts in starts_of.items():
        others = [start for start in everyone if start not in starts]
        kinds[kind] = {
            "networks": len(starts) / len(everyone),
            "weight": picks.count(kind) / len(picks),
            "alone": score(ensemble.chosen(starts)),
            "without": score(ensemble.chosen(others)) if others else None,
        }
    what = {"set": table.name, "split": split, "rows": rows, "score": score(choice), "picks": len(picks)}
    seconds = round(time.process_time() - began, 2)
    return {**what, "kinds": kinds, "cpu_s": seconds, **origin_of("shoal")}


class Part(NamedTuple):
    """What one kind is to one ensemble: shares, and logarithms of ratios over the whole."""

    networks: float
    weight: float
    alone: float
    without: float


def part(run: Mapping[str, Any], kind: str) -> Part:
    """Return what a kind is to the ensemble of a run; no number stands for what there is none of."""
    found = run["kinds"][kind]

    def log_ratio(what: str) -> float:
        if found[what] is None:
            return math.nan
        return math.log(max(found[what], LEAST) / max(run["score"], LEAST))

    return Part(found["networks"], found["weight"], log_ratio("alone"), log_ratio("without"))


def document(runs: Sequence[Run]) -> str:
    """Return the page: means for each kind, of classes and of numbers, and a line for each set and kind."""
    blocks = ["# What each kind of member contributes", HEAD]
    for task, word in (("classification", "Classes"), ("regression", "Numbers")):
        if own := [run for run in runs if TABLES[run["set"]].task == task]:
            several = [run for run in own if len(run["kinds"]) > 1]
            counts = [len({run["set"] for run in some}) for some in (several, own)]
            blocks += [f"## {word}: {counts[0]} of {counts[1]} sets have several kinds", means(several)]
    lines = _head("set", "split", "whole", "kind", "networks", "weight", "alone", "without")
    for run in runs:
        for kind in run["kinds"]:
            words = [run["set"], str(run["split"]), f"{run['score']:.4g}", kind, *_words([part(run, kind)])]
            lines.append(f"| {' | '.join(words)} |")
    return "\n\n".join([*blocks, "## Every set", "\n".join(lines)]) + "\n"


def means(runs: Sequence[Run]) -> str:
    """Return the table of means: of each kind, over the sets that have it; of a set over its splits."""
    lines = _head("kind", "sets", "networks", "weight", "alone", "without")
    for kind in KINDS:
        of_sets: dict[str, list[Part]] = {}
        for run in runs:
            if kind in run["kinds"]:
                of_sets.setdefault(run["set"], []).append(part(run, kind))
        if of_sets:
            own = [Part(*np.mean(splits, axis=0).tolist()) for splits in of_sets.values()]
            lines.append(f"| {kind} | {len(own)} | {' | '.join(_words(own))} |")
    return "\n".join(lines)


def _head(*names: str) -> list[str]:
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]


def _words(own: Sequence[Part]) -> list[str]:
    """Return the means of both shares and both ratios, with standard errors where there are several."""
    networks, weights, alone, without = zip(*own, strict=True)
    return [*map(_mean_share, (networks, weights)), *map(mean_ratio, (alone, without))]


def _mean_share(shares: Sequence[float]) -> str:
    percent = 100 * np.array(shares)
    if percent.size == 1:
        return f"{percent[0]:.0f} %"
    return f"{percent.mean():.0f} ± {percent.std(ddof=1) / math.sqrt(percent.size):.0f} %"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generalisation.members", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help="such as made, tables/sonar; all that choose")
    parser.add_argument("--rows", type=int, default=ROWS, help="training rows to take, at most")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--results", type=Path, default=FOLDER, help="the folder of results")
    arguments = parser.parse_args()
    try:
        tables = choosing(arguments.sets)
    except (KeyError, ValueError) as error:
        parser.error(f"no set: {error}")
    warnings.simplefilter("ignore")  # of columns that are not used
    wanted = [(table, split) for split in range(arguments.splits) for table in tables]
    ledger = completed(NAME, measured, wanted, arguments.rows, arguments.results)
    page = document([ledger.runs[table.name, split] for table, split in wanted])
    (arguments.results / f"{NAME}.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
