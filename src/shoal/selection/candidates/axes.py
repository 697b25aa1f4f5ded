"""An axis of a search: the values that a setting may take, and how evenly spread numbers become values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shoal.errors import ConfigurationError
from shoal.selection.candidates.candidate import OWN, parse_hidden
from shoal.shapes import is_number, whole_number

USUAL: dict[str, Any] = dict.fromkeys(OWN, (1e-4, 0.1)) | {
    "hidden": ("8", "16", "32", "64", "32x32", "64x64"),
    "depth": (1, 2, 3),
    "activation": ("tanh", "relu", "mish"),
    "solver": ("adam", "adamw", "rmsprop"),
    "dropout": (0.0, 0.1, 0.25),
    "batch_size": (32, 64, 128),
    "l2": (1e-3, 10.0),
    "l1": (1e-3, 10.0),
}
"""The values of axes that are named alone; what networks have of their own goes from the one to the other."""
DOUBLING = ("hidden", "batch_size")
"""Whose whole numbers double along an axis."""
MOST_WHOLE = 64
"""Whole numbers along an axis, each of which makes networks of another form."""
DIGITS = 3
"""Of a drawn number, so that it is told in full."""


@dataclass(frozen=True)
class Span:
    """The numbers from ``low`` to ``high``, as likely in any equal parts of it, or of its logarithm.

    ``steps`` leaves so many of them, evenly spread, both ends among them: what makes networks of another form
    is better tried at few values, for only networks of one form are trained as one population.

    Raises ``ConfigurationError`` unless ``low < high`` are finite, and positive for a logarithm.

    Source: Bergstra & Bengio 2012, "Random search for hyper-parameter optimization", sec. 2.

    >>> Span(1e-4, 0.1, log=True).at(0.5), Span(0, 0.5, steps=3).values
    (0.00316, (0.0, 0.25, 0.5))
    """

    low: float
    high: float
    log: bool = False
    steps: int | None = None

    def __post_init__(self) -> None:
        ends = (self.low, self.high)
        if not all(is_number(end) and math.isfinite(end) for end in ends) or not self.low < self.high:
            raise ConfigurationError(
                f"an axis goes from a smaller number to a larger, got {self.low!r} to {self.high!r}"
            )
        if self.log and self.low <= 0:
            raise ConfigurationError(
                f"an axis of logarithms begins above 0, got {self.low!r}; give such as {self.high / 1000:g}"
            )
        if self.steps is not None:
            whole_number(self.steps, "steps", least=2)

    @property
    def values(self) -> tuple[float, ...]:
        """The values of an axis in steps; none of one that has all numbers between its ends."""
        if self.steps is None:
            return ()
        return tuple(self._between(i / (self.steps - 1)) for i in range(self.steps))

    def at(self, u: float) -> float:
        """Return the value at a share u in [0, 1) of the axis."""
        return self._between(u) if self.steps is None else self.values[int(u * self.steps)]

    def _between(self, u: float) -> float:
        if self.log:
            value = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + u * (self.high - self.low)
        return min(max(float(f"{value:.{DIGITS}g}"), float(self.low)), float(self.high))


@dataclass(frozen=True)
class Choices:
    """Some values, each as likely.

    Raises ``ConfigurationError`` for none, and for one that is there twice.

    >>> Choices(("tanh", "relu")).at(0.7)
    'relu'
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ConfigurationError("an axis has no values; give at least one to try")
        for i, value in enumerate(self.values):
            if value in self.values[:i]:
                raise ConfigurationError(f"an axis holds {value!r} more than once; give each value once")

    def at(self, u: float) -> Any:
        """Return the value at a share u in [0, 1) of the axis."""
        return self.values[int(u * len(self.values))]


Axis: TypeAlias = Span | Choices


def together(given: Mapping[Any, object]) -> dict[str, object]:
    """Return axes as users write them; sizes that are named alone have one layer where depth repeats it.

    >>> together({"hidden": None, "depth": None})
    {'hidden': ['8', '16', '32', '64'], 'depth': None}
    """
    found = {str(name): values for name, values in given.items()}
    if "depth" in found and found.get("hidden", "") is None:
        found["hidden"] = [size for size in USUAL["hidden"] if len(parse_hidden(size)) == 1]
    return found


