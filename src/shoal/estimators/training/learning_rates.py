"""scikit-learn's rules of learning rates, for P members at once."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.shapes import Array, BoolArray

SMALLEST_RATE = 1e-6


@dataclass(frozen=True)
class Rates:
    """How learning rates change: "constant", "invscaling" or "adaptive"."""

    schedule: str
    initial: Array
    power_t: float

    def after_epoch(self, rate: Array, t: int) -> None:
        """Set ``rate`` (P,) after ``t`` samples: initial / (t + 1)^power_t with "invscaling"."""
        if self.schedule == "invscaling":
            rate[:] = self.initial / (t + 1) ** self.power_t

    def instead_of_stopping(self, rate: Array, due: BoolArray) -> BoolArray:
        """Divide the rates of members ``due`` to stop by 5, if "adaptive", and return who stops all the same.

        A rate of 1e-6 or less is divided no further.
        """
        if self.schedule != "adaptive":
            return due
        divided = due & (rate > SMALLEST_RATE)
        rate[divided] /= 5.0
        return due & ~divided
