"""The report: one HTML file that opens anywhere, offline, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoal.files import require_new, require_regular, write_new
from shoal.plots import (
    capacity,
    curves,
    forecasts,
    importances,
    in_time,
    log_evidence,
    operating,
    reliability,
    residuals,
    series,
    strength,
)
from shoal.plots.drawing import as_pictures
from shoal.plots.networks import ordered_sizes, units
from shoal.plots.text import number, percent, plain
from shoal.report import tables, terms, verdict, wording
from shoal.report.evidence import checked
from shoal.report.templates import source, template
from shoal.words import plural

if TYPE_CHECKING:
    from jinja2 import Template

    from shoal.plots.evidence import Evidence
    from shoal.plots.forecasts import ForecastEvidence

_GENERATOR, _BEGINNING = b'<meta name="generator" content="shoal ', 1024
"""What is in the first bytes of every report."""


def render(evidence: Mapping[str, Any]) -> str:
    """Return the report on ``evidence`` as one self-contained HTML page.

    Raises ``ModelFolderError`` where the evidence does not follow its format, ``MissingDependencyError``
    without matplotlib or jinja2.
    """
    page = checked(evidence)
    name, figures = _KINDS[page.get("kind", "")]
    return _template(name).render(
        page,
        page=page,
        style=source("shoal.report", "style.css"),
        ordered_sizes=ordered_sizes,
        figures=figures(page),
        tables=tables,
        terms=terms,
        verdict=verdict,
        wording=wording,
    )


def pictures(evidence: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the report's figures as PNG, for whoever shows no SVG, by their names; raises as ``render``."""
    page = checked(evidence)
    with as_pictures() as found:
        _KINDS[page.get("kind", "")][1](page)
    return found


@cache
def _template(name: str) -> Template:
    return template(
        "shoal.report",
        name,
        "a report",
        number=number,
        percent=percent,
        plain=plain,
        plural=plural,
        units=units,
    )


def _figures(page: Evidence) -> dict[str, str]:
    """Return the figures that this evidence has something to show in."""
    trials, choice, score, test = page["trials"], page["choice"], page["score"], page["test"]
    unit = terms.unit(page["asked"])
    figures = {}
    if len(set(trials["hidden"])) > 1:
        figures["capacity"] = _both(capacity.scatter, trials, choice, score, unit)
    if choice.get("evidence"):
        figures["evidence"] = _both(log_evidence.pair, trials, choice, score, unit)
    if len(set(trials["l2"])) > 1 and not page.get("explored"):
        figures["strength"] = _both(strength.lines, trials, choice, score, unit)
    if page["curves"] and page["curves"]["train_loss"]:
        figures["curves"] = _both(curves.lines, page["curves"], score)
    if test and (found := test.get("reliability")):
        figures["reliability"] = reliability.diagram(found, test["rows"], terms.noun(page))
    if test and (rates := test.get("operating")):
        figures["operating"] = _both(operating.pair, rates, terms.noun(page))
    if test and test["residuals"] and test["residuals"]["actual"]:
        target = page["data"]["target"]["name"]
        figures["predicted"] = residuals.predicted_against_actual(test["residuals"], target)
        figures["residuals"] = residuals.histogram(test["residuals"], target)
    shape = page["data"].get("sequences")
    if shape and shape["shortest"] < shape["longest"]:
        figures["lengths"] = _both(series.lengths, shape)
    if found_examples := page.get("examples"):
        figures["examples"] = _both(series.examples, found_examples)
    figures |= _in_time(page)
    if page["importances"]:
        figures["importances"] = _both(importances.bars, page["importances"], terms.importance_measure(page))
    return figures


def _in_time(page: Evidence) -> dict[str, str]:
    """Return what there is to draw of a model of sequences over time."""
    found = page.get("in_time") or {}
    figures = {}
    if bins := found.get("by_length"):
        figures["by_length"] = _both(in_time.by_length, bins, *terms.error_by_length(page))
    if shown := found.get("states"):
        figures["states"] = _both(in_time.states, shown)
    if lines := found.get("reach"):
        figures["reach"] = _both(in_time.reach, lines)
    return figures


def _of_forecasts(page: ForecastEvidence) -> dict[str, str]:
    """Return the figures of a forecast."""
    return {
        "series": _both(forecasts.series, page["shown"]),
        "steps": _both(forecasts.by_step, page["test"]),
    }


def _both(draw: Callable[..., str], *arguments: object) -> str:
    """Return a figure twice, as wide screens and as telephones have room for it; the style shows one."""
    return draw(*arguments, form="wide") + draw(*arguments, form="narrow")


_KINDS: dict[object, tuple[str, Callable[[Any], dict[str, str]]]] = {
    "": ("report.html.j2", _figures),
    forecasts.KIND: ("forecasts.html.j2", _of_forecasts),
}
"""The template and the figures of each kind of evidence; that of studies has no name."""


def write_report(evidence: Mapping[str, Any], path: str | Path, overwrite: bool = False) -> None:
    """Write the report on ``evidence`` to the file ``path``, whole or not at all.

    With ``overwrite`` it may replace a file, without it only a report of shoal's.
    Raises ``OutputError`` where the file cannot be written, and what ``render`` raises.
    """
    overwrite = overwrite or _is_report(Path(path))
    require_new(path, overwrite)
    write_new(path, render(evidence).encode(), overwrite)


def _is_report(path: Path) -> bool:
    """Whether a file begins as the reports do that ``write_report`` writes."""
    try:
        require_regular(path)
        with path.open("rb") as file:
            return _GENERATOR in file.read(_BEGINNING)
    except OSError:
        return False
