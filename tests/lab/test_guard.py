from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from shoal.lab.guard import Guard

PORT = 4321
HOST = f"127.0.0.1:{PORT}"


async def inside(scope: Any, receive: Any, send: Any) -> None:
    """An application that would tell everything to anybody."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


@pytest.fixture
def guard() -> Guard:
    return Guard(inside, PORT)


def ask(guard: Guard, kind: str = "http", **said: Any) -> list[dict[str, Any]]:
    """Return what the guard sends for a request: one of the lab's own page but for what is said."""
    path, _, query = said.pop("path", "/").partition("?")
    method, again = said.pop("method", "GET"), said.pop("again", ())
    headers = {"host": HOST, "cookie": f"{guard.cookie}={guard._pass}"}
    if kind == "websocket":
        headers["origin"] = f"http://{HOST}"
    headers |= {name.replace("_", "-"): value for name, value in said.items()}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [*pairs, *again],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent


def status(sent: list[dict[str, Any]]) -> int:
    return int(sent[0]["status"])


STRANGERS: dict[str, dict[str, Any]] = {
    "no cookie": {"cookie": None},
    "the cookie of another lab": {"cookie": "shoal-lab-1=x"},
    "a wrong cookie": {"cookie": f"shoal-lab-{PORT}=wrong"},
    "a cookie that is none": {"cookie": f"shoal-lab-{PORT}"},
    "another host": {"host": "evil.example"},
    "another host at this port": {"host": f"evil.example:{PORT}"},
    "no port": {"host": "127.0.0.1"},
    "a longer host": {"host": f"{HOST}0"},
    "a host with a prefix": {"host": f"x{HOST}"},
    "no host": {"host": None},
    "two hosts": {"again": [(b"host", HOST.encode())]},
    "upper case and a dot": {"host": f"LOCALHOST.:{PORT}"},
    "two cookie lines": {"again": [(b"cookie", b"a=b")]},
}
OF_PAGES: dict[str, dict[str, Any]] = {
    **{f"method {one}": {"method": one} for one in ("POST", "PUT", "HEAD", "OPTIONS", "TRACE", "get")},
    "a stranger's page": {"sec_fetch_site": "cross-site"},
    "a neighbour's page": {"sec_fetch_site": "same-site"},
}
OF_LIVE: dict[str, dict[str, Any]] = {
    "no origin": {"origin": None},
    "a stranger's origin": {"origin": "http://evil.example"},
    "an origin with a tail": {"origin": f"http://{HOST}.evil.example"},
    "the origin null": {"origin": "null"},
    "https": {"origin": f"https://{HOST}"},
    "the other name of this host": {"origin": f"http://localhost:{PORT}"},
    "two origins": {"again": [(b"origin", b"http://evil.example")]},
}


def test_the_labs_own_page_is_let_in(guard: Guard) -> None:
    assert ask(guard)[1]["body"] == b"secret"
    assert ask(guard, sec_fetch_site="same-origin")[1]["body"] == b"secret"
    assert ask(guard, host=f"localhost:{PORT}")[1]["body"] == b"secret"
    assert ask(guard, "websocket") == [{"type": "websocket.accept"}]


@pytest.mark.parametrize("who", [*STRANGERS, *OF_PAGES])
def test_pages_are_shown_to_nobody_else(guard: Guard, who: str) -> None:
    sent = ask(guard, **(STRANGERS | OF_PAGES)[who])
    assert status(sent) in (401, 403, 405, 421)
    assert b"secret" not in sent[1]["body"]


@pytest.mark.parametrize("who", [*STRANGERS, *OF_LIVE])
def test_the_websocket_is_open_to_nobody_else(guard: Guard, who: str) -> None:
    assert ask(guard, "websocket", **(STRANGERS | OF_LIVE)[who]) == [
        {"type": "websocket.close", "code": 1008}
    ]


HOSTS = [HOST, f"localhost:{PORT}", "evil.example", f"{HOST}0", None]
ORIGINS = [f"http://{HOST}", f"http://localhost:{PORT}", "http://evil.example", "null", None]
SITES = [None, "same-origin", "same-site", "cross-site"]


