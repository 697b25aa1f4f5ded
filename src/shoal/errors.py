"""The exception tree.

Every message is one line that says what was received, what was expected and what to do::

    ShoalError
    ├── DataError              a table or an array cannot be used          (also a ValueError)
    ├── ConfigurationError     an argument or an option cannot be used     (also a ValueError)
    │   └── UnknownNameError   a name that no registry holds, with the nearest one that it does
    ├── ModelFolderError       a saved model is missing, torn, altered or newer than this version
    ├── OutputError            the place to write to is in use, read-only or full
    ├── CapacityError          the job needs more memory than there is
    └── MissingDependencyError an optional package is needed               (also an ImportError)

    ShoalWarning (a UserWarning)   something was decided for the user that they may want to know
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ShoalError(Exception):
    """Anything that the caller can put right; the command line prints it in one line and exits with 2."""


class DataError(ShoalError, ValueError):
    """A table or an array cannot be used as it is."""


class ConfigurationError(ShoalError, ValueError):
    """An argument or an option cannot be used as it is."""


class UnknownNameError(ConfigurationError):
    """A name is none of those known.

    >>> raise UnknownNameError("activation", "tahn", ["relu", "tanh"])
    Traceback (most recent call last):
    shoal.errors.UnknownNameError: unknown activation 'tahn'; did you mean 'tanh'? Known: relu, tanh
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        super().__init__(f"unknown {kind} {name!r}{hint} Known: {', '.join(known)}")
        self.kind, self.name, self.known = kind, name, known

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, object, list[str]]]:
        return type(self), (self.kind, self.name, self.known)


class ModelFolderError(ShoalError):
    """A saved model is missing, torn, altered or newer than this version of shoal."""


class OutputError(ShoalError):
    """The place to write to is in use, read-only or full."""


class CapacityError(ShoalError):
    """The job needs more memory than there is."""


class MissingDependencyError(ShoalError, ImportError):
    """An optional package is needed for what was asked."""


class ShoalWarning(UserWarning):
    """Something was decided for the user that they may want to know."""


def reason(error: BaseException) -> str:
    """Return what an error of the system says, in one line that is never empty.

    >>> reason(OSError(28, "No space left on device", "p.csv")), reason(OSError()), reason(OSError("full"))
    ('No space left on device', 'OSError', 'full')
    """
    said = getattr(error, "strerror", None) or str(error)
    return " ".join(said.split()) or type(error).__name__


def is_panic(error: BaseException) -> bool:
    """Whether it is a panic of a library in Rust, such as polars', which is no ``Exception``."""
    return type(error).__name__ == "PanicException"


def is_failure(error: BaseException) -> bool:
    """Whether something went wrong, rather than being ended by somebody.

    Panics of libraries in Rust, such as polars', are failures and no ``Exception``.

    >>> is_failure(KeyError()), is_failure(KeyboardInterrupt())
    (True, False)
    """
    return isinstance(error, Exception) or is_panic(error)
