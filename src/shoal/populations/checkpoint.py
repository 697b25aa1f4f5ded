"""Where a training on samples on disk stands between two epochs, in a file of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from shoal._version import __version__
from shoal.errors import OutputError, reason
from shoal.files import read_regular, write_atomically
from shoal.populations.population import Population
from shoal.shapes import Array
from shoal.training.blocks import BlockFile
from shoal.training.history import History
from shoal.training.problem import Snapshot, Validation
from shoal.training.recipe import Recipe

_STEP, _MEMORY, _HISTORY = "step", "memory.", "history."
_OF_SNAPSHOT = ("theta", "best_theta", "best_loss", "penalty")


@dataclass(frozen=True)
class Checkpoint:
    """A place for the state of one training, whose name says all that decides what comes of it."""

    path: Path

    @classmethod
    def of(
        cls,
        population: Population,
        blocks: BlockFile,
        recipe: Recipe,
        validation: Validation | None,
        engine: str,
    ) -> Self | None:
        """Return the place for a training, None where nothing is to be kept of it."""
        if blocks.kept is None:
            return None
        folds = None if blocks.folds is None else [blocks.folds.held, blocks.folds.forward]
        config = [population.network.to_config(), str(recipe.to_config())]
        told = [__version__, engine, *config, blocks.digest, folds]
        digest = hashlib.blake2b(json.dumps(told).encode(errors="surrogatepass"), digest_size=16)
        strengths = recipe.strengths(population.size, np.float64)
        probes = np.stack([np.arange(1, blocks.inputs + 1), np.ones(blocks.inputs)]).astype(np.float32)
        seen = probes if blocks.seen is None else blocks.seen(probes)
        for array in (population.theta, population.keys, seen, *strengths.values(), *(validation or ())):
            known = np.asarray(array)
            digest.update(f"{known.dtype.str} {known.shape}".encode())
            digest.update(np.ascontiguousarray(known).tobytes())
        return cls(blocks.kept / f"{digest.hexdigest()}-0.safetensors")

    def keep(self, state: Snapshot, history: History, others: Mapping[str, Array]) -> None:
        """Write where a training stands: the solver's state, what happened, and ``others`` (P, …) by name.

        Raises ``OutputError`` where that is not possible; then the file is as it was.
        """
        arrays = {name: getattr(state, name) for name in _OF_SNAPSHOT} | dict(others)
        arrays |= {_MEMORY + name: values for name, values in state.memory.items()}
        arrays |= {_HISTORY + name: values for name, values in _courses(history).items()}
        plain = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        try:
            self.path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path.parent} cannot be made ({reason(error)}); remove it") from None
        write_atomically(self.path, safetensors.numpy.save(plain, {_STEP: str(state.step)}))

    def take_up(self, history: History, others: Mapping[str, Array]) -> Snapshot | None:
        """Return the solver's state that was kept, and fill in ``history`` and ``others``; None without any.

        A file that holds something else counts as none: then the training begins anew, to the same end.
        """
        try:
            content = read_regular(self.path)
            length = int.from_bytes(content[:8], "little")
            step = int(json.loads(content[8 : 8 + length])["__metadata__"][_STEP])
            arrays = safetensors.numpy.load(content)
            places = {**{_HISTORY + name: values for name, values in _courses(history).items()}, **others}
            if any(arrays[name].shape != place.shape for name, place in places.items()):
                return None
            state = {name: arrays[name] for name in _OF_SNAPSHOT}
        except (OSError, SafetensorError, ValueError, LookupError, TypeError):
            return None
        for name, place in places.items():
            place[...] = arrays[name]
        memory = {n.removeprefix(_MEMORY): a for n, a in arrays.items() if n.startswith(_MEMORY)}
        return Snapshot(0, step, memory=memory, history=history, watch=None, strengths={}, **state)

    def remove(self) -> None:
        """Remove what was kept, once it is of no use."""
        self.path.unlink(missing_ok=True)


def _courses(history: History) -> dict[str, Array]:
    """Return the arrays of a history, by name; what solvers tell besides belongs to others than these."""
    named = ((field.name, getattr(history, field.name)) for field in fields(history))
    return {name: values for name, values in named if isinstance(values, np.ndarray)}