@pytest.mark.parametrize("host", HOSTS)
def test_of_all_combinations_those_alone_are_let_in_of_which_every_part_is_right(
    guard: Guard, host: str | None
) -> None:
    ours, entrance = host in HOSTS[:2], f"/enter?token={guard.token}"
    seen: Counter[object] = Counter()
    for origin, site, cookie in product(ORIGINS, SITES, (guard._pass, "wrong", None)):
        said = {"host": host, "origin": origin, "sec_fetch_site": site}
        said["cookie"] = None if cookie is None else f"{guard.cookie}={cookie}"
        known = cookie == guard._pass
        page = 403 if site in SITES[2:] else 200 if known else 401
        for path, method, then in (
            ("/", "GET", page),
            ("/", "POST", 405),
            (entrance, "GET", 303),  # from a terminal, a mail, another page: who knows the token may
            (entrance, "POST", 405),
            (f"{entrance}x", "GET", 401),
        ):
            found = status(ask(guard, path=path, method=method, **said))
            assert found == (then if ours else 421), (said, path, method)
            seen[found] += 1
        answer = ask(guard, "websocket", **said)[0]["type"]
        own = ours and known and origin == f"http://{host}"
        assert answer == ("websocket.accept" if own else "websocket.close"), said
        seen[answer] += 1
    lines = {"websocket.accept": 4, "websocket.close": 56}  # of four sites, which lines do not go by
    pages = {200: 10, 303: 60, 401: 80, 403: 30, 405: 120}
    assert seen == (pages | lines if ours else {421: 300, "websocket.close": 60})


def test_the_token_is_swapped_for_a_cookie(guard: Guard) -> None:
    sent = ask(guard, path=f"/enter?token={guard.token}", cookie=None)
    headers = dict(sent[0]["headers"])
    assert (status(sent), headers[b"location"]) == (303, b"/")
    name, _, rest = headers[b"set-cookie"].decode().partition("=")
    value, *attributes = rest.split("; ")
    assert name == f"shoal-lab-{PORT}"
    assert attributes == ["HttpOnly", "SameSite=Strict", "Path=/"]
    assert guard.token not in value
    assert ask(guard, cookie=f"{name}={value}")[1]["body"] == b"secret"


@pytest.mark.parametrize(
    "path",
    [
        lambda token: "/enter",
        lambda token: "/enter?token=",
        lambda token: f"/enter?token={token[:-1]}",
        lambda token: f"/enter?token={token}x",
        lambda token: f"/enter?token={token}&token={token}",
        lambda token: f"/enter/?token={token}",
        lambda token: f"/?token={token}",
        lambda token: "/enter?token=%FF%00é",
    ],
)
def test_without_the_token_there_is_no_cookie(guard: Guard, path: Callable[[str], str]) -> None:
    sent = ask(guard, path=path(guard.token), cookie=None)
    assert status(sent) == 401
    assert b"set-cookie" not in dict(sent[0]["headers"])
    assert b"open the address that the terminal shows" in sent[1]["body"]


def test_the_entrance_knows_its_host_too(guard: Guard) -> None:
    assert status(ask(guard, path=f"/enter?token={guard.token}", host="evil.example")) == 421


def test_secrets_are_256_bits_and_new_each_time() -> None:
    one, other = Guard(inside, PORT), Guard(inside, PORT)
    assert len({one.token, one._pass, other.token, other._pass}) == 4
    assert {len(secret) for secret in (one.token, one._pass)} == {43}  # base64 of 32 bytes
    assert one.address == f"http://127.0.0.1:{PORT}/enter?token={one.token}"


@pytest.mark.parametrize(
    "said", [{}, {"cookie": None}, {"host": "x"}, {"method": "POST"}, {"path": "/enter"}]
)
def test_every_answer_is_sealed(guard: Guard, said: dict[str, Any]) -> None:
    headers = dict(ask(guard, **said)[0]["headers"])
    policy = dict(one.split(" ", 1) for one in headers[b"content-security-policy"].decode().split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in headers[b"content-security-policy"].decode()
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert (
        headers[b"cross-origin-opener-policy"] == headers[b"cross-origin-resource-policy"] == b"same-origin"
    )
    assert headers[b"cache-control"] == b"no-store"
    assert not [name for name in headers if name.startswith(b"access-control")]


def test_nothing_else_is_served(guard: Guard) -> None:
    assert ask(guard, "lifespan") == []
