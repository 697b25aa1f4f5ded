"""What the options of several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import typer

from shoal.errors import ConfigurationError

NAME = "shoal"
T = TypeVar("T")

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file, if there is one.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def comma_separated(text: str, option: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    """Return the values of an option such as ``--l2 0,0.1,1``, each parsed.

    Raises ``ConfigurationError``, which names the option, where ``parse`` refuses a value.
    """
    try:
        return tuple(parse(part.strip()) for part in text.split(","))
    except ConfigurationError as error:
        raise ConfigurationError(f"{option} {text}: {error}") from None
    except ValueError:
        raise ConfigurationError(
            f"{option} takes values separated by commas, got {text!r}; write them as in 0.1,1,10"
        ) from None


def one_target(given: Sequence[str] | None) -> str | None:
    """Return the column to predict; raise ``ConfigurationError`` where several options name one each."""
    names = list(dict.fromkeys(given or ()))
    if len(names) > 1:
        from shoal.data.chosen import several_targets

        raise ConfigurationError(several_targets(names))
    return names[0] if names else None


def joined(given: Sequence[str] | None) -> str | None:
    """Return several columns as one option names them."""
    return ",".join(given) if given else None


def parse_bytes(text: str, option: str) -> int:
    """Return a size such as ``500MB`` or ``2 GiB`` in bytes; a number alone is one of bytes.

    Raises ``ConfigurationError``, which names the option, for anything else.

    >>> parse_bytes("1.5kB", "--memory"), parse_bytes("2GiB", "--memory")
    (1500, 2147483648)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", text.strip(), re.IGNORECASE)
    if match is None or (match[3] and not match[2]):
        raise ConfigurationError(f"{option} takes a size, got {text!r}; write it as in 500MB or 2GB")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** " kmgt".index(match[2].lower() or " "))


def parse_size(text: str, option: str) -> tuple[int, int]:
    """Return rows and columns, written as one number for both or as ``24x32``.

    Raises ``ConfigurationError``, which names the option, for anything else.

    >>> parse_size("28", "--image-size"), parse_size("24x32", "--image-size")
    ((28, 28), (24, 32))
    """
    match = re.fullmatch(r"(\d{1,5})(?:[x×](\d{1,5}))?", text.strip().lower())
    if match is None:
        raise ConfigurationError(f"{option} takes rows and columns, got {text!r}; write it as in 32 or 24x32")
    return int(match[1]), int(match[2] or match[1])
