"""A few hundred of the cases of ``python -m tests.fuzz``, the same ones every time."""

from __future__ import annotations

import pytest

from shoal.errors import DataError
from tests.fuzz.bounds import NeverEndsError, bounded
from tests.fuzz.cases import Fuzz

COUNT, INTACT = 200, 40


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Fuzz:
    return Fuzz(0, tmp_path_factory.mktemp("fuzz") / "case")


def test_whatever_is_damaged_is_read_or_refused_in_one_line(fuzz: Fuzz) -> None:
    outcomes = [fuzz.run(number) for number in range(COUNT)]
    assert [outcome for outcome in outcomes if outcome.ended == "foreign"] == []
    refused = {outcome.kind for outcome in outcomes if outcome.ended == "refused"}
    assert refused >= {"model", "study", "plan", "evidence", "table", "images", "command"}


def test_what_is_not_damaged_is_read(fuzz: Fuzz, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "_damage", lambda files, rng, among="": dict(files))
    outcomes = [fuzz.run(number) for number in range(INTACT)]
    assert [outcome for outcome in outcomes if outcome.ended != "read"] == []


def test_a_case_depends_on_nothing_but_its_number(fuzz: Fuzz) -> None:
    alone = [fuzz.run(number) for number in (7, 3)]
    assert alone[::-1] == [fuzz.run(number) for number in (3, 7)]


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (KeyError("x"), "foreign"),
        (type("PanicException", (BaseException,), {})("x"), "foreign"),
        (MemoryError(), "foreign"),
        (DataError("a\nb"), "foreign"),
        (DataError("t.csv cannot be read (None)"), "foreign"),
        (DataError("not enough memory ()"), "foreign"),
        (DataError("t.csv is empty; add rows"), "refused"),
    ],
)
def test_what_is_foreign_is_counted_as_that(
    fuzz: Fuzz, monkeypatch: pytest.MonkeyPatch, error: BaseException, ended: str
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(fuzz, "kinds", {"table": (1, fail)})
    assert fuzz.run(0).ended == ended


def test_a_case_that_never_ends_is_ended() -> None:
    def forever() -> None:
        with bounded(0.05):
            while True:
                pass

    with pytest.raises(NeverEndsError, match="more than"):
        forever()
