from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_do_not_raise_errors_in_init_or_set_params,
    check_estimator_cloneable,
    check_estimator_repr,
    check_estimator_tags_renamed,
    check_get_params_invariance,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_param_validation,
    check_parameters_default_constructible,
    check_set_params,
    check_valid_tag_types,
)

from shoal import Augmentation, ConvClassifier
from shoal.errors import DataError
from shoal.layers import Conv2D, Dense

DIGITS = load_digits()
X, Y = DIGITS.images, DIGITS.target
FEW: dict[str, Any] = {"augmentation": None, "filters": 3, "max_iter": 2, "batch_size": 32, "random_state": 0}


def fitted(rows: int = 120, **settings: Any) -> ConvClassifier:
    return ConvClassifier(**(FEW | settings)).fit(X[:rows], Y[:rows])


def test_it_learns_the_digits() -> None:
    classifier = ConvClassifier(8, augmentation=None, random_state=0)
    score = classifier.fit(X[:900], Y[:900]).score(X[900:], Y[900:])
    assert score > 0.93
    probabilities = classifier.predict_proba(X[900:])
    assert probabilities.shape == (897, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(classifier.predict(X[900:]), probabilities.argmax(axis=1))


@pytest.mark.parametrize(
    ("size", "stages"), [((8, 8), (16, 32)), ((16, 20), (16, 32, 64)), ((32, 40), (16, 32, 64))]
)
def test_the_default_goes_by_the_size(size: tuple[int, int], stages: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).random((4, *size, 3))
    layers = ConvClassifier(max_iter=1).fit(images, [0, 1, 0, 1]).network_.layers
    convolutions = [layer for layer in layers if isinstance(layer, Conv2D)]
    assert tuple(layer.filters for layer in convolutions) == stages
    assert {layer.size for layer in convolutions} == {(3, 3)}
    dense = [layer.units for layer in layers if isinstance(layer, Dense)]
    assert dense == [4 * stages[-1], 1]


def test_bytes_and_floats_and_a_last_axis_are_the_same_images() -> None:
    as_bytes = (X * 15).astype(np.uint8)[:120]
    one = ConvClassifier(**FEW).fit(as_bytes, Y[:120]).predict_proba(as_bytes)
    for other in (as_bytes.astype(np.float64), as_bytes[..., None], as_bytes / 255):
        same = ConvClassifier(**FEW).fit(other, Y[:120]).predict_proba(other)
        np.testing.assert_allclose(same, one, atol=1e-4)


def test_labels_may_be_texts_and_two() -> None:
    rows = Y < 2
    names = np.array(["zero", "one"])[Y[rows]]
    classifier = ConvClassifier(4, max_iter=8, batch_size=16, random_state=0).fit(X[rows], names)
    assert classifier.classes_.tolist() == ["one", "zero"]
    assert classifier.network_.criterion.name == "log_loss"
    assert classifier.score(X[rows], names) > 0.98
    assert classifier.predict_proba(X[rows]).shape == (rows.sum(), 2)


def test_early_stopping_keeps_the_best_weights() -> None:
    settings = {"max_iter": 30, "early_stopping": True, "n_iter_no_change": 2, "learning_rate_init": 0.03}
    classifier = ConvClassifier(**(FEW | settings)).fit(X[:300], Y[:300], X_val=X[300:400], y_val=Y[300:400])
    curve = classifier.validation_loss_curve_
    assert len(curve) == classifier.n_iter_ < 30
    assert classifier.n_iter_ == np.argmin(curve) + 3
    likelihood = classifier.predict_proba(X[300:400])[np.arange(100), Y[300:400]]
    assert -np.log(likelihood).mean() == pytest.approx(min(curve), rel=1e-4)
    assert len(fitted(early_stopping=True).validation_loss_curve_) == 2
    assert not hasattr(fitted(), "validation_loss_curve_")


def test_several_starts_keep_the_best_or_all() -> None:
    best, all_of_them = fitted(n_starts=3), fitted(n_starts=3, combine_starts="ensemble")
    assert best.best_start_ == int(np.argmin(best.start_losses_))
    assert best.loss_curve_[-1] == min(best.start_losses_)
    assert (best.population_.size, all_of_them.population_.size) == (1, 3)
    alone = [all_of_them.population_.members(p) for p in range(3)]
    rows = all_of_them.preprocessor_.transform(X[:5, :, :, None])
    mean = np.mean([member.predict(rows)[0] for member in alone], axis=0)
    np.testing.assert_allclose(all_of_them.predict_proba(X[:5]), mean, rtol=1e-5)
    np.testing.assert_array_equal(alone[best.best_start_].theta, best.population_.theta)


def test_weights_of_samples_and_classes() -> None:
    heavy = np.where(Y[:120] == 3, 50.0, 1.0)
    weighted = ConvClassifier(**(FEW | {"learning_rate_init": 0.02})).fit(X[:120], Y[:120], heavy)
    plain = fitted(learning_rate_init=0.02)
    assert weighted.predict_proba(X[:120])[:, 3].mean() > 2 * plain.predict_proba(X[:120])[:, 3].mean()
    by_class = fitted(class_weight={3: 50.0, **dict.fromkeys(range(3), 1.0)}, learning_rate_init=0.02)
    np.testing.assert_array_equal(by_class.population_.theta, weighted.population_.theta)


def test_alpha_is_that_of_scikit_learn() -> None:
    """J of the first minibatch of one: its loss, and alpha / 2 times the sum of squared weights."""
    one = ConvClassifier(2, alpha=0.0, max_iter=1, batch_size=2, random_state=0, dtype="float64")
    two = clone(one).set_params(alpha=0.5)
    losses = [each.fit(X[:2], Y[:2]).loss_curve_[0] for each in (one, two)]
    population = one.network_.population(1, seed=0, dtype="float64")
    squares = np.square(population.theta * one.network_.weight_mask).sum()
    assert losses[1] - losses[0] == pytest.approx(0.5 * squares / (2 * 2), rel=1e-6)


def test_augmentation_trains_on_other_images() -> None:
    moved = fitted(augmentation=Augmentation(translate=1.0))
    assert not np.array_equal(moved.population_.theta, fitted().population_.theta)


def test_the_deformation_is_chosen_by_validation_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = fitted(augmentation="auto", verbose=True)
    assert chosen.deformations_ is not None
    assert chosen.augmentation_ == chosen.deformations_.augmentation
    assert capsys.readouterr().out.splitlines()[0] == chosen.deformations_.sentence
    given = fitted(augmentation=chosen.augmentation_)
    np.testing.assert_array_equal(given.population_.theta, chosen.population_.theta)
    assert given.deformations_ is None
    few = ConvClassifier(**(FEW | {"augmentation": "auto"})).fit(X[:50], Y[:50])
    assert few.augmentation_ == Augmentation(translate=0.5, scale=0.1)


def test_the_rate_goes_round_once_unless_the_training_may_end_early() -> None:
    course = {name: fitted(max_iter=3, schedule=name).population_.theta for name in ("one_cycle", "constant")}
    np.testing.assert_array_equal(fitted(max_iter=3).population_.theta, course["one_cycle"])
    assert not np.array_equal(course["one_cycle"], course["constant"])
    ended = {name: fitted(max_iter=3, early_stopping=True, schedule=name) for name in ("auto", "constant")}
    np.testing.assert_array_equal(ended["auto"].population_.theta, ended["constant"].population_.theta)


def test_few_images_are_seen_more_often() -> None:
    assert fitted(rows=40, max_iter="auto", filters=1).n_iter_ == 100


def test_a_seed_decides_everything() -> None:
    np.testing.assert_array_equal(fitted().population_.theta, fitted().population_.theta)
    of_state = [fitted(random_state=np.random.RandomState(seed)).population_.theta for seed in (1, 1, 2)]
    np.testing.assert_array_equal(of_state[0], of_state[1])
    assert not np.array_equal(of_state[0], of_state[2])


def test_it_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(verbose=True)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1 of at most 2, 1 in training",
        "Epoch 2 of at most 2, 1 in training",
    ]


