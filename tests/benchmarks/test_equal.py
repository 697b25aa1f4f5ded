"""How many iterations are enough."""

from __future__ import annotations

import pytest

from benchmarks.equal import LONGER, fewest


@pytest.mark.parametrize("needed", [1, 2, 3, 7, 64, 65, 499, 500, 501, 1000])
def test_the_fewest_are_found_in_few_tries(needed: int) -> None:
    tried: list[int] = []

    def mean_loss(iterations: int) -> float:
        tried.append(iterations)
        return float(needed - iterations)

    assert fewest(mean_loss, 0.0, 500) == needed
    assert len(tried) <= 2 * needed.bit_length() + 1


def test_who_never_gets_there_is_tried_for_so_long_and_no_longer() -> None:
    tried: list[int] = []

    def mean_loss(iterations: int) -> float:
        tried.append(iterations)
        return float("nan")  # of networks that diverged

    assert fewest(mean_loss, 0.0, 10) is None
    assert max(tried) == LONGER * 10
