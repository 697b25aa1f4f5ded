"""The licences of all that comes with shoal: ``python -m tools.licences``.

What the extras named in ``EXTRAS`` install is walked from the metadata of the packages in this environment,
and each package's licence printed. Ends with 1 where one is not among ``PERMISSIVE``, so that nobody who
installs shoal takes on a duty that shoal itself does not have.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("all", "distributed", "notebook", "onnx", "tensorboard")
PERMISSIVE = ("MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "Zlib", "CC0")
"""What a permissive licence is called, by SPDX or in a classifier."""


def licence(name: str) -> str:
    """Return what a package says of its licence: its SPDX expression, or a classifier, or its first line."""
    metadata = distribution(name).metadata
    for key in ("License-Expression", "Classifier", "License"):
        lines = [
            str(line) for line in metadata.get_all(key) or [] if key != "Classifier" or "License ::" in line
        ]
        if lines:
            return "; ".join(line.rpartition(" :: ")[2] for line in lines).splitlines()[0]
    return "unknown"


def permissive(said: str) -> bool:
    """Tell whether a licence asks for no more than to be named."""

    def part(one: str) -> bool:
        return any(word in one for word in PERMISSIVE)

    return any(all(map(part, one.split(" AND "))) for one in said.split(" OR "))


def needed(name: str, extras: tuple[str, ...] = EXTRAS) -> dict[str, str]:
    """Return the licence of everything that a package needs here, itself included, by canonical name."""
    found: dict[str, str] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    left = [(canonicalize_name(name), extras)]
    while left:
        one, with_extras = left.pop()
        if (one, with_extras) in seen:
            continue
        seen.add((one, with_extras))
        try:
            found[one] = licence(one)
        except PackageNotFoundError:  # an extra that this environment has not
            continue
        for text in distribution(one).requires or []:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *with_extras)):
                left.append((canonicalize_name(requirement.name), tuple(sorted(requirement.extras))))
    return found


def main() -> int:
    """Print the list; return 1 where a licence is not permissive."""
    found = needed("shoal")
    strangers = [name for name, said in found.items() if not permissive(said)]
    for name, said in sorted(found.items()):
        mark = "   <- not permissive" if name in strangers else ""
        print(f"{name:24} {distribution(name).version:12} {said}{mark}")
    return int(bool(strangers))


if __name__ == "__main__":
    sys.exit(main())
