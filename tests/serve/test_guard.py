from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shoal.serve.guard import TokenGuard

Ask = Callable[..., Any]


async def inside(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b'"secret"'})


@pytest.fixture
def guard() -> TokenGuard:
    return TokenGuard(inside, 80)


def test_who_brings_the_token_is_let_in(guard: TokenGuard, ask: Ask) -> None:
    status, answer, headers = ask(guard, "/predict", authorization=f"Bearer {guard.token}")
    assert (status, answer) == (200, "secret")
    assert headers["cache-control"] == "no-store"
    assert ask(guard, "/", method="GET", authorization=f"bearer {guard.token}")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Basic TOKEN"}, 401),
        ({"authorization": "Bearer TOKENx"}, 401),
        ({"authorization": "TOKEN"}, 401),
        ({"authorization": "Bearer TOKEN", "host": "evil.example"}, 421),
        ({"authorization": "Bearer TOKEN", "origin": "http://127.0.0.1:80"}, 403),
        ({"authorization": "Bearer TOKEN", "sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_others_are_refused_in_json(
    guard: TokenGuard, ask: Ask, headers: dict[str, str], status: int
) -> None:
    given = {name: value.replace("TOKEN", guard.token) for name, value in headers.items()}
    found, answer, _ = ask(guard, "/predict", **given)
    assert found == status
    assert set(answer) == {"error"}


def test_other_methods_and_websockets_are_refused(guard: TokenGuard, ask: Ask) -> None:
    assert ask(guard, "/", method="DELETE", authorization=f"Bearer {guard.token}")[0] == 405
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"127.0.0.1:80")]}
    asyncio.run(guard(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
