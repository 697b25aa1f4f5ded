"""Reading ``evidence.json`` and checking it against its format before anything is drawn from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from shoal.errors import ModelFolderError, reason
from shoal.files import read_regular
from shoal.plots.evidence import FORMAT, Evidence
from shoal.plots.forecasts import KIND, ForecastEvidence
from shoal.plots.networks import key_of, keys
from shoal.plots.promises import Bins, Operating
from shoal.plots.tested import Confusion
from shoal.schema import MismatchError, described, parse_json, require, require_type

PICTURES = ("picture", "pictures", "saliency", "ideal", "patches", "filters")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
REBUILD = "run shoal fit again, or restore the file from a copy"


def load_evidence(path: str | Path) -> Evidence | ForecastEvidence:
    """Return the evidence in the file ``path``, or in ``evidence.json`` of the folder ``path``.

    Raises ``ModelFolderError`` where the file is missing, is no JSON, lacks a part, holds a value of
    another type than the format says, or is of a format newer than this version of shoal knows.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "evidence.json"
    try:
        value = parse_json(read_regular(path))
    except FileNotFoundError:
        raise ModelFolderError(f"{path} does not exist; name a folder that shoal fit wrote") from None
    except OSError as error:
        raise ModelFolderError(f"{path} cannot be read ({reason(error)}); check its permissions") from None
    except MismatchError as mismatch:
        raise ModelFolderError(f"{path} cannot be used: {mismatch}; {REBUILD}") from None
    return checked(value, str(path))


def checked(value: object, name: str = "the evidence") -> Evidence | ForecastEvidence:
    """Return ``value`` if it follows the format; ``name`` is what an error calls it.

    Raises ``ModelFolderError`` naming the first part that does not.
    """
    if not isinstance(value, Mapping):
        raise ModelFolderError(f"{name} holds {described(value)}, expected an object; {REBUILD}")
    number = value.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise ModelFolderError(
            f"{name} has format {number}, this version of shoal reads up to {FORMAT}; install a newer shoal"
        )
    if number != FORMAT or isinstance(number, bool):
        raise ModelFolderError(f"{name} has format {number!r}, expected {FORMAT}; {REBUILD}")
    kind = value.get("kind", "")
    if kind not in ("", KIND):
        raise ModelFolderError(f"{name} is of the kind {kind!r}, expected {KIND!r} or none; {REBUILD}")
    try:
        return _checked_forecast(value) if kind else _checked_study(value)
    except MismatchError as mismatch:
        raise ModelFolderError(f"{name}: {mismatch}; {REBUILD}") from None


def _checked_study(value: object) -> Evidence:
    require_type(value, Evidence)
    evidence = cast("Evidence", value)
    _check_lengths(evidence)
    _check_candidates(evidence)
    _check_pictures(evidence.get("seen"), "seen")
    if evidence.get("seen"):
        images, test = evidence["data"].get("images"), evidence["test"]
        require(images is not None, images, "the size of the images that are seen", "data.images")
        require(test is not None, test, "what the images that are seen were tested on", "test")
    return evidence


def _checked_forecast(value: object) -> ForecastEvidence:
    """Hold what belongs together to one length: lines, bands and errors to the horizon."""
    require_type(value, ForecastEvidence)
    evidence = cast("ForecastEvidence", value)
    horizon, test = evidence["asked"]["horizon"], evidence["test"]
    columns: dict[str, int] = {f"test.by_step.{name}": len(found) for name, found in test["by_step"].items()}
    for i, one in enumerate(evidence["shown"]):
        columns[f"shown[{i}].actual"] = len(one["actual"])
        columns |= {f"shown[{i}].lines.{name}": len(line) for name, line in one["lines"].items()}
        for share, band in one["bands"].items():
            columns[f"shown[{i}].bands.{share}.lower"] = len(band["lower"])
            columns[f"shown[{i}].bands.{share}.upper"] = len(band["upper"])
    for where, steps in columns.items():
        require(steps == horizon, steps, f"{horizon} steps, the horizon", where)
    require(bool(test["models"]), test["models"], "a model", "test.models")
    require(bool(evidence["shown"]), evidence["shown"], "a series", "shown")
    return evidence


