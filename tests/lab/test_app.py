from __future__ import annotations

import asyncio
import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from shoal.lab import serving
from shoal.lab.app import DRAWN, FILES, House, Visit
from shoal.lab.commands import Command, Pause
from shoal.lab.design import Design
from shoal.lab.frames import PROTOCOL, BlockKind, read
from shoal.lab.laboratory import Laboratory
from shoal.lab.running import Conductor
from tests.waiting import HANGS


class Served:
    """A lab that answers on loopback, in a thread, and how its page reaches it."""

    def __init__(self, address: str) -> None:
        self.host, _, self.enter = address.removeprefix("http://").partition("/")
        self.origin = f"http://{self.host}"
        self.cookie = self.get(f"/{self.enter}", {}).headers["set-cookie"].split(";")[0]

    def get(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection(self.host, timeout=HANGS)
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        line.close()
        return answer

    def live(self, **said: str | None) -> Any:
        headers = {"Cookie": said.get("cookie", self.cookie)}
        return connect(
            f"ws://{self.host}/live",
            origin=said.get("origin", self.origin),
            additional_headers={name: value for name, value in headers.items() if value},
            proxy=None,
            max_size=None,
        )


class Talk:
    """What a page hears, all of it kept: an answer may come after the picture that it leads to, or before."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.heard = socket, []
        self.number = 0

    def until(self, wanted: Callable[[Any], Any], since: int = 0) -> Any:
        """Return the first thing heard since then that is ``wanted``; every picture on the way is drawn."""
        while True:
            for told in self.heard[since:]:
                if wanted(told):
                    return told
            since = len(self.heard)
            said = self.socket.recv(timeout=HANGS)
            if isinstance(said, bytes):
                self.socket.send(DRAWN)
            self.heard.append(list(read(said)) if isinstance(said, bytes) else json.loads(said))

    def state(self, wanted: Callable[[Any], Any] = lambda state: True) -> Any:
        found = self.until(lambda told: "state" in told and wanted(told["state"]))
        return found["state"]

    def ask(self, **command: Any) -> Any:
        self.number += 1
        number, since = self.number, len(self.heard)
        self.socket.send(json.dumps({"v": PROTOCOL, "id": number, **command}))
        return self.until(lambda told: isinstance(told, dict) and told.get("id") == number, since)

    def picture(self, wanted: Callable[[int], bool], since: int = 0) -> Any:
        return self.until(lambda told: isinstance(told, list) and wanted(told[0].epoch), since)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    ready, told = threading.Event(), []

    def tell(address: str, server: Any) -> None:
        told.extend([address, server])
        ready.set()

    lab = Laboratory(Design(hidden=(1, 2), starts=3, epochs=500))
    thread = threading.Thread(target=serving.serve, args=(lab, 0, tell, 2), daemon=True)
    thread.start()
    assert ready.wait(HANGS)
    yield Served(told[0])
    told[1]()
    thread.join(HANGS)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("path", "name"), [("/", "index.html"), ("/lab.js", "lab.js"), ("/lab.css", "lab.css")]
)
def test_the_page_is_three_files(served: Served, path: str, name: str) -> None:
    answer: Any = served.get(path, {"Cookie": served.cookie})
    assert (answer.status, answer.headers["content-type"]) == (200, FILES[name])
    assert answer.body


def test_what_is_taken_away_is_what_is_shown(served: Served) -> None:
    pytest.importorskip("onnx")
    for path, kind, begins in (
        ("/page.html", "text/html; charset=utf-8", b"<!doctype html>"),
        ("/network.onnx", "application/octet-stream", b"\x08"),
    ):
        answer = served.get(path, {"Cookie": served.cookie})
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="shoal-{path[1:]}"'
        assert answer.body.startswith(begins)  # type: ignore[attr-defined]
    refused = served.get("/network.zip", {"Cookie": served.cookie})
    assert refused.status == 409
    assert b"take this one as ONNX" in refused.body  # type: ignore[attr-defined]


def test_a_page_trains_and_sees_it(served: Served) -> None:
    with served.live() as socket:
        page = Talk(socket)
        state = page.state()
        assert (state["steers"], state["sides"][0]["epoch"]) == (True, 0)
        assert page.ask(do="start") == {"id": 1, "done": True}
        later = page.picture(lambda epoch: epoch >= 20)
        assert [block.kind for block in later][:2] == [BlockKind.FUNCTIONS, BlockKind.SCORES]
        assert page.ask(do="pause")["done"]
        since = len(page.heard)
        assert page.ask(do="seek", epoch=10)["done"]
        back = page.picture(lambda epoch: epoch == 10, since)
        assert back[0].run == later[0].run
        assert "has not come yet" in page.ask(do="seek", epoch=10_000)["error"]
        assert "unknown command" in page.ask(do="fly")["error"]
        assert page.ask(do="reset")["done"]


def test_the_second_page_watches_until_the_first_leaves(served: Served) -> None:
    with served.live() as line, served.live() as socket:
        first, second = Talk(line), Talk(socket)
        first.state()
        assert second.state()["steers"] is False
        assert "another page steers" in second.ask(do="step", epochs=1)["error"]
        assert first.ask(do="step", epochs=2)["done"]
        second.picture(lambda epoch: epoch == 2)
        line.close()
        assert second.state(lambda state: state["steers"])
        assert second.ask(do="reset")["done"]


@pytest.mark.parametrize(
    "said", [{"cookie": None}, {"origin": None}, {"origin": "http://evil.example"}, {"cookie": "a=b"}]
)
def test_a_stranger_gets_no_line(served: Served, said: dict[str, str | None]) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        served.live(**said)


def test_every_route_stands_behind_the_guard(served: Served) -> None:
    conductor = Conductor(Laboratory(Design(hidden=(1,), starts=1)))
    routes: list[Any] = House(conductor).app().routes
    conductor.close()
    assert len(routes) == 7
    for route in routes:
        if isinstance(route, WebSocketRoute):
            continue  # as above
        assert route.methods <= {"GET", "HEAD"}
        for headers in {}, {"Cookie": served.cookie, "Host": "evil.example"}:
            answer: Any = served.get(route.path, headers)
            assert answer.status in (401, 421)
            assert b"shoal lab:" in answer.body


def test_a_page_that_has_gone_before_it_was_let_in_steers_nothing() -> None:
    conductor = Conductor(Laboratory(Design(hidden=(1,), starts=1)), 1)
    house = House(conductor)

    class Gone:
        async def accept(self) -> None:
            raise WebSocketDisconnect(1006)

    with pytest.raises(WebSocketDisconnect):
        asyncio.run(house._visit(cast("WebSocket", Gone())))
    conductor.close()
    assert house.visits == []


class Line:
    """A websocket of which a test says what the page says."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.texts: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        return await self.said.get()

    async def send_text(self, text: str) -> None:
        self.texts.append(json.loads(text))

    async def send_bytes(self, frame: bytes) -> None:
        self.frames.put_nowait(frame)

    def say(self, text: str) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": text})


def test_a_picture_that_was_drawn_is_followed_by_the_next_while_a_command_waits_for_its_turn() -> None:
    async def watched(running: Conductor, held: threading.Event) -> list[dict[str, Any]]:
        house, line = House(running), Line()
        visit = Visit(house, cast("WebSocket", line))
        house.visits.append(visit)
        attending = asyncio.create_task(house._attend(visit))
        await line.frames.get()  # of how things stand
        busy = running.look(lambda lab: held.wait(HANGS))
        line.say(json.dumps({"v": PROTOCOL, "id": 1, "do": "pick", "network": 1}))
        line.say(DRAWN)
        visit.hear_frame(b"the next")
        assert await line.frames.get() == b"the next"
        assert not busy.done()
        line.said.put_nowait({"type": "websocket.disconnect"})
        held.set()
        await attending
        return line.texts

    held, running = threading.Event(), Conductor(Laboratory(Design(hidden=(1,), starts=2, epochs=10)), 1)
    texts = asyncio.run(asyncio.wait_for(watched(running, held), HANGS))
    assert running.laboratory.picked == 1  # which was asked before the page left
    assert "state" in texts[0]
    running.close()


def test_a_picture_of_what_was_asked_waits_for_no_other_and_both_are_to_be_drawn_before_the_next() -> None:
    async def watched(running: Conductor) -> tuple[bytes, bytes]:
        house, line = House(running), Line()
        visit = Visit(house, cast("WebSocket", line))
        house.visits.append(visit)
        attending = asyncio.create_task(house._attend(visit))
        before = await line.frames.get()  # of how things stand
        line.say(json.dumps({"v": PROTOCOL, "id": 1, "do": "pick", "network": 1}))
        after = await line.frames.get()
        visit.hear_frame(b"the next")
        for _ in range(2):
            for _ in range(20):  # turns of the loop, in which it would be sent
                await asyncio.sleep(0)
            assert line.frames.empty()
            line.say(DRAWN)
        assert await line.frames.get() == b"the next"
        line.said.put_nowait({"type": "websocket.disconnect"})
        await attending
        return before, after

    running = Conductor(Laboratory(Design(hidden=(1,), starts=2, epochs=10)), 1)
    before, after = asyncio.run(asyncio.wait_for(watched(running), HANGS))
    assert before != after
    running.close()


def test_a_picture_that_was_asked_for_comes_also_where_something_else_happens_before_it_is_sent() -> None:
    async def watched(running: Conductor) -> asyncio.Queue[bytes]:
        house, line = House(running), Line()
        visit = Visit(house, cast("WebSocket", line))
        house.visits.append(visit)
        visit.hear_frame(b"how things stand")
        sending = asyncio.create_task(visit.send())
        await line.frames.get()  # which the page has not drawn yet
        visit._asks = 1
        visit._keep_state({})
        visit._asks = 0  # done
        visit._keep_state({})
        visit._keep_frame(b"as asked")
        for _ in range(20):  # turns of the loop, in which it is sent
            await asyncio.sleep(0)
        sending.cancel()
        return line.frames

    running = Conductor(Laboratory(Design(hidden=(1,), starts=2, epochs=10)), 1)
    frames = asyncio.run(asyncio.wait_for(watched(running), HANGS))
    assert frames.get_nowait() == b"as asked"
    running.close()


def test_a_page_is_answered_during_its_own_step(monkeypatch: pytest.MonkeyPatch) -> None:
    async def attended(running: Conductor, go: threading.Event) -> None:
        house, line = House(running), Line()
        visit = Visit(house, cast("WebSocket", line))
        house.visits.append(visit)
        attending = asyncio.create_task(house._attend(visit))
        await line.frames.get()
        for number, asked in enumerate(({"do": "step", "epochs": 900}, {"do": "pick", "network": 1}), 1):
            line.say(json.dumps({"v": PROTOCOL, "id": number, **asked}))
        line.say(json.dumps({"v": PROTOCOL, "id": 3, "do": "pause"}))
        line.said.put_nowait({"type": "websocket.disconnect"})
        go.set()
        await attending

    running, go = Conductor(Laboratory(Design(hidden=(1,), starts=2, epochs=1000)), 1), threading.Event()
    lab = running.laboratory
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 1)
    train = lab.train
    monkeypatch.setattr(lab, "train", lambda *given: (go.wait(HANGS), train(*given)))
    asyncio.run(asyncio.wait_for(attended(running, go), HANGS))
    assert running.laboratory.picked == 1
    assert running.laboratory.sides[0].epoch < 900
    running.close()


