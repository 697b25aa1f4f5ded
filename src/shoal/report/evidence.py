"""Reading ``evidence.json`` and checking it against its format before anything is drawn from it."""

from __future__ import annotations

import json
import math
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn, Union, cast

from shoal.errors import ModelFolderError, reason
from shoal.files import read_regular
from shoal.plots.evidence import FORMAT, Bins, Evidence

PICTURES = ("picture", "pictures", "saliency", "ideal", "patches", "filters")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
REBUILD = "run shoal fit again, or restore the file from a copy"


def load_evidence(path: str | Path) -> Evidence:
    """Return the evidence in the file ``path``, or in ``evidence.json`` of the folder ``path``.

    Raises ``ModelFolderError`` where the file is missing, is no JSON, lacks a part, holds a value of
    another type than the format says, or is of a format newer than this version of shoal knows.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "evidence.json"
    try:
        text = read_regular(path).decode()
        value = json.loads(text, parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise ModelFolderError(f"{path} does not exist; name a folder that shoal fit wrote") from None
    except OSError as error:
        raise ModelFolderError(f"{path} cannot be read ({reason(error)}); check its permissions") from None
    except (ValueError, RecursionError) as error:
        raise ModelFolderError(f"{path} is not valid JSON ({error}); {REBUILD}") from None
    return checked(value, str(path))


def checked(value: object, name: str = "the evidence") -> Evidence:
    """Return ``value`` if it follows the format; ``name`` is what an error calls it.

    Raises ``ModelFolderError`` naming the first part that does not.
    """
    if not isinstance(value, Mapping):
        raise ModelFolderError(f"{name} holds {_described(value)}, expected an object; {REBUILD}")
    number = value.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise ModelFolderError(
            f"{name} has format {number}, this version of shoal reads up to {FORMAT}; install a newer shoal"
        )
    if number != FORMAT or isinstance(number, bool):
        raise ModelFolderError(f"{name} has format {number!r}, expected {FORMAT}; {REBUILD}")
    try:
        _check(value, Evidence, "")
        evidence = cast("Evidence", value)
        _check_lengths(evidence)
        _check_candidates(evidence)
        _check_pictures(evidence.get("seen"), "seen")
    except _MismatchError as mismatch:
        raise ModelFolderError(f"{name}: {mismatch}; {REBUILD}") from None
    return evidence


class _MismatchError(Exception):
    """A part that is not as the format says."""


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _check(value: object, expected: Any, where: str) -> None:
    """Walk ``value`` along the type ``expected``; ``where`` is the path of keys that led to it."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if typing.is_typeddict(expected):
        _require(isinstance(value, Mapping), value, "an object", where)
        members = cast("Mapping[str, object]", value)
        for key, kind in typing.get_type_hints(expected).items():
            place = f"{where}.{key}" if where else key
            if key in members:
                _check(members[key], kind, place)
            elif key in expected.__required_keys__:
                raise _MismatchError(f"{place} is missing")
    elif origin is list:
        _require(isinstance(value, list), value, "a list", where)
        for i, item in enumerate(cast("list[object]", value)):
            _check(item, arguments[0], f"{where}[{i}]")
    elif origin is dict:
        _require(isinstance(value, Mapping), value, "an object", where)
        for key, item in cast("Mapping[str, object]", value).items():
            _check(item, arguments[1], f"{where}.{key}")
    elif origin is Literal:
        _require(value in arguments, value, " or ".join(map(repr, arguments)), where)
    elif origin in (Union, types.UnionType):
        if value is not None:  # the format's only unions are with null
            _check(value, next(a for a in arguments if a is not type(None)), where)
    else:
        _check_scalar(value, expected, where)


def _check_scalar(value: object, expected: type, where: str) -> None:
    if expected is float:
        _require(_is_finite_number(value), value, "a finite number", where)
    elif expected is int:
        _require(isinstance(value, int) and not isinstance(value, bool), value, "an integer", where)
    elif expected is bool:
        _require(isinstance(value, bool), value, "true or false", where)
    else:
        _require(isinstance(value, str), value, "a string", where)


def _is_finite_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False


def _check_lengths(evidence: Evidence) -> None:
    """Hold parallel lists to one length and the confusion counts to a square."""
    lengths = {key: len(cast("list[object]", column)) for key, column in evidence["trials"].items()}
    if len(set(lengths.values())) > 1:
        raise _MismatchError(f"trials has lists of different lengths {lengths}")
    test = evidence["test"]
    if test and test["confusion"]:
        counts, K = test["confusion"]["counts"], len(test["confusion"]["labels"])
        if len(counts) != K or any(len(row) != K for row in counts):
            raise _MismatchError(f"test.confusion.counts is not a square of its {K} labels")
    if test and test["residuals"]:
        n_actual, n_predicted = len(test["residuals"]["actual"]), len(test["residuals"]["predicted"])
        if n_actual != n_predicted:
            raise _MismatchError(f"test.residuals has {n_actual} actual and {n_predicted} predicted values")
    for name, bins in ((test and test.get("reliability")) or {}).items():
        _check_bins(cast("Bins", bins), f"test.reliability.{name}")


def _check_bins(bins: Bins, where: str) -> None:
    """Hold a bin's numbers to shares, one of each for every bin, and that to one bin at least."""
    columns = [bins["confidence"], bins["accuracy"], bins["share"]]
    sizes = set(map(len, columns))
    if len(sizes) > 1 or 0 in sizes:
        raise _MismatchError(f"{where} has bins of different numbers {sorted(sizes)}, or none")
    if not all(0 <= value <= 1 for column in columns for value in column):
        raise _MismatchError(f"{where} has numbers that are no shares, expected them between 0 and 1")


def _check_candidates(evidence: Evidence) -> None:
    """Find what was chosen, and what is summarised, among the trials."""
    trials, choice = evidence["trials"], evidence["choice"]
    known = set(zip(trials["hidden"], trials["l2"], trials["start"], strict=True))
    if not choice["members"]:
        raise _MismatchError("choice.members is empty")
    for where, candidate in [
        ("choice", choice),
        ("choice.best", choice["best"]),
        *((f"choice.members[{i}]", member) for i, member in enumerate(choice["members"])),
    ]:
        if (candidate["hidden"], candidate["l2"], candidate["start"]) not in known:
            raise _MismatchError(f"{where} is not among the trials")
    for i, entry in enumerate(evidence["spread"]):
        if entry["hidden"] not in trials["hidden"]:
            raise _MismatchError(f"spread[{i}] is of a size that is not among the trials")


def _check_pictures(value: object, where: str) -> None:
    """Hold every text of ``PICTURES`` to base64, since a page shows it as the data of a picture."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            texts = item if isinstance(item, list) else [item]
            for text in texts:
                if key in PICTURES and isinstance(text, str):
                    _require(_BASE64.fullmatch(text) is not None, text, "a picture", f"{where}.{key}")
            _check_pictures(item, f"{where}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _check_pictures(item, f"{where}[{i}]")


def _require(fits: bool, value: object, expected: str, where: str) -> None:
    if not fits:
        raise _MismatchError(f"{where} is {_described(value)}, expected {expected}")


def _described(value: object) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 40 else text[:39] + "…"
