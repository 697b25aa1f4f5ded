"""Every solver on every instruction set that the machine has, held to the reference engine."""

from __future__ import annotations

from typing import Any

import pytest

from shoal.engines import ENGINES

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import module
from shoal.layers import Dense
from shoal.solvers import SOLVERS
from tests.contract.test_native import MINIBATCH, SEARCHING, assert_same, both_dtypes, both_sizes, small
from tests.contract.test_native_searching import penalties


@pytest.fixture(params=_native.instruction_sets())
def isa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the engine take this instruction set, and no other."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", request.param)
    return str(request.param)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_full_batch(solver: str, dtype: str, N: int, isa: str) -> None:
    # Few epochs: what is asked is whether lanes are right, 19 members filling no vectors; how rounding grows
    # under rmsprop and those that search is told where each solver is tested.
    population = small(Dense(4, "tanh"), Dense(3, "sigmoid")).population(19, seed=1, dtype=dtype)
    epochs = 20 if solver not in SEARCHING else 6 if dtype == "float64" else 2
    settings: dict[str, Any] = penalties(solver, [0.0, 0.5, 2.0, *16 * [0.1]])
    assert_same(population, N, solver=solver, epochs=epochs, **settings)


@both_dtypes
@pytest.mark.parametrize("solver", MINIBATCH)
@pytest.mark.parametrize("batch_size", [8, 40])
def test_minibatches(batch_size: int, solver: str, dtype: str, isa: str) -> None:
    population = small().population(5, seed=3, dtype=dtype)
    assert_same(population, 75, solver=solver, epochs=batch_size, batch_size=batch_size, seed=3)
