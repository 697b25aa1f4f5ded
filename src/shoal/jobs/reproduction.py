"""The command that makes the same model again: what was asked, and all that was decided then, as options."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from shoal.jobs.prepared import Prepared
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.jobs.searching import settled, without_axes
from shoal.jobs.sizing.study import AskedSize, Sizing
from shoal.selection.candidates.candidate import hidden_label
from shoal.selection.rules import BY_EVIDENCE
from shoal.selection.study import CapacityStudy
from shoal.words import as_option

SEED = "seed"
"""Told although it was left open."""
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def repeated(
    request: FitRequest, prepared: Prepared, sizing: Sizing, method: Method, study: CapacityStudy
) -> FitRequest:
    """Return the request that leaves nothing open which the machine's pace, or a clock, has decided.

    A study that was ended early is asked for as far as the choice was made among its networks.
    """
    starts, networks = study.compared
    size, recipe = sizing.size, method.recipe
    by_evidence = prepared.rule(request) == BY_EVIDENCE
    decided: dict[str, Any] = {
        "size": without_axes(request, AskedSize(size.hidden, starts, size.l2, size.epochs)),
        "networks": networks,
        "folds": prepared.folds,
        "validation_share": prepared.validation_share,
        "choose": None if by_evidence else prepared.rule(request),
        "learning_rate": cast("float | None", recipe.learning_rate),
        "batch_size": recipe.batch_size,
        "patience": None if by_evidence else recipe.patience,
        "time": None,
        "on": None,
        "pieces": method.pieces if method.forms else request.pieces,
        "waves": method.waves if method.forms else request.waves,
    }
    decided |= prepared.decided(request) | settled(request, recipe.epochs, prepared.streamed)
    return dataclasses.replace(request, **decided)


def command(request: FitRequest, folder: Path, overwrite: bool = False) -> str:
    """Return a request as one line for a shell; what has its default is left out, but for the seed.

    >>> command(FitRequest("my table.csv", "price in €", jobs=2), Path("out"))
    "shoal fit 'my table.csv' --out out --target 'price in €' --seed 0 --jobs 2"
    """
    # a name that begins as options do is given as a path
    table = f"./{request.table}" if request.table.startswith("-") else request.table
    words = ["shoal", "fit", table, "--out", str(folder), *_options(request)]
    return " ".join(map(quoted, [*words, "--overwrite"] if overwrite else words))


def _options(request: FitRequest) -> Iterator[str]:
    for field in dataclasses.fields(FitRequest):
        value = getattr(request, field.name)
        if field.name == "size":
            for name, asked in vars(value).items():
                if asked is not None:
                    yield from (as_option(name), _of_size(asked))
        elif field.name != "table" and (value != field.default or field.name == SEED):
            yield from _option(field.name, value)


def _option(name: str, value: Any) -> Iterator[str]:
    option = as_option(name)
    if value is True:
        yield option
    elif name == "image_size":
        yield from (option, "x".join(map(str, value)))
    else:
        for single in value if isinstance(value, tuple) else [value]:
            yield from (option, str(single))


def _of_size(asked: Any) -> str:
    if not isinstance(asked, tuple):
        return str(asked)
    return ",".join(hidden_label(value) if isinstance(value, tuple) else repr(value) for value in asked)


def quoted(word: str) -> str:
    r"""Return a word as a shell reads it, on one line: control characters are escaped as Bash has them.

    >>> print(quoted("it's"), quoted("a\x1b[31m"))
    'it'"'"'s' $'a\x1b[31m'
    """
    if not _STEERING.search(word):
        return shlex.quote(word)
    escaped = (_escaped(character) for character in word)
    return f"$'{''.join(escaped)}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if not _STEERING.match(character):
        return character
    is_byte = "\udc80" <= character <= "\udcff"  # of a name that is no text, as Python holds it
    encoded = character.encode(errors="surrogateescape" if is_byte else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in encoded)
