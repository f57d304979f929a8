"""Text as its reader means it: widths, scripts of digits and hidden signs do not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

MASKED = "\ue000"
"""Stands for a mark that is in the text already."""


@dataclass(frozen=True)
class Span:
    """A part of a folded text that is to be masked, and as what."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Folded:
    """A text with one sign for each that counts, and where each of them stood before."""

    text: str
    places: tuple[tuple[int, int], ...]

    def without(self, drop: Callable[[str], bool]) -> Folded:
        """The same without some signs."""
        kept = [n for n, sign in enumerate(self.text) if not drop(sign)]
        return Folded("".join(self.text[n] for n in kept), tuple(self.places[n] for n in kept))

    def before(self, span: Span) -> Span:
        """The part of the text as it was before folding."""
        return Span(self.places[span.start][0], self.places[span.end - 1][1], span.kind)


def fold(text: str, marks: Collection[str]) -> Folded:
    """``text`` in usual width, digits as ASCII, without signs that nobody sees."""
    signs: list[str] = []
    places: list[tuple[int, int]] = []
    for found in re.finditer("|".join(map(re.escape, marks)) + "|(?s:.)", text):
        folded = MASKED if len(found.group()) > 1 else _folded(found.group())
        if not folded and places:  # what nobody sees goes with the sign before it
            places[-1] = places[-1][0], found.end()
        signs += folded
        places += [found.span()] * len(folded)
    return Folded("".join(signs), tuple(places))


def _folded(sign: str) -> str:
    if unicodedata.category(sign) in ("Cf", "Mn", "Me", "Cc") and sign != "\n":
        return ""
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    return " " if sign == "\t" else unicodedata.normalize("NFKC", sign)


def replace_spans(text: str, spans: Collection[Span], marks: Mapping[str, str]) -> str:
    """``text`` with each span's mark in its place; of spans that overlap the first counts."""
    taken: list[Span] = []
    for span in spans:
        if all(span.end <= one.start or one.end <= span.start for one in taken):
            taken.append(span)
    for span in sorted(taken, key=lambda one: one.start, reverse=True):
        text = text[: span.start] + marks[span.kind] + text[span.end :]
    return text
