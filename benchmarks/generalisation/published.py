"""What others published for the uci sets, on the same splits, and the table that sets our errors beside it.

PBP, dropout and deep ensembles: Lakshminarayanan, Pritzel & Blundell 2017, "Simple and scalable predictive
uncertainty estimation using deep ensembles", table 1. Dropout with a grid search and concrete dropout: the
repository yaringal/DropoutUncertaintyExps. Forest: scikit-learn's of 300 trees on these splits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from benchmarks.generalisation.runs import Ledger

COLUMNS = ("PBP", "dropout", "deep ensembles", "dropout, grid", "concrete dropout", "random forest")
RMSE: dict[str, tuple[str, ...]] = {
    "uci/boston": ("3.01", "2.97", "3.28", "2.90", "2.65", "2.96"),
    "uci/concrete": ("5.67", "5.23", "6.03", "4.83", "4.46", "4.85"),
    "uci/energy": ("1.80", "1.66", "2.09", ".539", ".46", ".496"),
    "uci/kin8nm": (".10", ".10", ".09", ".0789", ".07", ".139"),
    "uci/naval": (".01", ".01", ".00", ".00074", ".00", ".00094"),
    "uci/power": ("4.12", "4.02", "4.11", "4.01", "3.70", "3.28"),
    "uci/protein": ("4.73", "4.36", "4.71", "4.27", "3.85", "3.50"),
    "uci/wine_red": (".64", ".62", ".64", ".622", ".62", ".567"),
    "uci/yacht": ("1.02", "1.11", "1.58", ".666", ".57", ".84"),
}
"""As they were printed, with their digits."""
NLL: dict[str, tuple[str, ...]] = {
    "uci/boston": ("2.57", "2.46", "2.41"),
    "uci/concrete": ("3.16", "3.04", "3.06"),
    "uci/energy": ("2.04", "1.99", "1.38"),
    "uci/kin8nm": ("-0.90", "-0.95", "-1.20"),
    "uci/naval": ("-3.73", "-3.80", "-5.63"),
    "uci/power": ("2.84", "2.80", "2.79"),
    "uci/protein": ("2.97", "2.89", "2.83"),
    "uci/wine_red": ("0.97", "0.93", "0.94"),
    "uci/yacht": ("1.63", "1.55", "1.18"),
}
"""Negative log likelihoods of the test rows, of the first three columns, in nats a row."""


def is_ahead(published: str, ours: float) -> bool:
    """Say whether a printed figure is below ours, rounded as it is.

    >>> is_ahead(".62", 0.6249), is_ahead(".62", 0.6251)
    (False, True)
    """
    figure = Decimal(published)
    return figure < Decimal(repr(ours)).quantize(figure)


def beside_published(ours: Ledger) -> list[str]:
    """Return as Markdown our means beside the published ones, in bold those that are ahead of ours."""
    errors = _beside("RMSE", "rmse", RMSE, ours)
    return [*errors, "", *_beside("negative log likelihood, nats a row", "nll", NLL, ours)]


def _beside(title: str, score: str, published: Mapping[str, tuple[str, ...]], ours: Ledger) -> list[str]:
    columns = COLUMNS[: len(next(iter(published.values())))]
    lines = _row([title, "splits", "shoal", *columns]) + _row(["---"] * (3 + len(columns)))
    for table, printed in published.items():
        runs = [run for (name, _), run in sorted(ours.runs.items()) if name == table]
        scores = [run[score] for run in runs if score in run]
        if scores:
            mean = float(np.mean(scores))
            figures = [f"**{figure}**" if is_ahead(figure, mean) else figure for figure in printed]
            lines += _row([table, str(len(scores)), f"{mean:.4g}", *figures])
    return lines


def _row(words: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(words)} |"]
