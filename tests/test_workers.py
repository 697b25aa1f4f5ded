from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import shoal
from shoal import workers
from shoal.errors import ConfigurationError
from shoal.workers import count_workers, one_thread


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_numbers_are_read_as_scikit_learn_reads_them() -> None:
    asked = (None, -1, -2, -20, 3, 12, np.int64(2))
    assert [count_workers(n) for n in asked] == [8, 8, 7, 1, 3, 12, 2]


@pytest.mark.parametrize("wrong", [0, 1.5, True, "2"])
def test_what_is_no_number_of_workers(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="n_jobs must be a whole number other than 0"):
        count_workers(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "counted"),
    [("4", 4), ("9", 8), ("4,2", 4), (" 2 ", 2), ("0", 8), ("abc", 8), ("²", 8), ("", 8)],
)
def test_the_environment_limits_the_cores(limit: str, counted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert [count_workers(n) for n in (None, -1, 12)] == [counted, counted, 12]


def test_inside_a_worker_process_nothing_said_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "somebody")
    assert [count_workers(n) for n in (None, 3, -1)] == [1, 3, 8]


@pytest.mark.parametrize(("quota", "counted"), [("max 100000", None), ("150000 100000", 2), ("1 100000", 1)])
def test_a_containers_quota(
    quota: str, counted: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda pid: range(6), raising=False)
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(workers, "QUOTA", tmp_path / "cpu.max")
    assert workers.cores() == (counted or 6)


@pytest.mark.parametrize("n_jobs", [None, -1, -2, 1, 3])
def test_everything_takes_the_same_numbers(n_jobs: int | None) -> None:
    """What trains, and what predicts, with the estimators among them."""
    X = np.linspace(0, 1, 12)[:, None]
    y = (X[:, 0] > 0.5).astype(int)
    network = shoal.Network(1, [shoal.Dense(2, "tanh"), shoal.Dense(1)])
    trained = shoal.train(network, X, y, epochs=2, n_jobs=n_jobs).population
    assert np.array_equal(trained.predict(X, n_jobs=n_jobs), trained.predict(X, n_jobs=1))
    study = shoal.CapacityStudy(hidden=[1], starts=2, epochs=2, n_jobs=n_jobs).fit(X, y, validation=(X, y))
    assert study.predict(X).shape == (12,)
    estimator = shoal.MLPRegressor(hidden_layer_sizes=(2,), solver="lbfgs", n_jobs=n_jobs)
    assert estimator.fit(X, y).predict(X).shape == (12,)
    images = np.zeros((6, 1, 8, 8)) + np.arange(6)[:, None, None, None]
    conv = shoal.ConvClassifier(max_iter=1, n_jobs=n_jobs).fit(images, [0, 1] * 3)
    assert conv.predict(images).shape == (6,)
    automatic = shoal.ShoalRegressor(n_starts=1, max_iter=1, hidden_layer_sizes=(1,), n_jobs=n_jobs)
    assert automatic.fit(X, y).predict(X).shape == (12,)


def test_linear_algebra_is_held_to_one_thread_and_set_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def counts() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info()]

    with threadpool_limits(limits=2):
        before = counts()
        with one_thread(), one_thread():
            assert counts() == [1] * len(before)
        assert counts() == before
        looked = workers._threadpools.cache_info().misses
        monkeypatch.setitem(sys.modules, "a_module_more", ModuleType("a_module_more"))
        with one_thread():
            assert counts() == [1] * len(before)
    assert workers._threadpools.cache_info().misses == looked + 1
