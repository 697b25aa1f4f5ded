"""What layers below the dense ones compute and how their gradients go back, as formulas of single entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from shoal.activations import Identity
from shoal.explanation.form import LayerForm, Letters
from shoal.explanation.recurrent_forms import both_directions, recurrent
from shoal.formulas.nodes import (
    Add,
    Expression,
    L,
    Number,
    Partial,
    Product,
    Same,
    Symbol,
    Total,
    call,
    elementwise,
    equation,
    in_layer,
    indexed,
)
from shoal.layers import Conv1D, Conv2D, Layer, LocallyConnected2D
from shoal.layers.pooling import Pool
from shoal.layers.weighted import Activated
from shoal.layers.window import Window
from shoal.shapes import Shape

GAMMA, BETA, MEAN, VARIANCE, EPSILON = (Symbol(name) for name in ("γ", "β", "μ", "σ²", "ε"))
NORMED, DELTA, ONE = Symbol("â"), Symbol("δ"), Number(1)


def place(window: Window, shape: Shape, places: Sequence[str], offsets: Sequence[str]) -> tuple[str, ...]:
    """Return where a window sees a step or pixel, along each axis: ``2t+3i-4``."""
    told = []
    for axis, (at, offset) in enumerate(zip(places, offsets, strict=True)):
        s, d = window.stride[axis], window.dilation[axis]
        before, _ = window.padding(shape[1:])[axis]
        zeros = f"-{before}" if before else ""
        told.append(f"{s if s > 1 else ''}{at}+{d if d > 1 else ''}{offset}{zeros}")
    return tuple(told)


def _summed(indices: str, term: Expression) -> Expression:
    for index in reversed(indices):
        term = Total(index, term)
    return term


def _activated(layer: Layer, letters: Letters, index: tuple[str, ...]) -> tuple[Expression, Expression]:
    """Return ``a = g(z)`` and ``δ = ∂L/∂a g′(z)``."""
    z, a = letters.own("z")[index], letters.own("a")[index]
    assert isinstance(layer, Activated)
    if isinstance(layer.g, Identity):
        return equation(a, z), equation(letters.own("δ")[index], Partial(L, a))
    formulas = layer.g.formula, layer.g.derivative_formula
    value, slope = (indexed(in_layer(tree, z.layer), *index) for tree in formulas)
    back = (elementwise(Partial(L, a), factor) for factor in (call("g′", z), slope))
    return equation(a, call("g", z), value), equation(letters.own("δ")[index], *back)


def _convolution(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    assert isinstance(layer, Conv1D | Conv2D)
    places, offsets, from_ = ("t", "i", "u") if isinstance(layer, Conv1D) else ("yx", "ij", "uv")
    seen = place(layer.window, shape, places, offsets)
    W, b, δ = letters.own("W")["f", "c", *offsets], letters.own("b")["f"], letters.own("δ")["f", *places]
    a = letters.taken["c", *seen]
    forward, slope = _activated(layer, letters, ("f", *places))
    z = equation(letters.own("z")["f", *places], _summed("c" + offsets, Product((W, a))) + b)
    hits = tuple(Same(there, u) for there, u in zip(seen, from_, strict=True))
    back = _summed("f" + places + offsets, Product((W, δ, *hits)))
    return LayerForm(
        (z, forward),
        (
            slope,
            equation(Partial(L, W), _summed(places, Product((δ, a)))),
            equation(Partial(L, b), _summed(places, δ)),
            equation(Partial(L, letters.taken["c", *from_]), back),
        ),
        "One filter for every place: what it sees differs, its weights do not, and so their gradient is a "
        "sum over the places. What lies outside is 0."
        + (" c runs over the channels of f's own group." if layer.groups > 1 else ""),
    )


def _local(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    assert isinstance(layer, LocallyConnected2D)
    seen = place(layer.window, shape, "yx", "ij")
    W, b, δ = (
        letters.own("W")["y", "x", "f", "c", "i", "j"],
        letters.own("b")["y", "x", "f"],
        letters.own("δ")["f", "y", "x"],
    )
    a = letters.taken["c", *seen]
    forward, slope = _activated(layer, letters, ("f", "y", "x"))
    hits = tuple(Same(there, u) for there, u in zip(seen, "uv", strict=True))
    return LayerForm(
        (equation(letters.own("z")["f", "y", "x"], _summed("cij", Product((W, a))) + b), forward),
        (
            slope,
            equation(Partial(L, W), Product((δ, a))),
            equation(Partial(L, b), δ),
            equation(Partial(L, letters.taken["c", "u", "v"]), _summed("fyxij", Product((W, δ, *hits)))),
        ),
        "Every place has weights of its own, so that nothing is summed over places. What lies outside is 0.",
    )


def _embedding(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    E, a = letters.own("E"), letters.own("a")["f", "t"]
    return LayerForm(
        (equation(Symbol("κ"), letters.taken["t"]), equation(a, E["κ", "f"])),
        (equation(Partial(L, E["k", "f"]), Total("t", Product((Partial(L, a), Same("κ", "k"))))),),
        "Step t takes the row of E that the number κ at this step names; the gradient of row k is the sum "
        "over the steps that took it, and 0 where none did. A whole number has no gradient.",
    )


def _dense(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    W, b, a = letters.own("W")["f", "c"], letters.own("b")["f"], letters.taken["c", "t"]
    δ = letters.own("δ")["f", "t"]
    forward, slope = _activated(layer, letters, ("f", "t"))
    return LayerForm(
        (equation(letters.own("z")["f", "t"], Total("c", Product((W, a))) + b), forward),
        (
            slope,
            equation(Partial(L, W), Total("t", Product((δ, a)))),
            equation(Partial(L, b), Total("t", δ)),
            equation(Partial(L, a), Total("f", Product((W, δ)))),
        ),
        "The same neurons at every step t: their gradient is a sum over the steps.",
    )


def _pool(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    assert isinstance(layer, Pool)
    places, offsets, from_ = ("t", "i", "u") if layer.axes == 1 else ("yx", "ij", "uv")
    seen = place(layer.window, shape, places, offsets)
    a, taken = letters.own("a")["c", *places], letters.taken["c", *seen]
    hits = tuple(Same(there, u) for there, u in zip(seen, from_, strict=True))
    source = Partial(L, letters.taken["c", *from_])
    if layer.name.startswith("max"):
        stars = place(layer.window, shape, places, tuple(offset + "*" for offset in offsets))
        hits = tuple(Same(there, u) for there, u in zip(stars, from_, strict=True))
        return LayerForm(
            (equation(a, call("max", taken)),),
            (equation(source, _summed(places, Product((Partial(L, a), *hits)))),),
            f"Of a window (all {', '.join(offsets)}) only the largest goes on and takes all of the gradient: "
            "a star marks its place, the first where there are several.",
        )
    k = Number(math.prod(layer.window.size))
    return LayerForm(
        (equation(a, Product((ONE / k, _summed(offsets, taken)))),),
        (equation(source, Product((ONE / k, _summed(places + offsets, Product((Partial(L, a), *hits)))))),),
        "Of a window the mean goes on, and each of its places takes the same part of the gradient.",
    )


def _global(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    places = "t" if len(shape) == 2 else "yx"
    a, taken = letters.own("a")["c"], letters.taken["c", *places]
    if layer.name == "global_max_pool1d":
        return LayerForm(
            (equation(a, call("max", taken)),),
            (equation(Partial(L, taken), Product((Partial(L, a), Same("t", "t*")))),),
            "Of a channel only the largest goes on, and takes all of the gradient: t* is its step.",
        )
    n = Symbol("T") if len(shape) == 2 else Number(math.prod(shape[1:]))
    return LayerForm(
        (equation(a, Product((ONE / n, _summed(places, taken)))),),
        (equation(Partial(L, taken), Product((ONE / n, Partial(L, a)))),),
        "Of a channel the mean over all of its places goes on"
        + (", T the sequence's own length." if len(shape) == 2 else "."),
    )


def _last_step(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    a = letters.own("a")["c"]
    taken = letters.taken["c", "t"]
    return LayerForm(
        (equation(a, letters.taken["c", "T"]),),
        (equation(Partial(L, taken), Product((Partial(L, a), Same("t", "T")))),),
        "The last step T of the sequence's own goes on, and takes all of the gradient.",
    )


def _flatten(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    places = {1: "k", 2: "ct", 3: "cyx"}.get(len(shape), "k")
    a, taken = letters.own("a")["k"], letters.taken[tuple(places)]
    return LayerForm(
        (equation(a, taken),),
        (equation(Partial(L, taken), Partial(L, a)),),
        "The same numbers in one column, channel by channel.",
    )


def _norm(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    index = ("c",) if layer.name == "batch_norm" else ("k",)
    z, taken = letters.own("z")["k"], letters.taken["k"]
    γ, β, μ, spread = (s[index] for s in (GAMMA, BETA, MEAN, VARIANCE))
    if layer.name != "batch_norm":
        μ, spread = MEAN, VARIANCE
    forward, slope = _activated(layer, letters, ("k",))
    w, δ, deviation = Symbol("w")["k"], letters.own("δ")["k"], call("sqrt", spread + EPSILON)
    grad_γ, grad_β = Partial(L, γ), Partial(L, β)
    words = "w is each number's part of the mean and the variance, of which there are one of each "
    if layer.name == "batch_norm":
        back = Product((γ / deviation, δ - Product((w, grad_β + Product((NORMED["k"], grad_γ))))))
        words += "for every channel c, over the batch and its places, together."
        gradients = (
            equation(grad_γ, Total("k", Product((δ, NORMED["k"])))),
            equation(grad_β, Total("k", δ)),
        )
    else:
        ĝ = Product((GAMMA["j"], letters.own("δ")["j"]))
        inner = Total("j", Product((w, ĝ, ONE + Product((NORMED["k"], NORMED["j"])))))
        back = Product((ONE / deviation, Product((γ, δ)) - inner))
        words += "for every sample, over all of its numbers."
        gradients = (equation(grad_γ, Product((δ, NORMED["k"]))), equation(grad_β, δ))
    return LayerForm(
        (
            equation(μ, Total("k", Product((w, taken)))),
            equation(spread, Total("k", Product((w, (taken - μ) ** 2)))),
            equation(NORMED["k"], (taken - μ) / deviation),
            equation(z, Add((Product((γ, NORMED["k"])), β))),
            forward,
        ),
        (slope, *gradients, equation(Partial(L, taken), back)),
        words,
    )


def _residual(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    forward, slope = _activated(layer, letters, ())
    f = Symbol("f")
    return LayerForm(
        (equation(letters.own("z"), letters.taken + f), forward),
        (
            slope,
            equation(
                Partial(L, letters.taken),
                letters.own("δ") + Product((Partial(f, letters.taken), letters.own("δ"))),
            ),
        ),
        "f is what the layers inside make of what the block is given; the gradient goes by them and past.",
    )


FORMS: dict[str, Callable[[Layer, Shape, Letters], LayerForm]] = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "locally_connected2d": _local,
    "embedding": _embedding,
    "rnn": recurrent,
    "gru": recurrent,
    "lstm": recurrent,
    "bidirectional": both_directions,
    "dense": _dense,
    "max_pool1d": _pool,
    "average_pool1d": _pool,
    "max_pool2d": _pool,
    "average_pool2d": _pool,
    "global_average_pool1d": _global,
    "global_max_pool1d": _global,
    "global_average_pool2d": _global,
    "last_step": _last_step,
    "flatten": _flatten,
    "batch_norm": _norm,
    "layer_norm": _norm,
    "residual": _residual,
}
"""By the names of the layers."""
