"""The scatter shows every start once, and the choice where it is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import capacity

Builder = Callable[..., dict[str, Any]]
Marks = Callable[[str, str], list[ET.Element]]
Texts = Callable[[str], list[str]]


def scatter(evidence: dict[str, Any]) -> str:
    return capacity.scatter(evidence["trials"], evidence["choice"], evidence["score"])


def place(mark: ET.Element) -> tuple[float, float]:
    return float(mark.attrib["x"]), float(mark.attrib["y"])


@pytest.mark.parametrize(
    ("options", "points"),
    [
        ({}, 198),
        ({"diverged": 0}, 200),
        ({"diverged": 120}, 80),
        ({"l2": (1.0,), "starts": 30}, 148),
        ({"sizes": {"0": 7}, "l2": (0.0,), "starts": 1, "diverged": 0}, 1),
        ({"l2": tuple(10.0**k for k in range(-4, 4))}, 398),
        ({"folds": 5, "diverged": 7}, 198),  # two starts diverged, one of them in two folds only
    ],
)
def test_a_point_for_each_start_that_did_not_diverge(
    sample: Builder, marks: Marks, options: dict[str, Any], points: int
) -> None:
    evidence = sample(**options)
    drawn = marks(scatter(evidence), "starts")
    assert len(drawn) == points
    assert len({place(point) for point in drawn}) == points
    if not evidence["asked"]["folds"]:
        assert points == evidence["trials"]["diverged"].count(False)


def test_the_choice_and_the_best_are_marked_where_their_points_are(sample: Builder, marks: Marks) -> None:
    evidence = sample()
    figure = scatter(evidence)
    points = {place(point) for point in marks(figure, "starts")}
    chosen, best = marks(figure, "chosen"), marks(figure, "best")
    assert [len(chosen), len(best)] == [1, 1]
    assert {place(chosen[0]), place(best[0])} <= points
    assert place(best[0])[1] == max(y for _, y in points)  # SVG counts heights from the top
    assert place(chosen[0]) != place(best[0])
    assert place(chosen[0])[0] < place(best[0])[0]


def test_with_folds_a_point_is_the_mean_that_the_choice_went_by(sample: Builder, marks: Marks) -> None:
    evidence = sample(folds=5)
    figure = scatter(evidence)
    (chosen,) = marks(figure, "chosen")
    points = {place(point): point[0].text or "" for point in marks(figure, "starts")}
    loss = evidence["choice"]["validation_loss"]
    words = rf"4 hidden units, L2 1, start 2: {loss:.4f} \(folds 0\.\d{{4}} to 0\.\d{{4}}\)"
    assert re.fullmatch(words, points[place(chosen)])


def test_columns_are_in_order_of_parameters_and_do_not_touch(
    sample: Builder, marks: Marks, texts: Texts
) -> None:
    evidence = sample(sizes={"64": 9, "2": 300, "8x8": 20}, diverged=0)
    figure = scatter(evidence)
    assert [t for t in texts(figure) if t in {"64", "2", "8×8"}] == ["64", "8×8", "2"]
    tooltips = [(place(p)[0], p[0].text or "") for p in marks(figure, "starts")]
    spans = [sorted(x for x, text in tooltips if text.startswith(f"{s} ")) for s in ("64", "8×8", "2")]
    assert [len(span) for span in spans] == [40, 40, 40]
    assert spans[0][-1] < spans[1][0]
    assert spans[1][-1] < spans[2][0]


def test_diverged_starts_are_counted_at_the_top_of_their_column(
    sample: Builder, marks: Marks, texts: Texts
) -> None:
    evidence = sample(diverged=53)  # all 40 of the last size, 13 of the one before
    figure = scatter(evidence)
    crosses = marks(figure, "diverged")
    assert [cross[0].text for cross in crosses] == [
        "8 hidden units: 13 of 40 diverged",
        "16×16 hidden units: 40 of 40 diverged",
    ]
    assert {"13", "40"} <= set(texts(figure))
    assert max(place(cross)[1] for cross in crosses) < min(place(p)[1] for p in marks(figure, "starts"))


def test_nothing_diverged_no_cross(sample: Builder, texts: Texts) -> None:
    assert not [text for text in texts(scatter(sample(diverged=0))) if "diverged" in text]


@pytest.mark.parametrize(("rule", "drawn"), [("one-se", True), ("best", False)])
def test_the_threshold_belongs_to_its_rule(sample: Builder, rule: str, drawn: bool) -> None:
    figure = scatter(sample(choose=rule))
    assert ('id="capacity-threshold"' in figure) is drawn
    assert ('id="capacity-band"' in figure) is drawn


def test_the_band_ends_at_best_and_threshold(sample: Builder, marks: Marks, groups: Marks) -> None:
    figure = scatter(sample())
    corners = groups(figure, "band")[0][0].attrib["d"].split()
    heights = sorted({float(corners[i + 2]) for i, letter in enumerate(corners) if letter in "ML"})
    line = float(groups(figure, "threshold")[0][0].attrib["d"].split()[2])
    assert heights[0] == pytest.approx(line, abs=1e-3)
    assert heights[-1] == pytest.approx(place(marks(figure, "best")[0])[1], abs=1e-3)


def test_an_ensemble_has_its_members_ringed_and_a_line_of_its_own(
    sample: Builder, marks: Marks, texts: Texts
) -> None:
    evidence = sample(choose="ensemble")
    evidence["choice"]["members"] += evidence["choice"]["members"][:2]  # two count twice
    figure = scatter(evidence)
    assert len(marks(figure, "chosen")) == 5
    assert 'id="capacity-ensemble"' in figure
    assert "its 5 members" in texts(figure)


def test_tooltips_tell_starts_apart(sample: Builder, marks: Marks) -> None:
    words = [p[0].text or "" for p in marks(scatter(sample()), "starts")]
    assert len(set(words)) == len(words)
    assert words[0].startswith("1 hidden unit, L2 0, start 0: 0.")


@pytest.mark.parametrize(("n", "named"), [(5, 5), (6, 2)])
def test_many_strengths_are_named_at_their_ends(sample: Builder, texts: Texts, n: int, named: int) -> None:
    figure = scatter(sample(l2=tuple(float(k) for k in range(n))))
    assert len([text for text in texts(figure) if text.startswith("L2 ")]) == named
