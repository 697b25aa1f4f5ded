"""Running studies one after the other, into a folder with a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shoal.errors import OutputError, reason
from shoal.files import require_new, write_new
from shoal.lecture.page import render
from shoal.lecture.report import Report
from shoal.lecture.study import Study, paragraphs
from shoal.plots import drawing


def run_study(study: Study[Any]) -> Report:
    """Compute a study, and show what it found.

    Raises ``MissingDependencyError`` without matplotlib.
    """
    began = time.perf_counter()
    found = study.compute()
    with drawing.sheet(*study.size) as figure:
        study.draw(figure, found)
        svg, png = drawing.svg(figure, study.name, study.title), drawing.png(figure)
    tables = {
        f"{study.name}-{part}.csv" if part else f"{study.name}.csv": table
        for part, table in study.tables(found).items()
    }
    words, interactive = paragraphs(study.words(found)), study.interactive(found)
    return Report(study, words, tables, svg, png, interactive, time.perf_counter() - began)


def run_lecture(
    studies: Iterable[Study[Any]],
    out: Path,
    page: str,
    tell: Callable[[Report], object],
    overwrite: bool = False,
) -> Path:
    """Run studies, write the files of each into ``out`` and a page over all of them, and return its path.

    ``tell`` is called after each, so that a caller can say how far it is.

    Raises ``OutputError`` where ``out`` cannot be written to or, without ``overwrite``, holds such files, and
    ``MissingDependencyError`` without matplotlib or jinja2.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made ({reason(error)}); name a folder that can") from None
    studies, reports = list(studies), []
    for name in (page, *(f"{study.name}.svg" for study in studies)):
        require_new(out / name, overwrite)  # before hours of work; of the tables only the study knows
    for study in studies:
        report = run_study(study)
        report.write(out, overwrite)
        reports.append(report)
        tell(report)
    write_new(out / page, render(reports).encode(), overwrite)
    return out / page
