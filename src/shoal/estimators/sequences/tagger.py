"""``SequenceTagger``: sequences in, a class for every step out, for scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils.validation import check_is_fitted

from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared, without_values
from shoal.errors import DataError
from shoal.estimators.sequences.channel_names import names_of, ordered
from shoal.estimators.sequences.pandas_panels import PanelSteps, is_panel, levels_of
from shoal.estimators.sequences.series import as_series, require_channels, require_dense
from shoal.estimators.shared.parameters import COUNT, POSITIVE
from shoal.estimators.shared.seeds import drawn_seed
from shoal.mixtures.taggers import Tagged, Taggers
from shoal.selection.samples.splits import holdout
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray, require_unmasked
from shoal.texts.spellings import Spellings
from shoal.words import plural

BUDGET = 1e12
HELD_SHARE = 0.15


class SequenceTagger(BaseEstimator):  # type: ignore[misc]
    """A classifier of every step of a sequence, words or numbers, with nothing to tune.

    Networks that see a window of steps, and recurrent ones that read both ways (GRUs), ``n_starts`` of each,
    are trained at once to minimise the mean loss of all steps::

        J = Σ_i Σ_t −ln P(y_it | x_i) / Σ_i T_i

    Of each the epoch is kept, and of all the mean P(y_t | x) = Σ_m w_m P_m(y_t | x), that is best on 15 of
    100 sequences, which none of them was trained on.

    ``X`` is a list of sentences, each a list of words; or of series, as ``SequenceClassifier`` takes them:
    arrays (T_i, C), an array (N, T, C), ``shoal.Sequences``. ``y`` is a list of as many lists of labels, or
    for a data frame with an index (series, time) a Series with the same; steps are in the order of time.
    Words that training holds once or never are known by their last letters.

    - ``n_starts`` of each kind of network.
    - ``budget``, the operations that fitting may take (1e12), rather than a time, so that a seed gives the
      same model on every machine.
    - ``channels_first``: series are (C, T_i).
    - ``n_jobs`` threads, None: all cores; how many changes no bit.

    Attributes: ``classes_``, ``taggers_`` (its ``candidates`` tell what was tried), ``accuracy_``, the share
    of right steps held out, ``baseline_accuracy_``, that of each word's commonest label there (for series, of
    the commonest label), ``sentence_``, and ``spellings_`` or ``preprocessor_``.

    Raises ``DataError``, a ``ValueError``, for what are no sequences, and labels that are not one for a step.

    Source: Collobert et al. 2011, "Natural language processing (almost) from scratch"; Graves & Schmidhuber
    2005, "Framewise phoneme classification with bidirectional LSTM".

    >>> sentences = [["the", "cat", "sleeps"], ["a", "dog", "barks"], ["the", "dog", "sleeps"]] * 6
    >>> tags = [["article", "noun", "verb"]] * 18
    >>> tagger = SequenceTagger(n_starts=1, budget=1e9, random_state=0).fit(sentences, tags)
    >>> tagger.predict([["a", "cat", "barks"]])[0].tolist()
    ['article', 'noun', 'verb']
    """

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "n_starts": [COUNT],
        "budget": POSITIVE,
        "channels_first": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        n_starts: int = 3,
        budget: float = BUDGET,
        channels_first: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_starts = n_starts
        self.budget = budget
        self.channels_first = channels_first
        self.random_state = random_state
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any) -> SequenceTagger:
        """Learn from N sequences ``X`` and the labels of their steps ``y``, and return the estimator."""
        sentences = _sentences(X)
        items: list[Any] = as_series(X, self.channels_first) if sentences is None else sentences
        labels = _labels(y, [_steps(item) for item in items], X)
        self._channel_names = names_of(X)
        if len(items) < 2:
            raise DataError(f"X holds 1 sequence; {type(self).__name__} learns from 2 at least, n_samples=1")
        self.classes_ = np.unique(np.concatenate(labels))
        if len(self.classes_) < 2:
            raise DataError(f"y has one label only, {self.classes_[0]}; two at least are needed")
        seed = drawn_seed(self.random_state)
        rows, held = holdout(len(items), max(HELD_SHARE, 1 / len(items)), seed, None, index=0)
        self._learn_reading([items[row] for row in rows], sentences is not None)
        sequences = self._read(items)
        classes = np.full((len(items), sequences.X.shape[-1]), -1)
        for row, own in zip(classes, labels, strict=True):
            row[: len(own)] = np.searchsorted(self.classes_, own)
        vocabulary = self.spellings_.size if sentences is not None else None
        tagged = Tagged(sequences, classes, len(self.classes_), vocabulary)
        known, judged = tagged[rows], tagged[held]
        self.taggers_ = Taggers.fit(known, judged, self.n_starts, self.budget, seed, self.n_jobs)
        self.accuracy_ = self.taggers_.accuracy
        self.baseline_accuracy_ = _baseline(known, judged)
        return self

    def predict_proba(self, X: Any) -> list[Array]:
        """Return the probability of every class at every step, a list of (T_i, K), as ``classes_`` are."""
        check_is_fitted(self)
        items = self._items(X)
        a = self.taggers_.predict(self._read(items), self.n_jobs)
        return [steps[: _steps(item)] for steps, item in zip(a, items, strict=True)]

    def predict(self, X: Any) -> list[Array]:
        """Return the most probable class of every step, a list of (T_i,)."""
        return [self.classes_[steps.argmax(axis=1)] for steps in self.predict_proba(X)]

    def score(self, X: Any, y: Any) -> float:
        """Return the share of all steps whose label is right."""
        found = self.predict(X)
        labels = _labels(y, [len(each) for each in found], X)
        return float(np.mean(np.concatenate(found) == np.concatenate(labels)))

    @property
    def sentence_(self) -> str:
        """What was chosen, and how good it is beside what needs no network."""
        check_is_fitted(self)
        parts = (
            f"{each.weight:.0%} {each.words} (alone {each.accuracy:.2%})" for each in self.taggers_.candidates
        )
        usual = "each word's commonest label" if hasattr(self, "spellings_") else "the commonest label"
        return (
            f"{', '.join(parts)}: {self.accuracy_:.2%} of the steps held out are right; "
            f"{usual} gets {self.baseline_accuracy_:.2%}."
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True  # of series
        tags.target_tags.required = True
        return tags

    def _learn_reading(self, items: list[Any], words: bool) -> None:
        """Learn how sequences are read, from those that are trained on."""
        if words:
            self.spellings_ = Spellings.fit(items)
            return
        empty = without_values([f"channel {number}" for number in range(len(items[0]))], items)
        if empty:
            raise DataError(f"{', '.join(empty)} of X (from 0) has no value in any series; leave it out")
        self.preprocessor_ = SequencePreprocessor.fit(items)

    def _items(self, X: Any) -> list[Any]:
        """Return the sequences to predict, of the kind that was learnt."""
        sentences = _sentences(X)
        if hasattr(self, "spellings_") != (sentences is not None):
            kinds = ("series of numbers", "sentences, lists of words")
            learnt = hasattr(self, "spellings_")
            raise DataError(f"X must be {kinds[learnt]}, as in training, got {kinds[not learnt]}")
        if sentences is not None:
            return sentences
        series = as_series(ordered(X, self._channel_names, "X"), self.channels_first)
        channels = len(self.preprocessor_.gaps)
        require_channels(series, channels, type(self).__name__, self.channels_first)
        return series

    def _read(self, items: list[Any]) -> Sequences:
        """Return sequences as networks take them."""
        if not hasattr(self, "spellings_"):
            return prepared(self.preprocessor_, items)
        return Sequences.of([[self.spellings_.codes(sentence)] for sentence in items])


def _sentences(X: Any) -> list[list[str]] | None:
    """Return sentences as lists of words, None of what are series."""
    if isinstance(X, Sequences | np.ndarray) or hasattr(X, "columns") or levels_of(X) > 1:
        return None
    require_dense(X, "X")
    if isinstance(X, str) or not isinstance(X, Iterable):
        raise DataError(f"X must be a list of sequences, got {type(X).__name__}")
    items = list(X)
    for number, item in enumerate(items):
        if isinstance(item, str):
            raise DataError(
                f"sequence {number} of X is a text, {item[:40]!r}; give its words as a list, item.split()"
            )
    if not items or not all(_is_sentence(item) for item in items if not _is_empty(item)):
        return None
    empty = [number for number, item in enumerate(items) if _is_empty(item)]
    if empty:
        if len(empty) == len(items):
            return None
        raise DataError(f"sequence {empty[0]} of X has no steps; leave it out, with its labels")
    return [list(item) for item in items]


def _is_sentence(item: Any) -> bool:
    return isinstance(item, Sequence | np.ndarray) and all(isinstance(w, str) for w in item)


def _is_empty(item: Any) -> bool:
    return isinstance(item, Sequence | np.ndarray) and len(item) == 0


def _steps(item: Any) -> int:
    """Return how many steps a sentence has, or a series (C, T)."""
    return int(item.shape[1]) if isinstance(item, np.ndarray) else len(item)


def _labels(y: Any, steps: list[int], X: Any) -> list[Array]:
    """Return the labels of every sequence of ``X``, one for each of its steps."""
    if is_panel(X, "X"):
        y = _labels_in_time(X.index, y, steps)
    if isinstance(y, str) or not isinstance(y, Iterable):
        raise DataError(f"y must be a list of label sequences, got {type(y).__name__}")
    y = list(y)
    for number, each in enumerate(y):
        require_unmasked(each, f"y of sequence {number}")
    labels = [np.asarray(each) for each in y]
    if len(labels) != len(steps):
        raise DataError(f"X holds {plural(len(steps), 'sequence')} and y labels of {len(labels)}")
    for number, (own, expected) in enumerate(zip(labels, steps, strict=True)):
        if own.ndim != 1 or own.dtype.kind not in "OUSiub":
            raise DataError(f"the labels of sequence {number} must be a list of texts or whole numbers")
        if len(own) != expected:
            raise DataError(
                f"sequence {number} has {plural(expected, 'step')} and {plural(len(own), 'label')}; give one "
                "label for each step"
            )
    return labels


def _labels_in_time(index: Any, y: Any, steps: list[int]) -> Any:
    """Return the labels of the steps of an index (series, time), which are read in the order of time."""
    read = PanelSteps.of(index, "X")
    if levels_of(y) > 1:
        if y.ndim > 1 or not y.index.equals(index):
            raise DataError("y must be one column of labels with the index of X; give y.loc[X.index]")
        labels = y.to_numpy()
        return [labels[rows[:T]] for rows, T in zip(read.rows, steps, strict=True)]
    if read.unsorted:
        raise DataError(
            f"the rows of {read.unsorted[0]!r} in X are not in order of time, and labels in a list cannot "
            "follow them; sort both, or give the labels as a Series with the index of X"
        )
    return y


def _baseline(known: Tagged, held: Tagged) -> float:
    """Return the share of steps held out that have the label which is commonest for their word."""

    def words(tagged: Tagged, there: Array) -> IntArray:
        codes: IntArray = tagged.sequences.X[:, 0][there].astype(np.intp)
        return codes if tagged.vocabulary is not None else np.zeros_like(codes)

    there, judged = known.labels >= 0, held.labels >= 0
    counts = np.zeros((known.vocabulary or 1, known.n_classes))
    np.add.at(counts, (words(known, there), known.labels[there]), 1)
    counts += counts.sum(axis=0) / (1 + counts.sum())  # a word that was never seen: the commonest of all
    guesses = counts.argmax(axis=1)[words(held, judged)]
    return float((guesses == held.labels[judged]).mean())
