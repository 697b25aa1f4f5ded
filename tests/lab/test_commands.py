from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError
from shoal.lab.commands import COMMANDS, Build, Command, Turn, asked, command, read
from shoal.lab.laboratory import DO


def say(**fields: Any) -> str:
    return json.dumps({"v": 1, "id": 3, **fields})


def parse(message: str) -> tuple[int, Command]:
    number, said = read(message)
    return number, command(said)


def test_a_command_is_filled_with_what_was_said() -> None:
    assert parse(say(do="turn", l2=0.5, side=1)) == (3, Turn(l2=0.5, side=1))
    assert parse(say(do="build", hidden=[1, 2])) == (3, Build(hidden=(1, 2)))
    assert asked(Turn(l2=0.0, samples=9)) == {"l2": 0.0, "samples": 9}


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("{", "no command: it is not valid JSON"),
        ("[]", "no command: it is a list|no command: it is \\[\\], expected an object"),
        (say(do="fly"), "unknown command 'fly'"),
        (say(do="start", really=True), "unknown setting of start 'really'"),
        (say(do="seek"), "seek needs epoch, which is missing"),
        (say(do="seek", epoch="7"), 'seek.epoch is "7", expected an integer'),
        (say(do="turn", l2=True), "turn.l2 is true, expected a"),
        (say(do="turn", l2=None), "nothing"),
        (say(do="build", hidden=[1, 2.5]), "expected an integer"),
        (json.dumps({"v": 2, "id": 1, "do": "start"}), "version 2 and this lab version 1; reload"),
        (json.dumps({"id": 1, "do": "start"}), "version None"),
        (json.dumps({"v": 1, "id": "x", "do": "start"}), 'id is "x"'),
        ('{"v": 1, "do": "turn", "l2": NaN}', "not valid JSON"),
        ('{"v": 1, "do": "turn", "l2": 1, "l2": 2}', "comes twice"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(message: str, sentence: str) -> None:
    if sentence == "nothing":
        assert asked(parse(message)[1]) == {}  # type: ignore[arg-type]
        return
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        parse(message)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse(text)


def test_every_command_is_done_by_the_laboratory() -> None:
    assert set(COMMANDS.values()) == set(DO)
