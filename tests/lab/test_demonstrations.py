from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.lab import commands as c
from shoal.lab import demonstrations as d
from shoal.lab.design import Design
from shoal.lab.digits import NETWORKS, Digits, Place, digits, layers_of
from shoal.lab.digits import learnt as learnt_digits
from shoal.lab.laboratory import Laboratory
from shoal.lab.spelling import CELLS, Spelling, encoded, learnt


def laboratory(*commands: Any) -> Laboratory:
    lab = Laboratory(Design(hidden=(1,), starts=1))
    for command in commands:
        lab.do(command)
    return lab


@pytest.mark.parametrize("network", NETWORKS)
def test_classes_are_what_the_network_predicts_for_the_shifted_drawing(network: str) -> None:
    shown = laboratory(d.OpenDigits(network=network), d.Example(number=5), d.Shift(across=1, down=-2)).shown
    assert isinstance(shown, Digits)
    moved, (X, _) = np.zeros((8, 8)), digits()
    moved[:-2, 1:] = X[1305, 0, 2:, :-1]
    predicted = learnt_digits(network).population.predict(moved[None, None])
    told = shown.state()
    np.testing.assert_allclose(told["probabilities"], predicted.ravel(), atol=1e-5)
    assert told["accuracy"] > 0.85
    assert told["image"] == pytest.approx(moved.ravel().tolist(), abs=1e-4)


@pytest.mark.parametrize("network", ["local", "shared"])
def test_a_units_dot_product_is_what_it_answers_and_its_field_what_it_depends_on(network: str) -> None:
    shown = Digits(network).example(7)
    image = shown.image()
    maps = layers_of(network, image)
    rng, shape = np.random.default_rng(0), maps[0].shape
    for _ in range(12):
        place = Place(1, *(int(rng.integers(most)) for most in shape))
        looked = shown.looked_at(place).state()["looked"]
        product = looked["product"]
        z = np.dot(product["weights"], product["seen"]) + product["bias"]
        assert product["z"] == pytest.approx(z, rel=1e-9)
        assert looked["value"] == pytest.approx(max(z, 0.0), rel=1e-9)
    place = Place(2, 1, 1, 2)
    looked = shown.looked_at(place).state()["looked"]
    outside = rng.random(image.shape)
    rows, columns = (slice(*looked[name]) for name in ("rows", "columns"))
    outside[:, rows, columns] = image[:, rows, columns]
    assert layers_of(network, outside)[1][1, 1, 2] == maps[1][1, 1, 2] == looked["value"]
    assert (layers_of(network, rng.random(image.shape))[1] != maps[1]).any()


def test_pooling_changes_less_than_the_convolution_when_a_digit_is_shifted() -> None:
    for number in range(8):
        shown = Digits("shared").example(number)
        moved = Digits("shared", shown.pixels, 1, 0).state()
        change = {layer["name"]: layer["change"] for layer in moved["layers"]}
        assert change["max_pool2d"] < change["conv2d"]
        assert all(layer["change"] == 0 for layer in shown.state()["layers"])


def test_a_drawing_is_turned_clockwise_about_its_middle_and_then_shifted() -> None:
    shown = laboratory(d.OpenDigits(), d.Example(number=3), d.Rotate(degrees=90)).shown
    assert isinstance(shown, Digits)
    drawn = shown.image()[0]
    np.testing.assert_array_equal(shown.moved()[0], np.rot90(drawn, -1))
    counter = Digits("shared", shown.pixels, across=1, degrees=-90).moved()[0]
    np.testing.assert_array_equal(counter[:, 1:], np.rot90(drawn)[:, :-1])
    point = np.zeros((8, 8))
    point[3, 6] = 16
    turned = Digits("shared", tuple(point.ravel()), degrees=30).moved()[0]
    rows, columns = np.indices((8, 8))
    middle = [(turned * at).sum() / turned.sum() - 3.5 for at in (columns, rows)]
    angle = np.degrees(np.arctan2(middle[1], middle[0]) - np.arctan2(-0.5, 2.5))
    assert angle == pytest.approx(30, abs=3)


def test_what_is_turned_changes_layers_and_another_drawing_is_as_it_was_drawn() -> None:
    lab = laboratory(d.OpenDigits(), d.Example(number=3), d.Rotate(degrees=20))
    told = lab.state()["shown"]
    assert told["degrees"] == 20
    assert all(0 < layer["change"] < 2 for layer in told["layers"])
    lab.do(d.Draw(pixels=tuple(told["pixels"])))
    assert lab.state()["shown"]["degrees"] == 0
    with pytest.raises(ConfigurationError, match="degrees must be a number from -90 to 90, got 91"):
        lab.do(d.Rotate(degrees=91))


