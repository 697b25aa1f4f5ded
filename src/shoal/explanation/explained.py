"""What an explanation holds: the numbers of a network on a batch, each gradient three times."""

from __future__ import annotations

from dataclasses import dataclass, field

from shoal.explanation.below import LayerBelow
from shoal.explanation.derivation import Derivation
from shoal.explanation.gradient_check import BlockCheck, GradientCheck, relative_error
from shoal.explanation.trace import Trace
from shoal.networks.chain import Chain
from shoal.shapes import Array


@dataclass(frozen=True)
class Comparison:
    """One parameter's gradient (m, n) three times: by the factors, by the engine, by central differences.

    ``numerical`` is NaN where no differences were taken.
    """

    derivation: Derivation
    engine: Array
    numerical: Array
    block: BlockCheck

    @property
    def engine_error(self) -> float:
        """The relative error of the engine's gradient against the product of the factors."""
        return relative_error(self.derivation.gradient, self.engine)

    @property
    def numerical_error(self) -> float:
        """The relative error of the engine's gradient against central differences, where these were taken."""
        return self.block.relative_error


@dataclass(frozen=True)
class Explained:
    """The chain rule of one network on a batch, with the numbers of one of its samples."""

    network: Chain
    trace: Trace
    comparisons: tuple[Comparison, ...]
    check: GradientCheck
    sample: int
    sample_name: str
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    below: tuple[LayerBelow, ...] = field(default=(), kw_only=True)
    """The layers below the dense ones, from the highest on, where there are some."""

    @property
    def engine_error(self) -> float:
        """The largest relative error of the engine's gradient against the product of the factors."""
        return max(comparison.engine_error for comparison in self.comparisons)

    def unit_names(self, number: int) -> tuple[str, ...]:
        """Return the names of what layer ``number`` gives: features for 0, outputs for the last layer."""
        if number == 0:
            return self.feature_names
        if number == len(self.trace.steps):
            return self.output_names
        return tuple(f"unit {i}" for i in range(1, len(self.trace.steps[number - 1].z) + 1))
