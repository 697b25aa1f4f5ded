"""What there is to say of texts before networks look at them."""

from __future__ import annotations

import warnings

from shoal.data.frames import quoted
from shoal.data.names import names_shown
from shoal.errors import ShoalWarning
from shoal.jobs.texts.features import TextFeatures
from shoal.jobs.texts.reading import TextRows
from shoal.mixtures.text_linear import FittedLinearText
from shoal.mixtures.text_networks import FittedTextNetworks
from shoal.texts.tokens import tokens


def tell_of(
    features: TextFeatures, column: str, train: TextRows, validation: TextRows | None, test: TextRows
) -> None:
    """Warn of columns that are not looked at, of texts that are empty, cut, unknown, or known too well."""
    if train.others:
        _warn(f"beside {quoted(column)} no column is looked at: not {names_shown(train.others)}")
    parts = [part for part in (train, validation, test) if part is not None]
    empty = sum(not text.strip() for part in parts for text in part.texts)
    if empty:
        _warn(f"{empty:,} of {sum(map(len, parts)):,} texts in {quoted(column)} are empty")
    _tell_of_lengths(features, parts)
    _tell_of_unknown(features, test)
    known = {text for part in parts[:-1] for text in part.texts if text.strip()}
    twins = [text for text in test.texts if text in known]
    if twins:
        _warn(
            f"{len(twins):,} of {len(test):,} test texts, such as {quoted(twins[0])}, are among those to "
            "train on or choose by too, so the test flatters; remove one of each"
        )


def _tell_of_lengths(features: TextFeatures, parts: list[TextRows]) -> None:
    steps = [view.vocabulary.steps for view in features.views if isinstance(view, FittedTextNetworks)]
    if not steps:
        return
    long = sum(len(tokens(text, features.unit)) > steps[0] for part in parts for text in part.texts)
    if long:
        _warn(
            f"networks read the first {steps[0]:,} {features.unit} of a text, twice as many as 95 of 100 "
            f"that train have, 1,000 at most: {long:,} of {sum(map(len, parts)):,} are cut; the linear view "
            "reads all"
        )


def _tell_of_unknown(features: TextFeatures, test: TextRows) -> None:
    linear = next((view for view in features.views if isinstance(view, FittedLinearText)), None)
    if linear is None:
        return
    bare = [text for text, row in zip(test.texts, linear.known(test.texts), strict=True) if not row]
    if any(text.strip() for text in bare):
        shown = next(text for text in bare if text.strip())
        _warn(
            f"{len(bare):,} of {len(test):,} test texts, such as {quoted(shown)}, hold nothing that training "
            "has"
        )


def _warn(sentence: str) -> None:
    warnings.warn(sentence, ShoalWarning, stacklevel=3)
