"""The routes of a model's server: a document of what it does, and predictions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from shoal.errors import ShoalError
from shoal.jobs.model import TableModel
from shoal.serve.batching import Batcher, BusyError
from shoal.serve.openapi import document
from shoal.serve.rows import FieldError, Row, columns, notes, read_request

LARGEST_BODY = 8 * 2**20


class TooLargeError(ShoalError):
    """A body of more bytes than are read."""


class Service:
    """Predicts by one model, whatever comes."""

    def __init__(self, model: TableModel, name: str) -> None:
        self.model, self.document = model, document(model, name)
        self._batcher = Batcher(self.predict)

    def app(self) -> Starlette:
        """Return the routes, which stand behind the guard."""
        return Starlette(
            routes=[
                Route("/openapi.json", self._describe, methods=["GET"]),
                Route("/predict", self._predict, methods=["POST"]),
            ],
            exception_handlers={404: _unknown, 405: _unknown},
        )

    def predict(self, rows: Sequence[Row], interval: float | None) -> list[dict[str, Any]]:
        """Return a prediction for each row: the columns that ``shoal predict`` writes, by their names."""
        preprocessor = self.model.preprocessor
        given = columns(rows, preprocessor.encoders, preprocessor.known)
        found = self.model.predict(given, interval=interval)
        listed = {name: _plain(values.tolist()) for name, values in found.items()}
        return [dict(zip(listed, values, strict=True)) for values in zip(*listed.values(), strict=True)]

    async def _describe(self, request: HttpRequest) -> Response:
        return _answer(self.document)

    async def _predict(self, request: HttpRequest) -> Response:
        try:
            preprocessor = self.model.preprocessor
            asked = read_request(await _body(request), preprocessor)
            answer: dict[str, Any] = {"predictions": await self._batcher.ask(asked)}
            told = await asyncio.to_thread(notes, asked, preprocessor.encoders, preprocessor.known)
            return _answer(answer | ({"notes": told} if told else {}))
        except TooLargeError as error:
            return _answer({"error": str(error)}, 413)
        except BusyError as error:
            return _answer({"error": str(error)}, 503)
        except FieldError as error:
            return _answer({"error": str(error)} | ({"field": error.field} if error.field else {}), 400)
        except ShoalError as error:  # which names its column
            return _answer({"error": str(error)}, 400)


async def _body(request: HttpRequest) -> bytes:
    """Return the body, of which no more is read than is taken, whatever length it says to have."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLargeError(f"the body has more than {LARGEST_BODY:,} bytes; send fewer rows at a time")
        parts.append(part)
    return b"".join(parts)


async def _unknown(request: HttpRequest, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return _answer({"error": "there are POST /predict and GET /openapi.json"}, status)


def _plain(values: list[Any]) -> list[Any]:
    """Return labels of any type as JSON has them."""
    return [value if isinstance(value, str | int | float | bool) else str(value) for value in values]


def _answer(said: Any, status: int = 200) -> Response:
    return Response(json.dumps(said, allow_nan=False), status, media_type="application/json")
