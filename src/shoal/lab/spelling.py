"""Sequences: a word typed in, a recurrent network's state letter by letter, and its gradient back in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.explanation.as_json import numbers
from shoal.explanation.in_time import reach, states
from shoal.lab.learners import best_start
from shoal.layers import GRU, LSTM, RNN, Dense
from shoal.layers.recurrent import Recurrent
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.sequences import Sequences
from shoal.shapes import Array

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
LONGEST, UNITS = 16, 8
WORDS, JUDGED = 600, 300
STARTS, EPOCHS = 3, 40
CELLS: dict[str, type[Recurrent]] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


@dataclass(frozen=True)
class Spelling:
    """A word, and a recurrent network that tells whether its first letter was a vowel once it has ended.

    Raises ``UnknownNameError`` for another cell than those of ``CELLS``, ``ConfigurationError`` for a word
    that is none of 1 to 16 small letters from a to z.
    """

    cell: str = "rnn"
    word: str = "examination"

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise UnknownNameError("cell", self.cell, CELLS)
        if not 1 <= len(self.word) <= LONGEST or not set(self.word) <= set(LETTERS):
            raise ConfigurationError(f"a word has 1 to {LONGEST} letters from a to z; type another one")

    def state(self) -> dict[str, Any]:
        """Return all that a page shows of it, as plain values for JSON.

        ``states`` (m, T); ``probabilities`` (T,) that the first letter was a vowel, did the word end there;
        ``norms`` (T,): ‖∂J/∂h_t‖ over that at the last letter.
        """
        population, accuracy = learnt(self.cell)
        network, theta, T = population.network, population.theta, len(self.word)
        series = encoded([self.word])
        h = states(network, theta, series.X[0][:, :T])
        output = network.views(theta)[-1]
        z = (output["W"][0] @ h + output["b"][0])[0]
        back = reach(network, theta, series, np.array([[1.0]]))["forward"][:T]
        return {
            "kind": "spelling",
            "cell": self.cell,
            "cells": list(CELLS),
            "word": self.word,
            "longest": LONGEST,
            "parameters": network.n_parameters,
            "accuracy": accuracy,
            "states": [numbers(row.round(4)) for row in h],
            "probabilities": numbers(network.criterion.predict(z[None, None])[0, 0].round(5)),
            "norms": numbers(back[::-1]),
        }


def encoded(words: list[str]) -> Sequences:
    """Return words (N, 26, 16), a 1 for each letter."""
    X = np.zeros((len(words), len(LETTERS), LONGEST))
    for row, word in zip(X, words, strict=True):
        row[[LETTERS.index(letter) for letter in word], np.arange(len(word))] = 1
    return Sequences(X, [len(word) for word in words])


def drawn(count: int, seed: int) -> tuple[list[str], Array]:
    """Return random words, half of which begin with a vowel, and which those are (N,)."""
    rng = np.random.default_rng(seed)
    begins = rng.integers(2, size=count)
    words = []
    for vowel in begins:
        first = rng.choice(list(VOWELS if vowel else CONSONANTS))
        rest = rng.choice(list(LETTERS), size=rng.integers(1, LONGEST))
        words.append("".join([first, *rest]))
    return words, begins.astype(np.float64)


@cache
def learnt(cell: str) -> tuple[Population, float]:
    """Return a network that has learnt to tell first letters, and its share of right answers.

    That is its share on the words that chose its start.
    """
    network = Network((len(LETTERS), LONGEST), [CELLS[cell](UNITS), Dense(1)], "log_loss")
    (words, y), (others, judged) = drawn(WORDS, 0), drawn(JUDGED, 1)
    held = encoded(others)
    population = network.population(STARTS, seed=0, dtype="float64")
    best = best_start(population, encoded(words), y, (held, judged), batch_size=32, epochs=EPOCHS)
    right = (best.outputs(held, n_jobs=1)[0, :, 0] > 0) == judged
    return best, float(right.mean())
