from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.estimators.training.messages import of_divergence, printer

EST = SimpleNamespace(tol=1e-4, n_iter_no_change=10, solver="adam", alpha=0.5, learning_rate_init=0.1)


def training(**changes: Any) -> Any:
    known = {
        "losses": [np.array([0.5, 0.25])], "stops_early": False, "due": np.zeros(2, bool),
        "going": np.zeros(2, bool), "rate": np.array([0.1, 0.02]),
        "settings": SimpleNamespace(rates=SimpleNamespace(schedule="constant")),
    }  # fmt: skip
    return SimpleNamespace(**{**known, **changes})


def test_an_epoch_is_that_of_the_best_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert printer(EST)(training()) is False
    assert capsys.readouterr().out == "Iteration 1, loss = 0.25000000\n"
    printer(EST)(training(losses=[np.array([np.nan, np.nan])]))
    assert capsys.readouterr().out == "Iteration 1, loss = nan\n"


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, "Stopping."),
        ({"going": np.ones(2, bool)}, "Setting learning rate to 0.020000"),
        (
            {"settings": SimpleNamespace(rates=SimpleNamespace(schedule="adaptive"))},
            "Learning rate too small. Stopping.",
        ),
    ],
)
def test_what_follows_from_no_improvement_is_told(
    changes: dict[str, Any], end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printer(EST)(training(due=np.ones(2, bool), **changes))
    assert capsys.readouterr().out.endswith(f"for 10 consecutive epochs. {end}\n")


def test_who_diverged_is_told_what_to_change() -> None:
    assert "with learning_rate_init=0.1: try learning_rate_init=0.01," in of_divergence(EST, 3)
    full_batch = SimpleNamespace(solver="lbfgs", alpha=0.5)
    assert "in iteration 3 with lbfgs: try alpha=5," in of_divergence(full_batch, 3)
