"""The command ``shoal``: one file to a command, all registered in ``app``, run by ``entry``."""

import sys

from shoal.cli.collector import collect_later
from shoal.cli.signals import WATCH


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    WATCH.install()
    collect_later()
    from shoal.cli.entry import run  # which takes long enough for somebody to lose patience

    sys.exit(run())


__all__ = ["main"]
