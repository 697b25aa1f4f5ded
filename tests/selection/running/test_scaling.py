from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.selection.candidates.architectures import Convolutional
from shoal.selection.running.scaling import FLOOR, scales
from shoal.selection.study import CapacityStudy

RNG = np.random.default_rng(5)
X = RNG.normal(size=(90, 8))
"""Of a column of two inputs that matter, one of one that does, a little, and five that do not."""
Y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * X[:, 2] + 0.1 * RNG.normal(size=90)
SOURCES = ("both", "both", "little", *(f"noise {i}" for i in range(5)))
Same = Callable[[CapacityStudy, CapacityStudy], None]


def study(**options: Any) -> CapacityStudy:
    settings = {"starts": 4, "folds": 3, "epochs": 40, "solver": "adamw", "learning_rate": 0.01, "n_jobs": 1}
    return CapacityStudy(["8"], **({"choose": "ensemble", "sources": SOURCES} | settings | options))


@pytest.fixture(scope="module")
def scaled() -> CapacityStudy:
    return study().fit(X, Y)


def test_a_scale_is_the_root_of_a_share_of_the_largest_importance() -> None:
    np.testing.assert_allclose(scales(np.array([8.0, 2.0, 0.0, -3.0, 1e-9])), [1, 0.5, FLOOR, FLOOR, FLOOR])


def test_columns_that_matter_are_larger_than_those_that_do_not(scaled: CapacityStudy) -> None:
    assert scaled.scaling is not None
    both, little, *noise = scaled.scaling.columns
    assert dict(zip(dict.fromkeys(SOURCES), scaled.scaling.columns, strict=True)) == scaled.scales
    assert list(scaled.scales.values()) == sorted(scaled.scaling.columns, reverse=True)
    assert both == 1
    assert little > max(noise)


def test_inputs_of_one_column_have_one_scale_in_every_fold(scaled: CapacityStudy) -> None:
    assert scaled.scaling is not None
    assert sorted(scaled.scaling.of_folds) == [0, 1, 2]
    for scale in scaled.scaling.of_folds.values():
        assert scale.shape == (8,)
        assert scale[0] == scale[1] == 1


def mattering(monkeypatch: pytest.MonkeyPatch, of_folds: list[list[float]]) -> None:
    """Have the losses of three folds rise so much for the first columns, and not at all for the others."""

    def rises(held: Any, groups: list[Any], _: int) -> np.ndarray[Any, Any]:
        return np.array([*of_folds[held.fold], *[0.0] * (len(groups) - 3)])

    monkeypatch.setattr("shoal.selection.running.scaling.HeldFold.rises", rises)


def test_what_a_fold_holds_out_has_no_part_in_its_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    mattering(monkeypatch, [[0.0, 3.0, 1.0], [4.0, 1.0, 0.0], [12.0, 0.0, 0.0]])
    found = study(starts=2).fit(X, Y).scaling
    assert found is not None
    np.testing.assert_allclose(found.columns[:4], [1, 0.5, 0.25, FLOOR])
    by_hand = {0: [1, 0.25, FLOOR], 1: [1, 0.5, (1 / 12) ** 0.5], 2: [1, 1, 0.5]}
    for fold, (both, little, noise) in by_hand.items():
        np.testing.assert_allclose(found.of_folds[fold], [both, both, little, noise, *[FLOOR] * 4])


def plain() -> np.ndarray[Any, Any]:
    """The losses (4, 3) of all starts on all folds where none is scaled."""
    table = study(sources=()).fit(X, Y).table
    losses: np.ndarray[Any, Any] = table["validation_loss"].reshape(4, 3)
    return losses


def test_the_second_start_is_scaled_and_the_rest_where_that_was_better(scaled: CapacityStudy) -> None:
    same = scaled.table["validation_loss"].reshape(4, 3) == plain()
    assert same.all(axis=1).tolist() == [True, False, True, False]
    assert not same[[1, 3]].any()
    assert scaled.scaling is not None
    losses = scaled.table["validation_loss"].reshape(4, 3).mean(axis=1)
    assert scaled.scaling.losses == pytest.approx(tuple(losses[:2]), rel=1e-12)
    assert losses[1] < losses[0]


def test_the_rest_is_not_scaled_where_that_was_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    mattering(monkeypatch, [[0.0, 0.0, 1.0]] * 3)  # a column that says nothing is all that is left
    misled = study().fit(X, Y)
    same = misled.table["validation_loss"].reshape(4, 3) == plain()
    assert same.all(axis=1).tolist() == [True, False, True, True]
    assert misled.scaling is not None
    assert not misled.scaling.won


def test_a_scaled_network_takes_the_inputs_as_they_are(scaled: CapacityStudy) -> None:
    """What it says of rows held out, of their features unscaled, has the loss that its training had."""
    assert 1 in {member.start for member in scaled.choice.members}
    held = np.concatenate([rows for _, rows in scaled.splits])
    half_squares = 0.5 * (scaled.held[:, 0] - Y[held]) ** 2
    assert half_squares.mean() == pytest.approx(scaled.choice.chosen.validation_loss, rel=1e-9)


