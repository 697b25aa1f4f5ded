"""A drawing is turned and shifted as it says, and every number that is shown is what a pencil finds."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab import digits
from shoal.lab.digits import INK, NETWORKS, SIDE, Digits, Place, Trained
from shoal.populations.network import Network
from shoal.shapes import Array


def drawing(*places: tuple[int, int]) -> Digits:
    """Return a drawing with ink at rows and columns."""
    pixels = np.zeros((SIDE, SIDE))
    for place in places:
        pixels[place] = INK
    return Digits(pixels=tuple(pixels.ravel().tolist()))


def ink(image: Array) -> list[tuple[int, int]]:
    """Return the places that are dark."""
    rows, columns = np.nonzero(image[0] > 0.999)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def moved(digit: Digits, **how: float) -> list[tuple[int, int]]:
    return ink(Digits(digit.network, digit.pixels, **how).moved())


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks be those that no training has seen, and biases more than zeros."""

    def learnt(name: str) -> Trained:
        network = Network((1, SIDE, SIDE), list(NETWORKS[name][1]), "cross_entropy")
        population = network.population(1, seed=3, dtype="float64")
        theta = np.random.default_rng(0).normal(size=population.theta.shape)
        return Trained(type(population)(network, theta, population.keys), 0.25)

    monkeypatch.setattr(digits, "learnt", learnt)


def test_a_shift_is_to_the_right_and_down_and_what_leaves_is_gone() -> None:
    digit = drawing((1, 2), (7, 0))
    assert moved(digit, across=2, down=1) == [(2, 4)]
    assert moved(digit, across=-1, down=0) == [(1, 1)]
    assert moved(digit, across=0, down=-2) == [(5, 0)]
    assert moved(digit) == [(1, 2), (7, 0)]


def test_a_turn_is_clockwise_about_the_middle_and_comes_before_the_shift() -> None:
    digit = drawing((0, 1))
    assert moved(digit, degrees=90) == [(1, 7)]  # the top edge becomes the right one
    assert moved(digit, degrees=-90) == [(6, 0)]
    assert moved(digit, degrees=90, across=-3, down=2) == [(3, 4)]


def test_a_turn_by_half_a_right_angle_weighs_the_pixels_between_which_it_falls() -> None:
    full = Digits(pixels=(float(INK),) * SIDE * SIDE, degrees=45)
    image = full.moved()[0]
    assert image[3:5, 3:5] == pytest.approx(np.ones((2, 2)))
    assert image[0, 0] == image[7, 7] == 0  # the corners have come from outside
    np.testing.assert_allclose(image, image[::-1, ::-1], atol=1e-12)


def test_pixels_are_ink_over_the_darkest() -> None:
    assert Digits(pixels=(4.0, *(0.0,) * 63)).image()[0, 0].tolist() == [0.25, *[0.0] * 7]


def test_a_new_drawing_lies_where_it_was_drawn() -> None:
    digit = Digits("local", across=1, down=2, degrees=30, place=Place(1, 0, 0, 0)).drawn((1.0,) * 64)
    assert (digit.across, digit.down, digit.degrees) == (0, 0, 0)
    assert (digit.network, digit.place) == ("local", Place(1, 0, 0, 0))


def test_examples_are_digits_that_nothing_was_trained_on() -> None:
    X, y = digits.digits()
    assert (X.shape, y.shape, X.max()) == ((1797, 1, 8, 8), (1797,), 1.0)
    assert Digits().example(0).image().tolist() == X[1300].tolist()
    assert Digits().example(496).image().tolist() == X[1796].tolist()
    with pytest.raises(ConfigurationError, match="number must be a whole number from 0 to 496, got 497"):
        Digits().example(497)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pixels": (0.0,) * 63}, "a digit has 64 pixels, got 63"),
        ({"pixels": (16.5, *(0.0,) * 63)}, "pixel must be a number from 0 to 16, got 16.5"),
        ({"pixels": (*(0.0,) * 63, float("nan"))}, "pixel must be a number from 0 to 16, got nan"),
        ({"across": 4}, "across must be a whole number from -3 to 3, got 4"),
        ({"down": 0.5}, "down must be a whole number from -3 to 3, got 0.5"),
        ({"degrees": -91}, "degrees must be a number from -90 to 90, got -91"),
    ],
)
def test_what_is_out_of_range_is_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Digits(**given)


