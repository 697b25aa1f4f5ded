"""The lab as a server of this machine alone."""

from __future__ import annotations

from collections.abc import Callable

from shoal.lab.app import House
from shoal.lab.guard import Guard
from shoal.lab.loopback import Server, Stop, listen
from shoal.lab.running import Conductor, Exhibit

LARGEST_MESSAGE = 8 * 2**20

Ready = Callable[[str, Stop], None]


def serve(laboratory: Exhibit, port: int, ready: Ready, threads: int | None = None) -> None:
    """Serve a laboratory on loopback until Ctrl-C.

    Once it answers, ``ready`` is told the address, and a function that ends it from any thread.
    ``port`` 0 takes a free one. Raises ``ConfigurationError`` for a port that is taken.
    """
    with listen(port) as listening:
        conductor = Conductor(laboratory, threads)
        guard = Guard(House(conductor).app(), listening.getsockname()[1])
        server = Server(
            guard,
            lambda stop: ready(guard.address, stop),
            ws="websockets-sansio",
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,
        )
        try:
            server.run(sockets=[listening])
        finally:
            conductor.close()
