from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from shoal import CapacityStudy
from shoal.activations import Tanh
from shoal.selection.candidates.candidate import Candidate
from shoal.selection.trials import Trials
from shoal.watching import studies
from shoal.watching.findings import found
from shoal.watching.studies import candidates, drawn, settings


def row(candidate: int, start: int, fold: int, loss: float | None) -> dict[str, object]:
    return {
        "candidate": candidate, "hidden": str(candidate + 1), "l2": 0.5, "start": start, "fold": fold,
        "parameters": 7, "train_loss": loss, "validation_loss": loss, "validation_se": None, "epochs": 1,
        "best_epoch": 1, "stopped": "epochs", "diverged": loss is None, "seconds": 0.0,
        "log_evidence": None, "gamma": None, "strength": None,
    }  # fmt: skip


def studied(rows: list[dict[str, object]], points: Sequence[tuple[tuple[str, Any], ...]] = ()) -> Any:
    found = [Candidate(n, (n + 1,), 0.5, points[n] if points else ()) for n in range(len(rows))]
    return SimpleNamespace(table=Trials.from_rows(rows), candidates=found)


def test_a_candidate_is_as_good_as_its_best_start_over_all_folds() -> None:
    rows = [row(0, 0, 0, 4.0), row(0, 0, 1, 2.0), row(0, 1, 0, 1.0), row(0, 1, 1, 3.0)]
    rows += [row(1, 0, 0, 0.0), row(1, 0, 1, None)]  # one fold of its only start
    rows += [row(2, 0, 0, 0.5), row(2, 0, 1, None), row(2, 1, 0, 1.0), row(2, 1, 1, 1.0)]
    assert candidates(studied(rows)) == [
        ({"hidden": "3", "l2": 0.5, "parameters": 7}, {"validation_loss": 1.0}),
        ({"hidden": "1", "l2": 0.5, "parameters": 7}, {"validation_loss": 2.0}),
    ]


def test_the_axes_of_a_search_are_settings() -> None:
    point = (("learning_rate", 0.01), ("activation", Tanh()), ("batch_size", None), ("hidden", (1,)))
    ((told, _),) = candidates(studied([row(0, 0, 0, 1.0)], [point]))
    assert told == {
        "learning_rate": 0.01, "activation": "tanh", "batch_size": "none", "hidden": "1", "l2": 0.5,
        "parameters": 7,
    }  # fmt: skip


def test_a_search_is_told_with_what_was_chosen() -> None:
    x = np.linspace(0, 1, 20)
    space = {"learning_rate": (0.01, 0.1), "activation": ("tanh", "relu")}
    study = CapacityStudy([2], space=space, draws=3, epochs=2, n_jobs=1).fit(x, x)
    told = {name: findings[0][name] for findings in candidates(study)[:1] for name in space}
    assert told == {name: dict(study.candidates[study.choice.chosen.candidate].point)[name] for name in space}
    assert found(study).settings["activation"] == told["activation"]


def test_the_worst_of_many_candidates_are_left_out() -> None:
    many = [row(n, 0, 0, float(n)) for n in reversed(range(studies.MOST_CANDIDATES + 5))]
    told = [point["hidden"] for point, _ in candidates(studied(many))]
    assert told == [str(n + 1) for n in range(studies.MOST_CANDIDATES)]


def test_settings_are_what_all_networks_share() -> None:
    told = settings(CapacityStudy([2, 4], starts=3, folds=5, solver="adam", learning_rate=0.01, epochs=7))
    assert (told["solver"], told["learning_rate"], told["epochs"], told["folds"]) == ("adam", 0.01, 7, 5)
    assert "l2" not in told  # which is each candidate's own
    assert all(isinstance(value, bool | int | float | str) for value in told.values())


def test_figures_are_png_and_sizes_are_drawn_where_there_are_several(study: CapacityStudy) -> None:
    figures = drawn(study)
    assert list(figures) == ["capacity", "curves"]
    assert all(figure.startswith(b"\x89PNG") for figure in figures.values())
    x = np.linspace(0, 1, 20)
    assert list(drawn(CapacityStudy([1], starts=1, epochs=1, n_jobs=1).fit(x, x))) == ["curves"]
