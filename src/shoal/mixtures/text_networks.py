"""Views of texts by networks: of the codes of their words or characters, trained on every fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from shoal.mixtures.trained_view import FittedNetworks, TrainedView
from shoal.mixtures.views import Fitted, Kept, Schooling, View
from shoal.selection.candidates.text_architectures import RECURRENT, Embedded
from shoal.shapes import Array
from shoal.texts.vocabulary import Vocabulary

RATE = 0.01


@dataclass(frozen=True)
class TextNetworks(View[Sequence[str]]):
    """``Embedded`` networks of one ``kind`` and ``size``, over the codes of a ``vocabulary``."""

    vocabulary: Vocabulary
    kind: str
    size: int
    dimensions: int
    epochs: int
    word_dropout: float = 0.2

    @property
    def words(self) -> str:
        kind = "recurrent" if self.kind == RECURRENT else "convolutional"
        return f"{kind} networks of {self.size} channels over {self.vocabulary.unit}"

    @property
    def architecture(self) -> Embedded:
        """The architecture of its networks."""
        steps, size = self.vocabulary.steps, self.vocabulary.size
        return Embedded(self.kind, steps, size, self.dimensions, word_dropout=self.word_dropout)

    @property
    def trained(self) -> TrainedView:
        """The view of codes that this is."""
        return TrainedView(self.architecture, (self.size,), self.epochs, RATE)

    def bytes(self, schooling: Schooling[Sequence[str]]) -> int:
        shape = 1, self.vocabulary.steps
        codes = 16 * len(schooling.series) * self.vocabulary.steps  # and as they are padded
        return codes + self.trained.bytes_for(schooling, shape)

    def fit(self, schooling: Schooling[Sequence[str]]) -> FittedTextNetworks | None:
        codes = self.vocabulary.encode(schooling.series)
        of_codes = Schooling(
            codes,
            schooling.targets,
            schooling.folds,
            schooling.seed,
            n_jobs=schooling.n_jobs,
            ahead=schooling.ahead,
        )
        networks = self.trained.fit(of_codes)
        return None if networks is None else FittedTextNetworks(self.vocabulary, networks)


@dataclass(frozen=True, eq=False)
class FittedTextNetworks(Fitted[Sequence[str]]):
    """The vocabulary, and the networks over its codes."""

    kind: ClassVar[str] = "text_networks"
    vocabulary: Vocabulary
    networks: FittedNetworks

    @property
    def temperature(self) -> float:
        """That of the networks' predictions."""
        return self.networks.temperature

    @property
    def held_out(self) -> Array:  # type: ignore[override]
        return self.networks.held_out

    def predict(self, series: Sequence[str], n_jobs: int | None = None) -> Array:
        return self.networks.predict(self.vocabulary.encode(series), n_jobs)

    def kept(self) -> Kept:
        config, arrays = self.networks.kept()
        return {"vocabulary": self.vocabulary.to_config(), **config}, arrays

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the view that ``kept`` described; raise ``ValueError`` or the like for what is none."""
        vocabulary, networks = Vocabulary.from_config(config["vocabulary"]), FittedNetworks.of(config, arrays)
        if networks.population.network.input_shape != (1, vocabulary.steps):
            raise ValueError("its networks read texts of another length than its vocabulary")
        return cls(vocabulary, networks)