def stepped(monkeypatch: pytest.MonkeyPatch, *asked: dict[str, Any]) -> int:
    """Return at which epoch a lab is once a page has asked this before the first ended, and has left."""

    async def attended(running: Conductor) -> None:
        house, line = House(running), Line()
        visit = Visit(house, cast("WebSocket", line))
        house.visits.append(visit)
        attending = asyncio.create_task(house._attend(visit))
        await line.frames.get()
        for number, each in enumerate(asked, 1):
            line.say(json.dumps({"v": PROTOCOL, "id": number, **each}))
        line.said.put_nowait({"type": "websocket.disconnect"})
        await attending

    running, heard = Conductor(Laboratory(Design(hidden=(1,), starts=2, epochs=1000)), 1), threading.Event()
    lab, train, ask = running.laboratory, running.laboratory.train, running.ask
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 1)
    monkeypatch.setattr(lab, "train", lambda *given: (heard.wait(HANGS), train(*given)))

    def ask_and_tell(command: Command) -> Any:
        answer = ask(command)
        if isinstance(command, Pause):
            heard.set()
        return answer

    monkeypatch.setattr(running, "ask", ask_and_tell)
    asyncio.run(asyncio.wait_for(attended(running), HANGS))
    running.close()
    return lab.epoch


def test_a_pause_ends_every_step_that_was_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    step = {"do": "step", "epochs": 400}
    assert stepped(monkeypatch, step, step, {"do": "pause"}) == 2  # a piece of each


def test_a_page_that_leaves_ends_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stepped(monkeypatch, {"do": "step", "epochs": 400}) == 1
    assert stepped(monkeypatch, {"do": "step", "epochs": 1}) == 1


def test_what_is_no_text_ends_the_visit_and_nothing_else(served: Served) -> None:
    with served.live() as page:
        page.send(b"\x00\x01")
        with pytest.raises(ConnectionClosed):
            Talk(page).until(lambda told: False)
    with served.live() as page:
        Talk(page).state()


def test_the_built_page_speaks_this_protocol() -> None:
    from importlib import resources

    script = resources.files("shoal.lab").joinpath("static", "lab.js").read_text(encoding="utf-8")
    assert re.search(rf"JSON\.stringify\(\{{v:{PROTOCOL},", script)
    assert f'{{"v":{PROTOCOL},"do":"drawn"}}' == DRAWN
    assert DRAWN in script
