from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.errors import CapacityError, ConfigurationError
from shoal.layers import Dropout
from shoal.schedules import SCHEDULES
from shoal.selection.candidates.architectures import Perceptron
from shoal.selection.candidates.candidate import Form, grid
from shoal.selection.cohorts.design import StudyDesign
from shoal.selection.cohorts.network_numbers import NetworkNumbers
from shoal.selection.cohorts.task import Conditions
from shoal.selection.cohorts.views import checked_views
from shoal.selection.samples.study_samples import gather
from shoal.selection.trials import Trials
from shoal.solvers import SOLVERS
from shoal.training.augmentation import Augmentation
from shoal.training.recipe import Recipe

X = np.linspace(-1, 1, 24)


def design(
    *,
    folds: int | None = 3,
    initializer: str | None = None,
    dropout: float = 0.0,
    starts: int = 4,
    views: tuple[tuple[int, ...], ...] = (),
    only: NetworkNumbers | None = None,
    **recipe: Any,
) -> StudyDesign:
    defaults = {
        "solver": SOLVERS["scg"](),
        "learning_rate": None,
        "epochs": 50,
        "batch_size": None,
        "patience": None,
        "tolerance": 1e-5,
        "schedule": SCHEDULES["constant"](),
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "augmentation": None,
        "batch_order": "shared",
        "seed": 0,
    }
    samples = gather(X, X**2, None, loss=None, folds=folds, validation_share=0.25, seed=0, dtype="float64")
    return StudyDesign(
        grid([0, 2, "3x2"], [0.0, 1.0]),
        starts,
        Perceptron("tanh", initializer, dropout),
        Recipe(**(defaults | recipe)),
        Conditions("float64"),
        2**28,
        samples,
        checked_views(views, samples.X),
        only=only,
    )


def test_networks_have_hidden_layers_and_a_linear_output() -> None:
    networks = design(initializer="normal").networks
    assert [network.n_parameters for network in networks.values()] == [2, 7, 17]
    assert networks[Form((3, 2))].layers[0].activation.name == "tanh"
    assert networks[Form((3, 2))].layers[-1].activation.name == "identity"
    assert {layer.initializer.name for n in networks.values() for layer in n.layers} == {"normal"}


def test_dropout_follows_every_hidden_layer() -> None:
    layers = design(dropout=0.25, solver=SOLVERS["adam"]()).networks[Form((3, 2))].layers
    assert [layer.name for layer in layers] == ["dense", "dropout", "dense", "dropout", "dense"]
    assert layers[1] == Dropout(0.25)


def test_more_networks_than_can_be_planned_are_refused_before_any_is_made() -> None:
    with pytest.raises(CapacityError, match=r"a study of 77,309,411,310 networks .* use fewer starts"):
        design(starts=2**32 - 1).tasks()


def test_tasks_train_and_judge_on_the_rows_of_their_fold() -> None:
    tasks = design().tasks()
    assert sum(len(task.cohort.members) for task in tasks) == 6 * 4 * 3
    for task in tasks:
        assert task.network.n_parameters == {(): 2, (2,): 7, (3, 2): 17}[task.cohort.form.hidden]
        train, held = design().samples.splits[task.cohort.fold]
        np.testing.assert_array_equal(task.train, train)
        np.testing.assert_array_equal(task.held, held)


def test_the_final_tasks_train_one_candidate_on_all_rows_in_a_fold_of_their_own(row: Any) -> None:
    trials = Trials.from_rows([row()])
    tasks = design().final_tasks(3, trials, n_cohorts=9)
    assert [(m.candidate.index, m.start) for t in tasks for m in t.cohort.members] == [
        (3, s) for s in range(4)
    ]
    for task in tasks:
        assert task.cohort.fold == 3
        assert task.train.tolist() == list(range(24))
        assert task.held.size == 0
        assert task.recipe == tasks[0].recipe == design().tasks()[0].recipe


def test_final_cohorts_of_different_candidates_never_share_a_number(row: Any) -> None:
    trials = Trials.from_rows([row()])
    study = design(starts=100)
    numbers = [t.cohort.index for c in range(6) for t in study.final_tasks(c, trials, len(study.tasks()))]
    assert len(numbers) == len(set(numbers)) == 12
    assert min(numbers) >= len(study.tasks())


