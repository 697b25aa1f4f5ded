"""The report of a finished job, made anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shoal.jobs.saved.layout import CARD, EVIDENCE, REPORT
from shoal.report.card import write_card
from shoal.report.evidence import load_evidence
from shoal.report.html import write_report


def write_pages(evidence: Mapping[str, Any], folder: Path, overwrite: bool) -> None:
    """Write the report on ``evidence`` into ``folder``, and the model card beside it.

    With ``overwrite`` they may replace files that are none of shoal's, which is an ``OutputError`` else.
    """
    write_report(evidence, folder / REPORT, overwrite)
    write_card(evidence, folder / CARD, overwrite)


def rebuild_report(folder: Path, overwrite: bool = False) -> Path:
    """Write report and model card of ``folder`` again from its evidence; return the report's path.

    ``overwrite`` is as for ``write_pages``.
    Raises ``ModelFolderError`` where there is no evidence, or none that a report can be made of.
    """
    evidence = load_evidence(folder / EVIDENCE)
    write_pages(evidence, folder, overwrite)
    return folder / REPORT
