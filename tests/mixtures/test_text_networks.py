from __future__ import annotations

import numpy as np
import pytest

from shoal.mixtures.targets import Targets
from shoal.mixtures.text_networks import TextNetworks
from shoal.mixtures.views import Schooling
from shoal.selection.samples.splits import k_folds
from shoal.texts.vocabulary import Vocabulary

CODES = np.arange(32) % 2
# the order of words says it, which no bag of single words knows
TEXTS = [f"{'x ' * (row % 3)}{'not good' if code else 'good not'}" for row, code in enumerate(CODES)]
SCHOOLING = Schooling(TEXTS, Targets(CODES, 2), k_folds(32, 4, 0, CODES), seed=0, n_jobs=1)


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return Vocabulary.fit(TEXTS, "words")


@pytest.mark.parametrize("kind", ["convolutional", "recurrent"])
def test_networks_learn_the_order_of_words(words: Vocabulary, kind: str) -> None:
    fitted = TextNetworks(words, kind, 8, 4, epochs=40, word_dropout=0.0).fit(SCHOOLING)
    assert fitted is not None
    assert (fitted.held_out.argmax(axis=1) == CODES).mean() > 0.9
    both = fitted.predict(["not good", "x x good not and what is not read"])
    np.testing.assert_array_equal(both.argmax(axis=1), [1, 0])
    np.testing.assert_allclose(fitted.predict(["not good"])[0], both[0], atol=1e-6)
