from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.files import as_json
from shoal.schema import parse_json
from shoal.texts.vocabulary import MOST_STEPS, Vocabulary

TEXTS = ["a cat and a dog", "a cat", "the dog"]


def test_codes_are_those_of_the_commonest_first_and_of_equals_by_the_alphabet() -> None:
    vocabulary = Vocabulary.fit(TEXTS, "words")
    assert vocabulary.tokens == ("a", "cat", "dog")  # "and" and "the" occur once: they are unknown
    assert vocabulary.size == 4
    assert vocabulary.codes("The cat and a CAT") == [0, 2, 0, 1, 2]
    assert Vocabulary.fit(TEXTS, "words", most=1).tokens == ("a",)


def test_texts_become_sequences_of_their_own_lengths() -> None:
    sequences = Vocabulary.fit(TEXTS, "characters").encode(["cat", "", "dox\U0001f600"])
    assert sequences.X.shape == (3, 1, 4)
    assert sequences.lengths.tolist() == [3, 1, 4]
    assert (sequences.X[1] == 0).all()
    assert sequences.X[2, 0, 2:].tolist() == [0, 0]
    assert (sequences.X[0, 0, :3] > 0).all()


def test_a_text_without_tokens_is_enough_to_learn_from() -> None:
    vocabulary = Vocabulary.fit(["", " "], "words")
    assert (vocabulary.size, vocabulary.steps) == (1, 1)
    assert vocabulary.encode(["any thing"]).X.tolist() == [[[0]]]


@pytest.mark.parametrize(
    ("lengths", "steps"),
    [([3] * 19 + [100], 6), ([3] * 19 + [5], 5), ([3, 100], 100), ([900, 1500], MOST_STEPS)],
)
def test_the_longest_texts_are_cut(lengths: list[int], steps: int) -> None:
    texts = [" ".join(["x"] * length) for length in lengths]
    vocabulary = Vocabulary.fit(texts, "words")
    assert vocabulary.steps == steps
    assert vocabulary.encode(texts).X.shape[-1] == min(steps, max(lengths))


def test_a_vocabulary_is_plain_json() -> None:
    vocabulary = Vocabulary.fit([*TEXTS, "ÿ ÿ \U0001f600"], "characters")
    restored = Vocabulary.from_config(parse_json(as_json(vocabulary.to_config())))
    assert restored == vocabulary
    np.testing.assert_array_equal(restored.encode(TEXTS).X, vocabulary.encode(TEXTS).X)


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "sounds"},
        {"tokens": ["a", "a"]},
        {"tokens": [1]},
        {"steps": 0},
        {"steps": True},
        {"steps": 2.0},
        {"steps": 10**9},
        {"more": 1},
    ],
)
def test_an_altered_vocabulary_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        Vocabulary.from_config(Vocabulary.fit(TEXTS, "words").to_config() | change)
