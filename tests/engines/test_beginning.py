"""Members begin with the draws of their own streams, whoever draws them."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.draws import Draw, Drawn, Gaussian
from shoal.engines import ENGINES, beginning
from shoal.engines.beginning import initial_parameters
from shoal.initializers import INITIALIZERS
from shoal.layers import LSTM, Conv2D, Dense, Flatten, LastStep
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.randomness import streams
from shoal.shapes import Shape

KEYS = np.array([[2**64 - 5, member] for member in (0, 7, 2**63 + 1)], np.uint64)
NETWORKS = {
    **{
        name: Network(10, [Dense(8, "tanh", kind()), Dense(1, "identity", kind())])
        for name, kind in INITIALIZERS.items()
    },
    "images": Network((1, 5, 5), [Conv2D(2, 3, "tanh"), Flatten(), Dense(2)], "cross_entropy"),
    "sequences": Network((2, 6), [LSTM(3, return_sequences=True), LastStep(), Dense(1)]),
    "gates": Network((2, 6), [LSTM(3, recurrent_initializer="glorot", initial_state="learnt"), Dense(1)]),
}


def one_by_one(network: Chain) -> np.ndarray:
    seed, members = int(KEYS[0, 0]), [int(key) for key in KEYS[:, 1]]
    return network.initialize_all(streams(seed, members), len(members))


@pytest.mark.parametrize("name", NETWORKS)
def test_all_at_once_they_are_those_of_one_after_the_other(name: str) -> None:
    network = NETWORKS[name]
    found = initial_parameters(network, int(KEYS[0, 0]), KEYS)
    assert found.tobytes() == one_by_one(network).tobytes()


compiled = pytest.mark.skipif("native" not in ENGINES, reason="this installation has no compiled module")
numpys = pytest.mark.skipif(
    beginning._numpys_fill() is None, reason="NumPy's library shows no functions here"
)


@compiled
@pytest.mark.parametrize("name", ["glorot", "zeros", "images", "gates"])
def test_uniform_numbers_need_no_generator(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = one_by_one(NETWORKS[name])
    monkeypatch.setattr(beginning, "streams", None)
    monkeypatch.setattr(beginning, "_numpys_fill", lambda: None)
    np.testing.assert_array_equal(initial_parameters(NETWORKS[name], int(KEYS[0, 0]), KEYS), expected)


@compiled
@numpys
@pytest.mark.parametrize("name", NETWORKS)
def test_nor_do_normal_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = one_by_one(NETWORKS[name])
    monkeypatch.setattr(beginning, "streams", None)
    np.testing.assert_array_equal(initial_parameters(NETWORKS[name], int(KEYS[0, 0]), KEYS), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_without_numpys_function_they_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = one_by_one(NETWORKS[name])
    monkeypatch.setattr(beginning, "_numpys_fill", lambda: None)
    assert initial_parameters(NETWORKS[name], int(KEYS[0, 0]), KEYS).tobytes() == expected.tobytes()


class Mute:
    """A library that shows none of its functions."""

    def __init__(self, path: str | None) -> None:
        pass


class Lost(Mute):
    """One that cannot be opened."""

    def __init__(self, path: str | None) -> None:
        raise OSError(f"{path} is no library")


@pytest.mark.parametrize("library", [Mute, Lost])
def test_a_library_that_shows_no_functions_is_known(
    library: type[Mute], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning.ctypes, "CDLL", library)
    assert beginning._numpys_fill.__wrapped__() is None


def test_functions_of_somebody_are_given_each_members_generator() -> None:
    own = Drawn(lambda rng: rng.normal(2.0, 0.5, 8))

    class Somebodys(Dense):
        def draws(self, shape: Shape) -> dict[str, Draw]:
            return {"W": own, "b": Gaussian(0.1)}

    network = Chain(4, [Somebodys(2), Dense(1, initializer="he")])
    assert initial_parameters(network, int(KEYS[0, 0]), KEYS).tobytes() == one_by_one(network).tobytes()
