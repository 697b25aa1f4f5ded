"""A reader of formulas as people read them: precedence, parentheses, fractions with bars.

Text, LaTeX and MathML are brought to one list of tokens, in which a fraction is ``frac( … ; … )`` and an
exponent ``^( … )``; the reader gives the value of what is written, and refuses what is ambiguous.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping

import pytest

FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "abs": abs,
    "sqrt": math.sqrt,
    "max": max,
    "min": min,
}
TOKEN = re.compile(r"\s*(frac|[a-zα-ω]+\d*|\d+(?:\.\d+)?(?:e-?\d+)?|[−+·⊙/^();,>])")


class Reader:
    """A recursive descent over tokens."""

    def __init__(self, written: str, values: Mapping[str, float]) -> None:
        self.tokens, self.at, self.values = TOKEN.findall(written), 0, values
        assert "".join(self.tokens) == re.sub(r"\s", "", written), written

    def read(self) -> float:
        value = self.cases()
        assert self.at == len(self.tokens), (self.tokens, self.at)
        return value

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, token: str) -> bool:
        found = self.peek() == token
        self.at += found
        return found

    def expect(self, token: str) -> None:
        assert self.take(token), (token, self.tokens, self.at)

    def cases(self) -> float:
        chosen = self.sum()
        if not self.take("if"):
            return chosen
        left = self.sum()
        self.expect(">")
        holds = left > self.sum()
        self.expect("else")
        other = self.cases()
        return chosen if holds else other

    def sum(self) -> float:
        value = -self.product() if self.take("−") else self.product()
        while self.peek() in {"+", "−"}:
            value += self.product() if self.take("+") else (self.expect("−"), -self.product())[1]
        return value

    def product(self) -> float:
        value = self.power()
        while True:
            if self.take("/"):
                value /= self.power()
            elif self.take("·") or self.take("⊙") or re.match(r"frac|[a-zα-ω\d(]", self.peek()):
                if self.peek() in {"if", "else"}:
                    return value
                value *= self.power()
            else:
                return value

    def power(self) -> float:
        bar = self.peek() == "frac"
        base = self.atom()
        if self.take("^"):
            assert not bar, "a fraction with an exponent needs parentheses"
            return math.pow(base, self.atom())
        return base

    def atom(self) -> float:
        token = self.peek()
        if self.take("("):
            value = self.cases()
            self.expect(")")
        elif self.take("frac"):
            self.expect("(")
            value = self.cases()
            self.expect(";")
            value /= self.cases()
            self.expect(")")
        elif token in FUNCTIONS:
            self.expect(token)
            self.expect("(")
            arguments = [self.cases()]
            while self.take(","):
                arguments.append(self.cases())
            self.expect(")")
            value = FUNCTIONS[token](*arguments)
        else:
            self.expect(token)
            value = self.values[token] if token in self.values else float(token)
        return value


def from_text(written: str) -> str:
    written = re.sub(r"√\(", "sqrt(", written)
    written = re.sub(r"\|([^|]*)\|", r"abs(\1)", written)
    return written.replace("²", "^(2)")


def from_latex(written: str) -> str:
    for latex, plain in (
        (r"\left\lvert", "abs("),
        (r"\right\rvert", ")"),
        (r"\left(", "("),
        (r"\right)", ")"),
        (r"\cdot", "·"),
        (r"\odot", "⊙"),
        (r"\,", " "),
        (r"\begin{cases}", ""),
        (r"\end{cases}", ""),
        (r"\text{if }", " if "),
        (r"\text{otherwise}", ""),
        ("&", ""),
        (r"\cr", " else "),
        ("-", "−"),
    ):
        written = written.replace(latex, plain)
    written = re.sub(r"\\(ln|tanh|max|min)", r"\1", written)
    written = re.sub(r"_\{(\d+)\}", r"\1", written)
    while "{" in written:
        written = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"frac(\1;\2)", written)
        written = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", written)
        written = re.sub(r"(?<![a-z])e\^\{([^{}]*)\}", r"exp(\1)", written)
        written = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", written)
    return written


def from_mathml(written: str) -> str:
    return _element(ET.fromstring(written))  # noqa: S314 - our own formula


def _element(e: ET.Element) -> str:
    inner = [_element(child) for child in e]
    match e.tag:
        case "mi" | "mn":
            return e.text or ""
        case "mo":
            return {"\u2061": "", "\u2062": " "}.get(e.text or "", e.text or "")
        case "mspace":
            return " "
        case "msub":
            return "".join(inner)
        case "mfrac":
            return f"frac({inner[0]};{inner[1]})"
        case "msqrt":
            return f"sqrt({''.join(inner)})"
        case "msup":
            return f"exp({inner[1]})" if inner[0] == "e" else f"{inner[0]}^({inner[1]})"
        case "mtext":
            return {"if\u00a0": " if ", "otherwise": ""}[e.text or ""]
        case "mtable":
            return " else ".join(inner)
        case "mrow":
            if inner[0] == inner[-1] == "|":
                return f"abs({''.join(inner[1:-1])})"
            return "".join(inner[1:] if inner[0] == "{" else inner)
    return "".join(inner)


@pytest.fixture(scope="session")
def read() -> Callable[[str, str, Mapping[str, float]], float]:
    """Return a function from a notation's name, a formula in it and the values of letters to its value."""
    tokens = {"text": from_text, "latex": from_latex, "mathml": from_mathml}
    return lambda notation, written, values: Reader(tokens[notation](written), values).read()
