"""The reprs of a study: what was asked, what was chosen, and its candidates from the chosen one on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from shoal.selection.choosing.choice import Choice, Contender, Spread
from shoal.selection.summary import StudySummary, _rows


def contender(hidden: str, l2: float, settings: str = "") -> Contender:
    return Contender(0, hidden, l2, 0, 9, 0.1, 0.01, settings=settings)


def spread(hidden: str, l2: float, median: float | None, settings: str = "", diverged: int = 0) -> Spread:
    low = None if median is None else median / 2
    high = None if median is None else 2 * median
    return Spread(hidden, l2, 5, low, low, median, high, high, diverged, settings)


def choice(chosen: Contender, *candidates: Spread) -> Choice:
    return Choice("best", chosen, (chosen,), chosen, None, "Chosen: <8> hidden units.", candidates)


def study(
    outcome: Choice | None = None, folds: int | None = None, candidates: int = 2, starts: int = 3
) -> Any:
    """Return a study of which that much is known."""
    summary = StudySummary()
    summary.starts, summary.choose, summary.folds = starts, "one-se", folds
    summary.candidates = [None] * candidates
    summary._outcome = None if outcome is None else SimpleNamespace(choice=outcome)
    return summary


def test_a_study_is_told_by_what_it_tries() -> None:
    assert repr(study()) == "CapacityStudy of 2 candidates × 3 starts, choose='one-se'\nnot fitted"
    assert repr(study(None, 5, 1, 1)) == (
        "CapacityStudy of 1 candidate × 1 start, 5 folds, choose='one-se'\nnot fitted"
    )
    assert "not fitted" in study()._repr_html_()


def test_a_fitted_study_says_what_was_chosen_and_its_words_are_no_tags() -> None:
    of = study(choice(contender("8", 0.1), spread("8", 0.1, 1.0)))
    assert repr(of).splitlines()[1] == "Chosen: <8> hidden units."
    assert "Chosen: &lt;8&gt; hidden units." in of._repr_html_()
    assert "8 (chosen)" in of._repr_html_()


def test_the_chosen_candidate_comes_first_and_the_others_by_their_median() -> None:
    rows, marked = _rows(
        choice(
            contender("4", 0.1),
            spread("8", 0.1, None, diverged=5),
            spread("2", 0.1, 0.75),
            spread("4", 0.1, 2.0),
            spread("4", 0.01, 0.5),
        )
    )
    head, *body = rows
    assert head == ["hidden", "l2", "starts", "lowest loss", "median", "highest", "diverged"]
    assert marked == 0
    assert body == [
        ["4 (chosen)", "0.1", "5", "1", "2", "4", "0"],
        ["4", "0.01", "5", "0.25", "0.5", "1", "0"],
        ["2", "0.1", "5", "0.375", "0.75", "1.5", "0"],
        ["8", "0.1", "5", "–", "–", "–", "5"],
    ]


def test_of_equal_medians_the_order_stays() -> None:
    rows, _ = _rows(choice(contender("1", 0.0), *(spread(hidden, 0.0, 1.0) for hidden in "213")))
    assert [row[0] for row in rows[1:]] == ["1 (chosen)", "2", "3"]


def test_a_search_tells_settings_by_which_the_chosen_one_is_known() -> None:
    rows, _ = _rows(
        choice(contender("4", 0.1, "adam"), spread("4", 0.1, 1.0, "scg"), spread("4", 0.1, 2.0, "adam"))
    )
    assert rows[0][:4] == ["hidden", "l2", "settings", "starts"]
    assert [row[:4] for row in rows[1:]] == [["4 (chosen)", "0.1", "adam", "5"], ["4", "0.1", "scg", "5"]]
