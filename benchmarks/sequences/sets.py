"""The sets of series, where they lie, and what is to be reached on their test parts.

The folder that ``SHOAL_DATA`` names holds them as ``sequences/ts/NAME/NAME_TRAIN.ts`` and ``NAME_TEST.ts``.
Defaults were settled on training parts, by what is held out of them; a test part is for one final number.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shoal.data.sequences.origins import Files
from shoal.data.sequences.series_set import SequenceData


class Measured(NamedTuple):
    """The errors of the test part and of what is held out, the CPU seconds of the fit, and what was made."""

    error: float
    held_out: float
    seconds: float
    sentence: str


@dataclass(frozen=True)
class Set:
    """A set: its task, and the error in % (or RMSE) that is to be reached, with what others reach."""

    name: str
    classification: bool
    target: float
    others: str

    def read(self, folder: Path | None) -> SequenceData:
        """Return its two parts, from a folder or from where ``SHOAL_DATA`` says."""
        folder = folder or Path(os.environ.get("SHOAL_DATA", "")) / "sequences" / "ts"
        path = folder / self.name / f"{self.name}_TRAIN.ts"
        if not path.is_file():
            raise SystemExit(f"{path} is not there; set SHOAL_DATA, or give --data the folder of the sets")
        return Files().read(str(path), parts=True)


SETS = {
    each.name: each
    for each in (
        Set("GunPoint", True, 0.7, "MiniRocket 0.7, MultiRocketHydra 0"),
        Set("ItalyPowerDemand", True, 3.2, "MiniRocket 3.7, MultiRocketHydra 3.2"),
        Set("ItalyPowerDemandMissing", True, 4.2, ""),
        Set("ArrowHead", True, 13.7, "MiniRocket 13.7, InceptionTime 13.7"),
        Set("OSULeaf", True, 4.0, "MiniRocket 4.1, FCN 2.1"),
        Set("ACSF1", True, 10.0, "MiniRocket 9.0, H-InceptionTime 5.0"),
        Set("JapaneseVowels", True, 1.4, "MiniRocket 1.4, FCN 0.7"),
        Set("BasicMotions", True, 2.5, "ROCKET 0, InceptionTime 0"),
        Set("BasicMotionsMissing", True, 2.5, ""),
        Set("PickupGestureWiimoteZ", True, 12.0, "MultiRocketHydra 8, InceptionTime 24"),
        Set("PLAID", True, 8.0, "MiniRocket 5.8, InceptionTime 5.6"),
        Set("Tecator", False, 0.6, "MultiRocketHydra 0.467"),
        Set("Covid3Month", False, 0.041, "ROCKET 0.0389, MultiRocketHydra 0.0402"),
        Set("CardanoSentiment", False, 0.3, "a constant 0.300, FreshPRINCE 0.2895"),
    )
}
