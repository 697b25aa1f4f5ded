from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.selection.running.runner import StudyProgress
from shoal.selection.study import CapacityStudy

RNG = np.random.default_rng(3)
X = RNG.uniform(size=60)
Y = np.sin(2 * np.pi * X) + 0.3 * RNG.normal(size=60)


def study(**options: Any) -> CapacityStudy:
    """Two sizes, two strengths and three folds, a network a cohort."""
    defaults = {"starts": 4, "l2": [0.0, 0.1], "folds": 3, "epochs": 30, "memory": 1, "n_jobs": 1}
    return CapacityStudy([1, 2], **(defaults | options))


def interrupt_after(networks: int) -> Callable[[StudyProgress], None]:
    """Give a callback that ends the study once, as soon as so many networks are trained."""
    left = [networks]

    def interrupt(progress: StudyProgress) -> None:
        if [progress.done] == left:
            left.clear()
            raise KeyboardInterrupt

    return interrupt


@pytest.mark.parametrize(
    ("rule", "done"),
    [
        *((rule, done) for rule in ("best", "one-se", "ensemble") for done in (1, 2, 5, 12, 14, 31, 47, 48)),
        ("evidence", 2),
        ("evidence", 5),
    ],
)
def test_a_study_that_was_ended_early_is_made_again_by_number(rule: str, done: int) -> None:
    """From a network on one of three folds to all 48, in whole starts and in parts of them."""
    own = {"folds": None, "starts": 12} if rule == "evidence" else {"patience": 5}
    limits = {"seconds": 600.0} if done % 2 else {"anytime": True}  # with an end to come cohorts are others
    ended = study(choose=rule, progress=interrupt_after(done), **limits, **own).fit(X, Y)
    starts, networks = ended.compared
    again = study(choose=rule, memory=2**28, **own | {"starts": starts, "networks": networks}).fit(X, Y)
    assert again.ended_by == ""
    assert again.compared == ended.compared
    np.testing.assert_array_equal(again.best.theta, ended.best.theta)
    np.testing.assert_array_equal(again.best.keys, ended.best.keys)
    np.testing.assert_array_equal(again.held, ended.held)


def test_what_was_compared_is_whole_starts_or_numbers() -> None:
    def compared(done: int, rule: str = "ensemble") -> tuple[int, str | None]:
        settings = {"choose": rule, "progress": interrupt_after(done), "anytime": True}
        return study(**settings).fit(X, Y).compared

    assert compared(12) == (1, None)  # a start of all
    assert compared(12, "best") == (1, "1-12")  # a study in part trains what it chose again from one start
    assert compared(2) == (1, "7,10")  # of the larger size with either strength, on one fold
    assert compared(31) == (3, "1-24,31-36")  # of the third start the larger size; the other on a fold only
    assert study().fit(X, Y).compared == (4, None)


def test_networks_that_were_asked_for_and_all_diverged() -> None:
    lost = study(networks="1-2", solver="gradient_descent", learning_rate=1e30)
    with pytest.raises(ConfigurationError, match="diverged, so there is nothing to choose from"):
        lost.fit(X, Y)


def test_what_an_end_has_cut_short_is_trained_again_at_home() -> None:
    """Workers elsewhere may be why the time was up, so nothing is asked of them from then on."""
    folds: list[int] = []

    class Watched(ThreadPoolExecutor):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            folds.extend(parcel.task.cohort.fold for parcel in args)  # type: ignore[attr-defined]
            return super().submit(fn, *args, **kwargs)  # type: ignore[arg-type]

    with Watched(1) as pool:
        ended = study(choose="best", executor=pool, seconds=600.0).fit(X, Y)
        assert set(folds) == {0, 1, 2}
        whole = study(choose="best", executor=pool).fit(X, Y)
        assert set(folds) == {0, 1, 2, 3}  # the last of which is all rows
    assert "Trained again on all" in ended.choice.sentence
    assert ended.choice.chosen == whole.choice.chosen
