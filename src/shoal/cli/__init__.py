"""The command ``shoal``: one file to a command, all registered in ``app``, started by ``entry``."""

from shoal.cli.entry import main

__all__ = ["main"]
