"""Figures of a document's running text, section by section: which were changed, added, left out."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import groupby
from typing import Any

from instruments.faults import Fault, Place, fault
from reports.wording import packaged

SHOWN = 24
"""Characters of a paragraph or row by which a message names it."""
_LARGEST_NUMERAL = 9999
_PLAIN = str.maketrans("０１２３４５６７８９％．－−", "0123456789%.--", ",")
"""A figure is the same typed wide, with another minus, or with thousands set apart."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a document; ``heading``: the level of the section it begins, 0 = none."""

    text: str
    heading: int = 0


@dataclass(frozen=True)
class _Said:
    """A paragraph with its place (number 0 is the heading itself) and figures in order."""

    section: str
    number: int
    text: str
    figures: tuple[str, ...]

    @property
    def where(self) -> str:
        kind = "paragraph" if self.number else "heading"
        return str(_reading()[kind]).format(section=self.section, number=self.number)


_Section = tuple[str, tuple[_Said, ...]]
"""Heading without its number, and what stands below it."""
_Pair = tuple[tuple[_Said, ...], tuple[_Said, ...]]
_Figure = tuple[_Said, str]


def figure_faults(
    was: Sequence[Paragraph], now: Sequence[Paragraph], place: Place
) -> Iterator[Fault]:
    """Figures of ``now`` that do not follow one another as in ``was``, each with its section and
    paragraph. Words are free; paragraphs may be joined, parted and renumbered."""
    for old, new in _stretches(_sections(was), _sections(_headed(now, was))):
        if _flat(old) != _flat(new):
            yield from _stretch_faults(old, new, place)


def figures_of(text: str) -> tuple[str, ...]:
    """Figures of a paragraph in order; neither its own number nor those of tables referred to."""
    reading = _reading()
    rest = re.sub(reading["references"], " ", re.sub(f"^{reading['numbering']}", "", text))
    found = re.finditer(f"{reading['figure']}|{reading['numeral']}", rest)
    return tuple(filter(None, (_plain(match.group()) for match in found)))


def _plain(figure: str) -> str:
    """One spelling of a figure; '' for Chinese numerals that are no plain count (二三十)."""
    if re.search(r"\d", figure):
        return figure.translate(_PLAIN)
    return _numerals().get(figure.replace("两", "二").replace("〇", "零"), "")


@cache
def _numerals() -> dict[str, str]:
    return {_numeral(number): str(number) for number in range(11, _LARGEST_NUMERAL + 1)}


def _numeral(number: int) -> str:
    text = ""
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // size % 10
        text += "零一二三四五六七八九"[digit] + (unit if digit else "")
    return re.sub("零+", "零", text).strip("零").removeprefix("一" if number < 20 else "")


def _reading() -> dict[str, Any]:
    found: dict[str, Any] = packaged("templates/reconcile.yaml")
    return found


def _key(heading: str) -> str:
    return re.sub(f"^{_reading()['numbering']}", "", heading)


def _headed(now: Sequence[Paragraph], was: Sequence[Paragraph]) -> Sequence[Paragraph]:
    """``now`` with the headings that ``was`` has, where another program dropped their styles."""
    if any(one.heading for one in now):
        return now
    known = {one.text: one.heading for one in was if one.heading}
    return [Paragraph(one.text, known.get(one.text, 0)) for one in now]


def _sections(paragraphs: Sequence[Paragraph]) -> list[_Section]:
    found: list[tuple[str, list[_Said]]] = [("", [])]
    section, above, number = _reading()["opening"], "", 0
    for one in paragraphs:
        number += 1
        if one.heading:
            above = one.text if one.heading == 1 else above
            section, number = one.text if one.heading == 1 else f"{above} {one.text}".strip(), 0
            found.append((_key(one.text), []))
        found[-1][1].append(_Said(section, number, one.text, figures_of(one.text)))
    return [(key, tuple(said)) for key, said in found]


def _stretches(was: list[_Section], now: list[_Section]) -> list[_Pair]:
    """Sections paired by heading; what has no pair is read with the section before it, so that a
    heading may be reworded or taken out."""
    pairs: list[_Pair] = [((), ())]
    keys = ([key for key, _ in sections] for sections in (was, now))
    for kind, a, b, c, d in _steps(*keys):
        if kind == "equal":
            pairs += [(old, new) for (_, old), (_, new) in zip(was[a:b], now[c:d], strict=True)]
        else:
            old, new = pairs[-1]
            pairs[-1] = (old + _together(was[a:b]), new + _together(now[c:d]))
    return pairs


def _together(sections: list[_Section]) -> tuple[_Said, ...]:
    return tuple(one for _, said in sections for one in said)


def _steps(
    was: Sequence[Hashable], now: Sequence[Hashable]
) -> list[tuple[str, int, int, int, int]]:
    """What is equal, replaced, added or left out, in order."""
    return list(SequenceMatcher(None, was, now, autojunk=False).get_opcodes())


def _flat(said: Iterable[_Said]) -> list[str]:
    return [figure for one in said for figure in one.figures]


def _stretch_faults(was: Sequence[_Said], now: Sequence[_Said], place: Place) -> Iterator[Fault]:
    """Paragraphs with figures are matched in order; what is left between is compared by figure."""
    old, new = ([one for one in part if one.figures] for part in (was, now))
    figures = [[one.figures for one in part] for part in (old, new)]
    for kind, a, b, c, d in _steps(*figures):
        if kind != "equal":
            yield from _block_faults(_placed(old[a:b]), _placed(new[c:d]), place)


def _placed(said: Iterable[_Said]) -> list[_Figure]:
    return [(one, figure) for one in said for figure in one.figures]


def _block_faults(was: list[_Figure], now: list[_Figure], place: Place) -> Iterator[Fault]:
    """The shorter of two accounts: figure against figure where there are as many, or by runs."""
    runs = [step for step in _runs(was, now) if step[0] != step[1]]
    if len(was) == len(now):
        pairs = [(old, new) for old, new in zip(was, now, strict=True) if old[1] != new[1]]
        if len(pairs) <= sum(max(len(old), len(new)) for old, new in runs):
            yield from _changed(pairs, place)
            return
    for old, new in runs:
        if len(old) == len(new):
            yield from _changed(list(zip(old, new, strict=True)), place)
        else:
            yield from _listed("reconcile.number_gone", old, place)
            yield from _listed("reconcile.number", new, place)


def _runs(was: list[_Figure], now: list[_Figure]) -> Iterator[tuple[list[_Figure], list[_Figure]]]:
    figures = [[figure for _, figure in part] for part in (was, now)]
    for kind, a, b, c, d in _steps(*figures):
        if kind != "equal":
            yield was[a:b], now[c:d]


def _changed(pairs: list[tuple[_Figure, _Figure]], place: Place) -> Iterator[Fault]:
    for said, group in groupby(pairs, key=lambda pair: pair[1][0]):
        changed = list(group)
        words = {"was": "、".join(old for (_, old), _ in changed)}
        words |= {"now": "、".join(new for _, (_, new) in changed)}
        yield fault(
            "reconcile.number_changed", place, where=said.where, text=cut(said.text), **words
        )


def _listed(code: str, figures: list[_Figure], place: Place) -> Iterator[Fault]:
    for said, group in groupby(figures, key=lambda one: one[0]):
        numbers = "、".join(figure for _, figure in group)
        yield fault(code, place, where=said.where, numbers=numbers, text=cut(said.text))


def cut(text: str) -> str:
    """The beginning of ``text`` by which a message names it."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