def test_with_patience_the_final_training_takes_the_median_of_the_best_epochs(row: Any) -> None:
    best = [10, 30, 20, 999, 40]
    trials = Trials.from_rows(
        [row(candidate=1, fold=f, best_epoch=b, diverged=b == 999) for f, b in enumerate(best)]
        + [row(candidate=2, best_epoch=1)]
    )
    [task] = design(patience=5).final_tasks(1, trials, n_cohorts=1)
    assert task.recipe.epochs == 25  # of 10, 20, 30, 40
    assert task.recipe.patience is None


ADAM = {"solver": SOLVERS["adam"]()}
CHANGES: dict[str, dict[str, Any]] = {
    "starts": {"starts": 5},
    "views": {"views": ((0,), (0,))},
    "architecture": {"initializer": "he", "dropout": 0.1, **ADAM},
    "solver": {"solver": SOLVERS["adam"]()},
    "learning_rate": {"learning_rate": 0.1, **ADAM},
    "epochs": {"epochs": 51},
    "patience": {"patience": 3},
    "schedule": {"schedule": SCHEDULES["cosine"]()},
    "weight_decay": {"weight_decay": 0.1, **ADAM},
    "label_smoothing": {"label_smoothing": 0.1},
    "augmentation": {"augmentation": Augmentation(translate=1), "batch_size": 8, **ADAM},
    "seed": {"seed": 1},
    "rows to train and validate on (sha256)": {"folds": 4},
}


@pytest.mark.parametrize("name", CHANGES)
def test_settings_tell_studies_apart_that_train_other_networks(name: str) -> None:
    changes = CHANGES[name]
    needed = {key: changes[key] for key in ("solver", "batch_size") if key in changes and name != key}
    base, other = design(**needed).settings(), design(**changes).settings()
    assert json.loads(json.dumps(base)) == base
    assert [key for key in base if base[key] != other[key]] == [name]


def test_settings_tell_studies_apart_in_other_conditions() -> None:
    base, single = design(), replace(design(), conditions=Conditions("float32"))
    by_evidence = replace(design(), conditions=Conditions("float64", by_evidence=True))
    for name, other in (("dtype", single), ("by_evidence", by_evidence)):
        settings, theirs = base.settings(), other.settings()
        assert [key for key in settings if settings[key] != theirs[key]] == [name]


def test_one_engine_trains_the_whole_study_and_may_be_asked_for() -> None:
    asked = replace(design(), conditions=Conditions("float64", "reference"))
    assert asked.plan().engine == "reference (NumPy)"
    assert {task.conditions.engine for task in asked.tasks()} == {"reference"}
    fastest = next(iter(ENGINES.values()))
    assert design(solver=SOLVERS["adam"]()).plan().engine == fastest.label
    assert {task.conditions.engine for task in design(solver=SOLVERS["adam"]()).tasks()} == {fastest.name}
    assert asked.settings() == design().settings()  # a study may go on with another engine


def test_networks_are_numbered_start_by_start_whatever_the_number_of_starts(row: Any) -> None:
    """Of 6 candidates on 3 folds, start 1 of candidate 2 has the numbers 25, 26, 27."""
    trials = Trials.from_rows([row(candidate=2, start=1, fold=fold) for fold in range(3)])
    assert design(starts=2).numbers(trials) == design(starts=9).numbers(trials) == [25, 26, 27]
    assert design(starts=9).compared(trials, by_number=False) == (2, "25-27")


def test_of_a_study_those_networks_are_trained_that_are_asked_for() -> None:
    tasks = design(only=NetworkNumbers.parse("1-3,25,40")).tasks()
    keys = {(m.candidate.index, m.start, task.cohort.fold) for task in tasks for m in task.cohort.members}
    assert keys == {(0, 0, 0), (0, 0, 1), (0, 0, 2), (2, 1, 0), (1, 2, 0)}
    assert [task.cohort.index for task in tasks] == list(range(len(tasks)))
    work = {task.cohort.form.hidden: task.cohort.work / len(task.cohort.members) for task in design().tasks()}
    assert all(task.cohort.work == len(task.cohort.members) * work[task.cohort.form.hidden] for task in tasks)


def test_other_networks_are_another_study() -> None:
    some, all_of_them = design(only=NetworkNumbers.parse("1-72")).settings(), design().settings()
    assert some == {**all_of_them, "networks": "1-72"}


def test_a_network_that_the_study_does_not_have() -> None:
    design(only=NetworkNumbers.parse("72")).tasks()
    with pytest.raises(ConfigurationError, match="networks asks for network 73, and the study has 72; give"):
        design(only=NetworkNumbers.parse("1,73")).tasks()
