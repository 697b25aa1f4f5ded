"""What is told of a recurrent layer: which steps of a long sequence, and their lengths by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.explanation.blocks import Block, Formula, Heading, Inline, Matrix, Paragraph, Table
from shoal.explanation.gradient_check import BlockCheck
from shoal.explanation.through_time import TimeGradient, TimeStep, Walk
from shoal.explanation.time_story import MOST_STEPS, tell_through_time
from shoal.formulas.nodes import Expression
from shoal.formulas.text import text
from shoal.layers import GRU, LSTM, RNN
from shoal.layers.recurrent import Recurrent


def step(number: int, size: float, states: int = 1, units: int = 2) -> TimeStep:
    """Return a step whose state is as long as its number, and whose gradient is so long."""
    state, grad = np.zeros((2, states, units))
    state[0, 0], grad[-1, 0] = number, -size
    state[1:] = 99  # c of an LSTM, which is no part of ‖h‖
    return TimeStep(number, state, grad, np.diag(np.arange(states * units) + float(number)))


def walk(layer: Recurrent, sizes: list[float]) -> Walk:
    states = len(layer.states)
    gradient = TimeGradient(
        "W", np.full((2, 3), 2.0), np.full((2, 3), 2.0), BlockCheck(0, "W", (2, 3), 3e-9, 1e-9, 6)
    )
    return Walk(layer, tuple(step(k + 1, size, states) for k, size in enumerate(sizes)), (gradient,))


def said(parts: Any) -> str:
    return "".join(text(part) if isinstance(part, Expression) else part for part in parts)


def told(of: Walk) -> list[Block]:
    return list(tell_through_time(of, "sequence 7"))


def tables(of: Walk) -> list[Table]:
    return [block for block in told(of) if isinstance(block, Table)]


def cells(table: Table) -> list[list[str]]:
    def plain(line: tuple[Inline, ...]) -> str:
        return said(line)

    return [[plain(cell) for cell in row] for row in table.rows]


def test_each_step_has_the_length_of_its_state_and_of_its_gradient_beside_the_last() -> None:
    steps, _ = tables(walk(GRU(2), [8.0, 2.0, 4.0]))
    assert cells(steps) == [
        ["1", "1", "8", "2", "2"],
        ["2", "2", "2", "0.5", "3"],
        ["3", "3", "4", "1", "4"],
    ]


def test_of_an_lstm_the_state_is_h_and_its_gradient_that_of_h_and_c() -> None:
    steps, _ = tables(walk(LSTM(2), [3.0, 6.0]))
    assert [row[1:4] for row in cells(steps)] == [["1", "3", "0.5"], ["2", "6", "1"]]


@pytest.mark.parametrize("steps", [MOST_STEPS, MOST_STEPS + 1, 40])
def test_of_a_long_sequence_the_first_and_the_last_steps_are_shown(steps: int) -> None:
    shown, _ = tables(walk(RNN(2), [1.0] * steps))
    numbers = [int(row[0]) for row in cells(shown)]
    half = MOST_STEPS // 2
    assert numbers == [*range(1, half + 1), *range(steps - half + 1, steps + 1)]


def test_beside_a_gradient_that_is_zero_at_the_end_there_is_nothing() -> None:
    shown, _ = tables(walk(RNN(2), [5.0, 0.0]))
    assert [row[2:4] for row in cells(shown)] == [["5", "0"], ["0", "0"]]


def test_the_factor_of_the_last_step_is_shown_with_the_names_of_states() -> None:
    (matrix,) = (block for block in told(walk(LSTM(2), [1.0, 1.0])) if isinstance(block, Matrix))
    assert matrix.rows == ["h 1", "h 2", "c 1", "c 2"]
    assert matrix.columns == ["before, h 1", "before, h 2", "before, c 1", "before, c 2"]
    assert np.diag(matrix.values).tolist() == [2, 3, 4, 5]
    assert said(matrix.caption).startswith("the factor of step 2, by which")


def test_gradients_are_told_with_what_they_were_checked_against() -> None:
    of = walk(GRU(2), [1.0])
    (row,) = cells(tables(of)[1])
    assert row == ["∂J/∂W", "2 × 3", "4.899", "0.0e+00", "3.0e-09"]
    (gradient,) = of.gradients
    off = replace(of, gradients=(replace(gradient, engine=np.full((2, 3), 1.0)),))
    assert cells(tables(off)[1])[0][2:4] == ["2.449", "5.0e-01"]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (RNN(2), "from first to last and hands its state on"),
        (
            RNN(2, reverse=True),
            "from the last step to the first, so that t−1 is what comes after t, and hands",
        ),
        (GRU(2), "The state begins as zeros, and sequence 7 has 2 steps."),
        (GRU(2, initial_state="learnt"), "The state begins as a parameter, and sequence 7"),
        (LSTM(2), "The state is h and c together."),
        (GRU(2), "The state is h."),
        (GRU(2), "take that gate's δ; but R_n and c, which r multiplies, take ε:"),
        (LSTM(2), "take that gate's δ:"),
    ],
)
def test_words_are_those_of_the_layer(layer: Recurrent, words: str) -> None:
    page = " ".join(
        said(block.line) for block in told(walk(layer, [1.0, 1.0])) if isinstance(block, Paragraph)
    )
    assert words in page


def test_the_activation_of_a_plain_cell_is_told_and_of_gates_there_is_none() -> None:
    def formulas(layer: Recurrent) -> list[str]:
        return [text(block.tree) for block in told(walk(layer, [1.0])) if isinstance(block, Formula)]

    plain = formulas(RNN(2, "tanh"))
    assert "a = g(z) = tanh(z)" in plain
    assert any(each.startswith("g′(z) = ") for each in plain)
    assert not any("g(z)" in each for each in formulas(GRU(2)))


def test_chapters_come_in_the_order_of_the_way() -> None:
    headings = [said(block.line) for block in told(walk(RNN(2), [1.0])) if isinstance(block, Heading)]
    assert headings == [
        "Through time: what x was",
        "Back through time",
        "The same weights at every step: sums",
    ]
