"""WAV files: one channel of numbers from −1 to 1, whatever they hold, bounded before anything is made of it.

A file is ``RIFF``, a size, ``WAVE``, then chunks in any order: a name, a size, so many bytes, and one of
padding where they are odd in number. ``fmt `` says how the samples of ``data`` are written.
Source: Microsoft & IBM 1991, "Multimedia programming interface and data specifications 1.0"; Microsoft 2007,
"Multiple channel audio data and WAVE files", for the extensible form.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shoal.data.readers.contents import file_bytes
from shoal.errors import DataError, reason
from shoal.shapes import Array

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
_BYTES = {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}
_SUBFORMAT = b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
"""What follows the tag in the identifier of an extensible format."""
MOST_CHANNELS, MOST_RATE = 64, 1_000_000
_LARGEST = 1e6
"""Of samples in floating point, which lie between −1 and 1 but for those that are too loud."""


@dataclass(frozen=True)
class Sound:
    """``samples`` (T,), the mean over the ``channels`` that there were, ``rate`` of them a second."""

    samples: Array
    rate: int
    channels: int


def read_wav(path: Path) -> Sound:
    """Return the sound in a file of PCM of 8, 16, 24 or 32 bits, or of floats of 32 or 64.

    Raises ``DataError``, which names the file, for what is no such file, damaged, or without a sample.
    """
    try:
        content = memoryview(file_bytes(path))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); restore it") from None
    if len(content) < 12 or bytes(content[:4]) != b"RIFF" or bytes(content[8:12]) != b"WAVE":
        raise DataError(f"{path} is no WAV file: it does not begin with RIFF and WAVE; convert it")
    chunks = _chunks(content, path)
    if "fmt " not in chunks:
        raise DataError(f"{path} has no chunk 'fmt ' that says how it is written; write it again")
    if "data" not in chunks:
        raise DataError(f"{path} has no chunk 'data' with samples; write it again")
    form = _Format.of(bytes(chunks["fmt "]), path)
    frames = len(chunks["data"]) // form.frame
    if not frames:
        raise DataError(f"{path} holds no sample; leave it out")
    samples = form.samples(chunks["data"][: frames * form.frame])
    if not (np.abs(samples) <= _LARGEST).all():
        raise DataError(f"{path} holds samples that are not finite numbers near −1 to 1; write it again")
    return Sound(samples.reshape(frames, form.channels).mean(axis=1), form.rate, form.channels)


def _chunks(content: memoryview, path: Path) -> dict[str, memoryview]:
    """Return the first chunk of each name."""
    chunks: dict[str, memoryview] = {}
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        body = content[place + 8 : place + 8 + size]
        if len(body) < size:
            raise DataError(
                f"{path} ends too early: its chunk {name.decode('latin-1')!r} promises {size:,} bytes and "
                f"{len(body):,} are there; fetch it again"
            )
        chunks.setdefault(name.decode("latin-1"), body)
        place += 8 + size + size % 2
    return chunks


@dataclass(frozen=True)
class _Format:
    tag: int
    channels: int
    rate: int
    width: int
    """Bytes of a sample."""

    @classmethod
    def of(cls, chunk: bytes, path: Path) -> _Format:
        if len(chunk) < 16:
            raise DataError(f"{path} has a chunk 'fmt ' of {len(chunk)} bytes, expected 16; write it again")
        tag, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", chunk)
        if tag == EXTENSIBLE and len(chunk) >= 40 and chunk[26:40] == _SUBFORMAT:
            tag = struct.unpack_from("<H", chunk, 24)[0]
        if not 1 <= channels <= MOST_CHANNELS or not 1 <= rate <= MOST_RATE:
            raise DataError(
                f"{path} states {channels} channels and {rate:,} samples a second; write it again"
            )
        width = frame // channels
        if tag not in _BYTES or width not in _BYTES[tag] or bits > 8 * width or frame % channels:
            raise DataError(
                f"{path} is written in the format {tag} with {bits} bits, expected PCM (1) of 8, 16, 24 or "
                "32 bits, or floats (3) of 32 or 64; convert it"
            )
        return cls(tag, channels, rate, width)

    @property
    def frame(self) -> int:
        """The bytes of a sample of every channel."""
        return self.channels * self.width

    def samples(self, data: memoryview) -> Array:
        """Return the numbers of all channels, one after the other, in double precision."""
        if self.tag == FLOAT:
            return np.frombuffer(data, f"<f{self.width}").astype(np.float64)
        if self.width == 1:  # unsigned, and 128 is silence
            return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) / 128
        if self.width == 3:
            parts = np.frombuffer(data, np.uint8).reshape(-1, 3)
            whole = np.zeros((len(parts), 4), np.uint8)
            whole[:, 1:] = parts
            return whole.view("<i4")[:, 0] / 2.0**31
        return np.frombuffer(data, f"<i{self.width}") / 2.0 ** (8 * self.width - 1)
