from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.shapes import Array
from shoal.training import blocks
from shoal.training.blocks import BlockFile, write_rows


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 4)
    monkeypatch.setattr(blocks, "BUFFER", 5)


@pytest.fixture
def numbered(tmp_path: Path) -> BlockFile:
    """Seventy rows, whose features are ten and a hundred times their number."""
    with (tmp_path / "rows").open("wb") as file:
        for part in np.array_split(np.arange(70.0), 3):
            write_rows(file, np.stack([10 * part, 100 * part], axis=1), part)
    return BlockFile.of(tmp_path / "rows", 2, classes=True)


def shuffled(file: BlockFile, seed: int, epoch: int) -> Iterator[tuple[Array, Array]]:
    """Yield the rows of each buffer in their order."""
    for X, y, s, order in file.buffers(seed, epoch):
        assert sorted(order.tolist()) == list(range(len(X)))
        assert s is None
        yield X[order], y[order]


def test_every_row_comes_once_an_epoch_beside_its_target(numbered: BlockFile) -> None:
    assert (numbered.rows, numbered.inputs, numbered.weight) == (70, 2, 70)
    for epoch in range(2):
        buffers = list(shuffled(numbered, 3, epoch))
        assert sorted(np.concatenate([y for _, y in buffers])) == list(range(70))
        for X, y in buffers:
            assert X.dtype == np.float32
            assert y.dtype == np.int64
            np.testing.assert_array_equal(X, np.stack([10 * y, 100 * y], axis=1))
        assert sum(len(y) for _, y in buffers) == sum(numbered.sizes())
        assert len(buffers) == len(numbered.sizes()) == 4


def test_a_weight_stands_beside_its_row(tmp_path: Path) -> None:
    numbers = np.arange(70.0)
    with (tmp_path / "rows").open("wb") as file:
        write_rows(file, numbers[:, None] * [10, 100], numbers, numbers / 2)
    weighed = BlockFile.of(tmp_path / "rows", 2, classes=False, weighed=True)
    assert (weighed.rows, weighed.weight) == (70, numbers.sum() / 2)
    for X, y, s, _ in weighed.buffers(3, 0):
        assert s is not None
        np.testing.assert_array_equal(s, y / 2)
        np.testing.assert_array_equal(X[:, 1], 100 * y)


def test_a_buffer_is_a_mixture_of_whole_blocks(numbered: BlockFile) -> None:
    for _, y in shuffled(numbered, 3, 0):
        assert set((y // 4).tolist()) == set(np.unique(y // 4).tolist())
        whole = np.unique(y[y < 68] // 4)
        assert sorted(y[y < 68]) == [4 * block + k for block in whole for k in range(4)]
        assert y.tolist() != sorted(y)
    first = next(shuffled(numbered, 3, 0))[1]
    assert np.ptp(first // 4) > 5


def test_the_order_is_of_seed_and_epoch_alone(numbered: BlockFile) -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return np.concatenate([y for _, y in shuffled(numbered, seed, epoch)]).tolist()

    assert order(3, 0) == order(3, 0)
    assert len({tuple(order(seed, epoch)) for seed in (3, 4) for epoch in (0, 1)}) == 4


def test_the_digest_is_of_the_content(numbered: BlockFile, tmp_path: Path) -> None:
    content = bytearray(numbered.path.read_bytes())
    (tmp_path / "same").write_bytes(content)
    content[5] ^= 1
    (tmp_path / "other").write_bytes(content)
    same, other = (BlockFile.of(tmp_path / name, 2, classes=True) for name in ("same", "other"))
    assert same.digest == numbered.digest != other.digest


@pytest.mark.parametrize("size", [0, 11, 13])
def test_a_file_of_no_whole_rows_is_an_error(size: int, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(bytes(size))
    with pytest.raises(DataError, match="does not hold rows of 3 numbers"):
        BlockFile.of(tmp_path / "rows", 2, classes=False)
    with pytest.raises(DataError, match="cannot be read"):
        BlockFile.of(tmp_path / "none", 2, classes=False)


def test_members_may_be_given_a_part_of_the_features(numbered: BlockFile) -> None:
    half = numbered.seen_by(lambda X: X[:, 1:] / 2)
    for X, y in shuffled(half, 3, 0):
        np.testing.assert_array_equal(X, 50 * y[:, None])


def test_blocks_of_wide_rows_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "SHORT_BLOCK", 2)
    assert [blocks.rows_at_once(inputs) for inputs in (1, 64, 65)] == [20, 20, 10]


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("weighed", [False, True])
def test_a_fold_is_left_out(forward: bool, weighed: bool, tmp_path: Path) -> None:
    numbers = np.arange(70.0)
    fold = np.arange(70) % 4 - 1
    s = numbers + 1 if weighed else None
    with (tmp_path / "rows").open("wb") as file:
        write_rows(file, numbers[:, None] * [10, 100], numbers, s, fold)
    whole = BlockFile.of(tmp_path / "rows", 2, classes=True, weighed=weighed, folds=3, forward=forward)
    assert (whole.rows, whole.weight) == (70, 70 if s is None else s.sum())
    for held in range(3):
        trains = fold < held if forward else fold != held
        part = whole.without(held)
        assert part.weight == (trains.sum() if s is None else s[trains].sum())
        assert sum(part.sizes()) == pytest.approx(trains.sum(), abs=len(part.sizes()))
        for epoch in range(2):
            found = list(part.buffers(3, epoch))
            assert sorted(np.concatenate([b.y for b in found]).tolist()) == numbers[trains].tolist()
            for X, y, weights, order in found:
                np.testing.assert_array_equal(X, y[:, None] * [10, 100])
                assert sorted(order.tolist()) == list(range(len(y)))
                assert (weights is None) == (s is None)
                np.testing.assert_array_equal(y + 1 if weights is None else weights, y + 1)
    assert whole.without(3) is whole  # of those that are trained again on all
    assert sorted(np.concatenate([b.y for b in whole.buffers(3, 0)]).tolist()) == numbers.tolist()


def test_a_buffer_without_rows_to_train_on_is_none(tmp_path: Path) -> None:
    with (tmp_path / "rows").open("wb") as file:  # sorted by fold: five blocks of four rows are a buffer
        write_rows(file, np.zeros((80, 2)), np.arange(80.0), None, np.repeat([0, 1], [72, 8]))
    part = BlockFile.of(tmp_path / "rows", 2, classes=True, folds=2).without(0)
    found = list(part.buffers(3, 0))
    assert len(found) <= 2
    assert sorted(np.concatenate([b.y for b in found]).tolist()) == list(range(72, 80))
