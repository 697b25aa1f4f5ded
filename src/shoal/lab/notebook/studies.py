"""A study that ``shoal fit`` has finished, as a notebook shows it: its networks and its choice."""

from __future__ import annotations

from typing import Any

from shoal.lab.finished import FinishedStudy
from shoal.lab.notebook.samples import WITHOUT_PICTURE


class FolderStudy(FinishedStudy):
    """The study in ``folder``: every network by its validation loss, and of one its course and parameters.

    Raises as ``FinishedStudy`` does.
    """

    def state(self) -> dict[str, Any]:
        """Return what a widget shows besides the frame, as plain values for JSON."""
        told = super().state()
        study = told["study"]
        columns = [int(label) if label.isdecimal() else label for label in study["columns"]]
        return {
            "title": study["title"],
            "note": told["note"],
            "picked": study["picked"],
            "inspectable": study["inspectable"],
            "inspected": told["inspected"],
            "design": {"hidden": columns, "starts": study["starts"]},
            "sizes": "size",
            "error": "validation loss",
            "words": [study["sentence"], study["picked_name"], *study["words"]],
            "sides": [{"choice": {"network": study["chosen"], "threshold": study["threshold"]}, "l2": None}],
            "material": {"kind": WITHOUT_PICTURE, "loss": study["score"]},
            "parameters": [study["parameters"]] * len(columns),
            "training": None,
        }
