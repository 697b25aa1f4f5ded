from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.losses import LOSSES
from shoal.selection.choosing.contenders import Contender
from shoal.selection.choosing.ensemble import choose_ensemble, class_losses, greedy, prediction_losses
from shoal.selection.trials import Trials


def squared(target: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda predictions: (predictions[:, 0] - target) ** 2


def constants(*values: float) -> np.ndarray:
    return np.array(values)[:, None, None]


def test_greedy_adds_what_lowers_the_loss_of_the_mean_with_replacement() -> None:
    # target 2, members 0, 3, 9: 3 alone (1), with 0 (1.5: 0.25), with 3 again (2: 0); then nothing is better
    picks, losses = greedy(constants(0.0, 3.0, 9.0), squared(2.0))
    assert picks == [1, 0, 1]
    np.testing.assert_array_equal(losses, [0.0])


def test_greedy_stops_at_its_limit_and_where_nothing_helps() -> None:
    assert greedy(constants(0.0, 3.0, 9.0), squared(2.0), limit=2)[0] == [1, 0]
    assert greedy(constants(5.0, 6.0), squared(1.0))[0] == [0]


def test_greedy_goes_on_from_what_is_picked_first() -> None:
    # 0 and 3: 1.5; with 3 again 2
    picks, losses = greedy(constants(0.0, 3.0, 9.0), squared(2.0), first=[0, 1])
    assert picks == [0, 1, 1]
    np.testing.assert_array_equal(losses, [0.0])


def test_the_ensemble_is_of_the_architecture_that_averages_best(
    row: Callable[..., dict[str, Any]],
) -> None:
    # target 0. The best single network has size 9 (loss 1, predicts 1), and its companion predicts 5.
    # Size 4 predicts 2 and −2 (loss 4 each): their mean is exact.
    outputs = {("9", 0): 1.0, ("9", 1): 5.0, ("4", 0): 2.0, ("4", 1): -2.0}
    trials = Trials.from_rows(
        [
            row(candidate=int(hidden), hidden=hidden, start=start, parameters=13, validation_loss=value**2)
            for (hidden, start), value in outputs.items()
        ]
        + [row(candidate=4, hidden="4", start=2, diverged=True, validation_loss=np.nan)]
    )

    def predict(contenders: list[Contender]) -> np.ndarray:
        return np.array([[[outputs[c.hidden, c.start]]] for c in contenders])

    choice = choose_ensemble(trials, predict, squared(0.0))
    assert [(m.hidden, m.start) for m in choice.members] == [("4", 0), ("4", 1)]
    assert choice.chosen.validation_loss == 0.0
    assert choice.chosen.parameters == 26
    assert choice.best.hidden == "9"
    assert choice.rule == "ensemble"
    assert choice.sentence.startswith(
        "The mean of 2 predictions by 2 networks of hidden size 4: validation loss 0, against 1 from the best"
    )
    assert len(choice.spread) == 2


def test_one_network_may_be_the_whole_ensemble(row: Callable[..., dict[str, Any]]) -> None:
    trials = Trials.from_rows(
        [row(candidate=0, hidden="4", start=s, parameters=13, validation_loss=1.0 + s) for s in range(2)]
    )
    choice = choose_ensemble(trials, lambda group: constants(1.0, 2.0), squared(0.0))
    assert len(choice.members) == 1
    assert choice.sentence == (
        "4 hidden units (l2 0, start 0; 13 parameters): validation loss 1, "
        "which the mean with no other network lowers."
    )


def test_an_ensemble_tells_how_many_parameters_its_members_have_determined(
    row: Callable[..., dict[str, Any]],
) -> None:
    found = [(8.24, 0.5), (6.0, 0.031), (1.0, 9.0)]  # the last is picked by nobody
    trials = Trials.from_rows(
        [
            row(start=start, parameters=13, validation_loss=4.0 + start, gamma=gamma, strength=strength)
            for start, (gamma, strength) in enumerate(found)
        ]
    )
    several = choose_ensemble(trials, lambda group: constants(2.0, -2.0, 9.0), squared(0.0))
    assert [member.start for member in several.members] == [0, 1]
    assert several.sentence.endswith(
        "for as long as the loss fell. The rows trained on determine 6 to 8.24 of the 13 parameters of each, "
        "and set the strength of its penalty to 0.031 to 0.5."
    )
    one = choose_ensemble(trials, lambda group: constants(0.0, 5.0, 9.0), squared(0.0))
    assert one.sentence.endswith(
        "other network lowers. The rows trained on determine 8.24 of its 13 parameters, and set the strength "
        "of its penalty to 0.5."
    )


def test_an_ensemble_tells_what_its_members_have_determined_in_every_fold(
    row: Callable[..., dict[str, Any]],
) -> None:
    found = {(0, 0): (8.24, 0.5), (0, 1): (6.0, 0.031), (1, 0): (7.0, 0.2), (1, 1): (9.5, 0.1)}
    trials = Trials.from_rows(
        [
            row(start=start, fold=fold, parameters=13, validation_loss=4.0 + start, gamma=gamma, strength=s)
            for (start, fold), (gamma, s) in found.items()
        ]
    )
    several = choose_ensemble(trials, lambda group: constants(2.0, -2.0), squared(0.0))
    assert several.sentence.endswith(
        "The rows trained on determine 6 to 9.5 of the 13 parameters of each, over the folds, and set the "
        "strength of its penalty to 0.031 to 0.5."
    )


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_prediction_has_the_loss_of_the_z_that_it_came_from(name: str, n_outputs: int) -> None:
    n_outputs += name.endswith("cross_entropy") and n_outputs == 1
    rng = np.random.default_rng(0)
    loss, z = LOSSES[name](), rng.normal(size=(1, n_outputs, 50))
    y = loss.encode(np.eye(n_outputs)[rng.integers(n_outputs, size=50)], n_outputs)
    found = prediction_losses(loss, loss.predict(z)[0].T, y)
    np.testing.assert_allclose(found, loss.value(z, y)[0], rtol=1e-9)


def test_the_probability_of_the_class_decides_the_cross_entropy() -> None:
    loss, rng = LOSSES["cross_entropy"](), np.random.default_rng(0)
    p, classes = loss.predict(3 * rng.normal(size=(1, 5, 50)))[0].T, rng.integers(5, size=50)
    p[0] = np.eye(5)[0]
    own = p[np.arange(50), classes, None]
    np.testing.assert_allclose(
        class_losses(own), prediction_losses(loss, p, loss.encode(classes, 5)), rtol=1e-9
    )
    assert np.isfinite(class_losses(np.zeros((1, 1)))).all()


@pytest.mark.parametrize("name", ["log_loss", "cross_entropy", "poisson"])
def test_certain_predictions_have_a_finite_loss(name: str) -> None:
    loss = LOSSES[name]()
    columns = {
        "log_loss": [[1.0], [0.0]],
        "poisson": [[0.0], [0.0]],
        "cross_entropy": [[0.0, 1.0], [1.0, 0.0]],
    }
    y = loss.encode([0, 1], n_outputs=len(columns[name][0]))
    losses = prediction_losses(loss, np.array(columns[name]), y)
    assert np.isfinite(losses).all()
    assert losses.max() > 30
