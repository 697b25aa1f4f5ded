"""The report: one HTML file that opens anywhere, offline, without scripts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from shoal.errors import MissingDependencyError, OutputError
from shoal.report.evidence import checked

_MISSING = "jinja2 is needed to write a report; install it with: pip install 'shoal[report]'"


def render(evidence: Mapping[str, Any]) -> str:
    """Return the report on ``evidence`` as one self-contained HTML page.

    Raises ``ModelFolderError`` where the evidence does not follow its format, ``MissingDependencyError``
    without matplotlib or jinja2.
    """
    page = checked(evidence)
    try:
        import jinja2
    except ImportError:
        raise MissingDependencyError(_MISSING) from None
    folder = resources.files("shoal.report")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string((folder / "template.html.j2").read_text(encoding="utf-8"))
    return template.render(page=page, style=(folder / "style.css").read_text(encoding="utf-8"))


def write_report(evidence: Mapping[str, Any], path: str | Path) -> None:
    """Write the report on ``evidence`` to the file ``path``, whole or not at all.

    Raises ``OutputError`` where the file cannot be written, and what ``render`` raises.
    """
    path = Path(path)
    text = render(evidence)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror}); name a file in a writable folder with room"
        ) from None
