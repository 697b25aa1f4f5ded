from __future__ import annotations

import numpy as np
import pytest

from shoal.forecasting.linear import LearntMap, Sums, ahead_from, strongest


def sums(X: np.ndarray, Y: np.ndarray) -> Sums:
    found = Sums(X.shape[1], Y.shape[1])
    found.add(X, Y)
    return found


def test_a_solution_is_that_of_the_penalised_least_squares() -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.normal(1, 2, (40, 3)), rng.normal(3, 1, (40, 2))
    centred, mean_square = X - X.mean(axis=0), ((X - X.mean(axis=0)) ** 2).mean()
    for strength, (W, b) in zip((0.0, 0.1, 10.0), sums(X, Y).solutions((0.0, 0.1, 10.0)), strict=True):
        # rows √(λ N v) I under X make ‖W‖² a part of the squares
        root = np.sqrt(strength * len(X) * mean_square) * np.eye(3)
        wanted = np.linalg.lstsq(
            np.concatenate([centred, root]),
            np.concatenate([Y - Y.mean(axis=0), np.zeros((3, 2))]),
            rcond=None,
        )[0]
        assert pytest.approx(wanted, rel=1e-9, abs=1e-12) == W
        assert b == pytest.approx(Y.mean(axis=0) - X.mean(axis=0) @ wanted)


def test_sums_of_parts_are_those_of_the_whole() -> None:
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    both, whole = sums(X[:7], Y[:7]).with_those_of(sums(X[7:], Y[7:])), sums(X, Y)
    assert both.count == whole.count == 20
    for name in ("x", "y", "xx", "xy"):
        assert getattr(both, name) == pytest.approx(getattr(whole, name), abs=1e-13)


def test_of_equal_errors_the_strongest_penalty_is_taken() -> None:
    assert [strongest(errors) for errors in ([2.0, 1.0, 3.0], [1.0, 1.0, 1.0], [1.0])] == [1, 2, 0]


@pytest.mark.parametrize(
    "config",
    [
        {"mean": [1.0], "deviation": []},
        {"mean": [1], "deviation": [1.0]},
        {"mean": [1.0], "deviation": [0.0]},
        {"mean": [1.0], "deviation": [float("nan")]},
    ],
)
def test_columns_that_were_altered_are_refused(config: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="describes no columns"):
        ahead_from(config)


def test_a_map_of_other_windows_is_refused() -> None:
    config = {
        "frame": {"window": 2, "level": "last", "transform": "identity", "season": 1, "floor": 0.0},
        "ahead": {"mean": [], "deviation": []},
    }
    config["frame"]["deviation"] = None  # type: ignore[index]
    restored = LearntMap.from_config(config, {"W": np.ones((2, 3)), "b": np.zeros(3)})
    assert restored.to_config() == config
    for W in (np.ones((3, 3)), np.full((2, 3), np.nan)):
        with pytest.raises(ValueError, match="its windows need"):
            LearntMap.from_config(config, {"W": W, "b": np.zeros(3)})
