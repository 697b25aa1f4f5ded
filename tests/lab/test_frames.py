from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import DataError
from shoal.lab.frames import Block, BlockKind, decisions, read, write

GOLDEN = Path(__file__).parent / "golden"


def golden_blocks() -> list[Block]:
    """Return what the golden frame holds: a block of every kind, of two sides, with odd counts."""
    wave = np.linspace(-1.5, 1.5, 15).reshape(3, 5)
    scores = np.array([[0.5, 0.25, np.nan], [0.75, np.inf, 0.125], [0, 1, 3]])
    return [
        Block(BlockKind.FUNCTIONS, 2, 70, wave, 0, -2.0, 2.0),
        Block(BlockKind.SCORES, 2, 70, scores, 0),
        Block(BlockKind.PICKED, 2, 70, wave[:1], 0, -2.0, 2.0),
        Block(BlockKind.UNITS, 2, 70, wave[1:], 0, -2.0, 2.0),
        Block(BlockKind.LOSSES, 2, 70, wave[:2] ** 2, 0),
        Block(BlockKind.THETA, 2, 70, wave[2:], 0),
        Block(BlockKind.MAPS, 2, 70, np.abs(wave) / 2, 1, 0.0, 1.0),
        Block(BlockKind.DECISIONS, 2, 70, np.array([[0.0, 63, 64], [191, 192, 255]]), 1, 0.0, 4.0),
    ]


def test_the_golden_frame_is_what_is_written() -> None:
    assert write(golden_blocks()) == (GOLDEN / "frame.bin").read_bytes()


def test_the_golden_frame_says_what_both_sides_read() -> None:
    told = json.loads((GOLDEN / "frame.json").read_text())
    for block, expected in zip(read((GOLDEN / "frame.bin").read_bytes()), told, strict=True):
        head = [block.kind, block.side, block.run, block.epoch, block.low, block.high]
        assert head == [expected[name] for name in ("kind", "side", "run", "epoch", "low", "high")]
        values = [float("nan" if v is None else v) for v in expected["values"]]
        np.testing.assert_allclose(block.values.ravel(), values, rtol=1e-6)


@given(
    st.sampled_from([BlockKind.PICKED, BlockKind.UNITS, BlockKind.LOSSES, BlockKind.THETA]),
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.lists(st.floats(width=32), min_size=1, max_size=9),
)
def test_floats_come_back_bit_for_bit(kind: BlockKind, epoch: int, rows: int, values: list[float]) -> None:
    sent = np.tile(np.array(values), (rows, 1))
    (block,) = read(write([Block(kind, 1, epoch, sent, 1)]))
    assert (block.kind, block.epoch, block.side) == (kind, epoch, 1)
    np.testing.assert_array_equal(block.values, sent)


@given(st.lists(st.floats(), min_size=1, max_size=9), st.sampled_from([BlockKind.FUNCTIONS, BlockKind.MAPS]))
def test_functions_come_back_within_a_step_and_within_bounds(values: list[float], kind: BlockKind) -> None:
    (block,) = read(write([Block(kind, 1, 0, np.array([values]), 0, -2.0, 2.0)]))
    expected = np.clip(np.nan_to_num(np.array([values]), nan=-2.0), -2, 2)
    step = 4 / (255 if kind is BlockKind.MAPS else 65534)
    np.testing.assert_allclose(block.values, expected, atol=0.51 * step)


@pytest.mark.parametrize("K", [3, 4, 7, 9])
def test_a_decision_is_a_class_and_how_sure_it_is(K: int) -> None:
    steps, sure = 256 // K, np.full((1, K, K), 0.0)
    sure[0] = np.eye(K)
    (block,) = read(write([Block(BlockKind.DECISIONS, 1, 0, decisions(sure), 0, 0.0, K)]))
    np.testing.assert_array_equal(block.values, [np.arange(K) * steps + steps - 1])
    assert block.values.max() < 256
    unsure = decisions(np.full((1, K, 2), 1 / K))
    np.testing.assert_array_equal(unsure, [[0, 0]])
    p = np.full((1, K, 1), 0.3 / K)  # of the last class 0.7 more, seven tenths of the way to certainty
    p[0, K - 1] += 0.7
    np.testing.assert_array_equal(decisions(p), [[(K - 1) * steps + np.rint(0.7 * (steps - 1))]])
    np.testing.assert_array_equal(decisions(np.full((1, K, 1), np.nan)), [[0]])


def test_blocks_begin_at_multiples_of_eight() -> None:
    frame = write(golden_blocks())
    at = [k for k in range(0, len(frame), 8) if frame[k : k + 4] == b"SHL1"]
    assert len(at) == len(golden_blocks())
    assert len(frame) % 8 == 0


@pytest.mark.parametrize(
    "damage", [lambda f: f[:40], lambda f: f[:20], lambda f: b"x" + f[1:], lambda f: f + b"12345678"]
)
def test_what_is_no_frame_is_said_to_be_none(damage: object) -> None:
    with pytest.raises(DataError, match=r"frame"):
        list(read(damage(write(golden_blocks()))))  # type: ignore[operator]
