from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from shoal.errors import DataError
from shoal.serve.batching import TOGETHER, WAITING, Batcher, BusyError
from shoal.serve.rows import Request


class Slow:
    """Predicts what it is given, the first time only when it is let; it keeps what it was asked together."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, float | None]] = []
        self.may = threading.Event()

    def __call__(self, rows: Sequence[Any], interval: float | None) -> list[dict[str, Any]]:
        self.may.wait()
        self.calls.append((len(rows), interval))
        if any(row["x"] is None for row in rows):
            raise DataError("x is wrong")
        return [{"y": row["x"]} for row in rows]


def rows(*values: Any, interval: float | None = None, types: tuple[type, ...] | None = ()) -> Request:
    return Request([{"x": value} for value in values], interval, types)


async def answered(slow: Slow, requests: list[Request]) -> list[Any]:
    batcher = Batcher(slow)
    asked = [asyncio.ensure_future(batcher.ask(request)) for request in requests]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the first is on its way, the others wait
    slow.may.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def test_who_waits_is_answered_together_and_gets_his_own() -> None:
    slow = Slow()
    found = asyncio.run(answered(slow, [rows(1), rows(2, 3), rows(4), rows(5, interval=0.9)]))
    assert found == [[{"y": 1}], [{"y": 2}, {"y": 3}], [{"y": 4}], [{"y": 5}]]
    assert sum(count for count, _ in slow.calls) == 5
    assert len(slow.calls) < 4
    assert slow.calls[-1] == (1, 0.9)


def test_values_of_other_types_are_answered_apart() -> None:
    slow = Slow()
    asked = [rows(1), rows(2, types=(int,)), rows(3, types=(int,)), rows(4, types=None), rows(5, types=None)]
    assert [one[0]["y"] for one in asyncio.run(answered(slow, asked))] == [1, 2, 3, 4, 5]
    assert [count for count, _ in slow.calls] == [1, 2, 1, 1]


def test_one_request_that_is_wrong_harms_no_other() -> None:
    found = asyncio.run(answered(Slow(), [rows(1), rows(None), rows(3)]))
    assert [found[0], found[2]] == [[{"y": 1}], [{"y": 3}]]
    assert isinstance(found[1], DataError)


def test_no_more_rows_than_are_predicted_at_a_time() -> None:
    slow = Slow()
    asyncio.run(answered(slow, [rows(*range(TOGETHER)), rows(*range(TOGETHER)), rows(1)]))
    assert max(count for count, _ in slow.calls) == TOGETHER


def test_too_many_are_sent_away() -> None:
    found = asyncio.run(answered(Slow(), [rows(1)] * (WAITING + 5)))
    assert sum(isinstance(each, BusyError) for each in found) in range(1, 6)
    with pytest.raises(BusyError, match=f"{WAITING} requests wait"):
        raise next(each for each in found if isinstance(each, BusyError))
