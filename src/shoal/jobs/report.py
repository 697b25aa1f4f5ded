"""The report of a finished job, made anew."""

from __future__ import annotations

from pathlib import Path

from shoal.jobs.layout import EVIDENCE, REPORT
from shoal.report.evidence import load_evidence
from shoal.report.html import write_report


def rebuild_report(folder: Path, overwrite: bool = False) -> Path:
    """Write the report of ``folder`` again from its evidence, and return its path.

    With ``overwrite`` it may replace a file that is no report of shoal's, which is an ``OutputError`` else.
    Raises ``ModelFolderError`` where there is no evidence, or none that a report can be made of.
    """
    evidence = load_evidence(folder / EVIDENCE)
    write_report(evidence, folder / REPORT, overwrite)
    return folder / REPORT