def test_a_start_that_diverges_is_left_out_and_all_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"diverged with learning_rate_init=1e\+30: try .*=1e\+29"):
        fitted(learning_rate_init=1e30, n_starts=2, solver="sgd")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (X[:4].reshape(4, 64), Y[:4], r"must be images of shape \(N, H, W\).* got \(4, 64\)"),
        (X[:4][None, None], Y[:1], r"got \(1, 1, 4, 8, 8\)"),
        (X[:4], Y[:3], "inconsistent numbers of samples"),
        (X[:4], [1, 1, 1, 1], "y has one class only, 1; a classifier needs two"),
        (X[:4], [0.5, 1.5, 2.5, 3.5], "Unknown label type: continuous"),
        (X[:4], None, "requires y to be passed, but the target y is None"),
        (np.where(X[:4] > 3, np.nan, X[:4]), Y[:4], "NaN"),
        (X[:4].astype(str).astype(object) + "a", Y[:4], "could not convert string"),
        (X[:0], Y[:0], r"0 sample\(s\)"),
        (X[:4, :0], Y[:4], r"got \(4, 0, 8\)"),
    ],
)
def test_what_are_no_images(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ConvClassifier(**FEW).fit(images, labels)


@pytest.mark.parametrize("y", [[0, None, 1], ["a", "b", None], pd.array([0, None, 1], dtype="Int64")])
def test_images_without_a_label_are_named(y: Any) -> None:
    images, row = np.zeros((3, 8, 8)), 1 + [label is None or label is pd.NA for label in y].index(True)
    with pytest.raises(DataError, match=f"y has no label in row {row}; leave such rows out"):
        ConvClassifier().fit(images, y)
    with pytest.raises(DataError, match="y has 'a' in row 1 and 1 in row 2"):
        ConvClassifier().fit(images, ["a", 1, "b"])


def test_images_of_another_size_are_refused() -> None:
    classifier = fitted()
    with pytest.raises(ValueError, match=r"images of shape \(7, 8, 1\) .* fitted to \(8, 8, 1\)"):
        classifier.predict(X[:3, :7])
    with pytest.raises(ValueError, match="belong together"):
        classifier.fit(X, Y, X_val=X)
    with pytest.raises(ValueError, match=r"y_val has the classes \[77\]"):
        classifier.fit(X[:50], Y[:50], X_val=X[:2], y_val=[1, 77])
    with pytest.raises(NotFittedError, match="not fitted yet"):
        ConvClassifier().predict(X)


def test_it_works_in_searches_and_survives_pickling() -> None:
    search = GridSearchCV(ConvClassifier(**FEW), {"filters": [2, (3,)]}, cv=2).fit(X[:120], Y[:120])
    assert search.best_estimator_.predict(X[:3]).shape == (3,)
    assert cross_val_score(ConvClassifier(**FEW), X[:120], Y[:120], cv=2).shape == (2,)
    classifier = fitted()
    again = pickle.loads(pickle.dumps(classifier))  # noqa: S301
    np.testing.assert_array_equal(again.predict_proba(X[:9]), classifier.predict_proba(X[:9]))


def test_tags_tell_that_it_takes_images() -> None:
    tags = get_tags(ConvClassifier())
    assert (tags.input_tags.two_d_array, tags.input_tags.three_d_array) == (False, True)
    assert tags.target_tags.required


@pytest.mark.parametrize(
    "check",
    [
        check_do_not_raise_errors_in_init_or_set_params,
        check_estimator_cloneable,
        check_estimator_repr,
        check_estimator_tags_renamed,
        check_get_params_invariance,
        check_mixin_order,
        check_no_attributes_set_in_init,
        check_param_validation,
        check_parameters_default_constructible,
        check_set_params,
        check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_the_checks_of_scikit_learn_that_need_no_table(check: Any) -> None:
    check("ConvClassifier", ConvClassifier())
