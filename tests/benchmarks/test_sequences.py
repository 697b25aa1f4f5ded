from __future__ import annotations

import io
import itertools
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sequences import __main__ as command
from benchmarks.sequences.forecasts import FORECASTS, ForecastSet, mackey_glass
from benchmarks.sequences.results import EVERY, FOLDER, load, save
from benchmarks.sequences.sets import SETS
from benchmarks.sequences.texts import SPEECH, TEXTS
from benchmarks.sequences.tried import TRIED


def write(folder: Path, name: str) -> None:
    """Write a set of that name: waves of two frequencies, and their frequencies."""
    rng = np.random.default_rng(0)
    classes = SETS[name].classification
    (folder / name).mkdir(parents=True)
    for part, count in (("TRAIN", 16), ("TEST", 6)):
        lines = ["@problemName Waves", f"@classLabel {'true a b' if classes else 'false'}", "@data"]
        if not classes:
            lines[1] = "@targetlabel true"
        for number in range(count):
            rate = 0.3 + 0.4 * (number % 2)
            wave = np.sin(rate * np.arange(24) + rng.uniform(0, 6)).round(6)
            target = "ab"[number % 2] if classes else f"{rate}"
            lines.append(f"{','.join(map(str, wave))}:{target}")
        (folder / name / f"{name}_{part}.ts").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("name", ["GunPoint", "Tecator"])
def test_a_set_is_fitted_and_judged_and_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "data", name)
    arguments = ["sequences", name, "--data", str(tmp_path / "data"), "--results", str(tmp_path)]
    monkeypatch.setattr("sys.argv", [*arguments, "--budget", "1", "--threads", "1", "--validate"])
    command.main()
    assert "nan (held out" in capsys.readouterr().out
    assert not (tmp_path / "sequences.json").exists()
    monkeypatch.setattr("sys.argv", [*arguments, "--budget", "1", "--threads", "1"])
    command.main()
    entry = load(tmp_path)[name]
    assert entry.error < (1 if SETS[name].classification else 0.1)
    assert f"{name}: {entry.error:.4g} (held out" in capsys.readouterr().out
    assert f"| {name} | " in (tmp_path / "sequences.md").read_text()


def test_a_target_that_was_missed_is_bold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "data", "GunPoint")
    settings = {"random_state": 0, "n_jobs": 1, "channels_first": True, "budget": 1.0}
    entry = command.run(SETS["GunPoint"], tmp_path / "data", False, settings)
    for error, cell in ((0.66, "| 0.7 % |"), (0.76, "| **0.8 %** |")):
        object.__setattr__(entry, "error", error)
        save(tmp_path, {"GunPoint": entry})
        assert cell in (tmp_path / "sequences.md").read_text()


def test_a_miss_is_named_with_what_was_tried(tmp_path: Path) -> None:
    entries = load(FOLDER)
    missed = {name for name, entry in entries.items() if entry.missed(EVERY[name])}
    assert missed <= TRIED.keys() <= EVERY.keys()
    save(tmp_path, entries)
    page = (tmp_path / "sequences.md").read_text()
    assert {name for name in TRIED if f"**{name}**: {TRIED[name]}" in page} == missed
    for name in ("sequences.md", "sequences.json"):
        assert (tmp_path / name).read_text() == (FOLDER / name).read_text()
    entry = entries["co2"]
    object.__setattr__(entry, "error", EVERY["co2"].target)
    save(tmp_path, {"co2": entry})
    assert "**co2**" not in (tmp_path / "sequences.md").read_text()


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"GunPoint_TRAIN.ts is not there; set SHOAL_DATA"):
        SETS["GunPoint"].read(tmp_path)


def test_forecasts_are_fitted_and_judged_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    t = np.arange(96)
    rows = [f"{month},{value:.3f}" for month, value in enumerate(100 + t + 20 * np.sin(2 * np.pi * t / 12))]
    (tmp_path / "forecast").mkdir()
    (tmp_path / "forecast" / "airline.csv").write_text("\n".join(["Date,Passengers", *rows]) + "\n")
    arguments = ["sequences", "airline", "--data", str(tmp_path), "--results", str(tmp_path)]
    monkeypatch.setattr("sys.argv", [*arguments, "--budget", "1e7", "--threads", "1"])
    command.main()
    entry = load(tmp_path)["airline"]
    assert entry.error < 0.2  # the season and the trend go on
    assert f"airline: {entry.error:.4g} (held out" in capsys.readouterr().out
    assert "| airline | 0." in (tmp_path / "sequences.md").read_text()
    with pytest.raises(SystemExit, match=r"ETTh1.csv is not there; set SHOAL_DATA"):
        FORECASTS["ETTh1"].read(tmp_path)


def test_all_forecasts_within_the_last_steps_are_judged() -> None:
    t = np.arange(120.0)[:, None]
    line = ForecastSet("line", lambda _: {"line": (t[:80], t[80:])}, 4, 1, 0.1, "", windows=20)
    error, *_ = line.measure(Path(), False, {"random_state": 0, "n_jobs": 1, "networks": []})
    assert error < 1e-6


def test_the_chaotic_series_obeys_its_equation() -> None:
    rest = 2 * 1.2 / (1 + 1.2**10)  # before the delay has passed, its right side is 0.1 (rest − x)
    t = np.arange(17)
    assert mackey_glass(17, before=0) == pytest.approx(rest + (1.2 - rest) * np.exp(-0.1 * t), abs=1e-7)


def test_texts_are_fitted_and_judged(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    for part, rows in (("train", range(20)), ("test", range(20, 26))):
        lines = [
            f'"what is {"a cat" if n % 2 else "the sum"} no. {n}",{"AN" if n % 2 else "NU"}' for n in rows
        ]
        (tmp_path / "text" / f"trec_{part}.csv").write_text("question,label\n" + "\n".join(lines) + "\n")
    measured = TEXTS["trec"].measure(tmp_path, False, {"random_state": 0, "n_jobs": 1, "budget": 1.0})
    assert (measured.error, measured.held_out) == (0, 0)
    with pytest.raises(SystemExit, match=r"names_train.csv is not there"):
        TEXTS["names"].read(tmp_path, "train")


def test_an_unheard_speaker_is_heard_in_the_test_alone(tmp_path: Path) -> None:
    (tmp_path / "speech").mkdir()
    with zipfile.ZipFile(tmp_path / "speech" / "fsdd_1200.zip", "w") as archive:
        for part, digit, name in itertools.product(("train", "test"), "01", ("s1_00", "s2_01", "s6_02")):
            sound = io.BytesIO()
            with wave.open(sound, "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes(np.zeros(800, "<i2").tobytes())
            archive.writestr(f"fsdd_1200/{part}/{digit}/{name}.wav", sound.getvalue())
    train, test = SPEECH["spoken digits, unheard"].read(tmp_path)
    assert train.groups is not None
    assert sorted(train.groups) == ["s1"] * 4 + ["s2"] * 4
    assert test.labels.tolist() == ["0", "1", "0", "1"]
    train, test = SPEECH["spoken digits"].read(tmp_path)
    assert (len(train.samples), len(test.samples), train.groups) == (6, 6, None)
