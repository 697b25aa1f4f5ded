from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from shoal.data import memory
from shoal.data.sequences.wav import read_wav
from shoal.errors import CapacityError, DataError

X = np.array([0.0, 0.5, -0.5, -1.0])


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def form(tag: int, bits: int, channels: int = 1, rate: int = 8000, more: bytes = b"") -> bytes:
    width = (bits + 7) // 8
    return struct.pack("<HHIIHH", tag, channels, rate, rate * width * channels, width * channels, bits) + more


def wav(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def write(folder: Path, content: bytes) -> Path:
    (folder / "a.wav").write_bytes(content)
    return folder / "a.wav"


def encoded(tag: int, bits: int) -> bytes:
    if tag == 3:
        return X.astype(f"<f{bits // 8}").tobytes()
    if bits == 8:
        return bytes((128 + 128 * X).astype(np.uint8))
    whole = (X * 2.0 ** (bits - 1)).astype(np.int64)
    return b"".join(int(value).to_bytes(bits // 8, "little", signed=True) for value in whole)


SUBFORMAT = b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"


@pytest.mark.parametrize(("tag", "bits"), [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)])
@pytest.mark.parametrize("extensible", [False, True])
def test_samples_of_every_writing(tmp_path: Path, tag: int, bits: int, extensible: bool) -> None:
    header = form(tag, bits)
    if extensible:
        more = struct.pack("<HHIH", 22, bits, 4, tag) + SUBFORMAT
        header = form(0xFFFE, bits, more=more)
    others = (chunk(b"LIST", b"odd"), chunk(b"fact", b"\4\0\0\0"))
    sound = read_wav(
        write(tmp_path, wav(*others, chunk(b"fmt ", header), chunk(b"data", encoded(tag, bits))))
    )
    np.testing.assert_array_equal(sound.samples, X)
    assert (sound.rate, sound.channels) == (8000, 1)


def test_channels_are_mixed_and_what_follows_the_last_frame_is_left(tmp_path: Path) -> None:
    data = np.array([0, 16384, -16384, -16384], "<i2").tobytes() + b"\1"
    sound = read_wav(write(tmp_path, wav(chunk(b"fmt ", form(1, 16, channels=2)), chunk(b"data", data))))
    np.testing.assert_array_equal(sound.samples, [0.25, -0.5])
    assert sound.channels == 2


def test_the_order_of_chunks_is_any(tmp_path: Path) -> None:
    content = wav(chunk(b"data", encoded(1, 8)), chunk(b"fmt ", form(1, 8)))
    np.testing.assert_array_equal(read_wav(write(tmp_path, content)).samples, X)


FMT, DATA = chunk(b"fmt ", form(1, 16)), chunk(b"data", encoded(1, 16))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no WAV file"),
        (b"RIFF", "is no WAV file"),
        (b"ID3" + bytes(40), "is no WAV file"),
        (wav(), "has no chunk 'fmt '"),
        (wav(FMT), "has no chunk 'data'"),
        (wav(FMT, chunk(b"data", b"")), "holds no sample"),
        (wav(FMT, chunk(b"data", b"\1")), "holds no sample"),
        (wav(FMT, DATA)[:-3], "ends too early: its chunk 'data' promises 8 bytes and 5 are there"),
        (wav(FMT, b"data\xff\xff\xff\xff"), "promises 4,294,967,295 bytes and 0 are there"),
        (wav(chunk(b"fmt ", b"\1\0"), DATA), "has a chunk 'fmt ' of 2 bytes"),
        (wav(chunk(b"fmt ", form(7, 8)), DATA), "is written in the format 7 with 8 bits"),
        (wav(chunk(b"fmt ", form(2, 4)), DATA), "is written in the format 2"),
        (wav(chunk(b"fmt ", form(1, 40)), DATA), "is written in the format 1 with 40 bits"),
        (wav(chunk(b"fmt ", form(0xFFFE, 16)), DATA), "is written in the format 65534"),
        (wav(chunk(b"fmt ", form(1, 16, channels=0)), DATA), "states 0 channels"),
        (wav(chunk(b"fmt ", form(1, 16, rate=0)), DATA), "0 samples a second"),
        (wav(chunk(b"fmt ", form(3, 32)), chunk(b"data", np.array([np.nan], "<f4").tobytes())), "not finite"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=told) as error:
        read_wav(path)
    assert str(error.value).startswith(str(path))


def test_more_than_the_memory_takes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, wav(FMT, chunk(b"data", bytes(20_000))))
    monkeypatch.setattr(memory, "available_bytes", lambda: 10_000)
    with pytest.raises(CapacityError):
        read_wav(path)
