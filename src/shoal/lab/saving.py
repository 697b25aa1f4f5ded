"""What a page can take away: itself as one file, and the picked network for other programs."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from shoal.errors import ConfigurationError
from shoal.populations.population import Population

if TYPE_CHECKING:
    from shoal.jobs.model import Model

POLICY = "default-src 'none'; img-src data:; script-src 'sha256-{script}'; style-src 'unsafe-inline'"
"""Of a saved page: its own script runs, and it asks nobody for anything."""


def page(state: Mapping[str, Any], frame: bytes) -> bytes:
    """Return the page as it looks now as one file of HTML, which opens without a lab and without a network.

    What it shows lies in it as JSON, with the last frame as base64. Nothing in it can end the element that it
    lies in, and a script that is not the page's own does not run.
    """
    script, style = (_file(name) for name in ("lab.js", "lab.css"))
    script = script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    kept = {"state": dict(state), "frame": base64.b64encode(frame).decode()}
    data = json.dumps(kept, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="{POLICY.format(script=digest)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>shoal lab</title>
    <link rel="icon" href="data:," />
    <style>{style}</style>
  </head>
  <body>
    <div id="lab"></div>
    <script type="application/json" id="frozen">{data}</script>
    <script type="module">{script}</script>
  </body>
</html>
""".encode()


def onnx(alone: Population) -> bytes:
    """Return a network as an ONNX model; raises as ``shoal.export.onnx.to_onnx`` does."""
    from shoal.export.onnx import to_onnx

    content: bytes = to_onnx(alone).SerializeToString()
    return content


def folder(model: Model | None) -> bytes:
    """Return a model as the folder that ``shoal predict`` reads, packed as ZIP.

    Raises ``ConfigurationError`` where there is none: what is drawn has no table to predict from.
    """
    from shoal.jobs.saved.studies import save_model

    if model is None:
        raise ConfigurationError(
            "a folder is for networks of a table, with what leads from its columns to them; take this one "
            "as ONNX"
        )
    packed = io.BytesIO()
    with TemporaryDirectory() as place, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        save_model(model, Path(place, "network"))
        for path in sorted(Path(place, "network").iterdir()):
            entry = zipfile.ZipInfo(f"network/{path.name}")  # without the time: the same bytes again
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _file(name: str) -> str:
    return resources.files("shoal.lab").joinpath("static", name).read_text(encoding="utf-8")
