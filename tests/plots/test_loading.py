"""Each loads matplotlib in a process of its own."""

from __future__ import annotations

import subprocess
import sys

DRAWS = """
from shoal.plots.loading import figure_class
figure_class()
"""
UNREAD = """
from shoal.plots.loading import documentation_unread, figure_class
with documentation_unread():
    figure_class()
"""
SHOWS = """
from matplotlib import artist
from matplotlib.lines import Line2D
print("steps-mid" in Line2D.set.__doc__, "steps-mid" in artist.kwdoc(Line2D))
"""


def printed(program: str) -> str:
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_who_draws_in_python_can_read_what_matplotlib_says_of_its_classes() -> None:
    assert printed(DRAWS + SHOWS) == "True True"


def test_no_properties_are_listed_where_nobody_reads_them_and_later_they_are() -> None:
    assert printed(UNREAD + SHOWS) == "False True"
