from __future__ import annotations

import pytest

from shoal.explanation.form import Letters
from shoal.explanation.forms import FORMS, place
from shoal.formulas.latex import latex
from shoal.formulas.mathml import mathml
from shoal.formulas.text import text
from shoal.layers import (
    GRU,
    LSTM,
    RNN,
    AveragePool1D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool1D,
    Residual,
)
from shoal.layers.window import Window
from shoal.shapes import Shape


def told(layer: Layer, shape: Shape, number: int = 2) -> list[str]:
    form = FORMS[layer.name](layer, shape, Letters(number))
    trees = (*form.forward, *form.backward)
    assert all(latex(tree) and mathml(tree) for tree in trees)
    return [text(tree) for tree in trees]


def test_a_convolution_says_where_its_windows_lie() -> None:
    layer = Conv1D(3, 2, stride=2, dilation=3, padding="causal", activation="tanh")
    assert told(layer, (2, 7)) == [
        "z2′[f,t] = Σ_c Σ_i W2′[f,c,i] a1′[c,2t+3i-3] + b2′[f]",
        "a2′[f,t] = g(z2′[f,t]) = tanh(z2′[f,t])",
        "δ2′[f,t] = ∂L/∂a2′[f,t] ⊙ g′(z2′[f,t]) = ∂L/∂a2′[f,t] ⊙ (1 − a2′[f,t]²)",
        "∂L/∂W2′[f,c,i] = Σ_t δ2′[f,t] a1′[c,2t+3i-3]",
        "∂L/∂b2′[f] = Σ_t δ2′[f,t]",
        "∂L/∂a1′[c,u] = Σ_f Σ_t Σ_i W2′[f,c,i] δ2′[f,t] [2t+3i-3 = u]",
    ]
    assert told(Conv2D(3, 2), (2, 7, 7), number=1)[:2] == [
        "z1′[f,y,x] = Σ_c Σ_i Σ_j W1′[f,c,i,j] x′[c,y+i,x+j] + b1′[f]",
        "a1′[f,y,x] = z1′[f,y,x]",
    ]
    assert place(Window((3, 4), (1, 2), (1, 1), same=True), (1, 5, 6), "yx", "ij") == ("y+i-1", "2x+j-1")


@pytest.mark.parametrize(
    ("layer", "shape", "formulas"),
    [
        (
            MaxPool1D(3, 2),
            (2, 7),
            ["a2′[c,t] = max(a1′[c,2t+i])", "∂L/∂a1′[c,u] = Σ_t ∂L/∂a2′[c,t] [2t+i* = u]"],
        ),
        (
            AveragePool1D(3),
            (2, 7),
            ["a2′[c,t] = 1/3 Σ_i a1′[c,3t+i]", "∂L/∂a1′[c,u] = 1/3 Σ_t Σ_i ∂L/∂a2′[c,t] [3t+i = u]"],
        ),
        (GlobalAveragePool1D(), (2, 7), ["a2′[c] = 1/T Σ_t a1′[c,t]", "∂L/∂a1′[c,t] = 1/T ∂L/∂a2′[c]"]),
        (GlobalMaxPool1D(), (2, 7), ["a2′[c] = max(a1′[c,t])", "∂L/∂a1′[c,t] = ∂L/∂a2′[c] [t = t*]"]),
        (LastStep(), (2, 7), ["a2′[c] = a1′[c,T]", "∂L/∂a1′[c,t] = ∂L/∂a2′[c] [t = T]"]),
        (
            GlobalAveragePool2D(),
            (2, 3, 4),
            ["a2′[c] = 1/12 Σ_y Σ_x a1′[c,y,x]", "∂L/∂a1′[c,y,x] = 1/12 ∂L/∂a2′[c]"],
        ),
        (Flatten(), (2, 7), ["a2′[k] = a1′[c,t]", "∂L/∂a1′[c,t] = ∂L/∂a2′[k]"]),
    ],
    ids=str,
)
def test_what_has_no_weights(layer: Layer, shape: Shape, formulas: list[str]) -> None:
    assert told(layer, shape) == formulas


