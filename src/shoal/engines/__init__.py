"""Engines, one to a file, and the choice between them."""

from __future__ import annotations

from functools import cache

from shoal.engines.base import Engine
from shoal.engines.compiled import StaleModuleError
from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.networks.chain import Chain
from shoal.training.recipe import Recipe

try:
    from shoal.engines.compiled.module import SETS, require_instruction_set
    from shoal.engines.native import NativeEngine
except ImportError as error:
    _COMPILED: tuple[Engine, ...] = ()
    _MISSING: ImportError | None = error
    INSTRUCTION_SETS: tuple[str, ...] = ()
else:
    _COMPILED, _MISSING = (NativeEngine(),), None
    INSTRUCTION_SETS = SETS

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (*_COMPILED, ReferenceEngine())}
"""Every engine, the fastest first; the last one supports everything."""


def choose_engine(name: str, network: Chain, recipe: Recipe | None = None, unequal: bool = False) -> Engine:
    """Return the engine of that name, or for ``"auto"`` the first that can do the job.

    The job is to train the network by a recipe, or without one to give its outputs; of sequences of
    ``unequal`` lengths, if there are some among the samples.

    Raises ``UnknownNameError`` for an unknown name and ``ConfigurationError`` if the engine asked for
    is not installed, or cannot do the job; and, but for the reference engine, where the compiled module
    was built from other sources than the package.
    """
    if name != ReferenceEngine.name:
        require_usable()
    if name == "auto":
        if _MISSING is not None:
            _say_once(f"the reference engine (NumPy) does the work: {_why_missing(_MISSING)}")
        for engine in ENGINES.values():
            lacking = _lacking(engine, network, recipe, unequal)
            if lacking is None:
                return engine
            _say_once(f"engine {engine.name!r} does not support {lacking}: a slower one takes the job")
    if name == "native" and _MISSING is not None:
        raise ConfigurationError(
            f"engine 'native' is not here: {_why_missing(_MISSING)}; or use engine='auto'"
        )
    if name not in ENGINES:
        raise UnknownNameError("engine", name, [*ENGINES, "auto"])
    lacking = _lacking(ENGINES[name], network, recipe, unequal)
    if lacking is not None:
        raise ConfigurationError(f"engine {name!r} does not support {lacking}; use engine='auto'")
    return ENGINES[name]


def _lacking(engine: Engine, network: Chain, recipe: Recipe | None, unequal: bool) -> str | None:
    lacking = engine.lacks(network, recipe)
    return engine.lacks_lengths(network) if lacking is None and unequal else lacking


def require_usable() -> None:
    """Raise ``ConfigurationError`` for a compiled module of another version, or asked for what it lacks."""
    if _MISSING is None:
        require_instruction_set()
    if isinstance(_MISSING, StaleModuleError):
        raise ConfigurationError(f"{_MISSING}; or use engine='reference'")


def _why_missing(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "shoal._native":
        return "shoal was installed without its compiled engine (SHOAL_NATIVE=0), or run without being built"
    return f"the compiled engine cannot be loaded ({error}); install shoal again on this machine"


@cache
def _say_once(message: str) -> None:
    import logging  # most processes have nothing to say

    logging.getLogger("shoal").info(message)
