"""What folds have chosen, trained again on all samples."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from shoal.selection.running.runner import Runner
from shoal.selection.store.networks import StoredNetworks
from shoal.selection.store.trial_store import MemoryStore, Store
from shoal.selection.trials import Trials

if TYPE_CHECKING:
    from shoal.populations.population import Population
    from shoal.selection.choosing.choice import Choice
    from shoal.selection.cohorts.design import StudyDesign
    from shoal.selection.running.runner import Workplace


def train_again(
    choice: Choice,
    judged: Trials,
    design: StudyDesign,
    n_cohorts: int,
    kept: tuple[Store, Runner] | None,
    place: Workplace,
) -> tuple[Choice, Population]:
    """Return the chosen candidate trained on all samples, from the start with the smallest objective.

    Where nothing is ``kept``, since the study is one in part, that is the first start, or any if that one
    diverges: how far a clock lets it come decides nothing, and a study that is resumed has them all.
    """
    chosen, blocks, weights = choice.chosen, design.conditions.blocks, design.samples.weights
    n = len(design.samples.X) if blocks is None else blocks.rows
    weight = blocks.weight if blocks is not None else n if weights is None else float(weights.sum())
    of_all = len(np.unique(judged["start"]))
    for starts in (of_all,) if kept else (1, of_all):
        store, runner = kept or _for_once(place)
        tasks = dataclasses.replace(design, starts=starts).final_tasks(chosen.candidate, judged, n_cohorts)
        if not Trials.concatenate(runner.run(tasks))["diverged"].all():
            break
    stored = StoredNetworks(store, tasks)
    fold = len(design.samples.splits)
    keys = [(chosen.candidate, start, fold) for start in range(starts)]
    key = stored.lowest_objective(keys, chosen.l2, weight)
    of_several = f" from {starts} starts; start {key[1]} reached the smallest objective" if starts > 1 else ""
    sentence = f"{choice.sentence} Trained again on all {n} samples{of_several}."
    return dataclasses.replace(choice, sentence=sentence), stored.population([key])


def _for_once(place: Workplace) -> tuple[Store, Runner]:
    """Return a place for networks that are forgotten, and who trains them to their end: this process.

    There is one of them as a rule, and workers elsewhere may be the reason that the time was up.
    """
    store = MemoryStore()
    return store, Runner(store, {}, place.at_home())
