"""When the collector of cyclic garbage looks: after all that a command imports, and no more at its end.

It visits every object once that was made since it last looked, and all of them when Python ends: a fifth of
what ``shoal predict`` costs, where nothing is garbage. What a job leaves in cycles are figures, not arrays.
"""

from __future__ import annotations

import atexit
import gc

IMPORTED = 400_000
"""Objects that hold others: twice as many as a small fit makes; tens of megabytes if all were garbage."""


def collect_later(objects: int = IMPORTED) -> None:
    """Have the collector look first after so many objects, then as usual, and not when Python ends."""
    usual = gc.get_threshold()
    if usual[0] >= objects:
        return

    def look_as_usual(phase: str, _: dict[str, int]) -> None:
        if phase == "stop":
            gc.callbacks.remove(look_as_usual)
            gc.set_threshold(*usual)

    gc.callbacks.append(look_as_usual)
    gc.set_threshold(objects, *usual[1:])
    atexit.register(gc.freeze)
