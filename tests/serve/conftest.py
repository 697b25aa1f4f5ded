"""Small models of tables to serve, and a client without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.jobs.model import TableModel
from tests.export.conftest import trained

__all__ = ["trained"]
Asked = tuple[int, Any, dict[str, str]]


@pytest.fixture(scope="session")
def pets(trained: Callable[..., TableModel]) -> TableModel:
    """A model of two classes, by a number and a category."""
    rng = np.random.default_rng(0)
    weight, kind = rng.normal(size=80), rng.choice(["furry", "scaly"], size=80)
    label = np.where((kind == "furry") ^ (weight > 0), "cat", "newt")
    table = {"weight": [None, *weight[1:]], "kind": kind.tolist(), "pet": label.tolist()}
    return trained(table, "pet", starts=1)


@pytest.fixture(scope="session")
def ask() -> Callable[..., Asked]:
    """Return a function from an ASGI application and a request to its status, JSON and headers."""

    def send(app: Any, path: str, body: bytes | None = None, method: str = "POST", **headers: str) -> Asked:
        return asyncio.run(request(app, path, body, method, headers))

    return send


async def request(app: Any, path: str, body: bytes | None, method: str, headers: dict[str, str]) -> Asked:
    given = {"host": "127.0.0.1:80", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": pairs, "http_version": "1.1", "scheme": "http", "root_path": "",
    }  # fmt: skip
    parts = [body or b""]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop() if parts else b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    text = b"".join(message.get("body", b"") for message in sent[1:])
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], json.loads(text) if text else None, told
