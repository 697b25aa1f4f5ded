from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest

from shoal.data.sequences.log_mel import LogMel
from shoal.data.sequences.origins import Sounds, origin_from_config, origin_to_config
from shoal.data.sequences.recognised import holds_series, holds_sounds
from shoal.data.sequences.sounds import common_rate, read_sounds
from shoal.errors import DataError, ShoalWarning

BANDS = LogMel(8000)


def write(path: Path, pitch: float = 440, rate: int = 8000, channels: int = 1, seconds: float = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(2 * np.pi * pitch * np.arange(int(rate * seconds)) / rate)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat((20000 * tone).astype("<i2"), channels).tobytes())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, pitch in (("high", 2000), ("low", 300)):
        for number in range(2):
            write(tmp_path / "s" / name / f"{number}.wav", pitch)
    return tmp_path / "s"


def test_folders_are_classes(folder: Path) -> None:
    assert holds_sounds(folder)
    assert holds_series(folder)
    data = read_sounds(folder, BANDS, strict=True)
    assert data.train.targets is not None
    assert data.train.targets.to_list() == ["high", "high", "low", "low"]
    assert data.train.names[0] == "high/0.wav"
    assert (len(data.channels), data.train.series[0].shape, data.task) == (40, (40, 8), "classification")
    assert data.train.series[0].mean(axis=1).argmax() > data.train.series[2].mean(axis=1).argmax()


def test_parts_and_sounds_without_a_class(folder: Path) -> None:
    for name in ("high", "low"):
        write(folder.parent / "p" / "train" / name / "0.wav")
        write(folder.parent / "p" / "test" / name / "0.wav")
    assert holds_sounds(folder.parent / "p")
    test = read_sounds(folder.parent / "p", BANDS).test
    assert test is not None
    assert len(test) == 2
    flat = read_sounds(folder / "high", BANDS)
    assert (flat.train.targets, flat.train.names) == (None, ("0.wav", "1.wav"))
    assert len(read_sounds(folder / "high" / "0.wav", BANDS).train) == 1


def test_one_sound_has_no_class_to_learn(folder: Path) -> None:
    (folder / "empty.wav").touch()
    for sound in (folder / "high" / "0.wav", folder / "empty.wav"):
        with pytest.raises(DataError, match=r"\.wav is one sound, of no class, expected a folder"):
            common_rate(sound)


def test_several_channels_and_other_rates_are_told(folder: Path) -> None:
    write(folder / "low" / "2.wav", 300, channels=2)
    write(folder / "low" / "3.wav", 300, rate=44100)
    with pytest.warns(ShoalWarning) as notes:
        data = read_sounds(folder, BANDS)
    assert [str(note.message).split(" of ")[0] for note in notes] == ["1", "1"]
    assert "such as 44,100 samples a second, and are brought to 8,000" in str(notes[1].message)
    np.testing.assert_allclose(data.train.series[4], data.train.series[2])
    assert data.train.series[5].shape == (40, 8)
    assert data.train.series[5].mean(axis=1).argmax() == data.train.series[2].mean(axis=1).argmax()
    assert common_rate(folder) == 8000
    with pytest.raises(DataError, match=r"several channels.*strict was given"):
        read_sounds(folder, BANDS, strict=True)


def test_sounds_that_cannot_be_used_are_all_told(folder: Path) -> None:
    (folder / "low" / "0.wav").write_bytes(b"")
    write(folder / "low" / "1.wav", seconds=0)
    told = r"low/0\.wav is no WAV file.*\(2 of 4 sounds cannot be used, also low/1\.wav\)"
    with pytest.raises(DataError, match=told):
        read_sounds(folder, BANDS)
    with pytest.raises(DataError, match=told):
        common_rate(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_among_the_sounds_is_refused_by_its_name(folder: Path) -> None:
    (folder / "low" / "0.wav").unlink()
    os.mkfifo(folder / "low" / "0.wav")
    told = r"low/0\.wav cannot be read \(it is a pipe, which may never end"
    with pytest.raises(DataError, match=told):
        read_sounds(folder, BANDS)
    with pytest.raises(DataError, match=told):
        common_rate(folder)


def test_other_folders_are_none_of_sounds(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "0.png").write_bytes(b"")
    assert not holds_sounds(tmp_path)
    assert not holds_sounds(tmp_path / "nowhere")
    write(tmp_path / "cat" / "1.wav")
    assert not holds_sounds(tmp_path)
    write(tmp_path / "cat" / "2.wav")
    assert holds_sounds(tmp_path)  # one file among them is none
    for number in (1, 2):
        (tmp_path / "cat" / f"{number}.wav").unlink()
    with pytest.raises(DataError, match="holds 0 class folders with sounds"), pytest.warns(ShoalWarning):
        read_sounds(tmp_path, BANDS)


def test_bands_go_by_the_rate_that_most_sounds_have(folder: Path) -> None:
    assert Sounds.of(folder) == Sounds(8000, bands=26)
    for number in range(2, 7):
        write(folder / "low" / f"{number}.wav", 300, rate=16000)
    assert Sounds.of(folder) == Sounds(16000, bands=35)


def test_models_of_before_keep_their_bands(folder: Path) -> None:
    kept = {"name": "sounds", "rate": 8000, "bands": 40, "window": 0.025, "hop": 0.01}
    data = origin_from_config(kept).read(str(folder))
    assert data.channels[-1] == "band 40"
    np.testing.assert_array_equal(data.train.series[0], read_sounds(folder, BANDS).train.series[0])


def test_the_analysis_is_saved() -> None:
    assert origin_from_config(origin_to_config(Sounds(16000, bands=20))) == Sounds(16000, bands=20)
