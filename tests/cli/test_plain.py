"""Arguments that are read without Typer mean what they mean to Typer, option by option."""

from __future__ import annotations

import functools
import inspect
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer
from typer.models import ArgumentInfo

from shoal.cli.app import COMMANDS, STYLE
from shoal.cli.plain import DoubtfulError, plain_arguments

ROOT = Path(__file__).parents[2]
VALUES = {bool: (), str: ("a b,ü",), Path: ("there/is none.csv",), int: ("7",), float: ("0.25",)}
PREDICT = ["wine", "rows.csv", "--out", "p.csv"]


def command_of(name: str) -> Callable[..., None]:
    command: Callable[..., None] = getattr(import_module(f"shoal.cli.{name}"), name)
    return command


def by_typer(command: Callable[..., None], words: list[str]) -> dict[str, Any]:
    """Return the arguments that Typer would call a command with."""
    given: dict[str, Any] = {}

    @functools.wraps(command)
    def listens(**arguments: Any) -> None:
        given.update(arguments)

    alone = typer.Typer(**STYLE)
    alone.command()(listens)
    typer.main.get_command(alone)(words, standalone_mode=False)
    return given


def parameters(command: Callable[..., None]) -> list[tuple[str, Any, Any, bool]]:
    """Return the name, the type, what Typer is told, and whether it has to be given, of each parameter."""
    hints = get_type_hints(command, include_extras=True)
    return [
        (name, *get_args(hints[name]), parameter.default is parameter.empty)
        for name, parameter in inspect.signature(command).parameters.items()
    ]


def word_for(kind: Any) -> tuple[str, ...]:
    """Return what stands for a value of this type, or of the type that it may have; none of a flag."""
    return VALUES[kind] if kind in VALUES else word_for(get_args(kind)[0])


def said(name: str, kind: Any, info: Any) -> list[str]:
    """Return a parameter on the command line."""
    if isinstance(info, ArgumentInfo):
        return [*word_for(kind)]
    declared = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    return [declared[0] if declared else f"--{name.replace('_', '-')}", *word_for(kind)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_means_what_it_means_to_typer(name: str) -> None:
    command = command_of(name)
    every = parameters(command)
    least = [word for each, kind, info, needed in every if needed for word in said(each, kind, info)]
    lines = [least] + [[*least, *said(each, *rest)] for each, *rest, needed in every if not needed]
    everything = [word for each, kind, info, _ in every for word in said(each, kind, info)]
    for words in (*lines, everything):
        assert plain_arguments(command, words) == by_typer(command, words), words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fit", ["t.csv", "--drop", "a", "--out=o", "--drop", "b,c", "--target=y"]),
        ("fit", ["--test-share", "1", "--seed", "007", "--out", "o=1", "t.csv"]),
        ("predict", ["wine", "--overwrite", "--out", ".", "--interval", "0.9"]),
        ("check", ["--all", "--batch", "1"]),
    ],
)
def test_words_in_any_order(name: str, words: list[str]) -> None:
    command = command_of(name)
    assert plain_arguments(command, words) == by_typer(command, words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(
            ("predict", [*PREDICT, *more])
            for more in (["--help"], ["--ouch"], ["more"], ["--"], [""], ["-x"])
        ),
        *(("predict", [*PREDICT, "--interval", *more]) for more in ([], ["-1"], ["1e-1"], ["nan"], [""])),
        ("predict", [*PREDICT, "--out", "q.csv"]),
        ("predict", [*PREDICT, "--overwrite=1"]),
        ("predict", ["wine"]),
        ("predict", ["wine", "\udcff", "--out", "p.csv"]),
        ("fit", ["t.csv", "--out", "o", "--seed", "1_0"]),
        ("fit", ["t.csv", "--out", "o", "--seed", "1.5"]),
        ("check", ["--batch", "0"]),
    ],
)
def test_what_is_doubtful_is_left_to_typer(name: str, words: list[str]) -> None:
    with pytest.raises(DoubtfulError):
        plain_arguments(command_of(name), words)


def documented() -> list[list[str]]:
    """Return the words of every command in a block of code of README and the documentation."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    blocks = [block for page in pages for block in page.read_text().split("```")[1::2]]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("shoal ")]
    return [words[1:] for words in commands if words[1] in COMMANDS]


@pytest.mark.parametrize("words", documented(), ids=" ".join)
def test_a_command_of_the_documentation_lacks_nothing(words: list[str]) -> None:
    assert by_typer(command_of(words[0]), words[1:])
