"""What an explanation says of the layers below the dense ones: their formulas, and the way back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shoal.explanation.below import LayerBelow
from shoal.explanation.blocks import Block, Formula, Heading, Line, Paragraph, Table, cell, line
from shoal.explanation.form import Letters
from shoal.explanation.numerals import shape_name, shown
from shoal.explanation.symbols import J
from shoal.formulas.nodes import Partial, Symbol
from shoal.words import plural


def tell_below(layers: tuple[LayerBelow, ...]) -> Iterator[Block]:
    """Give the chapters that follow those of the dense layers; ``layers`` from the highest on."""
    yield from _opening(layers)
    for below in layers:
        yield from _chapter(below)
    yield from _checked(layers)


def _opening(layers: tuple[LayerBelow, ...]) -> Iterator[Block]:
    yield Heading(2, line("What {x} was: the layers below", x=Symbol("x")))
    top = Letters(layers[0].number)
    yield Paragraph(
        line(
            "The {x} of the chapters above is {a}, what {layers} of the data {data}, one after the other. "
            "Letters of theirs have a prime. What the first dense layer hands down, Wᵀδ, is the {grad} that "
            "the way back goes on from.",
            x=Symbol("x"),
            a=top.own("a"),
            layers=plural(len(layers), "layer") + (" make" if len(layers) > 1 else " makes"),
            data=Letters(1).taken,
            grad=Partial(J, top.own("a")),
        )
    )
    head: tuple[Line, ...] = (
        line("layer"),
        line("gives"),
        line("shape, a sample"),
        line("norm, batch"),
        line("norm of ∂J/∂a, batch"),
    )
    rows = tuple(
        (
            cell(below.layer.name),
            cell(Letters(below.number).own("a")),
            cell(shape_name(below.a.shape[:-1])),
            cell(shown(float(np.linalg.norm(below.a)))),
            cell(shown(float(np.linalg.norm(below.grad)))),
        )
        for below in reversed(layers)
    )
    yield Table(head, rows)


def _chapter(below: LayerBelow) -> Iterator[Block]:
    shapes = f"{shape_name(below.given)} → {shape_name(below.a.shape[:-1])}"
    yield Heading(
        3,
        line("{a}: {name}, {shapes}", a=Letters(below.number).own("a"), name=below.layer.name, shapes=shapes),
    )
    form = below.form
    for tree in form.forward:
        yield Formula(tree)
    yield Paragraph(cell(f"{form.words} Backward:"))
    for tree in form.backward:
        yield Formula(tree, boxed=True)


def _checked(layers: tuple[LayerBelow, ...]) -> Iterator[Block]:
    rows = tuple(
        (
            cell(Partial(J, Letters(below.number).parameter(each.name))),
            cell(shape_name(each.engine.shape)),
            cell(shown(float(np.linalg.norm(each.engine)))),
            cell(f"{each.engine_error:.1e}"),
            cell(f"{each.block.relative_error:.1e}"),
        )
        for below in layers
        for each in below.gradients
    )
    if not rows:
        return
    yield Heading(2, line("The layers below, checked"))
    head = (
        line("gradient"),
        line("shape"),
        line("norm"),
        line("against layers"),
        line("against differences"),
    )
    yield Table(head, rows)
