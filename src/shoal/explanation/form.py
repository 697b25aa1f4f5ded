"""What is said of a layer below the dense ones, and the letters that it is said in."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.formulas.nodes import Expression, Symbol

GREEK = {"gamma": "γ", "beta": "β"}


@dataclass(frozen=True)
class LayerForm:
    """The equations of a layer, those of its gradient, and a sentence on what the letters mean."""

    forward: tuple[Expression, ...]
    backward: tuple[Expression, ...]
    words: str


@dataclass(frozen=True)
class Letters:
    """The letters of layer ``number``, primed, for the dense layers above have the plain ones.

    What it takes is x′ of the first layer, a of the layer before else.
    """

    number: int

    @property
    def taken(self) -> Symbol:
        """What the layer is given."""
        return Symbol("a", f"{self.number - 1}′") if self.number > 1 else Symbol("x′")

    def own(self, name: str) -> Symbol:
        """Return z₂′ for z and layer 2."""
        return Symbol(name, f"{self.number}′")

    def parameter(self, name: str) -> Symbol:
        """Return the letter of a parameter by its name: what goes backward in time has an arrow.

        >>> Letters(2).parameter("gamma_W"), Letters(1).parameter("R_reverse").name
        (Symbol(name='γ', layer='W2′', indices=(), sample='', parameter=''), 'R←')
        """
        forward = name.removesuffix("_reverse")
        head, _, part = forward.partition("_")
        arrow = "" if name == forward else "←"
        return Symbol(GREEK.get(head, head) + arrow, f"{part}{self.number}′")
