from __future__ import annotations

import numpy as np
import pytest

from shoal.mixtures import text_linear as module
from shoal.mixtures.closed_form import BUFFERS
from shoal.mixtures.sample_space import SampleSpace
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import FittedLinearText, LinearText
from shoal.mixtures.views import Schooling
from shoal.selection.samples.splits import k_folds

CODES = np.arange(40) % 2
TEXTS = [f"{'good' if code else 'bad'} film {'abcdefg'[row % 7]}" for row, code in enumerate(CODES)]
FOLDS = k_folds(40, 4, 0, CODES)


@pytest.fixture(scope="module")
def fitted() -> FittedLinearText:
    return LinearText().fit(Schooling(TEXTS, Targets(CODES, 2), FOLDS, seed=0))


def test_words_that_tell_classes_apart_are_found(fitted: FittedLinearText) -> None:
    assert (fitted.held_out.argmax(axis=1) == CODES).all()
    np.testing.assert_array_equal(fitted.predict(["a good one", "BAD!"]).argmax(axis=1), [1, 0])


def test_there_are_as_many_terms_as_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_TERMS", 10)
    schooling, view = Schooling(TEXTS, Targets(CODES, 2), FOLDS, seed=0), LinearText()
    parts = view.fit(schooling).parts
    assert view.within(view.bytes(schooling), schooling) is view
    counted = module._weights(parts, TEXTS)
    need = module._bytes(schooling, counted.shape[1], counted.nnz, SampleSpace.pays(counted, 2))
    assert view.within(need, schooling) is view
    fewer = view.within(need - 1, schooling)
    assert fewer is not None
    assert fewer.terms is not None
    assert 10 <= fewer.terms < max(len(part.terms) for part in parts)
    for part, all_terms in zip(fewer.fit(schooling).parts, parts, strict=True):
        assert len(part.terms) == min(fewer.terms, len(all_terms.terms))
        assert set(part.terms) <= set(all_terms.terms)  # the commonest
        assert part.counts.min() >= np.sort(all_terms.counts)[::-1][len(part.terms) - 1]
    assert view.within(BUFFERS, schooling) is None


def test_a_text_is_predicted_alike_in_any_company(fitted: FittedLinearText) -> None:
    together = fitted.predict(["", *TEXTS, "unheard-of"])
    np.testing.assert_array_equal(fitted.predict(TEXTS[3:4])[0], together[4])
    np.testing.assert_allclose(together[0], [0.5, 0.5], atol=0.05)


def test_numbers_are_predicted() -> None:
    view = LinearText((("words", 1),))
    fitted = view.fit(Schooling(TEXTS, Targets(CODES * 2.0 - 1), FOLDS, seed=0))
    np.testing.assert_allclose(fitted.predict(["good film a", "bad film b"])[:, 0], [1, -1], atol=0.1)
    assert view.words == "linear over 1–1 words"
