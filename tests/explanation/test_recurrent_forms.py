"""Recurrent layers below others: in letters of their place, with words for what they are asked to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shoal.explanation.cells import CELLS
from shoal.explanation.form import LayerForm, Letters
from shoal.explanation.recurrent_forms import NORMS, both_directions, recurrent
from shoal.formulas.nodes import symbols
from shoal.formulas.text import text
from shoal.layers import GRU, LSTM, RNN, Bidirectional
from shoal.layers.recurrent import Recurrent

SHAPE = (2, 5)
KINDS = [RNN(2), GRU(2), LSTM(2)]


def told(form: LayerForm) -> tuple[list[str], list[str]]:
    return [text(tree) for tree in form.forward], [text(tree) for tree in form.backward]


def test_a_cell_is_told_in_letters_of_its_layer() -> None:
    forward, backward = told(recurrent(RNN(2, "sigmoid"), SHAPE, Letters(2)))
    assert forward[:2] == [
        "z2′[t] = W2′ a1′[t] + b2′ + R2′ a2′[t-1]",
        "a2′[t] = g(z2′[t])",
    ]
    assert [line.split(" = ")[0] for line in forward[2:]] == ["g(z)", "g′(z)"] or len(forward) == 4
    assert backward == [
        "δ2′[t] = ∂L/∂a2′[t] ⊙ g′(z2′[t])",
        "∂L/∂a2′[t-1] = R2′ᵀ δ2′[t]",
        "∂L/∂W2′ = Σ_t δ2′[t] a1′[t]ᵀ",
        "∂L/∂R2′ = Σ_t δ2′[t] a2′[t-1]ᵀ",
        "∂L/∂b2′ = Σ_t δ2′[t]",
        "∂L/∂a1′[t] = W2′ᵀ δ2′[t]",
    ]


def test_the_first_layer_is_given_x() -> None:
    forward, backward = told(recurrent(GRU(2), SHAPE, Letters(1)))
    assert forward[0] == "r1′ = σ(Wr1′ x′[t] + br1′ + Rr1′ a1′[t-1])"
    assert backward[-1] == "∂L/∂x′[t] = W1′ᵀ δ1′[t]"


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: layer.name)
def test_every_letter_but_those_of_all_layers_is_primed(layer: Recurrent) -> None:
    form = recurrent(layer, SHAPE, Letters(3))
    found = {symbol for tree in (*form.forward, *form.backward) for symbol in symbols(tree)}
    plain = {symbol.name for symbol in found if not (symbol.name + symbol.layer).endswith("′")}
    assert plain <= {"L", "z", "a"}  # of the loss, and in what g is by itself
    assert not any(symbol.name in "xh" for symbol in found)


def test_both_directions_take_what_both_hand_down() -> None:
    one = recurrent(LSTM(2), SHAPE, Letters(2))
    form = both_directions(Bidirectional(LSTM(2)), SHAPE, Letters(2))
    assert form.forward == one.forward
    assert form.backward[:-1] == one.backward[:-1]
    assert text(form.backward[-1]) == "∂L/∂a1′[t] = W2′ᵀ δ2′[t] + W←2′ᵀ δ←2′[t]"
    assert form.words.startswith(one.words)
    assert "letters with an arrow" in form.words


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: layer.name)
def test_words_say_which_states_go_on_and_from_where(layer: Recurrent) -> None:
    def words(**settings: bool) -> str:
        return recurrent(replace(layer, **settings), SHAPE, Letters(1)).words

    last, every = words(), words(return_sequences=True)
    assert last.startswith("The last state alone goes on; what comes to the others is from the next step.")
    assert every.startswith(
        "All states go on; to each comes what the layer above and the next step hand down."
    )
    assert "It begins at the last step, so that t−1 is what comes after t." in words(reverse=True)
    assert "It begins at the last step" not in last
    assert ("A gate's rows of W, R and b take" in last) == (layer.name != "rnn")
    assert last.endswith(CELLS[layer.name].way)


def test_of_a_gru_some_rows_take_another_delta() -> None:
    assert (
        "take that gate's δ; but R_n and c, which r multiplies, take ε."
        in recurrent(GRU(2), SHAPE, Letters(1)).words
    )


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: layer.name)
def test_norms_are_told_of_layers_that_have_them(layer: Recurrent) -> None:
    words = recurrent(replace(layer, layer_norm=True), SHAPE, Letters(1)).words
    assert NORMS in words
    assert ("So does c before its tanh, with γ_c and β_c." in words) == (layer.name == "lstm")
    assert NORMS not in recurrent(layer, SHAPE, Letters(1)).words