def test_norms_blocks_and_dense_layers_over_steps() -> None:
    assert told(BatchNorm(), (2, 7))[-1] == (
        "∂L/∂a1′[k] = γ[c]/√(σ²[c] + ε) (δ2′[k] − w[k] (∂L/∂β[c] + â[k] ∂L/∂γ[c]))"
    )
    assert told(LayerNorm(), (2, 7))[-1] == (
        "∂L/∂a1′[k] = 1/√(σ² + ε) (γ[k] δ2′[k] − Σ_j w[k] γ[j] δ2′[j] (1 + â[k] â[j]))"
    )
    assert told(Dense(3), (2, 7))[-1] == "∂L/∂a1′[c,t] = Σ_f W2′[f,c] δ2′[f,t]"
    assert told(Residual([Dense(2)]), (2,))[0] == "z2′ = a1′ + f"


def test_a_recurrent_layer_among_others_is_told_in_letters_of_its_place() -> None:
    assert told(RNN(3, return_sequences=True), (2, 7)) == [
        "z2′[t] = W2′ a1′[t] + b2′ + R2′ a2′[t-1]",
        "a2′[t] = g(z2′[t])",
        "g(z2′) = tanh(z2′)",
        "g′(z2′) = 1 − a2′²",
        "δ2′[t] = ∂L/∂a2′[t] ⊙ g′(z2′[t])",
        "∂L/∂a2′[t-1] = R2′ᵀ δ2′[t]",
        "∂L/∂W2′ = Σ_t δ2′[t] a1′[t]ᵀ",
        "∂L/∂R2′ = Σ_t δ2′[t] a2′[t-1]ᵀ",
        "∂L/∂b2′ = Σ_t δ2′[t]",
        "∂L/∂a1′[t] = W2′ᵀ δ2′[t]",
    ]
    both = told(Bidirectional(GRU(2)), (2, 7), number=1)
    assert both[0] == "r1′ = σ(Wr1′ x′[t] + br1′ + Rr1′ a1′[t-1])"
    assert both[-1] == "∂L/∂x′[t] = W1′ᵀ δ1′[t] + W←1′ᵀ δ←1′[t]"
    reverse = FORMS["lstm"](LSTM(2, reverse=True, layer_norm=True), (2, 7), Letters(1)).words
    for words in ("It begins at the last step", "mean 0 and variance 1", "So does c", "that gate's δ"):
        assert words in reverse
    assert "that gate's δ" not in FORMS["rnn"](RNN(2), (2, 7), Letters(1)).words


def test_local_fields_and_embeddings_sum_over_no_places_and_over_steps() -> None:
    local = told(LocallyConnected2D(2, 3, "tanh", 2, "same"), (2, 6, 5))
    assert local[0] == "z2′[f,y,x] = Σ_c Σ_i Σ_j W2′[y,x,f,c,i,j] a1′[c,2y+i,2x+j-1] + b2′[y,x,f]"
    assert local[3:] == [
        "∂L/∂W2′[y,x,f,c,i,j] = δ2′[f,y,x] a1′[c,2y+i,2x+j-1]",
        "∂L/∂b2′[y,x,f] = δ2′[f,y,x]",
        "∂L/∂a1′[c,u,v] = Σ_f Σ_y Σ_x Σ_i Σ_j W2′[y,x,f,c,i,j] δ2′[f,y,x] [2y+i = u] [2x+j-1 = v]",
    ]
    assert told(Embedding(5, 3), (1, 7), number=1) == [
        "κ = x′[t]",
        "a1′[f,t] = E1′[κ,f]",
        "∂L/∂E1′[k,f] = Σ_t ∂L/∂a1′[f,t] [κ = k]",
    ]
