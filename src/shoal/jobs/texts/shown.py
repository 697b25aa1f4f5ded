"""Test texts for a report: some that are called right and some that are mistaken, and which words did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from shoal.jobs.judging.examples import called_by, examples, told
from shoal.plots.contributions import Line, TextExample
from shoal.shapes import Array
from shoal.texts.tokens import WORDS, characters
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.texts.model import TextModel
    from shoal.jobs.texts.prepare import PreparedTexts

MOST, PIECES = 9, 60
"""Texts, and pieces of each, at most."""
LEAST = 1e-12
"""Of a probability, whose logarithm is taken."""


def shown(
    model: TextModel, prepared: PreparedTexts, seed: int, deadline: Deadline
) -> tuple[list[TextExample], str]:
    """Return test texts, and a note where there was no time for all of them.

    Of classes one in three is mistaken, if there are, the surest first; of numbers they are those with the
    largest errors first, then others. Empty texts have nothing to show.
    """
    scores, actual = model.predict_features(prepared.test.X), prepared.test.y
    texts = prepared.texts[2].texts
    called = called_by(model, scores)
    said = scores if called is None else called
    rows = examples(scores, actual, called, seed, MOST)
    found: list[TextExample] = []
    for row in (row for row in rows if texts[row].strip()):
        if deadline.left() <= 0:
            return found, f"There was no time left to look at the words of {_count(len(found))}."
        found.append(_example(model, prepared, float(said[row]), row))
    return found, ""


def _count(found: int) -> str:
    return f"more than {plural(found, 'test text')}" if found else "test texts"


def _example(model: TextModel, prepared: PreparedTexts, said: float, row: int) -> TextExample:
    text = prepared.texts[2].texts[row]
    code = int(said) if prepared.n_classes else 0
    is_, called = told(prepared.target, prepared.test.y[row], said)
    words = model.preprocessor.unit == WORDS
    pieces, joint = (text.split(), " ") if words else (characters(text), "")
    linear = model.preprocessor.views[0]
    views: dict[str, Callable[[Sequence[str]], Array]] = {
        "model": model.predict_texts,
        "linear": linear.predict,
    }
    lines = [_line(name, predict, pieces, joint, code, prepared.n_classes) for name, predict in views.items()]
    return {
        "actual": is_,
        "called": called,
        "right": is_ == called if prepared.n_classes else None,
        "joint": joint,
        "cut": len(pieces) > PIECES,
        "lines": lines,
    }


def _line(
    name: str,
    predict: Callable[[Sequence[str]], Array],
    pieces: list[str],
    joint: str,
    code: int,
    n_classes: int,
) -> Line:
    """Return what the prediction of a class, or the number, loses with each of the pieces."""
    some = range(min(len(pieces), PIECES))
    without = [joint.join([*pieces[:place], *pieces[place + 1 :]]) for place in some]
    predicted = predict([joint.join(pieces), *without])
    told = np.log(np.maximum(predicted[:, code], LEAST)) if n_classes else predicted.reshape(len(predicted))
    values = told[0] - told[1:]
    most = float(np.abs(values).max()) or 1.0
    return {
        "name": name,
        "pieces": [
            {"text": pieces[place], "value": float(f"{value:.4g}"), "depth": round(abs(value) / most, 2)}
            for place, value in zip(some, values.tolist(), strict=True)
        ],
    }
