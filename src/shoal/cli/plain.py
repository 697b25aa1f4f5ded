"""Plain arguments, as most commands are given: parsed here, without what builds parsers and words refusals.

Typer hands every value to pydantic, whose import alone is a sixth of ``shoal predict``. So what is beyond
doubt is read here; whatever is not, ``--help`` and every mistake among it, Typer reads, which alone knows how
to tell. Tests hold the two to each other, option by option.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

_WHOLE, _NUMBER = re.compile(r"[0-9]{1,9}"), re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class DoubtfulError(ValueError):
    """It takes Typer to say what these words mean, or what is wrong with them."""


@dataclass(frozen=True)
class _Parameter:
    """One of a command's: what its values are, and whether there may be several."""

    name: str
    kind: Any
    several: bool
    info: ParameterInfo

    def value(self, word: str) -> Any:
        """Return what a word stands for; raise ``DoubtfulError`` where that is not certain."""
        if not word or word.startswith("-") or not _is_text(word):
            raise DoubtfulError(word)
        if self.kind is str:
            return word
        if self.kind is Path:
            if os.path.lexists(word) and not os.access(word, os.R_OK):
                raise DoubtfulError(word)
            return Path(word)
        if not {int: _WHOLE, float: _NUMBER}[self.kind].fullmatch(word):
            raise DoubtfulError(word)
        number = self.kind(word)
        low, high = self.info.min, self.info.max
        if (low is not None and number < low) or (high is not None and number > high):
            raise DoubtfulError(word)
        return number


@dataclass
class _Form:
    """What a command takes: arguments in their order, options by their names, and what is left out."""

    arguments: list[_Parameter] = field(default_factory=list)
    options: dict[str, _Parameter] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)


def plain_arguments(command: Callable[..., None], words: Sequence[str]) -> Mapping[str, Any]:
    """Return the arguments that ``words`` give to a command, each by its name.

    Raises ``DoubtfulError`` where it takes Typer to read them.

    >>> from shoal.cli.predict import predict
    >>> given = plain_arguments(predict, ["wine", "new.csv", "--out", "p.csv"])
    >>> given["source"], given["out"].name, given["overwrite"]
    ('new.csv', 'p.csv', False)
    """
    form = _form(command)
    rest, places, given = iter(words), iter(form.arguments), dict[str, Any]()
    for word in rest:
        if word.startswith("-"):
            name, equals, text = word.partition("=")
            parameter = form.options.get(name)
            if parameter is not None and parameter.kind is bool and not equals:
                found: Any = True
            elif parameter is not None and parameter.kind is not bool:
                found = parameter.value(text if equals else next(rest, ""))
            else:
                raise DoubtfulError(word)
        else:
            parameter = next(places, None)
            if parameter is None:
                raise DoubtfulError(word)
            found = parameter.value(word)
        if parameter.several:
            given.setdefault(parameter.name, []).append(found)
        elif parameter.name in given:
            raise DoubtfulError(word)
        else:
            given[parameter.name] = found
    if not form.needed <= given.keys():
        raise DoubtfulError(*form.needed - given.keys())
    return form.defaults | given


def _form(command: Callable[..., None]) -> _Form:
    """Return what a command takes, as its signature says it to Typer."""
    form, hints = _Form(), get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        annotation, info = get_args(hints[name])
        kind, several = _kind(annotation)
        made = _Parameter(name, kind, several, info)
        if parameter.default is parameter.empty:
            form.needed.add(name)
        else:
            form.defaults[name] = parameter.default
        if isinstance(info, ArgumentInfo):
            form.arguments.append(made)
        else:
            form.options |= dict.fromkeys(_names(name, info), made)
    return form


def _kind(annotation: Any) -> tuple[Any, bool]:
    """Return the type of a parameter's values, and whether it takes several."""
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    if get_origin(annotation) is list:
        return get_args(annotation)[0], True
    return annotation, False


def _names(name: str, info: OptionInfo) -> list[str]:
    """Return what an option is called: what is declared, of which Typer takes the first for a default."""
    declared = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    return declared or [f"--{name.replace('_', '-')}"]


def _is_text(word: str) -> bool:
    """Whether a word is text, and no bytes that are none in the encoding of the terminal."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