def _check_lengths(evidence: Evidence) -> None:
    """Hold parallel lists to one length, and the parts of the test to what they are counted by."""
    lengths = {key: len(cast("list[object]", column)) for key, column in evidence["trials"].items()}
    if len(set(lengths.values())) > 1:
        raise MismatchError(f"trials has lists of different lengths {lengths}")
    test = evidence["test"]
    if test:
        require(test["rows"] >= 0, test["rows"], "a number of rows", "test.rows")
    if test and test["confusion"]:
        _check_confusion(test["confusion"])
    if test and test["residuals"]:
        n_actual, n_predicted = len(test["residuals"]["actual"]), len(test["residuals"]["predicted"])
        if n_actual != n_predicted:
            raise MismatchError(f"test.residuals has {n_actual} actual and {n_predicted} predicted values")
    if test and (rates := test.get("operating")):
        _check_rates(rates)
    for name, bins in ((test and test.get("reliability")) or {}).items():
        _check_bins(cast("Bins", bins), f"test.reliability.{name}")


def _check_confusion(confusion: Confusion) -> None:
    """Hold the counts to a square of the labels, or the pairs to classes that there are."""
    K = len(confusion["labels"])
    counts, pairs = confusion.get("counts"), confusion.get("pairs")
    if (counts is None) == (pairs is None):
        raise MismatchError("test.confusion has neither counts nor pairs, or both, expected one of them")
    if counts is not None and (len(counts) != K or any(len(row) != K for row in counts)):
        raise MismatchError(f"test.confusion.counts is not a square of its {K} labels")
    for i, j, _ in pairs or ():
        if not (0 <= i < K and 0 <= j < K):
            raise MismatchError(f"test.confusion.pairs has {[i, j]}, expected two of its {K} labels")


def _check_rates(rates: Operating) -> None:
    """Hold the rates of thresholds to shares, as many of each, of one threshold at least."""
    columns = [rates["false_positive"], rates["recall"], rates["precision"]]
    sizes = set(map(len, columns))
    if len(sizes) > 1 or 0 in sizes:
        raise MismatchError(f"test.operating has rates of different numbers {sorted(sizes)}, or none")
    if not all(0 <= value <= 1 for column in columns for value in column):
        raise MismatchError("test.operating has numbers that are no shares, expected them between 0 and 1")


def _check_bins(bins: Bins, where: str) -> None:
    """Hold a bin's numbers to shares, one of each for every bin, and that to one bin at least."""
    columns = [bins["confidence"], bins["accuracy"], bins["share"]]
    sizes = set(map(len, columns))
    if len(sizes) > 1 or 0 in sizes:
        raise MismatchError(f"{where} has bins of different numbers {sorted(sizes)}, or none")
    if not all(0 <= value <= 1 for column in columns for value in column):
        raise MismatchError(f"{where} has numbers that are no shares, expected them between 0 and 1")


def _check_candidates(evidence: Evidence) -> None:
    """Find what was chosen, and what is summarised, among the trials."""
    trials, choice = evidence["trials"], evidence["choice"]
    for i, l2 in enumerate(trials["l2"]):
        require(l2 >= 0, l2, "a strength, 0 or more", f"trials.l2[{i}]")
    known = set(keys(trials))
    if not choice["members"]:
        raise MismatchError("choice.members is empty")
    for where, candidate in [
        ("choice", choice),
        ("choice.best", choice["best"]),
        *((f"choice.members[{i}]", member) for i, member in enumerate(choice["members"])),
    ]:
        if key_of(candidate) not in known:
            raise MismatchError(f"{where} is not among the trials")
    for i, entry in enumerate(evidence["spread"]):
        if entry["hidden"] not in trials["hidden"]:
            raise MismatchError(f"spread[{i}] is of a size that is not among the trials")


def _check_pictures(value: object, where: str) -> None:
    """Hold every text of ``PICTURES`` to base64, since a page shows it as the data of a picture."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            texts = item if isinstance(item, list) else [item]
            for text in texts:
                if key in PICTURES and isinstance(text, str):
                    require(_BASE64.fullmatch(text) is not None, text, "a picture", f"{where}.{key}")
            _check_pictures(item, f"{where}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _check_pictures(item, f"{where}[{i}]")
