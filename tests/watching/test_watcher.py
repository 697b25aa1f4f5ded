"""Whoever watches ends no training; whoever is asked for something says what is wrong."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import shoal
from shoal import CapacityStudy, MLPRegressor, Network
from shoal.errors import ShoalWarning
from shoal.watching.findings import Findings
from shoal.watching.watcher import Watcher
from tests.watching.conftest import X


class Full(Watcher):
    """Has room for so many numbers, and for none of what comes after them."""

    def __init__(self, room: int) -> None:
        self.room, self.tried = room, 0

    def close(self) -> None: ...

    def _tell(self, numbers: Mapping[str, float], step: int) -> None:
        self.tried += 1
        if self.tried > self.room:
            raise OSError(28, "No space left on device")

    def _set(self, settings: Mapping[str, Any]) -> None: ...

    def _keep(self, findings: Findings) -> None: ...

    def _flush(self) -> None: ...


TOLD = r"Full failed \(No space left on device\), and is told nothing more; the training goes on without it"


def test_a_training_goes_on_without_a_watcher_that_fails(network: Network) -> None:
    full = Full(room=2)
    with pytest.warns(ShoalWarning, match=TOLD) as told:
        result = shoal.train(network, X, X**2, starts=3, epochs=6, callback=full)
    assert len(told) == 1
    assert full.tried == 3
    alone = shoal.train(network, X, X**2, starts=3, epochs=6)
    np.testing.assert_array_equal(result.population.theta, alone.population.theta)


def test_so_does_a_study() -> None:
    full = Full(room=1)
    with pytest.warns(ShoalWarning, match=TOLD) as told:
        study = CapacityStudy([1, 2], starts=2, epochs=3, n_jobs=1, progress=full).fit(X, np.sin(6 * X))
    assert len(told) == 1
    assert len(study.table) == 4


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_so_does_an_estimator() -> None:
    pytest.importorskip("sklearn.callback", reason="needs the callbacks of scikit-learn 1.9")
    full = Full(room=1)
    learner: Any = MLPRegressor(hidden_layer_sizes=(2,), solver="adam", max_iter=5, tol=0)
    with pytest.warns(ShoalWarning, match=TOLD) as told:
        learner.set_callbacks(full).fit(X[:, None], X)
    assert [str(one.message) for one in told if one.category is ShoalWarning] == [str(told[0].message)]
    assert learner.n_iter_ == 5


def test_what_its_owner_asks_of_it_is_refused_as_ever(network: Network) -> None:
    full, result = Full(room=0), shoal.train(network, X, X**2, starts=2, epochs=2)
    with pytest.raises(OSError, match="No space left"):
        full.write(result)


def test_ctrl_c_and_what_a_callback_of_ones_own_raises_end_a_training(network: Network) -> None:
    class Interrupted(Full):
        def _tell(self, numbers: Mapping[str, float], step: int) -> None:
            raise KeyboardInterrupt

    def pruned(progress: Any) -> None:
        raise LookupError("pruned")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(KeyboardInterrupt):
            shoal.train(network, X, X**2, starts=2, epochs=2, callback=Interrupted(0))
        with pytest.raises(LookupError, match="pruned"):
            shoal.train(network, X, X**2, starts=2, epochs=2, callback=pruned)
