"""The server itself, over a socket."""

from __future__ import annotations

import http.client
import json
import os
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from shoal.errors import ConfigurationError
from shoal.jobs.model import TableModel
from shoal.jobs.saved.studies import save_model
from shoal.serve import serving
from tests.waiting import HANGS

TOKEN = "a-token-of-my-own-0123"  # noqa: S105 - of this test alone


@pytest.fixture
def folder(pets: TableModel, tmp_path: Path) -> Path:
    save_model(pets, tmp_path / "pets", overwrite=True)
    return tmp_path / "pets"


def test_it_answers_with_the_token_and_ends(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    found: list[Any] = []
    threads: list[Thread] = []

    def ask(address: str, stop: serving.Stop) -> None:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=HANGS)
        said = json.dumps({"rows": [{"weight": 1.0, "kind": "furry"}]})
        try:
            for headers in ({"Authorization": f"Bearer {TOKEN}"}, {}):
                connection.request("POST", "/predict", said, headers)
                response = connection.getresponse()
                found.append((response.status, json.loads(response.read())))
        finally:
            connection.close()
            stop()

    def ready(address: str, token: str, stop: serving.Stop) -> None:
        assert token == TOKEN
        threads.append(Thread(target=ask, args=(address, stop)))
        threads[0].start()

    serving.serve(folder, 0, ready, secret)
    threads[0].join()
    assert [status for status, _ in found] == [200, 401]
    assert found[0][1]["predictions"][0]["pet"] in ("cat", "newt")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("short", "must be 16 or more"),
        ("with a space in the middle", "without spaces"),
        (None, "cannot be read"),
    ],
)
def test_a_token_that_is_none_is_refused(
    folder: Path, tmp_path: Path, text: str | None, sentence: str
) -> None:
    secret = tmp_path / "token"
    if text is not None:
        secret.write_text(text)
    with pytest.raises(ConfigurationError, match=sentence):
        serving.serve(folder, 0, lambda *_: None, secret)


def test_a_token_in_what_may_never_end_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    for place in (tmp_path / "token", Path("/dev/zero")):
        with pytest.raises(ConfigurationError, match="which may never end: save what it gives as a file"):
            serving.serve(folder, 0, lambda *_: None, place)


def test_a_port_that_cannot_be_had_is_said(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="port 99999 cannot be had"):
        serving.serve(folder, 99999, lambda *_: None)
