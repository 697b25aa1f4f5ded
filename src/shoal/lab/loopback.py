"""A server that this machine alone reaches."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from shoal.errors import ConfigurationError

Stop = Callable[[], None]


class Server(uvicorn.Server):
    """A server that says when it answers, and otherwise nothing: of itself, of visits, or to a proxy."""

    def __init__(self, app: Any, ready: Callable[[Stop], None], **settings: Any) -> None:
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
            **settings,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready(self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def listen(port: int) -> socket.socket:
    """Return a socket bound to ``port`` of loopback, 0 for a free one; ``ConfigurationError`` if taken."""
    # asyncio has what it accepts send at once where the protocol is named; else a second answer waits up to
    # 40 ms until the other side has acknowledged the first
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise ConfigurationError(
            f"port {port} cannot be had ({error}); name another one, or none for one that is free"
        ) from None
    return listening
