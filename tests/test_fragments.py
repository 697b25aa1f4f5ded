"""Fragments of HTML say what they are given and nothing that data could make of them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np

import shoal
from shoal.fragments import fragment, progress_bar

WILD = "<script>alert('x')</script> & \x00"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def cells(text: str) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in parsed(text).iter("tr")]


def test_whatever_comes_with_data_is_shown_as_it_is_and_does_nothing() -> None:
    shown = fragment(WILD, [(WILD, WILD)], [[WILD], [WILD]], marked=0)
    page = parsed(shown)
    assert {element.tag for element in page.iter()} == {"div", "b", "table", "tr", "th", "td"}
    told = WILD.replace("\x00", "\ufffd")
    assert cells(shown) == [[told, told], [told], [told]]
    assert "<script" not in progress_bar(WILD, 1, 2)


def test_no_colour_is_chosen_for_text_or_ground() -> None:
    shown = fragment("title", [("a", "b")], [["c"], ["d"]]) + progress_bar("e", 1, 2)
    styles = ";".join(re.findall(r'style="([^"]*)"', shown))
    assert set(re.findall(r"(?<![-\w])color: ([^;]+)", styles)) == {"inherit"}
    assert set(re.findall(r"background: ([^;]+)", styles)) == {"transparent"}
    assert "class=" not in shown


def test_a_long_table_is_cut_and_says_so() -> None:
    shown = fragment("t", table=[["n"], *([str(k)] for k in range(1015))])
    assert len(cells(shown)) == 13
    assert "… and 1,003 more" in shown


def test_networks_and_populations_have_a_row_a_layer() -> None:
    network = shoal.Network(
        (1, 4, 4), [shoal.Flatten(), shoal.Dense(3, "tanh"), shoal.Dense(2)], "cross_entropy"
    )
    rows = cells(network._repr_html_())
    assert rows[0] == ["layer", "gives", "parameters"]
    assert [row[1:] for row in rows[1:]] == [["16", "0"], ["3", "51"], ["2", "8"]]
    assert rows[2][0].startswith("Dense(")
    population = network.population(5)
    assert cells(population._repr_html_()) == rows
    assert "Population of 5 networks" in population._repr_html_()


def test_results_and_runs_show_members_from_the_best_down() -> None:
    X = np.linspace(0, 1, 20)
    network = shoal.Network(1, [shoal.Dense(2, "tanh"), shoal.Dense(1)])
    result = shoal.train(network, X, X**2, starts=4, epochs=5, learning_rate=0.05)
    facts, rows = cells(result._repr_html_())[:2], cells(result._repr_html_())[2:]
    assert [fact[0] for fact in facts] == ["course", "ended"]
    last = result.history.loss[:, -1]
    assert [int(row[0]) for row in rows[1:]] == np.argsort(last).tolist()
    assert rows[1][1] == f"{last.min():.4g}"
    run = shoal.begin(network, X, X**2, starts=4, epochs=5, validation=(X, X))
    run.advance(2)
    shown = run._repr_html_()
    assert "Run at epoch 2 of 5, 4 of 4 train on" in shown
    assert cells(shown)[2][1] == "lowest validation loss"


def test_a_study_shows_its_choice_first() -> None:
    X = np.linspace(0, 1, 40)
    study = shoal.CapacityStudy(hidden=[1, 2, 4], starts=2, epochs=40, n_jobs=1, choose="best")
    assert repr(study) == "CapacityStudy of 3 candidates × 2 starts, choose='best'\nnot fitted"
    assert "not fitted" in study._repr_html_()
    study.fit(X, np.sin(6 * X))
    assert repr(study).endswith(study.choice.sentence)
    rows = cells(study._repr_html_())
    assert rows[0] == ["choice", study.choice.sentence]
    assert rows[2][0] == f"{study.choice.chosen.hidden} (chosen)"
    assert len(rows) == 5
    assert cells(study.table._repr_html_())[0][0] == "hidden"
    assert len(cells(study.table._repr_html_())) == 7
