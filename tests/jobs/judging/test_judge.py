from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.data.targets.task import TargetEncoder
from shoal.jobs.judging.judge import Judge
from shoal.jobs.prepared import Subset
from shoal.selection.samples.attributes import Attributes

VALUES = np.array([10.0, 20.0, 40.0])
WEIGHTS = np.array([1.0, 1.0, 2.0])


def judge(target: TargetEncoder, y: np.ndarray, loss: str, weights: np.ndarray | None = None) -> Judge:
    prepared: Any = SimpleNamespace(target=target, n_classes=len(target.labels), loss=(loss, 1))
    return Judge(prepared, Subset(np.zeros((3, 1)), y, Attributes(weights=weights)))


def test_numbers_are_judged_in_the_units_of_the_target() -> None:
    target = TargetEncoder.fit(VALUES, "regression")
    encoded = target.encode(VALUES)
    off = (np.array([12.0, 20.0, 37.0]) - target.mean) / target.sd
    plain, weighed = (judge(target, encoded, "squared_error", weights) for weights in (None, WEIGHTS))
    assert plain.scores(off)["MAE"] == pytest.approx(5 / 3)
    assert plain.scores(off)["RMSE"] == pytest.approx(np.sqrt(13 / 3))
    assert weighed.scores(off)["MAE"] == pytest.approx((2 + 0 + 2 * 3) / 4)
    losses = weighed.losses(off)  # each row's own, whatever it counts for
    assert losses["RMSE"].values == pytest.approx([4, 0, 9])
    assert losses["MAE"].values == pytest.approx([2, 0, 3])


def test_classes_are_judged_by_their_probabilities() -> None:
    target = TargetEncoder.fit(["a", "b", "a", "b"], "classification")
    p = np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]])
    found = judge(target, np.array([0, 1, 1]), "log_loss", WEIGHTS)
    assert found.losses(p)["log loss"].values == pytest.approx(-np.log([0.5, 0.8, 0.1]))
    assert found.losses(p)["error"].values.tolist() == [0, 0, 1]
    assert found.scores(p)["error"] == pytest.approx(2 / 4)
    assert found.scores(p)["log loss"] == pytest.approx(-(np.log(0.5) + np.log(0.8) + 2 * np.log(0.1)) / 4)
