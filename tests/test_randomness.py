from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError
from shoal.randomness import (
    SHARED,
    Noise,
    Purpose,
    check_seed,
    member_id,
    member_ids,
    permutation,
    stream,
    streams,
)

WORD = 2**64
uint64 = st.integers(0, WORD - 1)


def philox(key: tuple[int, int], counter: list[int], rounds: int = 10) -> list[int]:
    """Return the four words of one block of Philox4x64, from the equations of Salmon et al. 2011."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(rounds):
        high0, low0 = divmod(0xD2E7470EE14C6C93 * c0, WORD)
        high1, low1 = divmod(0xCA5A826395121157 * c2, WORD)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) % WORD, (k1 + 0xBB67AE8584CAA73B) % WORD
    return [c0, c1, c2, c3]


def words(seed: int, member: int, purpose: Purpose, index: int, n: int) -> list[int]:
    """Return the first n words of a stream; its first block has position 1."""
    blocks = (philox((seed, member), [position, index, int(purpose), 0]) for position in itertools.count(1))
    return list(itertools.islice(itertools.chain.from_iterable(blocks), n))


def test_the_generator_is_the_published_one() -> None:
    # Random123's known answers: kat_vectors, philox4x64 with 10 rounds.
    assert philox((0, 0), [0, 0, 0, 0]) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]


@given(seed=uint64, member=uint64, purpose=st.sampled_from(Purpose), index=uint64, n=st.integers(1, 9))
def test_a_stream_is_philox_keyed_by_seed_and_member(
    seed: int, member: int, purpose: Purpose, index: int, n: int
) -> None:
    raw = stream(seed, member, purpose, index).bit_generator.random_raw(n)
    assert raw.tolist() == words(seed, member, purpose, index, n)


@given(st.sets(st.tuples(uint64, uint64, st.sampled_from(Purpose), uint64), min_size=2, max_size=2))
def test_streams_that_differ_in_anything_differ(
    labels: set[tuple[int, int, Purpose, int]],
) -> None:
    first, second = (stream(*label).bit_generator.random_raw(4).tolist() for label in labels)
    assert first != second


def test_uniform_draws_are_the_upper_53_bits() -> None:
    expected = [(word >> 11) / 2**53 for word in words(1, 2, Purpose.DROPOUT, 3, 6)]
    assert stream(1, 2, Purpose.DROPOUT, 3).random(6).tolist() == expected


@given(n=st.integers(1, 300), seed=uint64, index=st.integers(0, 1000))
def test_a_permutation_sorts_raw_draws(n: int, seed: int, index: int) -> None:
    order = permutation(n, seed, SHARED, Purpose.ORDER, index)
    draws = words(seed, SHARED, Purpose.ORDER, index, n)
    assert order.tolist() == sorted(range(n), key=draws.__getitem__)


def test_permutations_are_fair() -> None:
    counts: dict[tuple[int, ...], int] = {}
    for index in range(6000):
        order = tuple(permutation(3, 0, 0, Purpose.ORDER, index).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert max(abs(count - 1000) for count in counts.values()) < 130  # 4.5 standard deviations


def test_masks_keep_with_the_given_probability() -> None:
    keys = np.array([(0, member) for member in range(50)], dtype=np.uint64)
    mask = Noise(keys, step=3).keep(0.8, (10, 40))
    assert mask.shape == (50, 10, 40)
    assert abs(mask.mean() - 0.8) < 4 * np.sqrt(0.8 * 0.2 / mask.size)


def test_masks_of_members_steps_and_layers_differ_and_repeat() -> None:
    keys = np.array([(0, 1), (0, 2), (5, 1)], dtype=np.uint64)
    masks = {
        (step, layer, p): mask.tobytes()
        for step, layer in itertools.product((0, 1, 2**16), (0, 1))
        for p, mask in enumerate(Noise(keys, step).at(layer).keep(0.5, (8, 8)))
    }
    assert len(set(masks.values())) == len(masks) == 18
    assert Noise(keys[1:2], 1).at(1).keep(0.5, (8, 8)).tobytes() == masks[1, 1, 1]


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1))
def test_a_member_number_holds_candidate_fold_and_start(candidate: int, start: int, fold: int) -> None:
    number = member_id(candidate, start, fold)
    assert ((number >> 32) % 2**16, (number >> 16) % 2**16) == (candidate, fold)
    assert (number >> 48 << 16) + number % 2**16 == start
    assert member_id(np.int64(candidate), np.int64(start), np.int64(fold)) == number


@pytest.mark.parametrize("starts", [range(1), range(65530, 65545), range(2**32 - 3, 2**32)])
def test_numbers_of_many_members_are_those_of_each(starts: range) -> None:
    numbers = member_ids(7, starts, 3)
    assert numbers.dtype == np.uint64
    assert numbers.tolist() == [member_id(7, start, 3) for start in starts]


def test_streams_one_after_the_other_are_those_of_each() -> None:
    members = [0, 5, 2**63 + 1, 5]
    for purpose in Purpose:
        found = [rng.normal(size=3).tolist() for rng in streams(9, members, purpose)]
        assert found == [stream(9, member, purpose).normal(size=3).tolist() for member in members]


@pytest.mark.parametrize(
    ("candidate", "start", "fold", "message"),
    [
        (2**16, 0, 0, "candidate must be from 0 to 65535, got 65536"),
        (0, 2**32, 0, "start must be from 0 to 4294967295, got 4294967296"),
        (0, 0, 2**16, "fold must be from 0 to 65535, got 65536"),
        (0, -1, 0, "start must be a whole number ≥ 0, got -1"),
        (0.5, 0, 0, "candidate must be a whole number ≥ 0, got 0.5"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(candidate: int, start: int, fold: int, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        member_id(candidate, start, fold)
    assert str(error.value) == message


@pytest.mark.parametrize("seed", [0, 2**64 - 1, np.int64(7), np.uint64(2**63)])
def test_seeds(seed: int) -> None:
    assert check_seed(seed) == int(seed)
    assert type(check_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", True, None])
def test_seeds_that_are_refused(seed: object) -> None:
    with pytest.raises(ConfigurationError, match=r"seed must be an integer from 0 to 2\*\*64 - 1, got"):
        check_seed(seed)  # type: ignore[arg-type]
