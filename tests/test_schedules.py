from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError
from shoal.registry import from_config, to_config
from shoal.schedules import SCHEDULES, Constant, Cosine, CosineLog, FlatCosine, OneCycle, Schedule, StepDecay

# (schedule, T, factors of t = 0 … T − 1), by hand: cos π/4 = 1/√2, cos π/3 = ½.
COS45 = 1 / math.sqrt(2)
KNOWN = [
    (Constant(), 3, [1, 1, 1]),
    (StepDecay(), 8, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]),
    (StepDecay(drop=0.1, every=0.5), 5, [1, 1, 0.1, 0.1, 0.01]),
    (StepDecay(every=0.29), 100, [0.5 ** (t // 29) for t in range(100)]),  # 0.29 · 100 < 29 in binary
    (StepDecay(every=0.01), 4, [1, 0.5, 0.25, 0.125]),
    (StepDecay(every=1.0), 4, [1, 1, 1, 1]),
    (Cosine(), 4, [1, 0.5 + COS45 / 2, 0.5, 0.5 - COS45 / 2]),
    (Cosine(final=0.2), 3, [1, 0.2 + 0.8 * 0.75, 0.2 + 0.8 * 0.25]),
    (Cosine(final=1.0), 3, [1, 1, 1]),
    (FlatCosine(flat=0.0), 4, [1, 0.5 + COS45 / 2, 0.5, 0.5 - COS45 / 2]),
    (FlatCosine(flat=0.25), 4, [1, 1, 0.75, 0.25]),
    (OneCycle(warmup=0.5, initial=0.2, final=0.1), 4, [0.2, 0.6, 1.0, 0.55]),
    (OneCycle(warmup=0.0, final=0.0), 2, [1.0, 0.5]),
    (OneCycle(warmup=0.25, initial=1.0, final=0.0), 4, [1.0, 1.0, 0.75, 0.25]),
    (CosineLog(cycles=1), 1, [0.5 - 0.5 * math.cos(2 * math.pi * math.log2(1.5))]),
    (CosineLog(cycles=2), 2, [0.5 - 0.5 * math.cos(2 * math.pi * math.log2(x)) for x in (1.75, 3.25)]),
]

fractions = st.floats(0.001, 0.999)


@pytest.mark.parametrize(("schedule", "n_steps", "expected"), KNOWN, ids=lambda case: repr(case)[:40])
def test_known_values(schedule: Schedule, n_steps: int, expected: list[float]) -> None:
    factors = [schedule.factor(t, n_steps) for t in range(n_steps)]
    assert factors == pytest.approx(expected, rel=1e-14)


def test_every_schedule_has_known_values() -> None:
    assert {schedule.name for schedule, _, _ in KNOWN} == set(SCHEDULES)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@given(n_steps=st.integers(1, 10**6), data=st.data())
def test_factors_are_plain_numbers_from_0_to_1(name: str, n_steps: int, data: st.DataObject) -> None:
    factor = SCHEDULES[name]().factor(data.draw(st.integers(0, n_steps - 1)), n_steps)
    assert type(factor) is float
    assert 0 < factor <= 1


@given(final=fractions, n_steps=st.integers(2, 200))
def test_cosine_falls_from_one_and_stays_above_its_end(final: float, n_steps: int) -> None:
    factors = [Cosine(final=final).factor(t, n_steps) for t in range(n_steps)]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)
    assert final < factors[-1]


@given(warmup=fractions, initial=fractions, final=fractions, n_steps=st.integers(2, 200))
def test_one_cycle_rises_and_then_falls(warmup: float, initial: float, final: float, n_steps: int) -> None:
    schedule = OneCycle(warmup=warmup, initial=initial, final=final)
    factors = [schedule.factor(t, n_steps) for t in range(n_steps)]
    peak = next((t for t in range(n_steps) if t / n_steps >= warmup), n_steps)
    assert factors[0] == pytest.approx(initial, rel=1e-12)
    assert factors[:peak] == sorted(factors[:peak])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)


def test_one_cycle_peaks_at_the_end_of_its_warm_up() -> None:
    assert OneCycle(warmup=0.3).factor(30, 100) == 1
    assert OneCycle(warmup=0.3).factor(29, 100) < 1
    assert OneCycle(warmup=0.3).factor(31, 100) < 1


@pytest.mark.parametrize(
    ("cls", "field", "values"),
    [
        (StepDecay, "drop", [0.0, -0.5, 1.5, math.nan, math.inf]),
        (StepDecay, "every", [0.0, -0.5, 1.5, math.nan, math.inf]),
        (Cosine, "final", [-0.1, 1.1, math.nan, math.inf]),
        (FlatCosine, "flat", [-0.1, 1.0, math.nan, math.inf]),
        (CosineLog, "cycles", [0, -1, 31, 2.0]),
        (OneCycle, "warmup", [-0.1, 1.0, math.nan, math.inf]),
        (OneCycle, "initial", [0.0, 1.1, math.nan, math.inf]),
        (OneCycle, "final", [-0.1, 1.1, math.nan, math.inf]),
    ],
)
def test_refuses_fields_out_of_range(cls: type[Schedule], field: str, values: list[float]) -> None:
    for value in values:
        with pytest.raises(ConfigurationError, match=rf"{cls.name} got {field}={value}, expected "):
            cls(**{field: value})


@pytest.mark.parametrize("schedule", [StepDecay(drop=0.3), OneCycle(warmup=0.1), Constant()], ids=repr)
def test_survives_its_config(schedule: Schedule) -> None:
    assert from_config("schedule", to_config(schedule), SCHEDULES) == schedule
