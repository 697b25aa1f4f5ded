"""Requests that wait while others are answered are answered together: networks like many rows at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from shoal.errors import ShoalError
from shoal.serve.rows import Request, Row

TOGETHER = 10_000
"""Rows that are predicted at a time, unless one request has more."""
WAITING = 256
"""Requests that may wait; further ones are sent away."""
Answer: TypeAlias = list[dict[str, Any]]
Predict: TypeAlias = Callable[[Sequence[Row], float | None], Answer]


class BusyError(ShoalError):
    """So many requests wait that another one is not taken."""


class Batcher:
    """Answers requests by ``predict(rows, interval)``, which runs on a thread, one call at a time."""

    def __init__(self, predict: Predict) -> None:
        self._predict = predict
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Answer:
        """Return the predictions for the rows of a request; raises what ``predict`` raises of them.

        Raises ``BusyError`` where too many others wait.
        """
        if len(self._waiting) >= WAITING:
            raise BusyError(f"{WAITING} requests wait already; send it again later")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next()
            answers = await asyncio.to_thread(self._together, [request for request, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # whoever asked has gone
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _next(self) -> list[tuple[Request, asyncio.Future[Answer]]]:
        """Return the requests at the front that ask for the same, as many as are predicted together.

        No value is read in another way for what a stranger sends: columns have one type in all of them.
        """
        count, rows, first = 0, 0, self._waiting[0][0]
        for request, _ in self._waiting:
            rows += len(request.rows)
            alike = request.interval == first.interval and request.types == first.types is not None
            if count and (rows > TOGETHER or not alike):
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _together(self, requests: list[Request]) -> list[Answer | Exception]:
        """Return the answer to each request; where the rows of one are wrong, each is answered alone."""
        rows = [row for request in requests for row in request.rows]
        try:
            answer = self._predict(rows, requests[0].interval)
        except Exception as error:  # of any kind: whoever asked is told, and the next is answered
            if len(requests) == 1:
                return [error]
            return [each for request in requests for each in self._together([request])]
        answers: list[Answer | Exception] = []
        for request in requests:
            answers.append(answer[: len(request.rows)])
            answer = answer[len(request.rows) :]
        return answers
