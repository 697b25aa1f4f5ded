"""What the options of several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from shoal.errors import ConfigurationError

NAME = "shoal"
T = TypeVar("T")

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
