"""A window of values as a model sees it: transformed, without its level, in a unit of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.forecasting.panel import Panel
from shoal.shapes import Array, IntArray

LEVELS = ("last", "mean", "season")
TRANSFORMS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array], str]] = {
    "identity": (lambda y: y, lambda z: z, "values"),
    "root": (np.sqrt, lambda z: np.square(np.maximum(z, 0)), "roots of values"),
    "log": (np.log, np.exp, "logarithms of values"),
}
"""What is done to values, how it is undone, and how a sentence says it."""
LARGEST_LOG = 300.0
SMALLEST = 1e-12
"""Of a window's deviation, relative to the largest of its values, for it not to be constant."""


@dataclass(frozen=True)
class Frame:
    """The last ``window`` values x (w,) and the next y (h,), as f(x) − level over a unit::

        x' = (f(x) − a) / s        y' = (f(y) − b) / s

    f is the ``transform``: the identity, √ or ln of a value that is at least ``floor``. The ``level``
    a is the last value, the mean of the window, or, of a "season" m, the mean of the last m values; b is a,
    and of a season the values of the last one, repeated. The unit s is the root of the mean x'²
    of the window, or where ``deviation`` gives one number for each channel, that.
    """

    window: int
    level: str = "last"
    transform: str = "identity"
    season: int = 1
    floor: float = 0.0
    deviation: tuple[float, ...] | None = None

    @property
    def words(self) -> str:
        """What of it a sentence says."""
        subtracted = {
            "last": "the last subtracted",
            "mean": "their mean subtracted",
            "season": f"the season of {self.season} subtracted",
        }
        return f"{self.window} {TRANSFORMS[self.transform][2]}, {subtracted[self.level]}"

    def forward(self, values: Array) -> Array:
        """Return f(y)."""
        function = TRANSFORMS[self.transform][0]
        return values if self.transform == "identity" else function(np.maximum(values, self.floor))

    def back(self, values: Array) -> Array:
        """Return y for f(y)."""
        if self.transform == "log":
            values = np.minimum(values, LARGEST_LOG)
        return TRANSFORMS[self.transform][1](values)

    def units(self, x: Array, channels: IntArray, horizon: int) -> tuple[Array, Array, Array]:
        """Return x' (N, w), b (N, h) and s (N, 1) of transformed windows x (N, w) of some channels (N,)."""
        if self.level == "season":
            last = x[:, -self.season :]
            base = last[:, np.arange(horizon) % self.season]
            level = last.mean(axis=1, keepdims=True)
        else:
            level = x[:, -1:] if self.level == "last" else x.mean(axis=1, keepdims=True)
            base = np.repeat(level, horizon, axis=1)
        centred = x - level
        if self.deviation is not None:
            scale = np.array(self.deviation)[channels][:, None]
        else:
            scale = np.sqrt(np.square(centred).mean(axis=1, keepdims=True))
            flat = scale <= SMALLEST * np.abs(x).max(axis=1, keepdims=True)
            scale = np.where(flat, 1.0, scale)
        return centred / scale, base, scale

    def to_config(self) -> dict[str, Any]:
        """Return its fields as plain JSON."""
        config = asdict(self)
        config["deviation"] = None if self.deviation is None else list(self.deviation)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Frame:
        """Return the frame that ``to_config`` described; ``ValueError`` if it was altered."""
        fields = dict(config)
        deviation = fields.get("deviation")
        fields["deviation"] = None if deviation is None else tuple(float(each) for each in deviation)
        frame = cls(**fields)
        sound = (
            type(frame.window) is int
            and type(frame.season) is int
            and frame.level in LEVELS
            and frame.transform in TRANSFORMS
            and frame.season >= 1
            and max(1, frame.season if frame.level == "season" else 1) <= frame.window
            and np.isfinite(frame.floor)
            and all(0 < each < np.inf for each in frame.deviation or ())
        )
        if not sound or frame.to_config() != dict(config):
            raise ValueError(f"{config!r} describes no window")
        return frame


def deviations(panel: Panel) -> tuple[float, ...]:
    """Return the standard deviation of each channel over all series, 1 where it is constant."""
    all_steps = np.concatenate(panel.series, axis=1)
    found = all_steps.std(axis=1)
    return tuple(float(each) if each > 0 else 1.0 for each in found)
