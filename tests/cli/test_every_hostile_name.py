"""Names that a table brings, made to steer a terminal, a page or a document: in vain."""

from __future__ import annotations

import csv
import html.parser
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Shoal = Callable[..., Any]
BRIEFLY = ("--hidden", "1", "--starts", "1", "--l2", "1", "--epochs", "2", "--jobs", "1", "--pieces", "0")
PAYLOADS = {
    "steering": "\x1b[31mred\x1b]0;title\x07\x9b31m\x90q\x9c\u202eevil\u2066 back\b\b\rover\vdown\x7f",
    "lines": "[red]red[/red] :smile: [/]\nshoal: forged",
    "pages": "<script>alert(1)</script><img src=x onerror=y> | `b` $\\input{c}$ [d](http://e.f) &lt;",
}


def write(path: str, rows: list[list[Any]]) -> None:
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def hostile_table(payload: str, rows: int = 60) -> list[list[Any]]:
    """Return a table of which the payload names the columns, the classes, and one category in three."""
    head = [f"{name} {payload}" for name in ("size", "colour", "same", "target")]
    body = [
        [
            f"{k * 7 % 23 / 4}",
            f"{payload} {k % 3}",
            "1",  # a constant column, of which a note tells
            f"{'yes' if k * 7 % 23 > 11 else 'no'} {payload}",
        ]
        for k in range(rows)
    ]
    body[50][3] = f"rare {payload}"
    return [head, *body]


def assert_harmless(lines: list[str]) -> None:
    """Hold every line to what a terminal shows and does nothing else with."""
    for line in lines:
        steering = {c for c in line if unicodedata.category(c) == "Cc" or c in "\u202e\u2066"}
        assert not steering, line


def assert_quiet(shoal: Shoal, *arguments: object) -> Any:
    ended = shoal(*arguments)
    assert_harmless([*ended.out, *ended.err])
    return ended


class Elements(html.parser.HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_text(page: str) -> None:
    """Hold a page to elements of shoal's own, and to a policy that would let no other run."""
    elements = Elements(page).found
    assert not {"script", "img", "iframe", "link", "object"} & {tag for tag, _ in elements}
    assert not any(name.startswith("on") for _, given in elements for name in given)
    policies = [a["content"] or "" for _, a in elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_every_command_shows_them_in_vain(shoal: Shoal, payload: str) -> None:
    table = hostile_table(payload)
    write("t.csv", table)
    fitted = assert_quiet(
        shoal, "fit", "t.csv", "--target", table[0][3], "--rare", "drop", "--out", "m", *BRIEFLY
    )
    assert fitted.code == 0, fitted
    assert not any(line.startswith("shoal: forged") for line in (*fitted.out, *fitted.err))
    assert "[red]" not in payload or any("[red]red[/red] :smile:" in line for line in fitted.out)
    assert assert_quiet(shoal, "predict", "m", "t.csv", "--out", "p.csv").code == 0
    assert assert_quiet(shoal, "check", "m").code == 0
    assert assert_quiet(shoal, "report", "m").code == 0
    assert assert_quiet(shoal, "export", "m", "--to", "m.onnx").code == 0
    told = assert_quiet(shoal, "explain", "m")
    assert told.code == 0
    assert "[red]" not in payload or any("[red]re" in line for line in told.out)
    assert assert_quiet(shoal, "explain", "m", "--format", "markdown").code == 0
    assert_text("\n".join(assert_quiet(shoal, "explain", "m", "--format", "html").out))
    assert_text(Path("m/report.html").read_text(encoding="utf-8"))
    written = assert_quiet(shoal, "explain", "m", "--format", "json")
    assert any(payload in name for name in json.loads("\n".join(written.out))["features"])


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_errors_show_them_in_vain(shoal: Shoal, payload: str) -> None:
    write("t.csv", hostile_table(payload))
    unknown = f"no {payload}"
    for arguments in (
        ("fit", "t.csv", "--target", unknown, "--out", "m"),
        ("fit", unknown, "--target", "a", "--out", "m"),
        ("fit", "t.csv", "--target", unknown, "--out", "m", "--debug"),
        ("explain", unknown),
        ("check", "--layers", unknown),
        ("check", "--layers", "2,1", "--loss", unknown),
        ("predict", unknown, "t.csv", "--out", "p.csv"),
        ("export", unknown, "--to", "m.onnx"),
        ("lecture", unknown),
        (unknown,),
        ("fit", f"--{unknown}"),
    ):
        ended = assert_quiet(shoal, *arguments)
        assert ended.code == 2
        assert not any(line.startswith("shoal: forged") for line in ended.err)


def test_names_of_images_are_shown_in_vain(shoal: Shoal) -> None:
    rng = np.random.default_rng(0)
    labels = np.array([f"a{payload}" for payload in list(PAYLOADS.values())[:2]])
    np.savez("a.npz", X=rng.integers(0, 256, (40, 6, 5), dtype=np.uint8), y=labels[np.arange(40) % 2])
    assert assert_quiet(shoal, "fit", "a.npz", "--out", "m", *BRIEFLY[:-2]).code == 0
    assert assert_quiet(shoal, "predict", "m", "a.npz", "--out", "p.csv").code == 0
    assert_quiet(shoal, "explain", "m")
    assert_quiet(shoal, "check", "m")
