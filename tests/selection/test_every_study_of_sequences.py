from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal import Sequences
from shoal.errors import ConfigurationError, DataError
from shoal.populations.trainer import sample_losses, train
from shoal.selection.candidates.architectures import Recurrent
from shoal.selection.study import CapacityStudy
from shoal.sequences import width

RNG = np.random.default_rng(3)
Y = np.arange(18) % 2
SERIES = [np.sin((0.4 + 0.5 * y) * np.arange(4 + row % 4)) + 0.1 * RNG.normal() for row, y in enumerate(Y)]
X = Sequences.of(SERIES)
GRU = Recurrent((1, 7), "gru", bidirectional=True, pooling="mean")
TRAINED: dict[str, Any] = {"solver": "adam", "epochs": 4, "batch_size": 4}
SETTINGS: dict[str, Any] = {
    "architecture": GRU, "starts": 2, "folds": 3, "n_jobs": 1, **TRAINED,
}  # fmt: skip


def studied(x: Sequences = X, **settings: Any) -> CapacityStudy:
    return CapacityStudy([2, 3], **{**SETTINGS, "choose": "ensemble", **settings}).fit(x, Y)


@pytest.fixture(scope="module")
def study() -> CapacityStudy:
    return studied()


def test_every_trial_is_a_training_on_the_sequences_of_its_fold(study: CapacityStudy) -> None:
    assert len(study.table) == 2 * 2 * 3
    row = 8  # of the second size the first start, on the last fold
    assert [study.table[name][row] for name in ("hidden", "start", "fold")] == ["3", 0, 2]
    rows, held = study.splits[2]
    network = GRU.network((3,), width(X), 1, "log_loss")
    alone = network.population(1, candidate=1, first_start=0, fold=2)
    given: dict[str, Any] = {**TRAINED, "batch_order": "shared"}
    trained = train(alone, X[rows], Y[rows], **given).population
    assert study.table["validation_loss"][row] == pytest.approx(
        sample_losses(trained, X[held], Y[held]).mean()
    )


def test_padding_threads_and_executors_change_no_bit(study: CapacityStudy) -> None:
    np.testing.assert_array_equal(studied(n_jobs=2).best.theta, study.best.theta)
    with ThreadPoolExecutor(1) as pool:
        np.testing.assert_array_equal(studied(executor=pool).held, study.held)
    other = studied(X.padded(9), architecture=Recurrent((1, 9), "gru", bidirectional=True, pooling="mean"))
    np.testing.assert_array_equal(other.best.theta, study.best.theta)
    np.testing.assert_array_equal(other.predict(X.padded(9)), study.predict(X))


def test_it_is_resumed_with_the_same_sequences_alone(tmp_path: Path) -> None:
    whole = studied(store=tmp_path / "study")
    again = CapacityStudy([2, 3], **SETTINGS, choose="ensemble", store=tmp_path / "study")
    again.fit(X, Y, resume=True)
    np.testing.assert_array_equal(again.best.theta, whole.best.theta)
    shorter = Sequences(X.X, np.maximum(X.lengths - 1, 1))
    with pytest.raises(ConfigurationError, match="X"):
        CapacityStudy([2, 3], **SETTINGS, choose="ensemble", store=tmp_path / "study").fit(
            shorter, Y, resume=True
        )


def test_sequences_to_validate_on_follow_those_to_train_on() -> None:
    settings = {**SETTINGS, "folds": None, "choose": "best"}
    study = CapacityStudy([2], **settings).fit(X[:12], Y[:12], validation=(X[12:], Y[12:]))
    loss = sample_losses(study.best, X[12:], Y[12:]).mean()
    assert study.choice.chosen.validation_loss == pytest.approx(loss)
    with pytest.raises(DataError, match="validation X"):
        CapacityStudy([2], **settings).fit(X[:12], Y[:12], validation=(X.padded(9), Y))


def test_what_sequences_have_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="views are columns of rows, got 1 with Sequences"):
        studied(views=[[0]])
    with pytest.raises(ConfigurationError, match="evidence"):
        CapacityStudy([2], architecture=GRU, choose="evidence", solver="scg").fit(X, Y)
