from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.mnist.defaults import reached
from benchmarks.mnist.digits import Digits, read
from benchmarks.mnist.results import Entry, load, save
from benchmarks.mnist.row import Row
from benchmarks.mnist.rows import ROWS
from shoal import ConvClassifier
from shoal.layers import Dense, Flatten
from shoal.solvers.sgd import SGD

SETTINGS = {"epochs": 40, "learning_rate": 0.01, "batch_size": 20}


def stripes(n: int = 60) -> Digits:
    """Return images of noise with a bright row at the height that their digit names."""
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 0.3, size=(n, 28, 28)), np.arange(n) % 10
    X[np.arange(n), 4 + 2 * y] += 0.7
    return Digits(X.reshape(n, 784).astype("float32"), y)


@pytest.mark.parametrize("loss", ["cross_entropy", "log_loss"])
@pytest.mark.parametrize("standardised", [False, True])
def test_a_row_trains_its_networks_at_once(loss: str, standardised: bool) -> None:
    row = Row(
        "a", "", (Flatten(), Dense(10)), SETTINGS, loss=loss, starts=3, rows=50, standardised=standardised
    )
    judged = row.run(stripes(), stripes(), seed=0, threads=1, callback=None)
    assert len(judged.accuracies) == 3
    assert min(*judged.accuracies, judged.together) == 100
    wrong = Digits(stripes().X, (stripes().y + 1) % 10)
    judged = row.run(stripes(), wrong, seed=0, threads=1, callback=None)
    assert max(*judged.accuracies, judged.together) == 0


def test_a_watched_row_is_judged_after_every_epoch() -> None:
    settings = {"solver": SGD(momentum=0.0), "learning_rate": 0.3, "batch_size": 20, "epochs": 6}
    row = Row("a", "", (Flatten(), Dense(10)), settings, starts=2, watched=True)
    seen: list[int] = []
    judged = row.run(stripes(), stripes(), seed=0, threads=1, callback=lambda p: seen.append(p.epoch))
    assert seen == [1, 2, 3, 4, 5, 6]
    assert judged.best is not None
    assert (np.array(judged.best) >= judged.accuracies).all()
    assert min(judged.best) > 50


def test_the_validation_part_is_the_end_of_the_training_part(real_data: Callable[[str], Path]) -> None:
    train, judges = read(real_data("mnist"), "validation")
    everything, test = read(real_data("mnist"), "test")
    assert (len(train), len(judges), len(everything), len(test)) == (50_000, 10_000, 60_000, 10_000)
    np.testing.assert_array_equal(judges.X[0], everything.X[50_000])
    assert (everything.X.min(), everything.X.max()) == (0, 1)


def test_results_are_kept_by_row_and_part(tmp_path: Path) -> None:
    name, row = "dense-elastic", ROWS["dense-elastic"]
    entry = Entry([98.0, 98.5], 99.0, 12.3, 2, 1000, 0, "2026-01-01", "abc", "a machine")
    save(tmp_path, {name: {"test": entry}}, ROWS)
    assert load(tmp_path) == {name: {"test": entry}}
    page = (tmp_path / "mnist.md").read_text()
    assert "98.25 (98.00 to 98.50); vote 99.00" in page
    assert row.target is not None
    assert f"≥ {row.target:g} missed" in page


def test_every_row_is_a_network_of_ten_digits() -> None:
    assert all(row.network.n_inputs == 784 and row.network.n_outputs == 10 for row in ROWS.values())


def test_the_defaults_are_told_with_what_they_chose() -> None:
    classifier = ConvClassifier(2, max_iter=2, random_state=0)
    told = reached(stripes(120), stripes(120), classifier)
    assert told.accuracy == 100 * classifier.score(stripes(120).X.reshape(-1, 28, 28), stripes(120).y)
    assert told.words(120).startswith(f"120 images: {told.accuracy:.2f} %, ")
    assert told.words(120).endswith(f" 2 epochs. {classifier.deformations_.sentence}")
