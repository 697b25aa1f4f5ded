"""Words as a recurrent network is given them, how they are drawn, and what it says letter by letter."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab import spelling
from shoal.lab.spelling import CELLS, CONSONANTS, LETTERS, LONGEST, VOWELS, Spelling, drawn, encoded
from shoal.layers import Dense
from shoal.populations.network import Network


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks be those that no training has seen."""

    def learnt(cell: str) -> tuple[object, float]:
        network = Network((len(LETTERS), LONGEST), [CELLS[cell](spelling.UNITS), Dense(1)], "log_loss")
        population = network.population(1, seed=1, dtype="float64")
        theta = 0.5 * np.random.default_rng(0).normal(size=population.theta.shape)
        return type(population)(network, theta, population.keys), 0.5

    monkeypatch.setattr(spelling, "learnt", learnt)


def test_a_word_is_a_one_for_each_letter_and_zeros_beyond_its_end() -> None:
    found = encoded(["az", "b"])
    assert (found.X.shape, found.lengths.tolist()) == ((2, 26, 16), [2, 1])
    assert list(zip(*(places.tolist() for places in np.nonzero(found.X)), strict=True)) == [
        (0, 0, 0),
        (0, 25, 1),
        (1, 1, 0),
    ]
    assert found.X.max() == 1


def test_half_of_the_words_begin_with_a_vowel_and_the_targets_say_which() -> None:
    words, begins = drawn(400, 5)
    assert [float(word[0] in VOWELS) for word in words] == begins.tolist()
    assert 170 < begins.sum() < 230
    lengths = {len(word) for word in words}
    assert (min(lengths), max(lengths)) == (2, LONGEST)
    assert set("".join(words)) == set(LETTERS)
    assert drawn(400, 5)[0] == words != drawn(400, 6)[0]


def test_letters_are_vowels_or_consonants() -> None:
    assert sorted(VOWELS + CONSONANTS) == list(LETTERS)


@pytest.mark.parametrize("word", ["", "a" * 17, "Abc", "a b", "é"])
def test_a_word_of_anything_but_a_few_small_letters_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="a word has 1 to 16 letters from a to z; type another one"):
        Spelling("rnn", word)


def test_another_cell_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="grus"):
        Spelling("grus")


@pytest.mark.parametrize("word", ["a", "examination", "z" * LONGEST])
def test_states_and_probabilities_are_those_of_the_equations(untrained: None, word: str) -> None:
    """h_t = tanh(W x_t + b + R h_(t−1)), and p_t = σ(v h_t + c), were t the end of the word."""
    population, _ = spelling.learnt("rnn")
    cell, output = population.network.views(population.theta)
    h, states, probabilities = np.zeros(spelling.UNITS), [], []
    for letter in word:
        x = np.eye(26)[LETTERS.index(letter)]
        h = np.tanh(cell["W"][0] @ x + cell["b"][0, :, 0] + cell["R"][0] @ h)
        states.append(h)
        probabilities.append(1 / (1 + np.exp(-(output["W"][0, 0] @ h + output["b"][0, 0, 0]))))
    told = Spelling("rnn", word).state()
    np.testing.assert_allclose(told["states"], np.transpose(states), atol=5.1e-5)
    np.testing.assert_allclose(told["probabilities"], probabilities, atol=5.1e-6)
    # δ_(t−1) = Rᵀ ((1 − h_t²) δ_t), from v (p − 1) at the last letter, told beside its own length
    back = [output["W"][0, 0] * (probabilities[-1] - 1)]
    for state in states[:0:-1]:
        back.append(cell["R"][0].T @ ((1 - state**2) * back[-1]))
    norms = np.linalg.norm(back[::-1], axis=1)
    np.testing.assert_allclose(told["norms"], norms / norms[-1], rtol=1e-8)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_tells_as_much(untrained: None, cell: str) -> None:
    told = Spelling(cell, "abc").state()
    assert (told["kind"], told["cell"], told["cells"]) == ("spelling", cell, ["rnn", "gru", "lstm"])
    assert np.shape(told["states"]) == (8, 3)
    assert len(told["probabilities"]) == len(told["norms"]) == 3
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    fewest = gates * 8 * (26 + 8 + 1) + 9
    assert fewest <= told["parameters"] <= fewest + 3 * 8  # some cells have a second bias
