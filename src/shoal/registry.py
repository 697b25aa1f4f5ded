"""Families of named, configurable pieces: activations, losses, initialisers, schedules, layers, solvers.

A member of a family is a frozen dataclass with a class variable ``name``; its fields are its
hyper-parameters. A family is a plain dictionary from names to classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np

from shoal.errors import ConfigurationError, UnknownNameError


class Named:
    """What every member of a family has: the name that it is registered, saved and asked for by."""

    name: ClassVar[str]


T = TypeVar("T", bound=Named)


def family(*members: type[T]) -> dict[str, type[T]]:
    """Return the registry of the given classes, keyed by their names."""
    return {member.name: member for member in members}


def resolve(kind: str, value: str | T, registry: Mapping[str, type[T]]) -> T:
    """Return the member that ``value`` names, with its defaults; an instance is returned as it is.

    Raises ``UnknownNameError`` for a name that the registry does not hold, ``ConfigurationError``
    for anything that is neither a name nor an instance.
    """
    if isinstance(value, str):
        if value not in registry:
            raise UnknownNameError(kind, value, registry)
        return registry[value]()
    if isinstance(value, tuple(registry.values())):
        return value
    raise ConfigurationError(
        f"{kind} must be a name or an instance, got {value!r}. Known names: {', '.join(sorted(registry))}"
    )


def to_config(member: Named) -> dict[str, Any]:
    """Return ``{"name": …, field: value, …}``, plain enough for JSON."""
    config: dict[str, Any] = {"name": member.name}
    for field in dataclasses.fields(member):  # type: ignore[arg-type]
        config[field.name] = _plain(getattr(member, field.name))
    return config


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    return to_config(value) if isinstance(value, Named) else value


def from_config(kind: str, config: Mapping[str, Any], registry: Mapping[str, type[T]]) -> T:
    """Return the member that ``to_config`` described.

    Raises ``UnknownNameError`` for an unknown name and ``ConfigurationError`` for unknown fields or for
    anything that is not a mapping.
    """
    if not isinstance(config, Mapping):
        raise ConfigurationError(f"{kind} must be described by a mapping with a name, got {config!r}")
    fields = dict(config)
    name = fields.pop("name", None)
    if not isinstance(name, str) or name not in registry:
        raise UnknownNameError(kind, name, registry)
    try:
        return registry[name](**fields)
    except TypeError as error:
        raise ConfigurationError(f"{kind} {name!r} cannot be built from {fields!r}: {error}") from None
