"""Models of texts as ONNX: from texts that are cut into words and letters to predictions of their target.

What cuts them knows Unicode, and graphs do not, so that is left to whoever calls them: ``cut`` says how.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.export.graph import ML, Graph, TensorProto, no_form, onnx
from shoal.export.mixtures import add_weighted
from shoal.export.network_graph import INDEX
from shoal.export.networks import add_cooled
from shoal.export.targets import add_classes, add_prediction, add_target, add_values, output_names
from shoal.jobs.texts.features import LEAST, TextFeatures
from shoal.jobs.texts.model import TextModel
from shoal.mixtures.text_linear import FittedLinearText
from shoal.mixtures.text_networks import FittedTextNetworks
from shoal.mixtures.views import Fitted
from shoal.texts.tf_idf import TfIdf
from shoal.texts.tokens import CHARACTERS, WORDS, normalised, tokens
from shoal.texts.vocabulary import UNKNOWN, Vocabulary

LETTERS = "letters"
INPUTS = {
    WORDS: "the words of a text, empty behind its end",
    CHARACTERS: "the characters of a text, empty behind its end",
    LETTERS: "the letters of words between two blanks, empty between words and behind the end",
}
NOTHING, BEYOND = "", -1
"""What stands where a text has ended, and its code."""
FEW = 1e-300
"""Of a length, below which a text has no known term."""


def text_model(model: TextModel) -> onnx.ModelProto:
    """Return the ONNX model of a model of texts that are cut as ``feeds`` does.

    Inputs are those of ``INPUTS`` that its views look at, texts (N, …) each; outputs as those of a table: the
    labels (N,) by the name of the target, beside ``probabilities`` (N, K), or the values (N, 1).

    Raises ``ConfigurationError`` for a view that has no ONNX form.
    """
    features, target = model.preprocessor, model.target
    form = _Form(features.views, output_names(target))
    told = [form.of(view) for view in features.views]
    mean = add_prediction(
        form.graph, model.population, _stacked(form.graph, features, told), classes=bool(target.labels)
    )
    add_target(form.graph, model, mean)
    return form.graph.model(f"predicts {target.name!r}", {"target": target.name, "task": target.task})


def estimator_model(estimator: Any) -> onnx.ModelProto:
    """Return the ONNX model of a fitted ``TextClassifier`` or ``TextRegressor``.

    Inputs as those of ``text_model``. Outputs ``label`` and ``probabilities`` (N, K), or ``variable`` (N, 1).
    """
    classifies, mixture = hasattr(estimator, "classes_"), estimator.mixture_
    form = _Form(mixture.members, ["label", "probabilities"] if classifies else ["variable"])
    mean = add_weighted(form.graph, [form.of(view) for view in mixture.members], mixture.weights)
    if classifies:
        probabilities = add_cooled(form.graph, mean, mixture.temperature)
        add_classes(form.graph, probabilities, np.asarray(estimator.classes_), estimator.decision_)
    else:
        add_values(form.graph, mean, estimator._centre, estimator._scale)
    return form.graph.model(f"{estimator!r}: {mixture.sentence}")


def feeds(model: Any, texts: Sequence[str]) -> dict[str, npt.NDArray[np.object_]]:
    """Return what the exported model takes for texts: each of its inputs (N, …), as long as the longest."""
    views = model.preprocessor.views if isinstance(model, TextModel) else model.mixture_.members
    found = {}
    for name in _needed(views):
        each = [cut(text, name) for text in texts]
        padded = np.full((len(each), max(map(len, each), default=0) or 1), NOTHING, dtype=object)
        for row, pieces in zip(padded, each, strict=True):
            row[: len(pieces)] = pieces
        found[name] = padded
    return found


def cut(text: str, name: str) -> list[str]:
    """Return what one of ``INPUTS`` holds of a text.

    Words and characters are those of ``shoal.texts.tokens``. Letters are those of what stands between blanks
    in Unicode's form NFKC, with a blank on both sides, and nothing in between.

    >>> cut("To be", "words"), cut("I am", "letters")
    (['to', 'be'], [' ', 'I', ' ', '', ' ', 'a', 'm', ' ', ''])
    """
    if name != LETTERS:
        return tokens(text, name)
    return [letter for word in normalised(text).split() for letter in (*f" {word} ", NOTHING)]


def _needed(views: Iterable[Fitted[Any]]) -> list[str]:
    """Return the names of the inputs that views look at."""
    names = set()
    for view in views:
        if isinstance(view, FittedLinearText):
            names |= {LETTERS if part.unit == CHARACTERS else part.unit for part in view.parts}
        elif isinstance(view, FittedTextNetworks):
            names.add(view.vocabulary.unit)
        else:
            raise no_form(f"the view {view.kind!r} of texts")
    return [name for name in INPUTS if name in names]


class _Form:
    """Adds what views say of texts to a graph."""

    def __init__(self, views: Sequence[Fitted[Any]], outputs: Sequence[str]) -> None:
        names = _needed(views)
        self.graph = Graph(names, outputs)
        for name in names:
            self.graph.input(name, TensorProto.STRING, f"most {name}", explanation=INPUTS[name])

    def of(self, view: Fitted[Any]) -> str:
        """Add the predictions (rows, K) of a view, in double precision."""
        if isinstance(view, FittedLinearText):
            return self._of_linear(view)
        assert isinstance(view, FittedTextNetworks)
        codes, lengths = self._codes(view.vocabulary)
        population = view.networks.population
        classes = population.network.criterion.name != "squared_error"
        mean = add_prediction(self.graph, population, codes, lengths, classes=classes)
        return add_cooled(self.graph, mean, view.temperature)

    def _of_linear(self, view: FittedLinearText) -> str:
        add, z, first = self.graph.add, "", 0
        for part in view.parts:
            W = view.layer.W[first : first + len(part.terms)]
            first += len(part.terms)
            if part.terms:
                scores = add("MatMul", self._weights(part), self._double(W))
                z = add("Add", z, scores) if z else scores
        z = add("Add", z, view.layer.b)
        if not view.layer.classes:
            return z
        return add_cooled(self.graph, add("Softmax", z, axis=1), view.temperature)

    def _weights(self, part: TfIdf) -> str:
        """Add the weights (rows, F) of the terms of texts, as ``TfIdf.transform`` does."""
        add = self.graph.add
        counts = add("Cast", self._counts(part), to=TensorProto.DOUBLE)
        logarithm = add("Add", add("Log", add("Max", counts, np.float64(1))), np.float64(1))
        rarity = 1 + np.log((1 + part.texts) / (1 + part.counts))
        there = add("Min", counts, np.float64(1))
        weights = add("Mul", add("Mul", logarithm, there), rarity)
        length = add("Sqrt", add("ReduceSum", add("Mul", weights, weights), np.array([1]), keepdims=1))
        return add("Div", weights, add("Max", length, np.float64(FEW)))

    def _counts(self, part: TfIdf) -> str:
        """Add how often each term occurs, (rows, F): runs of words, or of letters."""
        words = part.unit == WORDS
        runs = [term.split(" ") if words else list(term) for term in part.terms]
        order = sorted(range(len(runs)), key=lambda place: len(runs[place]))
        sizes = [len(run) for run in runs]
        starts = [sum(size for size in sizes if size < n) for n in range(1, part.longest + 1)]
        return self.graph.add(
            "TfIdfVectorizer",
            part.unit if words else LETTERS,
            mode="TF",
            min_gram_length=1,
            max_gram_length=max(sizes),
            max_skip_count=0,
            ngram_counts=starts[: max(sizes)],
            ngram_indexes=order,
            pool_strings=[piece for place in order for piece in runs[place]],
        )

    def _codes(self, vocabulary: Vocabulary) -> tuple[str, str]:
        """Add the codes (rows, steps) of tokens, as far as they are read, and how many there are (rows,)."""
        add = self.graph.add
        known = add(
            "LabelEncoder",
            vocabulary.unit,
            domain=ML,
            keys_strings=[NOTHING, *vocabulary.tokens],
            values_int64s=[BEYOND, *range(1, vocabulary.size)],
            default_int64=UNKNOWN,
        )
        read = add("Slice", known, np.array([0]), np.array([vocabulary.steps]), np.array([1]))
        there = add("Cast", add("GreaterOrEqual", read, INDEX.type(0)), to=TensorProto.INT64)
        lengths = add("Max", add("ReduceSum", there, np.array([1]), keepdims=0), INDEX.type(1))
        return add("Max", read, INDEX.type(UNKNOWN)), lengths

    def _double(self, W: npt.NDArray[Any]) -> str | npt.NDArray[Any]:
        """Return a matrix in double precision, stored in single where that is what it has."""
        single = W.astype(np.float32)
        return self.graph.add("Cast", single, to=TensorProto.DOUBLE) if (single == W).all() else W


def _stacked(graph: Graph, features: TextFeatures, told: Sequence[str]) -> str:
    """Add the features (rows, n) of views' predictions (rows, K), as ``TextFeatures.transform`` does."""
    parts = [_logits(graph, each, features.n_classes) for each in told]
    together = graph.add("Concat", *parts, axis=1)
    scaled = graph.add("Div", together, np.float64(features.scale))
    return graph.add("Cast", scaled, to=TensorProto.FLOAT)


def _logits(graph: Graph, predictions: str, n_classes: int) -> str:
    add = graph.add
    if not n_classes:
        return predictions
    logs = add("Log", add("Max", predictions, np.float64(LEAST)))
    if n_classes == 2:
        no, yes = (add("Gather", logs, np.array([k]), axis=1) for k in (0, 1))
        return add("Sub", yes, no)
    return add("Sub", logs, add("ReduceMean", logs, axes=[1], keepdims=1))
