"""The chain rule of a network, as a file or as text."""

from __future__ import annotations

from pathlib import Path

from shoal.errors import ConfigurationError
from shoal.explanation.differences import Told
from shoal.explanation.explanation import Explanation, explain
from shoal.files import write_new
from shoal.jobs.subjects.subject import Subject
from shoal.words import setting

FORMATS = ("terminal", "markdown", "html", "json")


def explain_subject(subject: Subject, parameters: int | None = None, told: Told | None = None) -> Explanation:
    """Return the explanation of a subject; its first row is the sample that is shown.

    ``parameters`` and ``told`` are those of ``explain``.
    """
    return explain(
        subject.population,
        subject.X,
        subject.y,
        sample_name=subject.sample_name,
        feature_names=subject.feature_names,
        output_names=subject.output_names,
        parameters=parameters,
        told=told,
    )


def formatted(explanation: Explanation, format_: str) -> str:
    """Return the explanation in one of ``FORMATS``; raise ``ConfigurationError`` for another."""
    writers = {
        "terminal": lambda: f"{explanation}\n",
        "markdown": explanation.to_markdown,
        "html": explanation.to_html,
        "json": explanation.to_json,
    }
    require_format(format_)
    return writers[format_]()


def require_format(format_: str) -> None:
    """Raise ``ConfigurationError`` unless explanations can be written in this format."""
    if format_ not in FORMATS:
        raise ConfigurationError(
            f"{setting('format', format_)} is not known, expected one of {', '.join(FORMATS)}"
        )


def write_explanation(explanation: Explanation, format_: str, path: Path, overwrite: bool = False) -> None:
    """Write the explanation to a file, whole or not at all; to one that is there with ``overwrite`` only."""
    write_new(path, formatted(explanation, format_).encode(), overwrite)
