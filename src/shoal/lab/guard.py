"""The one guard in front of all that the lab serves, pages and the websocket alike: refused unless allowed.

A server on loopback is reached by every page that the user's browser shows, and by names that resolve to it
(DNS rebinding). So a request must know the secret, name this very host, and, where it changes anything, come
from the lab's own page. It is ASGI and nothing else, so that no route can be added beside it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ENTRANCE = "/enter"
SECRET_BYTES = 32
ADVICE = "open the address that the terminal shows"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {live}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Guard:
    """Lets through what belongs to the lab at ``port``, and gives every answer the headers of a closed house.

    ``token`` opens the entrance, where it is swapped for a cookie that scripts cannot read and strangers'
    pages do not send. Both are 256 bits, new with each guard, and compared in constant time.
    """

    def __init__(self, app: App, port: int) -> None:
        self.app, self.port = app, port
        self.token = secrets.token_urlsafe(SECRET_BYTES)
        self._pass = secrets.token_urlsafe(SECRET_BYTES)
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.cookie = f"shoal-lab-{port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.port}{ENTRANCE}?token={self.token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._page(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._live(scope, receive, send)
        # nothing else is served

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._host(scope)
        if host is None:
            await self._refuse(send, 421, "this host is not the lab")
        elif scope["method"] != "GET":
            await self._refuse(send, 405, "the lab only shows pages")
        elif scope["path"] == ENTRANCE:
            await self._enter(scope, send)
        elif header(scope, b"sec-fetch-site") not in (None, "same-origin", "none"):
            await self._refuse(send, 403, "another page asked for this")
        elif not self._known(scope):
            await self._refuse(send, 401, ADVICE)
        else:
            await self.app(scope, receive, self._sealed(send, host))

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._host(scope)
        own = host is not None and header(scope, b"origin") == f"http://{host}"
        if own and self._known(scope):
            await self.app(scope, receive, send)
        else:
            await receive()  # the wish to connect; closing before accepting is a refusal
            await send({"type": "websocket.close", "code": 1008})

    async def _enter(self, scope: Scope, send: Send) -> None:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        if len(given) != 1 or not same(given[0], self.token):
            await self._refuse(send, 401, ADVICE)
            return
        cookie = f"{self.cookie}={self._pass}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await self._answer(send, 303, headers, b"")

    def _host(self, scope: Scope) -> str | None:
        """Return the host that a request names, if it is this one: exactly, and once."""
        host = header(scope, b"host")
        return host if host in self._hosts else None

    def _known(self, scope: Scope) -> bool:
        """Whether a request brings the cookie of this lab."""
        try:
            cookies = SimpleCookie(header(scope, b"cookie") or "")
        except CookieError:
            return False
        return self.cookie in cookies and same(cookies[self.cookie].value, self._pass)

    def _headers(self, host: str) -> list[tuple[bytes, bytes]]:
        policy = POLICY.format(live=f"ws://{host}" if host else "").replace("  ", " ").replace(" ;", ";")
        return [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cache-control", b"no-store"),
        ]

    def _sealed(self, send: Send, host: str) -> Send:
        """Return ``send`` with the guard's headers in every answer."""

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers(host)]
            await send(message)

        return sealed

    async def _refuse(self, send: Send, status: int, why: str) -> None:
        body = f"shoal lab: {why}.\n".encode()
        kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await self._answer(send, status, kind, body)

    async def _answer(self, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        start = {"type": "http.response.start", "status": status, "headers": headers + self._headers("")}
        await send(start)
        await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: bytes) -> str | None:
    """Return the one header of that name; an empty string, which nothing equals, where there are several."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    if len(values) > 1:
        return ""
    return values[0].decode("latin-1") if values else None


def same(given: str, secret: str) -> bool:
    """Whether what was given is the secret, which takes as long to say wherever they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
