from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure

from shoal.plots import capacity, curves, drawing, importances, log_evidence, operating, strength

SIZES = {"1": 15, "8": 113, "16x16": 497, "128x128x128": 40_000, "256x256x256": 160_000}
NAMES = tuple(f"the {k}th of many measurements at the outlet (mg/l)" for k in range(20))
RATES: Any = {
    "label": NAMES[0],
    "share": 0.2,
    "auc": 0.9,
    "false_positive": [0.0, 1.0],
    "recall": [0.5, 1.0],
    "precision": [1.0, 0.2],
    "chosen": {"false_positive": 0.0, "recall": 0.0, "precision": None},
}
DRAWN: dict[str, Callable[..., str]] = {
    "capacity": lambda e, form: capacity.scatter(e["trials"], e["choice"], e["score"], form=form),
    "strength": lambda e, form: strength.lines(e["trials"], e["choice"], e["score"], form=form),
    "curves": lambda e, form: curves.lines(e["curves"], e["score"], form=form),
    "evidence": lambda e, form: log_evidence.pair(e["trials"], e["choice"], e["score"], form=form),
    "operating": lambda e, form: operating.pair(RATES, form=form),
    "importances": lambda e, form: importances.bars(
        e["importances"], "half squared error (standardised target units, squared)", form=form
    ),
}


@pytest.fixture(scope="module")
def evidence(sample: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return sample("regression", sizes=SIZES, starts=3, columns=NAMES, choose="evidence")


@pytest.mark.parametrize("form", ["wide", "narrow"])
@pytest.mark.parametrize("name", DRAWN)
def test_nothing_is_cut_at_the_edges(
    evidence: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    lay_out, drawn = drawing._lay_out, []

    def kept(figure: Figure) -> None:
        lay_out(figure)
        drawn.append((figure.get_tightbbox(), *figure.get_size_inches()))

    monkeypatch.setattr(drawing, "_lay_out", kept)
    svg = DRAWN[name](evidence, form)
    (box, width, height) = drawn[0]
    least = -0.5 / drawing.UNITS_PER_INCH  # half of a line's width
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= least
    assert f'class="plot {form}"' in svg
    if form == "narrow":
        assert round(width * drawing.UNITS_PER_INCH) == drawing.NARROW
        assert svg.count("<title>") == 1
