"""Families of named, configurable pieces: activations, losses, initialisers, schedules, layers, solvers.

A member of a family is a frozen dataclass with a class variable ``name``; its fields are its
hyper-parameters. A family is a plain dictionary from names to classes; where each has a file of its own,
it is a ``LazyFamily``, so that a process loads what it works with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from types import MappingProxyType
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


class LazyFamily(MutableMapping[str, type[T]]):
    """A registry of classes that are imported when they are first asked for.

    Names, their number and their order are known without importing any class. ``homes`` is the module of each
    class that it began with, by the class's own name. ``aliases`` are other names, under which a member is
    found but neither listed nor saved.
    """

    def __init__(self, aliases: Mapping[str, str] = MappingProxyType({}), /, **classes: str) -> None:
        """Register classes, ``"module:Class"``, by the names of the members."""
        self._members: dict[str, type[T] | str] = dict(classes)
        self.aliases = aliases
        places = [place.partition(":") for place in classes.values()]
        self.homes = {of_the_class: module for module, _, of_the_class in places}

    def __getitem__(self, name: str) -> type[T]:
        name = self.aliases.get(name, name)
        member = self._members[name]
        if isinstance(member, str):
            module, _, of_the_class = member.partition(":")
            member = self._members[name] = getattr(import_module(module), of_the_class)
        return member

    def __setitem__(self, name: str, member: type[T]) -> None:
        self._members[name] = member

    def __delitem__(self, name: str) -> None:
        del self._members[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members or (name in self.aliases and self.aliases[str(name)] in self._members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def resolve(kind: str, value: str | T, registry: Mapping[str, type[T]]) -> T:
    """Return the member that ``value`` names, with its defaults; an instance is returned as it is.

    Raises ``UnknownNameError`` for a name that the registry does not hold, ``ConfigurationError``
    for anything that is neither a name nor an instance.
    """
    if isinstance(value, str):
        if value not in registry:
            raise UnknownNameError(kind, value, registry)
        return registry[value]()
    name = getattr(value, "name", None)
    own = registry.get(name) if isinstance(name, str) else None  # the others need not be imported to know it
    if (own is not None and isinstance(value, own)) or isinstance(value, tuple(registry.values())):
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