def test_another_network_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="dens"):
        Digits("dens")


@pytest.mark.parametrize("name", ["local", "shared"])
@pytest.mark.parametrize("at", [(0, 0), (3, 5)])
def test_a_unit_of_the_first_layer_is_the_product_that_is_shown(
    untrained: None, name: str, at: tuple[int, int]
) -> None:
    digit = Digits(name, tuple(float(k % 17) for k in range(64)), across=1)
    looked = digit.looked_at(Place(1, 2, *at)).state()["looked"]
    product = looked["product"]
    before = 1 if name == "shared" else 0  # a row and a column of zeros around the image
    padded = np.pad(digit.moved()[0], before)
    seen = padded[at[0] : at[0] + 3, at[1] : at[1] + 3].ravel()
    assert product["seen"] == seen.tolist()
    assert product["z"] == pytest.approx(np.dot(product["weights"], seen) + product["bias"])
    assert looked["value"] == pytest.approx(max(product["z"], 0.0))
    assert looked["rows"] == [max(at[0] - before, 0), at[0] - before + 3]
    assert looked["columns"] == [max(at[1] - before, 0), at[1] - before + 3]


def test_behind_the_first_layer_there_is_a_field_and_no_product(untrained: None) -> None:
    looked = Digits().looked_at(Place(2, 7, 3, 0)).state()["looked"]
    assert (looked["rows"], looked["columns"], looked["product"]) == ([5, 8], [0, 3], None)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (Place(0, 0, 0, 0), "layer must be a whole number from 1 to 4, got 0"),
        (Place(3, 0, 0, 0), "this layer has no maps, and its units see the whole image"),
        (Place(1, 8, 0, 0), "map must be a whole number from 0 to 7, got 8"),
        (Place(2, 0, 4, 0), "row must be a whole number from 0 to 3, got 4"),
        (Place(1, 0, 0, -1), "column must be a whole number from 0 to 7, got -1"),
    ],
)
def test_a_unit_that_is_not_there_is_refused(untrained: None, place: Place, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Digits().looked_at(place)


def test_a_place_of_another_network_is_looked_at_no_more(untrained: None) -> None:
    """A place is kept when the network is changed, and may be a layer without maps there."""
    assert Digits("dense", place=Place(2, 0, 0, 0)).state()["looked"] is None
    assert Digits("dense", place=Place(9, 0, 0, 0)).state()["looked"] is None
    assert Digits("dense").state()["looked"] is None


def test_what_a_move_changes_is_told_by_layer(untrained: None) -> None:
    digit = drawing((3, 3), (4, 3))
    assert [layer["change"] for layer in digit.state()["layers"]] == [0, 0, 0]
    turned = Digits(digit.network, digit.pixels, down=1)
    own, still = (digits.layers_of("shared", image)[0] for image in (turned.moved(), digit.image()))
    first = turned.state()["layers"][0]
    change = np.sqrt(np.square(own - still).sum() / np.square(still).sum())
    assert (first["name"], first["number"]) == ("conv2d", 1)
    assert first["change"] == pytest.approx(change)
    assert first["shape"] == [8, 8, 8]


def test_probabilities_are_the_softmax_of_the_last_layer(untrained: None) -> None:
    digit = drawing((2, 2), (2, 3))
    z = digits.layers_of("shared", digit.moved())[-1]
    shares = np.exp(z) / np.exp(z).sum()
    assert digit.state()["probabilities"] == pytest.approx(shares.tolist(), abs=1e-5)