def test_the_same_weights_everywhere_are_fewer_and_about_as_good() -> None:
    told = {name: Digits(name).state() for name in NETWORKS}
    assert [told[name]["parameters"] for name in ("dense", "local", "shared")] == [2410, 1810, 1370]
    assert told["shared"]["accuracy"] > told["dense"]["accuracy"] - 0.02


@pytest.mark.parametrize("cell", CELLS)
def test_a_prefix_has_the_probability_of_that_word_alone(cell: str) -> None:
    told, (population, accuracy) = Spelling(cell, "banana").state(), learnt(cell)
    prefixes = ["banana"[: k + 1] for k in range(6)]
    alone = population.predict(encoded(prefixes)).ravel()
    np.testing.assert_allclose(told["probabilities"], alone, atol=2e-5)
    assert (len(told["states"]), len(told["states"][0])) == (8, 6)
    assert accuracy > 0.9


def test_the_gradient_reaches_back_as_differences_say_and_vanishes_without_gates() -> None:
    word = "abcde"
    population, _ = learnt("rnn")
    told = Spelling("rnn", word).state()
    own = population.network.views(population.theta)
    series = encoded([word]).X[0]

    def z_from(h: Any, t: int) -> float:
        """The last z, with the state after letter t given: the recurrence by hand."""
        for step in range(t + 1, len(word)):
            h = np.tanh(own[0]["W"][0] @ series[:, step] + own[0]["R"][0] @ h + own[0]["b"][0, :, 0])
        return float((own[1]["W"][0] @ h + own[1]["b"][0, :, 0])[0])

    states, lengths = np.array(told["states"]), []
    for t in range(len(word)):
        pairs = [(states[:, t] + step, states[:, t] - step) for step in 1e-5 * np.eye(8)]
        lengths.append(np.linalg.norm([z_from(up, t) - z_from(down, t) for up, down in pairs]))
    np.testing.assert_allclose(told["norms"], np.array(lengths) / lengths[-1], rtol=0.01)
    first = {cell: Spelling(cell).state()["norms"][0] for cell in ("rnn", "gru")}
    assert first["rnn"] < 1e-3
    assert first["gru"] > 100 * first["rnn"]


@pytest.mark.parametrize(
    ("before", "asked", "sentence"),
    [
        ([], d.Draw(pixels=(0.0,) * 64), "open the images or the sequences first"),
        ([], d.Spell(word="a"), "open the images or the sequences first"),
        ([d.OpenSpelling()], d.Shift(across=0, down=0), "open the images"),
        ([], d.OpenDigits(network="deep"), "deep"),
        ([], d.OpenSpelling(cell="cnn"), "cnn"),
        ([d.OpenDigits()], d.Draw(pixels=(0.0,) * 63), "a digit has 64 pixels, got 63"),
        ([d.OpenDigits()], d.Draw(pixels=(17.0,) * 64), "pixel must be a number from 0 to 16"),
        ([d.OpenDigits()], d.Draw(pixels=(float("nan"),) * 64), "pixel must be"),
        ([d.OpenDigits()], d.Shift(across=4, down=0), "across must be a whole number from -3 to 3"),
        ([d.OpenDigits()], d.Example(number=-1), "number must be a whole number from 0 to 496"),
        ([d.OpenDigits()], d.Look(layer=1, map=8, row=0, column=0), "map must be"),
        ([d.OpenDigits()], d.Look(layer=5, map=0, row=0, column=0), "layer must be"),
        ([d.OpenDigits(network="dense")], d.Look(layer=2, map=0, row=0, column=0), "has no maps"),
        ([d.OpenSpelling()], d.Spell(word=""), "a word has 1 to 16 letters from a to z"),
        ([d.OpenSpelling()], d.Spell(word="a" * 17), "a word has"),
        ([d.OpenSpelling()], d.Spell(word="Ä"), "a word has"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(before: list[Any], asked: Any, sentence: str) -> None:
    lab = laboratory(*before)
    state = lab.state()
    with pytest.raises(ConfigurationError, match=sentence):
        lab.do(asked)
    assert lab.state() == state


def test_a_demonstration_stands_beside_the_shoal_which_stays_as_it_is() -> None:
    lab = laboratory(c.Step(epochs=3), d.OpenDigits(), d.Look(layer=1, map=0, row=0, column=0))
    assert json.loads(json.dumps(lab.state(), allow_nan=False))["shown"]["kind"] == "digits"
    lab.do(d.OpenSpelling(cell="lstm"))
    assert lab.state()["shown"]["cell"] == "lstm"
    lab.do(d.Leave())
    assert (lab.state()["shown"], lab.sides[0].epoch) == (None, 3)


def test_a_lesson_about_the_shoal_shows_the_shoal() -> None:
    lab = laboratory(c.OpenLesson(name="sequences"))
    assert isinstance(lab.shown, Spelling)
    lab.do(c.OpenLesson(name="forward-pass"))
    assert lab.shown is None
