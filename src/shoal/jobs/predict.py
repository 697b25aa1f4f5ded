"""Predictions from a saved model, and its report made anew."""

from __future__ import annotations

from pathlib import Path

from shoal.data.predictions import write_predictions
from shoal.data.tables import read_table
from shoal.jobs.folder import load_model
from shoal.jobs.place import EVIDENCE, REPORT
from shoal.report.evidence import load_evidence
from shoal.report.html import write_report


def predict_table(folder: Path, table: str, out: Path, ignore_extra: bool = False) -> int:
    """Write a prediction for every row of ``table`` to ``out``, in its order, and return how many.

    Columns: the target; for a classification also ``P(target=label)`` for every label. The target may be
    in the table or not. Raises a ``ShoalError`` for a damaged model or a table that does not fit it.
    """
    model = load_model(folder)
    predictions = model.predict(read_table(table), ignore_extra=ignore_extra)
    write_predictions(out, predictions)
    return len(predictions[model.target.name])


def rebuild_report(folder: Path) -> Path:
    """Write the report of ``folder`` again from its evidence, and return its path."""
    evidence = load_evidence(folder / EVIDENCE)
    write_report(evidence, folder / REPORT)
    return folder / REPORT
