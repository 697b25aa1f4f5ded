from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from shoal.files import as_json
from shoal.schema import parse_json
from shoal.texts.tf_idf import TfIdf
from shoal.texts.tokens import words

TEXTS = ["The cat sat on the mat.", "A cat, a dog!", "the dog sat", "on and on and on"]
NEW = ["the cat and the dog", "nothing known: 7", ""]


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_weights_are_those_of_scikit_learn(unit: str) -> None:
    ours = TfIdf.fit(TEXTS, unit, 2)
    kind: dict[str, Any] = {"tokenizer": words, "token_pattern": None, "ngram_range": (1, 2)}
    if unit == "characters":
        kind = {"analyzer": "char_wb", "ngram_range": (1, 2), "lowercase": False}
    theirs = TfidfVectorizer(sublinear_tf=True, min_df=2, **kind).fit(TEXTS)
    assert list(ours.terms) == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(ours.transform(NEW).toarray(), theirs.transform(NEW).toarray(), atol=1e-12)


def test_only_common_terms_are_kept_and_of_equals_the_first() -> None:
    assert TfIdf.fit(TEXTS, "words", 1).terms == ("cat", "dog", "on", "sat", "the")
    assert TfIdf.fit(["b a c", "a b c", "c"], "words", 1, most=2).terms == ("a", "c")


def test_a_text_is_the_same_in_any_company() -> None:
    counted = TfIdf.fit(TEXTS, "characters", 4)
    alone = counted.transform(TEXTS[1:2]).toarray()
    np.testing.assert_array_equal(alone[0], counted.transform(TEXTS).toarray()[1])


def test_texts_without_terms_have_none() -> None:
    counted = TfIdf.fit(["a", "b"], "words", 2)
    assert counted.transform(["a", ""]).shape == (2, 0)


def test_terms_are_plain_json() -> None:
    counted = TfIdf.fit([*TEXTS, "\u00ff \U0001f600", "\U0001f600"], "words", 2)
    restored = TfIdf.from_config(parse_json(as_json(counted.to_config())))
    np.testing.assert_array_equal(restored.transform(NEW).toarray(), counted.transform(NEW).toarray())


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "sounds"},
        {"longest": 0},
        {"longest": 10**6},
        {"texts": 1},
        {"terms": ["cat"] * 5},
        {"terms": ["cat"]},
        {"counts": [0] * 5},
        {"counts": [2.5] * 5},
        {"more": 1},
    ],
)
def test_altered_terms_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="terms"):
        TfIdf.from_config(TfIdf.fit(TEXTS, "words", 1).to_config() | change)
