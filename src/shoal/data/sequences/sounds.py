"""Folders of WAV files, a folder for each class: sounds as series of loudness by pitch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shoal.data.class_folders import ClassFolders, FolderEntry
from shoal.data.frames import pl
from shoal.data.notes import tell
from shoal.data.sequences.log_mel import LogMel
from shoal.data.sequences.recognised import SOUNDS
from shoal.data.sequences.series_set import SequenceData, SeriesSet
from shoal.data.sequences.wav import Sound, read_wav
from shoal.data.targets.task import CLASSIFICATION
from shoal.errors import DataError
from shoal.shapes import Array

TARGET = "class"


def common_rate(folder: Path) -> int:
    """Return the samples a second that most of the sounds to train on have.

    Raises ``DataError`` for a single file, whose class nothing says.
    """
    if not folder.is_dir():
        raise DataError(
            f"{folder} is one sound, of no class, expected a folder; name one that has a folder of sounds "
            "for each class"
        )
    listing = _listing(strict=False, silent=True)
    rates = Counter(sound.rate for sound in _Reader(listing, listing.parts(folder)["train"], folder))
    return max(rates, key=lambda rate: (rates[rate], -rate))


def read_sounds(source: Path, bands: LogMel, strict: bool = False) -> SequenceData:
    """Return the sounds of a folder with class folders, or with parts that have such, by their bands.

    Sounds in a folder itself, and a single file, have no class. Several channels are mixed, and another
    rate is brought to that of ``bands``, with a note, an error if ``strict``.

    Raises ``DataError`` for files that cannot be used, all of them counted.
    """
    listing = _listing(strict)
    flat = source.is_file() or any(path.name.lower().endswith(SOUNDS) for path in source.iterdir())
    listed = {"train": listing.all_of(source)} if flat else listing.parts(source)
    sets = {part: _set(_Reader(listing, entries, source), bands, strict) for part, entries in listed.items()}
    channels = tuple(f"band {number}" for number in range(1, bands.bands + 1))
    return SequenceData(sets["train"], channels, TARGET, sets.get("test"), CLASSIFICATION)


def _listing(strict: bool, silent: bool = False) -> ClassFolders:
    def note(message: str, remedy: str) -> None:
        if not silent:
            tell(message, remedy, strict)

    return ClassFolders(SOUNDS, "sounds", note)


@dataclass(frozen=True)
class _Reader:
    listing: ClassFolders
    entries: Sequence[FolderEntry]
    folder: Path

    def __iter__(self) -> Iterator[Sound]:
        """Yield the sounds one by one, and tell at the end all that cannot be used."""
        refused = []
        for entry in self.entries:
            try:
                yield read_wav(entry.path)
            except DataError as error:
                refused.append((entry, str(error).removeprefix(f"{entry.path} ")))
        self.listing.require_none(refused, len(self.entries), self.folder)


def _set(reader: _Reader, bands: LogMel, strict: bool) -> SeriesSet:
    series: list[Array] = []
    mixed, other = 0, Counter[int]()
    for sound in reader:
        mixed += sound.channels > 1
        other[sound.rate] += sound.rate != bands.rate
        series.append(bands.series(_at(sound, bands.rate)))
    if mixed:
        what = f"{mixed} of {len(series)} sounds in {reader.folder} have several channels, which are mixed"
        tell(what, "mix them", strict)
    if count := other.total():
        tell(
            f"{count} of {len(series)} sounds in {reader.folder} have other rates, such as "
            f"{max(other, key=other.__getitem__):,} samples a second, and are brought to {bands.rate:,}",
            "resample them if that matters",
            strict,
        )
    names = tuple(entry.name for entry in reader.entries)
    if reader.entries[0].label is None:
        return SeriesSet(tuple(series), names)
    labels = pl.Series(TARGET, [entry.label for entry in reader.entries], dtype=pl.Categorical)
    return SeriesSet(tuple(series), names, labels)


def _at(sound: Sound, rate: int) -> Array:
    """Return the samples of a sound at another rate."""
    if sound.rate == rate:
        return sound.samples
    from scipy.signal import resample_poly  # takes a moment: only when it is due

    common = math.gcd(sound.rate, rate)
    return np.asarray(resample_poly(sound.samples, rate // common, sound.rate // common))
