"""``TextClassifier`` and ``TextRegressor``: texts in, and nothing to tune, for scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from shoal.clusters.lending import lend
from shoal.errors import DataError
from shoal.estimators.shared.costs import DECIDING
from shoal.estimators.shared.mixtures import BaseMixed, MixedClassifier, MixedRegressor
from shoal.estimators.shared.parameters import POSITIVE
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_planning import BUDGET, KINDS, text_views
from shoal.mixtures.views import Schooling
from shoal.selection.samples.attributes import Attributes
from shoal.shapes import Array, unmasked
from shoal.texts.tokens import UNITS, WORDS


class BaseTextEstimator(BaseMixed):
    """What both share; see ``TextClassifier`` and ``TextRegressor``."""

    noun = "text"
    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "unit": [StrOptions(set(UNITS))],
        "views": ["array-like", StrOptions({"auto"})],
        "budget": POSITIVE,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "on": [str, None],
    }

    def __init__(
        self,
        *,
        unit: str = WORDS,
        views: Any = "auto",
        budget: float = BUDGET,
        random_state: Any = None,
        n_jobs: int | None = None,
        on: str | None = None,
    ) -> None:
        self.unit = unit
        self.views = views
        self.budget = budget
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.on = on

    def _samples(self, X: Any, y: Any) -> list[str]:
        return as_texts(X)

    def _learn(self, samples: list[str], targets: Targets, attributes: Attributes) -> Schooling[Any]:
        if not any(text.strip() for text in samples):
            raise DataError("every text of X is empty; give texts with words")
        schooling = self._schooling(samples, targets, attributes)
        kinds = KINDS if isinstance(self.views, str) else self.views
        with lend(self.on) as crew:
            views = text_views(schooling, self.unit, kinds, self.budget)
            self.mixture_ = Mixture.fit(views, schooling, crew)
        return schooling

    def _predictions(self, X: Any) -> Array:
        check_is_fitted(self)
        predicted: Array = self.mixture_.predict(as_texts(X), self.n_jobs)
        return predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


class TextClassifier(MixedClassifier, BaseTextEstimator):
    """A classifier of texts, with nothing to tune: a mixture of several kinds of models.

    Views of the texts are made, each of which predicts samples that it has not seen; those whose weighted
    mean has the smallest loss there are kept, in the weights in which they were picked, at one temperature::

        P(class | x) ∝ (Σ_v w_v P_v(class | x))^(1/T)

    They are a linear layer over TF-IDF of 1–2 words and 1–5 characters, whose strength is chosen by folds;
    and, as far as the budget goes, networks over an embedding of words: a convolution, and GRUs in both
    directions, each followed by its maxima over time, one network trained on each of five folds.

    ``X`` is a list, array or column of N strings; a text may be empty. Words and characters that training
    lacked are unknown, and all the same to networks.

    - ``unit``: "words" or "characters", which names and codes ask for.
    - ``views``: "auto", or which may be tried, of "linear", "convolutional" and "recurrent".
    - ``budget``, the operations that networks may take, rather than a time, so that a seed gives the same
      model on every machine.
    - ``n_jobs`` threads, None: all cores; or ``on`` the workers at an address, one view each, as
      ``CapacityStudy``'s. Neither changes a bit.
    - ``metric`` or ``cost``: what decides which class is predicted, as ``ShoalClassifier``'s.

    Texts whose label is missing (None, NaN) are left out, with a ``ShoalWarning``.

    Attributes: ``classes_``, ``mixture_`` (its ``sentence`` says what it is made of), ``held_out_`` (N, K),
    the probabilities of the texts ``held_out_rows_`` (all, but of ``times``) by models that did not know
    them, ``decision_`` (of the class).

    Raises ``DataError``, a ``ValueError``, for what are no texts, and where all are empty.

    Source: Joachims 1998 (TF-IDF); Kim 2014 (convolutions); Caruana et al. 2004 (greedy selection).

    >>> texts = ["a good film", "a bad film", "good, really good", "really bad"] * 5
    >>> classifier = TextClassifier(views=["linear"], random_state=0).fit(texts, ["+", "-", "+", "-"] * 5)
    >>> classifier.predict(["so good", "bad!"]).tolist()
    ['+', '-']
    """

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        **BaseTextEstimator._parameter_constraints,
        **DECIDING,
    }

    def __init__(
        self,
        *,
        metric: str | None = None,
        cost: Any = None,
        unit: str = WORDS,
        views: Any = "auto",
        budget: float = BUDGET,
        random_state: Any = None,
        n_jobs: int | None = None,
        on: str | None = None,
    ) -> None:
        super().__init__(
            unit=unit, views=views, budget=budget, random_state=random_state, n_jobs=n_jobs, on=on
        )
        self.metric = metric
        self.cost = cost


class TextRegressor(MixedRegressor, BaseTextEstimator):
    """A regressor of texts, with nothing to tune: a mixture of several kinds of models.

    It predicts the weighted mean ŷ = Σ_v w_v ŷ_v that has the smallest squared error for samples that the
    views had not seen. Settings, attributes and errors are ``TextClassifier``'s, without classes;
    ``held_out_`` (N,) are numbers.

    >>> texts = ["good", "very good", "bad", "very bad"] * 5
    >>> regressor = TextRegressor(views=["linear"], random_state=0).fit(texts, [1.0, 2.0, -1.0, -2.0] * 5)
    >>> regressor.predict(["very good"]).round(1).tolist()
    [2.0]
    """


def as_texts(X: Any) -> list[str]:
    """Return N texts as a list, from a list, an array or a column of strings, or a table of one column.

    Raises ``DataError`` in one line for what are no texts; None and NaN are none.

    >>> as_texts(("to be", "or not"))
    ['to be', 'or not']
    """
    if hasattr(X, "columns"):
        if len(X.columns) != 1:
            raise DataError(f"X has {len(X.columns)} columns, expected one of texts; choose it")
        X = X[X.columns[0]]
    if isinstance(X, str | bytes) or hasattr(X, "toarray") or not isinstance(X, Iterable):
        raise DataError(f"X must be a list of texts, got {type(X).__name__}")
    X = unmasked(X)
    array = np.asarray(X, dtype=object) if isinstance(X, np.ndarray) else None
    texts = list(array[:, 0] if array is not None and array.ndim == 2 and array.shape[1] == 1 else X)
    if not texts:
        raise DataError("X holds no texts; at least one is needed")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(
                f"text {number} of X is {type(text).__name__}, expected a string; write '' for no text"
            )
    return [str(text) for text in texts]