def axis_of(name: str, given: object) -> Axis:
    """Return the axis of a setting as users write it.

    A ``Span``, or a pair (low, high) of numbers, which is one of logarithms for what networks have of their
    own, from above 0, and stands for whole numbers where a setting is one: for every depth, and for sizes
    that double. A list of values; one value; or None for the usual axis.

    Raises ``ConfigurationError`` for what is none, and a setting that has no usual one.

    >>> axis_of("learning_rate", (1e-4, 0.1)), axis_of("hidden", [8, "16x16"])
    (Span(low=0.0001, high=0.1, log=True, steps=None), Choices(values=((8,), (16, 16))))
    >>> axis_of("batch_size", (32, 100)), axis_of("depth", (1, 3))
    (Choices(values=(32, 64)), Choices(values=(1, 2, 3)))
    """
    if given is None:
        if name not in USUAL:
            raise ConfigurationError(
                f"the axis {name} has no usual values; give it some, as {', '.join(USUAL)} have"
            )
        given = USUAL[name] if name in OWN else list(USUAL[name])
    if name == "hidden" and isinstance(given, Span):
        raise ConfigurationError("hidden sizes are a list such as [8, '16x16'], got a span")
    if isinstance(given, tuple) and len(given) == 2 and all(map(is_number, given)):
        given = Span(*given, log=name in OWN and given[0] > 0)
    if isinstance(given, Span):
        whole = name in (*DOUBLING, "depth")
        axis: Axis = _whole(given, doubling=name in DOUBLING) if whole else given
    elif isinstance(given, Choices):
        axis = given
    elif isinstance(given, str) or not isinstance(given, Iterable):
        axis = Choices((given,))
    else:
        axis = Choices(tuple(given))
    return Choices(tuple(map(parse_hidden, axis.values))) if name == "hidden" else axis


def _whole(span: Span, doubling: bool) -> Choices:
    """Return the whole numbers of a span, or those that come of doubling the first; of steps the nearest."""
    if span.steps is not None:
        return Choices(tuple(dict.fromkeys(map(round, span.values))))
    low, high = whole_number(span.low, "the least value of an axis"), int(span.high)
    number = (high // low).bit_length() if doubling else high - low + 1
    if number > MOST_WHOLE:
        raise ConfigurationError(
            f"an axis of whole numbers has at most {MOST_WHOLE} values, got {low} to {high:g}; end it sooner"
        )
    return Choices(tuple(low * 2**i if doubling else low + i for i in range(number)))


def parse_axis(text: str) -> tuple[str, object]:
    """Return the name of an axis and its values, as ``axis_of`` takes them, from the command line's words.

    They are ``NAME`` alone, ``NAME=LOW..HIGH`` or ``NAME=VALUE|VALUE|…``. Raises ``ConfigurationError`` for
    anything else.

    >>> parse_axis("learning-rate=1e-4..0.1"), parse_axis("hidden=8|16x16"), parse_axis("dropout")
    (('learning_rate', (0.0001, 0.1)), ('hidden', ['8', '16x16']), ('dropout', None))
    """
    name, equals, said = text.strip().partition("=")
    name = name.strip().replace("-", "_")
    if not name.isidentifier() or (equals and not said.strip()):
        raise ConfigurationError(
            "an axis is NAME, NAME=LOW..HIGH or NAME=VALUE|VALUE, such as learning-rate=1e-4..0.1, got "
            f"{text!r}"
        )
    if not equals:
        return name, None
    low, dots, high = said.partition("..")
    if not dots:
        return name, [value if name == "hidden" else _value(value) for value in said.split("|")]
    ends = _value(low), _value(high)
    if not all(map(is_number, ends)):
        raise ConfigurationError(f"the axis {name} goes from a number to a number, got {said!r}")
    return name, ends


def _value(text: str) -> object:
    """Return a number where the text is one, None for none, else the text."""
    text = text.strip()
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None if text == "none" else text
