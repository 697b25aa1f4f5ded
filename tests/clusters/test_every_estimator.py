"""Estimators on real clusters: what their stand-ins promise elsewhere, and the page's example.

Starting them takes minutes of a processor, so nobody does unless asked to: ``make clusters``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shoal import CapacityStudyCV, MLPClassifier, SequenceClassifier
from tests.clusters.started import dask
from tests.snippets import blocks_of

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("SHOAL_CLUSTERS"), reason="starting clusters takes minutes; make clusters does it"
    ),
    # Ray lets go of processes that it has not waited for, and whoever is next is told of them
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
IRIS = load_iris(return_X_y=True)
RNG = np.random.default_rng(0)
WAVES = np.sin(np.arange(30) * np.where(np.arange(60) % 2, 0.3, 0.5)[:, None])[:, None, :]
WAVES = WAVES + 0.2 * RNG.normal(size=WAVES.shape)
KINDS = np.where(np.arange(60) % 2, "slow", "fast")
DISTRIBUTION = Path(__file__).parents[2] / "docs" / "distribution.md"


@contextmanager
def of_dask(folder: Path) -> Iterator[str]:
    pytest.importorskip("distributed")
    with dask(folder, workers=2) as cluster:
        yield cluster.address


@contextmanager
def of_ray(folder: Path) -> Iterator[str]:
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        yield "ray"
    finally:
        ray.shutdown()


@pytest.fixture(params=[of_dask, of_ray], ids=["dask", "ray"])
def on(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a cluster of two workers."""
    started: Callable[[Path], Any] = request.param
    with started(tmp_path) as address:
        yield address


def test_a_grid_search_is_that_of_one_process(on: str) -> None:
    network = make_pipeline(StandardScaler(), MLPClassifier(max_iter=300, tol=1e-2, learning_rate_init=0.03))
    grid = {
        "mlpclassifier__hidden_layer_sizes": [2, 8],
        "mlpclassifier__alpha": [0.01, 1.0],
        "mlpclassifier__random_state": [0, 1, 2],
    }
    home, away = (CapacityStudyCV(network, grid, cv=3, on=where).fit(*IRIS) for where in (None, on))
    assert away.populations_
    assert away.best_params_ == home.best_params_
    for fold in range(3):
        name = f"split{fold}_test_score"
        assert list(away.cv_results_[name]) == list(home.cv_results_[name])
    np.testing.assert_array_equal(away.predict_proba(IRIS[0]), home.predict_proba(IRIS[0]))


def test_series_are_classified_as_by_one_process(on: str) -> None:
    settings: dict[str, Any] = {"views": ["random", "convolutional"], "budget": 1e8, "random_state": 0}
    home, away = (SequenceClassifier(**settings, on=where).fit(WAVES, KINDS) for where in (None, on))
    np.testing.assert_array_equal(away.held_out_, home.held_out_)
    np.testing.assert_array_equal(away.predict_proba(WAVES), home.predict_proba(WAVES))
    assert away.mixture_.sentence == home.mixture_.sentence


def test_the_example_of_the_page_runs(on: str) -> None:
    (block,) = [block for block in blocks_of(DISTRIBUTION) if block.needs == "cluster"]
    text, sizes = block.text, "range(1, 33), starts=30"
    assert sizes in text
    text = text.replace(sizes, "range(1, 4), starts=2")  # of 4 800 networks
    for address in ("tcp://scheduler:8786", '"ray"'):
        assert address in text
        text = text.replace(address, on if address.startswith("tcp") else f'"{on}"')
    names: dict[str, Any] = {"X": IRIS[0], "y": IRIS[1]}
    exec(compile(text, DISTRIBUTION, "exec"), names)  # noqa: S102 - our own page
