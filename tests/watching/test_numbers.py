from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import shoal
from shoal import Network, begin
from shoal.selection.running.runner import StudyProgress
from shoal.training.history import History
from shoal.training.problem import Progress
from shoal.training.stopping import Reason
from shoal.watching.numbers import of_epoch, of_members, of_study, steps_of
from tests.watching.conftest import X


def test_members_are_told_by_their_quantiles_and_one_alone_by_its_number() -> None:
    values = np.array([4.0, 0.0, 2.0, np.inf, 1.0, 3.0])
    assert of_members("loss", values) == {
        "loss/lowest": 0.0,
        "loss/lower_quartile": 1.0,
        "loss/median": 2.0,
        "loss/upper_quartile": 3.0,
    }
    assert of_members("loss", np.array([0.25])) == {"loss": 0.25}
    assert of_members("loss", np.array([np.nan])) == {}


def history() -> History:
    """Three members: one that ends early, one that diverges in the third epoch, one that goes on."""
    made = History.empty(3, 4, True, np.full(3, 0.1))
    assert made.validation_loss is not None
    made.loss[:] = [[4, 2, np.nan, np.nan], [8, 9, 1000, np.nan], [6, 5, 4, 3]]
    made.validation_loss[:] = made.loss + 1
    made.epochs[:] = [2, 3, 4]
    made.stopped[:] = [Reason.EARLY_STOPPING, Reason.DIVERGED, Reason.EPOCHS]
    return made


def test_who_has_ended_counts_with_his_last_loss_and_who_diverged_not_at_all() -> None:
    told = of_epoch(history(), 3)
    assert told["training_loss/lowest"] == 2
    assert told["training_loss/median"] == 3  # of 2 and 4
    assert told["validation_loss/lowest"] == 3
    assert told["members/training"] == 2
    assert told["members/diverged"] == 1


def test_the_epoch_before_a_divergence_counts_all() -> None:
    told = of_epoch(history(), 2)
    assert told["training_loss/median"] == 5  # of 2, 9 and 5
    assert told["members/training"] == 3
    assert told["members/diverged"] == 0


def test_what_a_training_tells_is_what_its_history_says(network: Network) -> None:
    told: list[tuple[int, dict[str, float], bool]] = []
    result = shoal.train(
        network, X, X**2, starts=5, epochs=3, callback=lambda progress: told.append(steps_of(progress))
    )
    assert [(step, ended) for step, _, ended in told] == [(1, False), (2, False), (3, True)]
    medians = [numbers["training_loss/median"] for _, numbers, _ in told]
    np.testing.assert_array_equal(medians, np.median(result.history.loss, axis=0))
    assert told[1][1] == of_epoch(result.history, 2)


def test_a_run_tells_where_it_stands(network: Network) -> None:
    run = begin(network, X, X**2, starts=2, epochs=9)
    run.advance(4)
    step, numbers, ended = steps_of(run)
    assert (step, ended) == (4, False)
    assert numbers["training_loss/lowest"] == run.history.loss[:, 3].min()
    run.stop([0, 1])
    assert steps_of(run)[2]


def test_progress_without_a_history_has_no_numbers() -> None:
    assert steps_of(Progress(1, 2, 3)) == (1, {}, False)
    assert steps_of(SimpleNamespace(epoch=1, epochs=2, active=0, history=None)) == (1, {}, True)


def test_a_study_tells_its_best_and_those_that_ended(study: shoal.CapacityStudy) -> None:
    trials = study.table
    told = of_study(StudyProgress(8, 16, 2.5, 0.125, 3.0, trials))
    assert told["study/lowest_validation_loss"] == 0.125
    assert told["study/networks_a_second"] == 2.5
    assert told["study/validation_loss/median"] == pytest.approx(np.median(trials["validation_loss"]))
    assert of_study(StudyProgress(0, 16, 0.0, None, None)) == {}
