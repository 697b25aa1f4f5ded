"""Evidence that cannot be used is refused, in one line that says where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import ModelFolderError
from shoal.report.evidence import checked, load_evidence

Builder = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_what_was_written_is_read_back_from_the_file_or_its_folder(
    sample: Builder, tmp_path: Path, task: str
) -> None:
    evidence = sample(task)
    (tmp_path / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")
    assert load_evidence(tmp_path / "evidence.json") == evidence
    assert load_evidence(tmp_path) == evidence


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"evidence\.json does not exist; name a folder"):
        load_evidence(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b'{"format": 1,', b'{"format": NaN}', b"[" * 100_000],
    ids=["empty", "torn", "binary", "truncated", "NaN", "nested"],
)
def test_malformed_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "evidence.json"
    path.write_bytes(content)
    with pytest.raises(ModelFolderError, match="is not valid JSON") as caught:
        load_evidence(path)
    assert "\n" not in str(caught.value)


def test_newer_format_asks_for_a_newer_shoal(sample: Builder) -> None:
    with pytest.raises(ModelFolderError, match=r"has format 2, this version .* up to 1; install a newer"):
        checked({**sample(), "format": 2})


@pytest.mark.parametrize("value", [0, None, "1", True, 1.5])
def test_no_known_format(sample: Builder, value: object) -> None:
    with pytest.raises(ModelFolderError, match="expected 1"):
        checked({**sample(), "format": value})


def _wrong(path: tuple[Any, ...], value: object) -> Callable[[dict[str, Any]], None]:
    def change(evidence: dict[str, Any]) -> None:
        part: Any = evidence
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_wrong(("choice",), []), r"choice is \[\], expected an object"),
        (_wrong(("choice", "best", "l2"), "1"), r'choice\.best\.l2 is "1", expected a finite number'),
        (_wrong(("choice", "best", "l2"), True), r"choice\.best\.l2 is true, expected a finite number"),
        (_wrong(("seconds",), 10**400), r"seconds is 1000.*…, expected a finite number"),
        (_wrong(("seconds",), float("inf")), r"seconds is Infinity, expected a finite number"),
        (_wrong(("asked", "task"), "ranking"), r"asked\.task is \"ranking\", expected 'classification' or"),
        (
            _wrong(("data", "columns", 1, "name"), None),
            r"columns\[1\]\.name is null, expected a string",
        ),
        (_wrong(("data", "rows"), 1.5), r"data\.rows is 1\.5, expected an integer"),
        (_wrong(("data", "columns", 0, "used"), 1), r"data\.columns\[0\]\.used is 1, expected true or false"),
        (_wrong(("versions", "numpy"), 2), r"versions\.numpy is 2, expected a string"),
        (_wrong(("spread",), {}), r"spread is \{\}, expected a list"),
        (lambda e: e["trials"]["l2"].pop(), r"trials has lists of different lengths"),
        (_wrong(("test", "rows"), -1), r"test\.rows is -1, expected a number of rows"),
        (lambda e: e["test"]["confusion"]["counts"].pop(), r"counts is not a square of its 2 labels"),
        (lambda e: e["test"]["confusion"].pop("counts"), r"confusion has neither counts nor pairs"),
        (_wrong(("test", "confusion", "pairs"), []), r"confusion has neither counts nor pairs, or both"),
        (
            _wrong(("test", "confusion"), {"labels": ["a", "b"], "pairs": [[0, 1, 3], [1, 2, 1]]}),
            r"confusion\.pairs has \[1, 2\], expected two of its 2 labels",
        ),
        (
            _wrong(("test", "confusion"), {"labels": ["a", "b"], "pairs": [[0, 1]]}),
            r"confusion\.pairs\[0\] is \[0, 1\], expected 3 values",
        ),
        (lambda e: e.pop("curves"), r"curves is missing"),
        (lambda e: e["test"]["reliability"]["after"]["share"].pop(), r"reliability\.after has bins of diff"),
        (
            _wrong(("test", "reliability", "before", "accuracy", 0), 1.5),
            r"test\.reliability\.before has numbers that are no shares",
        ),
        (
            _wrong(("calibration", "temperature"), None),
            r"calibration\.temperature is null, expected a finite",
        ),
        (lambda e: e["test"].pop("rows"), r"test\.rows is missing"),
        (_wrong(("choice", "members"), []), r"choice\.members is empty"),
        (_wrong(("trials", "l2", 1), -0.9), r"trials\.l2\[1\] is -0\.9, expected a strength, 0 or more"),
        (_wrong(("choice", "start"), 99), r"choice is not among the trials"),
        (_wrong(("choice", "best", "hidden"), "3"), r"choice\.best is not among the trials"),
        (_wrong(("choice", "members", 0, "l2"), 7.0), r"choice\.members\[0\] is not among the trials"),
        (_wrong(("spread", 2, "hidden"), "3"), r"spread\[2\] is of a size that is not among"),
    ],
)
def test_part_of_the_wrong_shape_is_named(
    sample: Builder, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    evidence = sample()
    change(evidence)
    with pytest.raises(ModelFolderError, match=message) as caught:
        checked(evidence)
    assert "\n" not in str(caught.value)


def test_residuals_of_two_lengths(sample: Builder) -> None:
    evidence = sample("regression")
    evidence["test"]["residuals"]["actual"].pop()
    with pytest.raises(ModelFolderError, match="399 actual and 400 predicted"):
        checked(evidence)


def test_no_object() -> None:
    with pytest.raises(ModelFolderError, match=r"holds \[\], expected an object"):
        checked([])


def test_unknown_keys_are_for_later_versions(sample: Builder) -> None:
    assert checked({**sample(), "later": 1})["title"] == "income from adult.csv.gz"
