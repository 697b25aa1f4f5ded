"""What the lab serves: three files, what can be taken away, and one websocket for everything else."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from shoal.errors import ConfigurationError, ShoalError
from shoal.lab import saving
from shoal.lab.commands import Pause, Step, command, read
from shoal.lab.running import MOST_WAITING, Conductor, Exhibit

FILES = {
    "index.html": "text/html; charset=utf-8",
    "lab.js": "text/javascript; charset=utf-8",
    "lab.css": "text/css; charset=utf-8",
}
DRAWN = '{"v":1,"do":"drawn"}'
"""What a page says, literally, once it has drawn a frame: the next may come."""
NO_TEXT = 1003
"""How the protocol calls data of a kind that is not taken."""
AT_REST = {"steers": True, "playing": False, "inspected": None, "note": ""}
"""Of a saved page, which nobody else steers."""
TAKEN: dict[str, tuple[str, Callable[[Exhibit], bytes]]] = {
    "/page.html": (
        "text/html; charset=utf-8",
        lambda lab: saving.page(lab.state() | AT_REST, lab.frame()),
    ),
    "/network.onnx": ("application/octet-stream", lambda lab: saving.onnx(lab.network())),
    "/network.zip": ("application/zip", lambda lab: saving.folder(lab.model())),
}
"""What can be taken away: of what kind it is, and what makes it of what is shown."""
WATCHES = "another page steers this lab; close it there, or watch"


class House:
    """The pages that are connected: the first steers, the others watch until it leaves."""

    def __init__(self, conductor: Conductor) -> None:
        self.conductor = conductor
        self.visits: list[Visit] = []

    def steers(self, visit: Visit) -> bool:
        return self.visits[0] is visit

    def app(self) -> Starlette:
        """Return the routes, which stand behind the guard."""
        names = {"/": "index.html", "/lab.js": "lab.js", "/lab.css": "lab.css"}
        pages = [Route(path, _file(name), methods=["GET"]) for path, name in names.items()]
        taken = [Route(path, self._take, methods=["GET"]) for path in TAKEN]
        return Starlette(routes=[*pages, *taken, WebSocketRoute("/live", self._visit)])

    async def _take(self, request: Request) -> Response:
        kind, make = TAKEN[request.url.path]
        try:
            content = await asyncio.wrap_future(self.conductor.look(make))
        except ShoalError as error:
            return Response(str(error), status_code=409, media_type="text/plain; charset=utf-8")
        name = request.url.path.removeprefix("/")
        return Response(
            content, media_type=kind, headers={"content-disposition": f'attachment; filename="shoal-{name}"'}
        )

    async def _visit(self, socket: WebSocket) -> None:
        visit = Visit(self, socket)
        self.visits.append(visit)  # before the page knows that it is let in: who comes first steers
        try:
            await socket.accept()
            await self._attend(visit)
        finally:  # a page that has gone before it was let in steers no more than any other that has gone
            self.visits.remove(visit)
            for other in self.visits[:1]:
                if other.state:  # else it is told once it has joined
                    other.hear_state(other.state)

    async def _attend(self, visit: Visit) -> None:
        self.conductor.join(visit)
        sending = asyncio.create_task(visit.send())
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(visit.receive())
                both.create_task(visit.obey())
        finally:
            sending.cancel()
            self.conductor.leave(visit)
            await asyncio.gather(sending, return_exceptions=True)


class Visit:
    """One page: what it is to be told, in order, and the last picture, which a newer one replaces."""

    def __init__(self, house: House, socket: WebSocket) -> None:
        self.house, self.socket = house, socket
        self.state: dict[str, Any] = {}
        self._asked: asyncio.Queue[str | None] = asyncio.Queue(MOST_WAITING)
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._texts: deque[dict[str, Any]] = deque()
        self._frame: bytes | None = None
        self._under_way = 0  # pictures that the page has not drawn yet
        self._asks = 0  # commands that are not done yet
        self._at_once = False

    def hear_frame(self, frame: bytes) -> None:
        self._soon(self._keep_frame, frame)

    def hear_state(self, state: dict[str, Any]) -> None:
        self._soon(self._keep_state, state)

    async def send(self) -> None:
        """Send what there is to tell; a picture when the page has drawn the last one, or has asked for it."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._texts:
                said = self._texts.popleft()
                if "state" in said:
                    said["state"] = said["state"] | {"steers": self.house.steers(self)}
                await self.socket.send_text(json.dumps(said, allow_nan=False, separators=(",", ":")))
            if self._frame is not None and (self._at_once or not self._under_way):
                frame, self._frame, self._at_once = self._frame, None, False
                self._under_way += 1
                if self.house.steers(self):
                    self.house.conductor.feed()  # the next one is made while this one is drawn
                await self.socket.send_bytes(frame)

    async def receive(self) -> None:
        """Hear what the page says until it leaves: commands wait in line, that a frame was drawn does not."""
        while (said := await self.socket.receive())["type"] == "websocket.receive":
            message = said.get("text")
            if message == DRAWN:
                self._under_way = max(0, self._under_way - 1)
                self._news.set()
            elif message is not None:
                await self._asked.put(message)
            else:  # a page says nothing in bytes
                await self.socket.close(NO_TEXT)
                break
        await self._asked.put(None)

    async def obey(self) -> None:
        """Do what is asked, one command after the other, also what was asked right before the page left.

        What is asked during a step does not wait for its end, and a step ends when the page leaves.
        """
        steps: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as answering:
            while (message := await self._asked.get()) is not None:
                number = 0
                try:
                    number, said = read(message)
                    if not self.house.steers(self):
                        raise ConfigurationError(WATCHES)
                    asked = command(said)
                except ShoalError as error:
                    self._tell({"id": number, "error": str(error)})
                    continue
                self._asks += 1
                answer = answering.create_task(self._answer(number, self.house.conductor.ask(asked)))
                if isinstance(asked, Step):
                    steps = [*(step for step in steps if not step.done()), answer]
                else:
                    await answer
            if not all(step.done() for step in steps):
                self.house.conductor.ask(Pause())  # or who comes next would wait to steer

    async def _answer(self, number: int, coming: Future[None]) -> None:
        try:
            await asyncio.wrap_future(coming)
            self._tell({"id": number, "done": True})
        except ShoalError as error:
            self._tell({"id": number, "error": str(error)})
        finally:
            self._asks -= 1

    def _soon(self, call: Any, argument: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it the page
            self._loop.call_soon_threadsafe(call, argument)

    def _keep_frame(self, frame: bytes) -> None:
        self._frame = frame
        self._news.set()

    def _keep_state(self, state: dict[str, Any]) -> None:
        self.state = state
        self._at_once = self._at_once or self._asks > 0  # until the picture has come
        self._texts = deque(said for said in self._texts if "state" not in said)
        self._tell({"state": state})

    def _tell(self, said: dict[str, Any]) -> None:
        self._texts.append(said)
        self._news.set()


def _file(name: str) -> Any:
    content = resources.files("shoal.lab").joinpath("static", name).read_bytes()

    async def show(request: Request) -> Response:
        return Response(content, media_type=FILES[name])

    return show
