"""Which views a mixture of texts is made of: the linear one first, and networks as the budget allows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_networks import TextNetworks
from shoal.mixtures.trained_view import batch_size
from shoal.mixtures.views import Schooling, View, asked_for
from shoal.selection.candidates.text_architectures import CONVOLUTIONAL, RECURRENT
from shoal.texts.tokens import CHARACTERS, WORDS
from shoal.texts.vocabulary import Vocabulary

LINEAR = "linear"
KINDS = (LINEAR, CONVOLUTIONAL, RECURRENT)
RUNS = {WORDS: ((WORDS, 2), (CHARACTERS, 5)), CHARACTERS: ((CHARACTERS, 5),)}
"""What the linear view counts, by what texts are cut into."""
BUDGET = 2e12
"""Operations of all networks, so that a fit is the same on every machine; about a minute of one core."""
BACKWARD, UPDATE = 3, 10
"""Operations of a training step, times those of going forward, and for each parameter in an update."""
SIZES = (64, 32, 16, 8)
DIMENSIONS = 32
UPDATES = {WORDS: 700, CHARACTERS: 3000}
"""Updates to be reached: networks of words soon know all texts by heart, those of characters do not."""
EPOCHS, FEWEST_EPOCHS = 60, 5
"""Within these bounds."""


def text_views(
    schooling: Schooling[Sequence[str]],
    unit: str,
    kinds: Iterable[str] = KINDS,
    budget: float = BUDGET,
    linear: float = math.inf,
    terms: int | None = None,
) -> list[View[Sequence[str]]]:
    """Return the views of the ``kinds`` asked for that ``budget`` operations allow, of texts cut by ``unit``.

    Each kind of network has an equal share, for as many channels as that trains long enough. Where there is
    no linear view, the smallest network of each kind is trained in any case. The linear view has operations
    of its own, ``linear``, and so many ``terms`` of each unit at most.

    Raises ``UnknownNameError`` for a kind that is none, ``ConfigurationError`` for none at all.
    """
    kinds = asked_for(kinds, KINDS)
    views: list[View[Sequence[str]]] = [LinearText(RUNS[unit], linear, terms)] if LINEAR in kinds else []
    trained = [kind for kind in (CONVOLUTIONAL, RECURRENT) if kind in kinds]
    vocabulary = Vocabulary.fit(schooling.series, unit) if trained else None
    for kind in trained:
        assert vocabulary is not None
        view = _affordable(kind, vocabulary, schooling, budget / len(trained), not views)
        if view is not None:
            views.append(view)
    return views


def _affordable(
    kind: str, vocabulary: Vocabulary, schooling: Schooling[Sequence[str]], budget: float, needed: bool
) -> TextNetworks | None:
    """Return the largest network that the budget trains long enough; the smallest if one is ``needed``."""
    N = len(schooling.series)
    for size in SIZES:
        view = TextNetworks(vocabulary, kind, size, DIMENSIONS, FEWEST_EPOCHS)
        network = view.trained.network((1, vocabulary.steps), schooling.targets.n_classes)
        updates = math.ceil(N / batch_size(N))
        epochs = min(max(UPDATES[vocabulary.unit] // updates, FEWEST_EPOCHS), EPOCHS)
        cost = BACKWARD * float(network.operations) * N + UPDATE * float(network.n_parameters) * updates
        if cost * len(schooling.folds) * epochs <= budget:
            return TextNetworks(vocabulary, kind, size, DIMENSIONS, epochs)
    return view if needed else None