def test_more_starts_begin_as_fewer(scaled: CapacityStudy) -> None:
    few = study(starts=2).fit(X, Y)
    losses = scaled.table["validation_loss"][scaled.table["start"] < 2]
    np.testing.assert_array_equal(few.table["validation_loss"], losses)
    assert few.scaling is not None
    assert scaled.scaling is not None
    assert few.scaling.losses == scaled.scaling.losses


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"memory": 1}, {"seconds": 600.0}, {"networks": "1-12"}])
def test_the_same_bits_whatever_the_company(scaled: CapacityStudy, options: dict[str, Any]) -> None:
    other = study(**options).fit(X, Y)
    np.testing.assert_array_equal(other.best.theta, scaled.best.theta)
    np.testing.assert_array_equal(other.table["validation_loss"], scaled.table["validation_loss"])


@pytest.mark.parametrize("done", [1, 3, 4, 6, 11])
def test_a_resumed_study_ends_as_one_that_was_not_interrupted(
    scaled: CapacityStudy, assert_same_study: Same, tmp_path: Path, done: int
) -> None:
    def stop(progress: Any) -> None:
        if progress.done == done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=f"stopped after {done} networks"):
        study(store=tmp_path, memory=1, progress=stop).fit(X, Y)
    again = study(store=tmp_path, memory=1).fit(X, Y, resume=True)
    assert_same_study(again, scaled)


@pytest.mark.parametrize("done", [1, 3, 4, 6, 9, 11])
def test_one_that_was_ended_early_is_made_again_by_number(done: int) -> None:
    def stop(progress: Any) -> None:
        if progress.done == done:
            raise KeyboardInterrupt

    ended = study(memory=1, anytime=True, progress=stop).fit(X, Y)
    starts, networks = ended.compared
    again = study(starts=starts, networks=networks).fit(X, Y)
    np.testing.assert_array_equal(again.best.theta, ended.best.theta)
    np.testing.assert_array_equal(again.held, ended.held)


def test_progress_counts_all_rounds_from_the_start() -> None:
    told: list[tuple[int, int]] = []
    study(progress=lambda progress: told.append((progress.done, progress.total))).fit(X, Y)
    assert told[0] == (0, 12)
    assert {total for _, total in told} == {12}
    assert told[-1] == (12, 12)


def test_views_are_scaled_each() -> None:
    seen = study(views=[range(4), range(8)], starts=6).fit(X, Y)
    assert seen.scaling is not None
    assert seen.scaling.losses is not None
    first = seen.best.network.views(seen.best.theta)[0]["W"]
    narrow = [member.start % 2 == 0 for member in seen.choice.members for _ in range(3)]
    assert (first[:, :, 4:].any(axis=(1, 2)) != np.array(narrow)).all()


@pytest.mark.parametrize("targets", [np.zeros(90), np.arange(90) % 3])
def test_where_no_column_matters_nothing_is_scaled(targets: np.ndarray[Any, Any]) -> None:
    silent = study(epochs=1, learning_rate=1e-9, initializer="normal").fit(np.zeros((90, 8)), targets)
    assert silent.scaling is None
    assert len(silent.table) == 12


def test_more_columns_than_can_be_tried_are_not_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.selection.running.scaling.FREE", 0.0)
    wide = np.random.default_rng(0).normal(size=(30, 60))
    assert study(sources=range(60), epochs=2).fit(wide, wide[:, 0]).scaling is None
    # 0.03 · 3 · 20 rows · 1000 epochs / 60 columns: 30 rows, shuffled once
    assert study(sources=range(60), epochs=1000, patience=2).fit(wide, wide[:, 0]).scaling is not None


def test_a_few_operations_are_spent_however_short_the_training() -> None:
    wide = np.random.default_rng(0).normal(size=(30, 60))
    assert study(sources=range(60), epochs=2).fit(wide, wide[:, 0]).scaling is not None


def test_one_source_for_all_is_none() -> None:
    same = study(sources=("a", "a"), starts=2).fit(X[:, :2], Y)
    assert same.scaling is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sources": ("a", "b")}, "sources name the column .*, got 2 of them for samples"),
        ({"choose": "best"}, "sources are for choose='ensemble', got them with choose='best'"),
        ({"architecture": Convolutional((1, 4, 4))}, "sources are for fully connected networks of rows"),
    ],
)
def test_sources_that_do_not_fit(options: dict[str, Any], said: str) -> None:
    settings = {"choose": "ensemble", "sources": SOURCES} | options
    with pytest.raises(ConfigurationError, match=said):
        CapacityStudy(["8"], 2, folds=3, epochs=2, **settings).fit(X, Y)


def test_a_sparing_study_scales_where_many_columns_are_useless(monkeypatch: pytest.MonkeyPatch) -> None:
    mattering(monkeypatch, [[1.0, 1e-3, 0.0]] * 3)
    found = study(starts=2, sparing=True).fit(X, Y)
    assert found.compared == (2, None)
    assert [found.is_scaled(start) for start in (0, 1)] == [False, True]


def test_a_sparing_study_ends_where_columns_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    mattering(monkeypatch, [[1.0, 0.5, 0.5]] * 3)
    told: list[tuple[int, int]] = []
    sparing = study(
        starts=2,
        sparing=True,
        sources=("a", "a", "b", "b", "c", "c", "c", "c"),
        progress=lambda progress: told.append((progress.done, progress.total)),
    )
    assert sparing.plan(X, Y).networks == 3
    found = sparing.fit(X, Y)
    first = study(starts=1, sources=()).fit(X, Y)
    np.testing.assert_array_equal(found.best.theta, first.best.theta)
    assert found.compared == (1, None)
    assert found.scaling is None
    assert found.ended_by == ""
    assert {total for _, total in told} == {3}
