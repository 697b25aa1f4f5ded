"""Sounds as series of loudness by pitch: the logarithm of energies in bands of equal width in mel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array

SILENCE = 1e-10
"""Of energy, added before its logarithm is taken."""
WIDTH = 80
"""In mel, between the middles of two bands; with narrower ones speakers never heard are understood worse."""
FEWEST, MOST = 26, 40


@dataclass(frozen=True)
class LogMel:
    """``bands`` of the spectrum of a sound of ``rate`` samples a second, by windows that overlap (seconds)::

        E_b = Σ_f filter_b(f) |Σ_t w_t x_t e^(−2πi ft/n)|²        y_b = ln(E_b + 1e-10)

    over Hann windows w. The filters are triangles of height 1 whose corners lie evenly in mel, which is
    2595 log₁₀(1 + f/700) (HTK's), from 0 to half of the rate. A sound shorter than a window is one.

    Source: Davis & Mermelstein 1980; Young et al. 2006, "The HTK book", section 5.6.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> int(LogMel(8000).series(tone).mean(axis=1).argmax())
    18
    """

    rate: int
    bands: int = 40
    window: float = 0.025
    hop: float = 0.01

    def __post_init__(self) -> None:
        if not (0 < self.rate <= 10**6 and 0 < self.bands <= 1000 and 0 < self.hop <= self.window <= 1):
            raise ConfigurationError(f"no sound is analysed by {self!r}")

    @property
    def _steps(self) -> tuple[int, int]:
        """The samples of a window and of a hop."""
        return max(round(self.rate * self.window), 2), max(round(self.rate * self.hop), 1)

    def series(self, samples: Array) -> Array:
        """Return the bands (C, T) of a sound (S,)."""
        size, hop = self._steps
        padded = np.pad(samples, (0, max(size - len(samples), 0)))
        frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
        n = 1 << (size - 1).bit_length()
        spectrum = np.abs(np.fft.rfft(frames * np.hanning(size + 1)[:-1], n)) ** 2
        loudness: Array = np.log(self._filters(n) @ spectrum.T + SILENCE)
        return loudness

    def _filters(self, n: int) -> Array:
        """Return the weight of every frequency in every band, (C, n/2 + 1)."""
        corners = _frequency(np.linspace(0, _mel(self.rate / 2), self.bands + 2))[:, None]
        f = np.arange(n // 2 + 1) * self.rate / n
        rising = (f - corners[:-2]) / (corners[1:-1] - corners[:-2])
        falling = (corners[2:] - f) / (corners[2:] - corners[1:-1])
        triangles: Array = np.maximum(np.minimum(rising, falling), 0)
        return triangles


def bands_for(rate: int) -> int:
    """Return into how many bands sounds of a rate are told by default: 80 mel apart, 26 at least, 40 at most.

    >>> [bands_for(rate) for rate in (4000, 8000, 16000, 44100)]
    [26, 26, 35, 40]
    """
    return min(max(round(_mel(rate / 2) / WIDTH) - 1, FEWEST), MOST)


def _mel(f: float) -> float:
    return float(2595 * np.log10(1 + f / 700))


def _frequency(mel: Array) -> Array:
    hertz: Array = 700 * (10 ** (mel / 2595) - 1)
    return hertz
