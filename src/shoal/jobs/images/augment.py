"""What the setting ``augment`` asks for: a strength by its name, or an augmentation written out."""

from __future__ import annotations

from shoal.errors import ConfigurationError
from shoal.training.augmentation import Augmentation
from shoal.words import setting

AUTO = "auto"
"""Asks images held out; so does whoever says nothing."""
STRENGTHS = ("none", "mild", "strong")
SETTINGS = ("translate", "scale", "rotate", "elastic", "sigma")
MIRROR = "mirror"
"""What is asked for without a number: half of the images change left and right."""
SIDE = 28
"""Pixels a side of the images for which Simard's deformation was found, and by which strengths are scaled."""


def augmentation_of(asked: str, side: int) -> Augmentation | None:
    """Return what is asked for, for images whose shorter side has so many pixels; None is none.

    - ``mild``: moved by up to a twentieth of the side, stretched by up to a tenth, turned by up to 5°.
    - ``strong``: moved a little less, turned by up to 10°, and deformed elastically as Simard's digits are.
    - ``translate=1,rotate=10,mirror`` and so on: the fields of ``Augmentation``, in pixels and degrees.

    Raises ``ConfigurationError`` for anything else.

    >>> augmentation_of("translate=1,scale=0.1", 28)
    Augmentation(translate=1.0, scale=0.1, rotate=0.0, elastic=0.0, sigma=4.0, mirror=False, fill=None)
    >>> augmentation_of("mild", 64).translate, augmentation_of("none", 64)
    (3.2, None)
    """
    share = side / SIDE
    if asked == "none":
        return None
    if asked == "mild":
        return Augmentation(translate=side / 20, scale=0.1, rotate=5.0)
    if asked == "strong":
        return Augmentation(translate=share, scale=0.1, rotate=10.0, elastic=34 * share**2, sigma=4 * share)
    return _written_out(asked)


def _written_out(asked: str) -> Augmentation:
    settings: dict[str, float] = {}
    mirror = False
    for part in asked.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if part.strip() == MIRROR and not mirror:
            mirror = True
            continue
        if name not in SETTINGS or name in settings:
            raise ConfigurationError(
                f"{setting('augment')} takes {', '.join((AUTO, *STRENGTHS))}, or any of "
                f"{', '.join((*SETTINGS, MIRROR))}, each once, got {asked!r}; write it as in "
                "translate=1,rotate=10,mirror"
            )
        try:
            settings[name] = float(value)
        except ValueError:
            raise ConfigurationError(
                f"{setting('augment')}: {name} takes a number, got {value!r}; write it as in {name}=1"
            ) from None
    return Augmentation(**settings, mirror=mirror)


def written(augmentation: Augmentation | None) -> str:
    """Return an augmentation as ``augmentation_of`` reads it.

    >>> written(Augmentation(translate=1.75, scale=0.1, mirror=True)), written(None)
    ('translate=1.75,scale=0.1,mirror', 'none')
    """
    if augmentation is None:
        return "none"
    plain = Augmentation()
    asked = [
        f"{name}={value!r}"
        for name in SETTINGS
        if (value := getattr(augmentation, name)) != getattr(plain, name)
    ]
    return ",".join([*asked, *([MIRROR] if augmentation.mirror else [])]) or "rotate=0"
