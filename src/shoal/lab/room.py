"""How much a laboratory takes: what can be trained, and kept, while somebody looks on."""

from __future__ import annotations

from shoal.errors import CapacityError
from shoal.lab.design import Design, Knobs
from shoal.lab.material import Sets

MOST_PARAMETERS = 150_000
"""Of all networks together: what snapshots of them have room for."""
MOST_WORK = 50_000_000
"""Parameters times samples, of all networks together: an epoch within a tenth of a second or so."""
MOST_COURSE = 6_000_000
"""Networks times epochs: what their losses have room for."""


def require_room(design: Design, knobs: Knobs, sets: Sets) -> None:
    """Raise ``CapacityError`` for more than can be trained while somebody looks on."""
    data = sets[design.data](design.seed, knobs.samples, knobs.noise)
    each = sum(design.network(place, data).n_parameters for place in range(len(design.hidden)))
    parameters = design.starts * each
    for what, amount, most, less in (
        ("parameters", parameters, MOST_PARAMETERS, "starts, sizes or layers"),
        ("parameters times samples", parameters * knobs.samples, MOST_WORK, "samples, starts or sizes"),
        ("networks times epochs", design.networks * design.epochs, MOST_COURSE, "starts, sizes or epochs"),
    ):
        if amount > most:
            raise CapacityError(
                f"that makes {amount:,} {what}, and the lab takes {most:,}; ask for fewer {less}"
            )
