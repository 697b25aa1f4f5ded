from __future__ import annotations

import asyncio
import socket

import pytest

from shoal.errors import ConfigurationError
from shoal.lab.loopback import listen
from tests.waiting import HANGS


class Once(asyncio.Protocol):
    """Tells whether what it says to whoever connects is sent at once, and hangs up."""

    def __init__(self, told: asyncio.Future[bool]) -> None:
        self.told = told

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own = transport.get_extra_info("socket")
        self.told.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
        transport.close()


def test_what_is_said_to_a_page_waits_for_no_acknowledgement_of_what_was_said_before() -> None:
    async def sends_at_once() -> bool:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[bool] = loop.create_future()
        with listen(0) as listening:
            async with await loop.create_server(lambda: Once(told), sock=listening):
                with socket.create_connection(listening.getsockname()):
                    return await asyncio.wait_for(told, HANGS)

    assert asyncio.run(sends_at_once())


def test_a_port_that_is_taken_is_refused_in_a_sentence() -> None:
    with listen(0) as taken, pytest.raises(ConfigurationError, match="cannot be had"):
        listen(taken.getsockname()[1])
