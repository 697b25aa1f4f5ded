"""The lab's guard before a model's server: programs bring the token with every request."""

from __future__ import annotations

import json

from shoal.lab.guard import Guard, Receive, Scope, Send, header, same

METHODS = ("GET", "POST")


class TokenGuard(Guard):
    """Lets through requests that name this host and bring ``Authorization: Bearer TOKEN``, from no page.

    A page of a stranger's can make a browser send requests to loopback, but no such header without asking
    first, and is refused besides; nothing else than HTTP is served.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await super().__call__(scope, receive, send)

    @property
    def address(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.port}"

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._host(scope)
        if host is None:
            await self._refuse(send, 421, "this host is not the server")
        elif scope["method"] not in METHODS:
            await self._refuse(send, 405, f"the server knows {' and '.join(METHODS)}")
        elif header(scope, b"origin") is not None or header(scope, b"sec-fetch-site") not in (None, "none"):
            await self._refuse(send, 403, "a page asked for this, and none may")
        elif not self._known(scope):
            await self._refuse(send, 401, "send the header 'Authorization: Bearer TOKEN'")
        else:
            await self.app(scope, receive, self._sealed(send, host))

    def _known(self, scope: Scope) -> bool:
        scheme, _, given = (header(scope, b"authorization") or "").partition(" ")
        return scheme.lower() == "bearer" and same(given, self.token)

    async def _refuse(self, send: Send, status: int, why: str) -> None:
        body = json.dumps({"error": why}).encode()
        kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._answer(send, status, kind, body)
