"""Features of texts: logits of what views say, in one scale, by hand; and which views there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.jobs.texts import features as module
from shoal.jobs.texts.features import LEAST, TextFeatures
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Fitted, Schooling
from shoal.selection.samples.splits import k_folds
from shoal.shapes import Array

TEXTS = [f"text {'x' * k}" for k in range(6)]


@dataclass(frozen=True, eq=False)
class Says(Fitted[Sequence[str]]):
    """A view that says ``held_out`` of the texts learnt from, and the same of any that begin so."""

    kind = "says"
    held_out: Array

    def predict(self, series: Sequence[str], n_jobs: int | None = None) -> Array:
        return self.held_out[[TEXTS.index(text) for text in series]]


def features(n_classes: int, *said: Any, scale: float = 1.0) -> TextFeatures:
    views = tuple(Says(np.array(each)) for each in said)
    names = tuple(f"view {k}" for k in range(len(views)))
    return TextFeatures("review", "words", n_classes, names, (0.5,) * len(views), views, scale)


def test_of_two_classes_a_feature_is_the_log_odds() -> None:
    found = features(2, [[0.25, 0.75], [0.5, 0.5]], [[0.9, 0.1], [1.0, 0.0]], scale=2.0)
    expected = np.array([[np.log(3), -np.log(9)], [0, np.log(LEAST)]]) / 2  # a share of 0 counts as the least
    np.testing.assert_allclose(found.transform(TEXTS[:2], "float64"), expected, atol=1e-15)
    assert (found.width, found.count, found.feature_names) == (1, 2, ("view 0", "view 1"))


def test_of_more_classes_features_are_logarithms_about_their_mean() -> None:
    p = np.array([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]])
    found = features(3, p, p[::-1])
    logs = np.log(p)
    centred = logs - logs.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found.transform(TEXTS[:2], "float64"), np.hstack([centred, centred[::-1]]))
    assert (found.width, found.count) == (3, 6)
    assert found.feature_names[2:4] == ("view 0: class 3", "view 1: class 1")


def test_of_numbers_a_feature_is_the_number() -> None:
    found = features(0, [[3.0], [-5.0]], scale=4.0)
    assert found.transform(TEXTS[:2]).tolist() == [[0.75], [-1.25]]
    assert found.transform(TEXTS[:1]).dtype == np.float32
    assert (found.width, found.count) == (1, 1)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let views be those of a list, each of which has learnt what it says; None where none has."""
    views: list[Any] = []

    def text_views(schooling: Any, unit: str, budget: float, linear: float, terms: Any) -> list[Any]:
        return [
            SimpleNamespace(words=f"view {k}", fit=lambda of, said=said: None if said is None else Says(said))
            for k, said in enumerate(views)
        ]

    monkeypatch.setattr(module, "text_views", text_views)
    monkeypatch.setattr(module, "kept_views", lambda views: (list(views), None))
    monkeypatch.setattr(module, "views_of", lambda told, arrays, outputs: tuple(told))
    return views


CODES = np.array([0, 1, 0, 1, 0, 1])
SCHOOLING = Schooling(TEXTS, Targets(CODES, 2), k_folds(6, 3, 0, CODES), seed=0)


def test_what_is_held_out_has_the_scale_one_and_a_loss_for_every_view(planned: list[Any]) -> None:
    p = np.array([0.9, 0.8, 0.3, 0.4, 0.6, 0.1])
    first, third = (np.stack([p, 1 - p], axis=1), np.stack([1 - p, p], axis=1))
    planned += [first, None, third]  # the second has diverged
    found, held = TextFeatures.fit("review", "words", SCHOOLING, 1e9)
    odds = np.log((1 - p) / p)
    raw = np.stack([odds, -odds], axis=1)
    np.testing.assert_allclose(held, raw / raw.std(), rtol=1e-12)
    assert held.std() == pytest.approx(1)
    assert found.scale == pytest.approx(raw.std())
    assert found.names == ("view 0", "view 2")
    own = np.where(CODES == 1, 1 - p, p)
    assert found.losses == pytest.approx((-np.log(own).mean(), -np.log(1 - own).mean()))
    np.testing.assert_allclose(found.transform(TEXTS, "float64"), held)  # here both say the same


def test_samples_that_no_fold_holds_out_have_no_features(planned: list[Any]) -> None:
    """Ahead in time the first ones are learnt from alone."""
    ahead = Schooling(TEXTS, Targets(CODES, 2), [(np.arange(3), np.array([3, 4, 5]))], seed=0, ahead=True)
    said = np.full((6, 2), np.nan)
    said[3:] = [[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]]
    planned.append(said)
    found, held = TextFeatures.fit("review", "words", ahead, 1e9)
    assert held.shape == (3, 1)
    assert held[:, 0] == pytest.approx(np.array([np.log(3), 0, 0]) / found.scale)
    assert found.losses == pytest.approx(((-np.log(0.75) - 2 * np.log(0.5)) / 3,))


def test_views_that_say_nothing_at_all_are_divided_by_one(planned: list[Any]) -> None:
    planned.append(np.full((6, 2), 0.5))
    found, held = TextFeatures.fit("review", "words", SCHOOLING, 1e9)
    assert found.scale == 1
    assert not held.any()


def test_a_column_of_nothing_but_blanks_is_refused() -> None:
    empty = Schooling(["", "  ", "\n"], Targets(np.zeros(3)), [], seed=0)
    with pytest.raises(DataError) as refused:
        TextFeatures.fit("review", "words", empty, 1e9)
    assert str(refused.value) == "every text of the column 'review' is empty; name a column with texts"
