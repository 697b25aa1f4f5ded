"""What words say for a class, of models whose answer is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.calibration.decision import LIKELIEST
from shoal.jobs.deadline import Deadline
from shoal.jobs.texts.shown import PIECES, shown
from shoal.texts.tokens import CHARACTERS, WORDS

Says = Callable[[str], Any]
FOREVER = Deadline()


def nothing(text: str) -> list[float]:
    return [0.5, 0.5]


def job(
    texts: Sequence[str], y: Sequence[float], says: Says, linear: Says | None = None, unit: str = WORDS
) -> tuple[Any, Any]:
    """Return a model that says something of every text, and what was prepared of texts for testing."""

    def of(predict: Says) -> Callable[[Sequence[str]], np.ndarray]:
        return lambda some: np.array([predict(text) for text in some])

    scores = of(says)(texts)
    labels = ("bad", "good") if scores.ndim == 2 else ()
    linear = linear or (nothing if labels else lambda text: [0.0])
    model = SimpleNamespace(
        predict_features=lambda X: scores,
        predict_texts=of(says),
        decision=LIKELIEST,
        preprocessor=SimpleNamespace(unit=unit, views=[SimpleNamespace(predict=of(linear))]),
    )
    prepared = SimpleNamespace(
        test=SimpleNamespace(X=None, y=np.array(y)),
        texts=[None, None, SimpleNamespace(texts=list(texts))],
        n_classes=len(labels),
        target=SimpleNamespace(labels=labels, decode_values=lambda values: values),
    )
    return model, prepared


def by_fine(text: str) -> list[float]:
    """Return the probabilities of a model that knows one word for "good" and one, half as much, against."""
    good = 0.2 * 4 ** text.split().count("fine") / 2 ** text.split().count("but")
    return [1 - good, good]


def test_a_word_says_what_the_prediction_loses_without_it() -> None:
    model, prepared = job(["all  fine but wet"], [1], by_fine)
    (found,), note = shown(model, prepared, 0, FOREVER)
    assert note == ""
    assert (found["actual"], found["called"], found["right"]) == ("good", "bad", False)
    assert (found["joint"], found["cut"]) == (" ", False)
    ours, linear = found["lines"]
    assert (ours["name"], linear["name"]) == ("model", "linear")
    # "bad" has 0.6: without "fine" 0.9, without "but" 0.2
    expected = [0, np.log(0.6 / 0.9), np.log(0.6 / 0.2), 0]
    assert [piece["text"] for piece in ours["pieces"]] == ["all", "fine", "but", "wet"]
    assert [piece["value"] for piece in ours["pieces"]] == pytest.approx(expected, rel=1e-3)
    assert [piece["depth"] for piece in ours["pieces"]] == [0, round(-expected[1] / expected[2], 2), 1, 0]
    assert [(piece["value"], piece["depth"]) for piece in linear["pieces"]] == [(0, 0)] * 4


def test_the_linear_model_is_asked_apart() -> None:
    model, prepared = job(["fine but"], [1], nothing, by_fine)
    (found,), _ = shown(model, prepared, 0, FOREVER)
    assert found["called"] == "bad"  # the first of equal ones, which "fine" speaks against
    assert found["lines"][1]["pieces"][0]["value"] == pytest.approx(np.log(0.6 / 0.9), rel=1e-3)


def test_characters_are_put_together_without_blanks() -> None:
    model, prepared = job(["ab a"], [2.0], lambda text: float(text.count("a")), unit=CHARACTERS)
    (found,), _ = shown(model, prepared, 0, FOREVER)
    assert (found["joint"], found["right"]) == ("", None)
    pieces = found["lines"][0]["pieces"]
    assert [(piece["text"], piece["value"]) for piece in pieces] == [("a", 1), ("b", 0), (" ", 0), ("a", 1)]


def test_only_the_beginning_of_a_long_text_is_looked_at_with_all_of_it_there() -> None:
    long = " ".join(["word"] * PIECES + ["fine"])
    model, prepared = job([long], [1.0], lambda text: float(len(text.split())))
    (found,), _ = shown(model, prepared, 0, FOREVER)
    assert found["cut"]
    assert found["called"] == str(PIECES + 1)
    assert [piece["value"] for piece in found["lines"][0]["pieces"]] == [1] * PIECES
    model, prepared = job([long[: -len(" fine")]], [1.0], lambda text: 1.0)
    assert not shown(model, prepared, 0, FOREVER)[0][0]["cut"]


def test_a_probability_of_zero_is_as_far_away_as_the_least() -> None:
    model, prepared = job(["fine"], [0], lambda text: [1.0, 0.0] if text else [0.0, 1.0])
    (found,), _ = shown(model, prepared, 0, FOREVER)
    assert found["lines"][0]["pieces"][0]["value"] == pytest.approx(np.log(1e12), rel=1e-3)


def test_empty_texts_have_nothing_to_show() -> None:
    model, prepared = job(["", "fine", " \n"], [0, 1, 0], by_fine)
    found, _ = shown(model, prepared, 0, FOREVER)
    assert [piece["text"] for each in found for piece in each["lines"][0]["pieces"]] == ["fine"]


@pytest.mark.parametrize(
    ("seconds", "count", "told"),
    [
        (0.0, 0, "the words of test texts."),
        (1.0, 1, "the words of more than 1 test text."),
        (2.0, 2, "the words of more than 2 test texts."),
    ],
)
def test_what_there_is_no_time_for_is_told(seconds: float, count: int, told: str) -> None:
    ticks = iter(np.arange(100.0))
    deadline = Deadline(seconds, began=0.0, clock=lambda: next(ticks))
    model, prepared = job(["one", "two", "three"], [0, 0, 0], by_fine)
    found, note = shown(model, prepared, 0, deadline)
    assert len(found) == count
    assert note == f"There was no time left to look at {told}"
