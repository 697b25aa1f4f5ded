"""What a study will train, all of it decided before the first network: a pure function of its settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.engines import choose_engine
from shoal.errors import CapacityError, ConfigurationError
from shoal.registry import to_config
from shoal.selection.cohorts.by_evidence import require_log_evidence
from shoal.selection.cohorts.inputs import Inputs
from shoal.selection.cohorts.network_numbers import NetworkNumbers
from shoal.selection.cohorts.planning import Cohort, Cost, plan
from shoal.selection.cohorts.task import Conditions, Task
from shoal.sequences import width
from shoal.words import setting

if TYPE_CHECKING:
    from shoal.engines.base import Engine
    from shoal.networks.chain import Chain
    from shoal.selection.candidates.architectures import Architecture
    from shoal.selection.candidates.candidate import Candidate, Form
    from shoal.selection.samples.study_samples import StudySamples
    from shoal.selection.trials import Trials
    from shoal.shapes import IntArray
    from shoal.training.recipe import Recipe

MOST_NETWORKS = 2**24
"""Networks of a study at most: each is an object before the first is trained, a few gigabytes in all."""


@dataclass(frozen=True)
class StudyPlan:
    """What a study is about to do: so many networks in so many cohorts, on which engine.

    ``memory`` is about what a thread or process needs, in bytes, besides the program and the samples as they
    came, which all threads share.
    """

    networks: int
    cohorts: int
    engine: str
    memory: int
    points: int = 0
    """Of a search; 0 of a grid."""


@dataclass(frozen=True)
class StudyDesign:
    """The candidates of a study, what their sizes stand for, how they are trained, and on what."""

    candidates: Sequence[Candidate]
    starts: int
    architecture: Architecture
    recipe: Recipe
    conditions: Conditions
    memory: int
    samples: StudySamples
    views: Sequence[IntArray] = ()
    """The inputs that the networks of each view are given; without views all of them."""
    hurried: bool = False
    """Whether the study has a deadline, and so cohorts that end soon."""
    only: NetworkNumbers | None = None
    """The networks of the study that are trained, by ``numbers``; None is all of them."""
    sources: IntArray | None = None
    """The number of the column that each input comes from (n,), where later starts see inputs scaled."""
    sparing: bool = False
    """Whether later starts are left out unless many columns hardly matter."""

    @cached_property
    def networks(self) -> dict[Form, Chain]:
        """The network of each form."""
        n_inputs, n_outputs, loss = width(self.samples.X), self.samples.n_outputs, self.samples.loss
        return {
            form: form.architecture(self.architecture).network(form.hidden, n_inputs, n_outputs, loss)
            for form in self.recipes
        }

    @cached_property
    def recipes(self) -> dict[Form, Recipe]:
        """How the networks of each form are trained."""
        forms = dict.fromkeys(candidate.form for candidate in self.candidates)
        return {form: form.recipe(self.recipe) for form in forms}

    @cached_property
    def engine(self) -> Engine:
        """The engine that trains all of the networks: one that can train the deepest."""
        deepest = max(self.networks.values(), key=lambda network: len(network.layers))
        return choose_engine(self.conditions.engine, deepest, self.recipe)

    def tasks(self) -> list[Task]:
        """Return a task for every cohort of the study.

        Raises ``CapacityError`` for more networks than can be planned, and where the evidence of a size is
        too much to compute; and what ``Recipe.require`` raises.
        """
        self._require_countable()
        if self.conditions.halving is not None and self.conditions.blocks is not None:
            raise ConfigurationError("halving is for samples in memory, got some on disk; leave it out")
        for form, network in self.networks.items():
            self.recipes[form].require(network)
        if self.conditions.by_evidence:
            if self.samples.weights is not None:
                raise ConfigurationError(
                    "the evidence counts every sample once, got weights; leave them out, or choose by "
                    "validation"
                )
            for network in self.networks.values():
                require_log_evidence(network, self.samples.splits[0][0].size)
        cohorts = plan(
            self.candidates,
            self.networks,
            self.starts,
            range(len(self.samples.splits)),
            self._study_cost(),
            views=max(len(self.views), 1),
            hurried=self.hurried,
            scaled=self.sources is not None,
            halved=self.conditions.halving is not None,
        )
        if self.only is not None:
            cohorts = self._asked_for(cohorts, self.only)
        return [
            self._task(cohort, self.recipes[cohort.form], *self.samples.splits[cohort.fold])
            for cohort in cohorts
        ]

    def numbers(self, trials: Trials) -> list[int]:
        """Return the number of every network among ``trials``: they count from 1, first start first.

        Of a start all candidates in the order of the grid, of a candidate all folds. A network's number does
        not depend on how many starts there are.
        """
        columns = (trials[name].tolist() for name in ("candidate", "start", "fold"))
        return [self._number(*key) for key in zip(*columns, strict=True)]

    def compared(self, trials: Trials, by_number: bool) -> tuple[int, str | None]:
        """Return how many starts, and which networks by number (None: all), are those of ``trials``.

        Even all of them are told ``by_number`` where a study in part goes on otherwise than a whole one.
        """
        starts = int(trials["start"].max()) + 1
        whole = len(trials) == len(self.candidates) * starts * len(self.samples.splits)
        return starts, None if whole and not by_number else str(NetworkNumbers.of(self.numbers(trials)))

    def _number(self, candidate: int, start: int, fold: int) -> int:
        return (start * len(self.candidates) + candidate) * len(self.samples.splits) + fold + 1

    def _asked_for(self, cohorts: Sequence[Cohort], only: NetworkNumbers) -> list[Cohort]:
        """Return the cohorts with those members alone that are asked for, without any that has none."""
        total = len(self.candidates) * self.starts * len(self.samples.splits)
        if only.last > total:
            raise ConfigurationError(
                f"{setting('networks')} asks for network {only.last}, and the study has {total}; give the "
                "same sizes, strengths and folds, and as many starts, as when the numbers were told"
            )
        kept: list[Cohort] = []
        for cohort in cohorts:
            members = tuple(
                member
                for member in cohort.members
                if self._number(member.candidate.index, member.start, cohort.fold) in only
            )
            if self.conditions.halving is not None and 0 < len(members) < len(cohort.members):
                raise ConfigurationError(
                    f"{setting('networks')} asks for some networks of a population that is halved, whose "
                    "others decide when they end; ask for all of it, or leave halving out"
                )
            work = cohort.work * len(members) / len(cohort.members)
            if members:
                kept.append(dataclasses.replace(cohort, index=len(kept), members=members, work=work))
        return kept

    def plan(self) -> StudyPlan:
        """Return the study in numbers, without the starts that may be left out."""
        cohorts, cost = [task.cohort for task in self.tasks() if self.is_sure(task)], self._study_cost()
        memory = max(
            cost.shared_bytes(network, inputs) + len(cohort.members) * cost.bytes(network)
            for cohort in cohorts
            for network in [self.networks[cohort.form]]
            for inputs in [len(self.views[cohort.view]) if self.views else None]
        )
        points = sum(bool(candidate.point) for candidate in self.candidates)
        networks = sum(len(cohort.members) for cohort in cohorts)
        return StudyPlan(networks, len(cohorts), self.engine.label, memory, points)

    def final_tasks(self, candidate: int, trials: Trials, n_cohorts: int) -> list[Task]:
        """Return the tasks that train a candidate of a study with folds again, on all samples.

        With patience, for as many epochs as were best in its folds (the median). Their fold is the number
        of folds, so that their streams are new; their numbers depend on the candidate, so that a study
        resumed with another rule does not mistake one for another.
        """
        recipe = self.recipes[self.candidates[candidate].form]
        if recipe.patience is not None:
            best = trials["best_epoch"][(trials["candidate"] == candidate) & ~trials["diverged"]]
            recipe = dataclasses.replace(recipe, patience=None, epochs=max(int(np.median(best)), 1))
        everything = np.arange(len(self.samples.X))
        cohorts = plan(
            [self.candidates[candidate]],
            self.networks,
            self.starts,
            [len(self.samples.splits)],
            self._cost(recipe, everything.size, 0),
            first_index=n_cohorts + candidate * self.starts,
            views=max(len(self.views), 1),
        )
        return [self._task(cohort, recipe, everything, everything[:0]) for cohort in cohorts]

    def settings(self) -> dict[str, Any]:
        """Return as JSON all that decides which networks the study trains and what becomes of them.

        Two studies with equal settings have equal trials, to the bit on the same engine; how the choice is
        made, and on how many cores the study runs, are not among them.
        """
        return {
            **self.recipe.to_config(),
            "dtype": self.conditions.dtype,
            "by_evidence": self.conditions.by_evidence,
            "hidden": list(dict.fromkeys(candidate.label for candidate in self.candidates)),
            "l2": list(dict.fromkeys(candidate.l2 for candidate in self.candidates)),
            "starts": self.starts,
            "views": [inputs.tolist() for inputs in self.views],
            "memory": self.memory,
            "hurried": self.hurried,
            **self._searched(),
            **({} if self.only is None else {"networks": str(self.only)}),
            **({} if self.sources is None else {"sources": self.sources.tolist(), "sparing": self.sparing}),
            "architecture": to_config(self.architecture),
            "loss": to_config(self.samples.loss),
            **self.samples.fingerprint(),
            **({} if (blocks := self.conditions.blocks) is None else {"blocks (sha256)": blocks.digest}),
        }

    def _searched(self) -> dict[str, Any]:
        """Return what a study has of its search, nothing where it is of a grid."""
        halving = {} if self.conditions.halving is None else {"halving": self.conditions.halving}
        points = [candidate.point for candidate in self.candidates if candidate.point]
        if not points:
            return halving
        return halving | {"points": [[[name, repr(value)] for name, value in point] for point in points]}

    def is_sure(self, task: Task) -> bool:
        """Return whether a task is run whatever the first start of all says of the columns."""
        return not (self.sparing and self.sources is not None and task.cohort.part.round)

    def _require_countable(self) -> None:
        count = len(self.candidates) * self.starts * len(self.samples.splits)
        if count > MOST_NETWORKS:
            raise CapacityError(
                f"a study of {count:,} networks is more than the {MOST_NETWORKS:,} that one plans; use fewer "
                f"{setting('starts')}"
            )

    def _task(self, cohort: Cohort, recipe: Recipe, train: IntArray, held: IntArray) -> Task:
        samples = self.samples
        network, engine = self.networks[cohort.form], self.engine
        if cohort.form.settings:
            engine = choose_engine(self.conditions.engine, network, recipe)
        conditions = dataclasses.replace(self.conditions, engine=engine.name)
        inputs = Inputs(self.views[cohort.view] if self.views else None)
        arrays = (samples.X, samples.y, train, held, inputs, samples.weights)
        return Task(cohort, network, recipe, conditions, *arrays)

    def _study_cost(self) -> Cost:
        sizes = [[rows.size for rows in split] for split in self.samples.splits]
        return self._cost(self.recipe, *map(max, zip(*sizes, strict=True)))

    def _cost(self, recipe: Recipe, n_samples: int, held: int) -> Cost:
        itemsize, by_evidence = np.dtype(self.conditions.dtype).itemsize, self.conditions.by_evidence
        recipes = self.recipes.values()
        sizes = [other.batch_size for other in recipes]
        batch = None if None in sizes else max(size for size in sizes if size is not None)
        dense = any(other.rule.dense for other in recipes)
        return Cost(n_samples, held, recipe.epochs, batch, itemsize, self.memory, by_evidence, dense)
