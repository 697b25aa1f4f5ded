"""A model's server on this machine, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from shoal.errors import ConfigurationError, reason
from shoal.files import read_regular
from shoal.jobs.model import TableModel
from shoal.jobs.saved.folder import load_model
from shoal.lab.loopback import Server, Stop, listen
from shoal.serve.app import Service
from shoal.serve.guard import TokenGuard

LEAST_TOKEN = 16
Ready = Callable[[str, str, Stop], None]
"""Told the address, the token, and a function that ends the server from any thread."""


def serve(folder: Path, port: int, ready: Ready, token_file: Path | None = None) -> None:
    """Serve the model in ``folder`` on loopback until Ctrl-C.

    Once it answers, ``ready`` is told so. ``port`` 0 takes a free one; the token is new, or what
    ``token_file`` holds.

    Raises ``ConfigurationError`` for a port that is taken, a token too short, and a model of other data than
    a table, ``ModelFolderError`` for a damaged model.
    """
    model = load_model(folder)
    if model.kind != "table":
        raise ConfigurationError(
            f"{folder} holds a model of {model.kind}, and tables are served; use shoal predict instead"
        )
    token = None if token_file is None else _token(token_file)
    with listen(port) as listening:
        service = Service(cast("TableModel", model), folder.resolve().name)
        guard = TokenGuard(service.app(), listening.getsockname()[1])
        guard.token = token or guard.token
        server = Server(guard, lambda stop: ready(guard.address, guard.token, stop), ws="none")
        server.run(sockets=[listening])


def _token(path: Path) -> str:
    try:
        token = read_regular(path).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"the token file {path} cannot be read: {why}") from None
    if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            f"the token in {path} must be {LEAST_TOKEN} or more printable ASCII characters without spaces"
        )
    return token
