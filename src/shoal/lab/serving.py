"""The lab as a server of this machine alone."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from shoal.errors import ConfigurationError
from shoal.lab.app import House
from shoal.lab.guard import Guard
from shoal.lab.running import Conductor, Exhibit

LARGEST_MESSAGE = 8 * 2**20


Stop = Callable[[], None]
Ready = Callable[[str, Stop], None]


def serve(laboratory: Exhibit, port: int, ready: Ready, threads: int | None = None) -> None:
    """Serve a laboratory on loopback until Ctrl-C.

    Once it answers, ``ready`` is told the address, and a function that ends it from any thread.
    ``port`` 0 takes a free one. Raises ``ConfigurationError`` for a port that is taken.
    """
    with _listen(port) as listening:
        conductor = Conductor(laboratory, threads)
        guard = Guard(House(conductor).app(), listening.getsockname()[1])
        config = uvicorn.Config(
            guard,
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            ws="websockets-sansio",
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config, lambda stop: ready(guard.address, stop))
        try:
            server.run(sockets=[listening])
        finally:
            conductor.close()


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[Stop], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready(self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise ConfigurationError(
            f"port {port} cannot be had ({error}); name another one, or none for one that is free"
        ) from None
    return listening
