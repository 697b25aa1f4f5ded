from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.training.history import History, divergence_sentence
from shoal.training.stopping import Reason


def a_history() -> History:
    history = History.empty(5, 3, validated=True, learning_rate=np.array([0.1, 0.5, 0.1, 0.1, 0.1]))
    history.stopped[:] = [
        Reason.EPOCHS,
        Reason.DIVERGED,
        Reason.CONVERGED,
        Reason.EARLY_STOPPING,
        Reason.INTERRUPTED,
    ]
    history.epochs[1] = 2
    return history


@pytest.mark.parametrize("validated", [False, True])
def test_it_begins_with_nothing_known(validated: bool) -> None:
    history = History.empty(2, 3, validated, np.array([0.1, 0.2], np.float32))
    assert history.loss.shape == (2, 3)
    assert np.isnan(history.loss).all()
    if validated:
        assert history.validation_loss is not None
        assert history.validation_loss.shape == (2, 3)
        assert np.isnan(history.validation_loss).all()
        assert history.validation_loss is not history.loss
    else:
        assert history.validation_loss is None
    assert history.epochs.tolist() == history.best_epoch.tolist() == [0, 0]
    assert history.reasons == ["epochs", "epochs"]
    assert not history.diverged.any()
    assert not history.converged.any()


def test_reasons() -> None:
    history = a_history()
    assert history.reasons == ["epochs", "diverged", "converged", "early stopping", "interrupted"]
    assert history.diverged.tolist() == [False, True, False, False, False]
    assert history.converged.tolist() == [False, False, True, False, False]


def test_a_divergence_is_explained() -> None:
    expected = "no longer finite in epoch 2 with learning rate 0.5: try 0.05, or clip_norm=1"
    assert a_history().explain_divergence(1) == expected


def test_only_a_divergence_is_explained() -> None:
    with pytest.raises(ConfigurationError) as error:
        a_history().explain_divergence(2)
    assert str(error.value) == (
        "member 2 did not diverge, it stopped for the reason 'converged'; "
        "see history.diverged for those that did"
    )


def test_a_solver_without_a_rate_gets_other_advice() -> None:
    expected = "no longer finite in epoch 7: try a larger l2, or smaller initial weights"
    assert divergence_sentence(7, 0.0) == expected


def test_the_course_is_told_in_a_line() -> None:
    history = History.empty(3, 10, True, np.zeros(3))
    assert history.course() == "no epoch trained"
    history.epochs[:] = [2, 4, 4]
    history.loss[0, :2], history.loss[1, :4], history.loss[2, :4] = [4, 3], [9, 9, 9, 0.5], np.nan
    assert history.validation_loss is not None
    history.validation_loss[:2, :2] = [[2, 1], [0.25, 7]]
    assert history.course() == "loss 0.5 to 3 after 2 to 4 epochs, lowest validation loss 0.25 to 1"
    history.stopped[:] = [Reason.EARLY_STOPPING, Reason.EPOCHS, Reason.EPOCHS]
    assert history.ends(np.array([True, True, True])) == "2 at the last epoch, 1 early stopping"
    assert history.ends(np.array([True, False, False])) == "1 early stopping"


def test_a_course_without_a_finite_loss_says_so() -> None:
    history = History.empty(1, 1, False, np.zeros(1))
    history.epochs[:] = 1
    assert history.course() == "loss not finite after 1 epoch"
