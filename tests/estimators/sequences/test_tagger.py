"""Every step has its class: words by their neighbours and endings, series by what happens in them."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

from shoal import Sequences, SequenceTagger
from shoal.errors import DataError, ShoalWarning

SETTINGS: dict[str, Any] = {"n_starts": 1, "budget": 2e9, "random_state": 0}
NOUNS, VERBS = ["cat", "dog", "bird", "fish"], ["sleeps", "runs", "sings", "eats"]


def sentences(n: int = 40) -> tuple[list[list[str]], list[list[str]]]:
    """Return sentences in which "fish" and others are nouns, or after "to" verbs."""
    rng = np.random.default_rng(0)
    X, y = [], []
    for _ in range(n):
        noun, verb, other = rng.choice(NOUNS), rng.choice(VERBS), rng.choice(NOUNS)
        words, tags = ["the", noun, verb], ["article", "noun", "verb"]
        if rng.random() < 0.5:
            words, tags = [*words, "to", other], [*tags, "particle", "verb"]
        X.append([str(word) for word in words])
        y.append(tags)
    return X, y


def steps(n: int = 40) -> tuple[list[Any], list[Any]]:
    """Return series (T_i, 2) of which a step is "up" where both channels grew since the last."""
    rng = np.random.default_rng(1)
    X = [rng.normal(size=(rng.integers(1, 12), 2)) for _ in range(n)]
    y = [np.where((np.diff(each, axis=0, prepend=0) > 0).all(axis=1), "up", "no") for each in X]
    return X, y


@pytest.fixture(scope="module")
def tagger() -> SequenceTagger:
    return SequenceTagger(**SETTINGS).fit(*sentences())


def test_words_are_known_by_their_neighbours(tagger: SequenceTagger) -> None:
    tags = tagger.predict([["the", "fish", "sings", "to", "fish"], ["dog"]])
    assert tags[0].tolist() == ["article", "noun", "verb", "particle", "verb"]
    assert [len(each) for each in tags] == [5, 1]
    assert tagger.accuracy_ == 1 > tagger.baseline_accuracy_
    assert "commonest label gets" in tagger.sentence_
    assert sum(each.weight for each in tagger.taggers_.candidates) == pytest.approx(1)


def test_probabilities_are_those_of_each_step(tagger: SequenceTagger) -> None:
    [first, second] = tagger.predict_proba([["the", "cat"], ["a", "new", "word", "or", "six", "more"]])
    assert first.shape == (2, 4)
    assert second.shape == (6, 4)
    np.testing.assert_allclose(second.sum(axis=1), 1, rtol=1e-6)
    alone = tagger.predict_proba([["the", "cat"]])[0]
    np.testing.assert_allclose(alone, first, rtol=1e-5)


def test_the_score_is_the_share_of_right_steps(tagger: SequenceTagger) -> None:
    X, y = [["the", "cat", "runs"], ["dog"]], [["article", "noun", "noun"], ["noun"]]
    right = np.concatenate(tagger.predict(X)) == np.concatenate(y)
    assert tagger.score(X, y) == np.mean(right) < 1


def test_a_seed_gives_the_same_bits_on_any_threads(tagger: SequenceTagger) -> None:
    X, y = sentences()
    again = clone(tagger).set_params(n_jobs=1).fit(X, y)
    for ours, theirs in zip(tagger.predict_proba(X[:5]), again.predict_proba(X[:5]), strict=True):
        assert (ours == theirs).all()


def test_cloning_searching_and_keeping(tagger: SequenceTagger) -> None:
    X, y = sentences(30)
    copy = clone(tagger)
    assert copy.get_params() == tagger.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(X)
    scarce = SequenceTagger(**SETTINGS | {"n_jobs": 1})
    search = GridSearchCV(scarce, {"budget": [1.0, 5e8]}, cv=2, error_score="raise").fit(X, y)
    worse, better = search.cv_results_["mean_test_score"]
    assert better > worse
    assert search.best_params_ == {"budget": 5e8}
    assert cross_val_score(scarce, X, y, cv=2).shape == (2,)
    restored = pickle.loads(pickle.dumps(tagger))  # noqa: S301
    assert restored.sentence_ == tagger.sentence_
    for ours, theirs in zip(restored.predict_proba(X), tagger.predict_proba(X), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_sparse_is_refused() -> None:
    with pytest.raises(DataError, match="X is a sparse dia_array, not supported"):
        SequenceTagger().fit(sparse.dia_array(np.eye(3)), [["a", "b", "c"]] * 3)


def test_series_of_numbers() -> None:
    X, y = steps(150)
    tagger = SequenceTagger(**SETTINGS | {"budget": 2e10}).fit(X, y)
    assert tagger.score(X, y) > 0.9 > tagger.baseline_accuracy_
    padded = Sequences.of([each.T for each in X[:3]])
    assert [each.tolist() for each in tagger.predict(padded)] == [
        each.tolist() for each in tagger.predict(X[:3])
    ]
    longer = np.random.default_rng(2).normal(size=(40, 2))
    assert len(tagger.predict([longer])[0]) == 40


def test_steps_of_frames_are_read_in_the_order_of_time() -> None:
    X, y = steps(40)
    frame = pd.concat({number: pd.DataFrame(each) for number, each in enumerate(X)})
    labels = pd.concat({number: pd.Series(each) for number, each in enumerate(y)})
    tagger = SequenceTagger(**SETTINGS).fit(X, y)
    expected = [each.tolist() for each in tagger.predict_proba(X)]
    turned = frame.iloc[::-1].sort_index(level=0, sort_remaining=False)
    assert turned.index[1] == (0, len(X[0]) - 2)
    for rows, given in ((frame, y), (frame, labels), (turned, labels.loc[turned.index])):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            again = clone(tagger).fit(rows, given)
            assert [each.tolist() for each in again.predict_proba(rows)] == expected
        assert [("put in order of time" in str(each.message)) for each in told] == [True] * 2 * (
            rows is turned
        )
    with (
        pytest.warns(ShoalWarning, match="put in order of time"),
        pytest.raises(DataError, match="labels in a list cannot follow them; sort both"),
    ):
        clone(tagger).fit(turned, y)
    with pytest.raises(DataError, match=r"with the index of X; give y.loc\[X.index\]"):
        tagger.score(frame, labels[::-1])


def test_whole_numbers_are_labels_too() -> None:
    X, y = sentences()
    names = sorted({tag for tags in y for tag in tags})
    labels = ([names.index(tag) for tag in tags] for tags in y)  # which can be read once
    tagger = SequenceTagger(**SETTINGS).fit(X, labels)
    assert tagger.classes_.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("X", "y", "reason"),
    [
        ("the cat", [["a"]], "list of sequences, got str"),
        (["the cat", "a dog"], [["a"], ["b"]], r"sequence 0 of X is a text, 'the cat'; .*item.split"),
        ([["the", "cat"], ["a"]], [["a"], ["b"]], "sequence 0 has 2 steps and 1 label;"),
        ([["the", "cat"], ["a"]], [["a", "b"]], "X holds 2 sequences and y labels of 1"),
        ([["the", "cat"], ["a"]], 3, "y must be a list of label sequences, got int"),
        ([["the", "cat"], ["a"]], [["a", "a"], ["a"]], "one label only, a;"),
        ([["the", "cat"]], [["a", "b"]], "learns from 2"),
        ([["the", "cat"], ["a"]], [[0.5, 1.5], [1.0]], "texts or whole numbers"),
        ([["the", 3], ["a"]], [["a", "b"], ["a"]], "series 0 of X must be numbers"),
        ([[1.0, np.inf], [2.0]], [["a", "b"], ["a"]], "infinite"),
        ([], [], "no series"),
    ],
)
def test_refuses_what_are_no_sequences_or_labels(X: Any, y: Any, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        SequenceTagger(**SETTINGS).fit(X, y)


def test_predicts_what_it_learnt_to_read(tagger: SequenceTagger) -> None:
    with pytest.raises(DataError, match="must be sentences, lists of words, as in training, got series"):
        tagger.predict([[1.0, 2.0]])


def test_a_sentence_without_words_is_named() -> None:
    with pytest.raises(DataError, match="sequence 1 of X has no steps"):
        SequenceTagger(n_starts=1, budget=1.0).fit([["a"], [], ["b"]], [["x"], [], ["y"]])
