"""Names in free text: those that the site knows, surnames before a title, and introductions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from survey_app.masking.folding import MASKED, Folded, Span
from survey_app.masking.rules import Rules, Surnames

_HAN = re.compile("[\u3400-\u9fff]")
_BETWEEN = re.compile("[、,，;；/\n]")
MOST_GIVEN = 2
"""Signs of a given name."""


def name_spans(folded: Folded, rules: Rules, known: Collection[str]) -> Iterator[Span]:
    """Where people are named; ``known``: names of people whom the site knows."""
    text = folded.text
    bound = _bound(text, rules.surnames)
    yield from (_name(s, e) for s, e in _known(text, rules, known))
    yield from (_name(s, e) for s, e in _titled(text, rules, bound))
    yield from (_name(s, e) for s, e in _introduced(text, rules, bound))
    yield from (_name(*found.span(1)) for found in rules.called.finditer(text))


def read_names(cell: str, rules: Rules) -> frozenset[str]:
    """Names in a cell of a table in which somebody has named people, without titles and remarks.

    What could not be a name is left out: else whoever fills the table could blot out any word.
    """
    pieces = (re.sub(r"[（(].*", "", piece) for piece in _BETWEEN.split(cell))
    names = ("".join(re.sub(f"{rules.title.pattern}+$", "", p.strip()).split()) for p in pieces)
    return frozenset(name for name in names if _could_be_name(name, rules))


def _could_be_name(name: str, rules: Rules) -> bool:
    size = 2 if name[:2] in rules.surnames.compound else 1
    surname = size > 1 or name[:1] in rules.surnames.certain | rules.surnames.uncertain
    free = size > 1 or 0 not in _bound(name, rules.surnames)
    given = name[size:]
    return surname and free and 0 < len(given) <= MOST_GIVEN and _may_be_given(given, rules)


def _name(start: int, end: int) -> Span:
    return Span(start, end, "name")


def _known(text: str, rules: Rules, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Known names, and their given names before a title."""
    for name in sorted(known, key=len, reverse=True):
        yield from (found.span() for found in re.finditer(re.escape(name), text))
    for given in sorted(filter(None, (_given(name, rules) for name in known))):
        pattern = f"({re.escape(given)}){rules.title.pattern}"
        yield from (found.span(1) for found in re.finditer(pattern, text))


def _given(name: str, rules: Rules) -> str:
    surname = 2 if name[:2] in rules.surnames.compound else 1
    given = name[surname:]
    return given if len(given) == MOST_GIVEN and all(map(_HAN.match, name)) else ""


def _bound(text: str, surnames: Surnames) -> frozenset[int]:
    """Places of signs inside ordinary words, read from the left, the longest word first."""
    bound: set[int] = set()
    place = 0
    while place < len(text):
        sizes = range(min(surnames.longest, len(text) - place), 1, -1)
        size = next((n for n in sizes if text[place : place + n] in surnames.ordinary), 1)
        bound.update(range(place, place + size) if size > 1 else ())
        place += size
    return frozenset(bound)


def _titled(text: str, rules: Rules, bound: frozenset[int]) -> Iterator[tuple[int, int]]:
    for found in rules.title.finditer(text):
        doubtful = text.startswith(tuple(rules.data["not_after"]), found.end())
        start = _start(text, found.start(), rules, bound, doubtful)
        if start is not None:
            yield start, found.start()
        else:
            yield from _listed(text, found.start(), rules, bound)


def _start(
    text: str, end: int, rules: Rules, bound: frozenset[int], doubtful: bool = False
) -> int | None:
    """Where the name that ends here begins; None where there is none."""
    for size in (4, 3, 2, 1):
        start = end - size
        if start >= 0 and _is_name(text, start, end, rules, bound, doubtful):
            return start
    return None


def _is_name(
    text: str, start: int, end: int, rules: Rules, bound: frozenset[int], doubtful: bool
) -> bool:
    size = 2 if text[start : start + 2] in rules.surnames.compound else 1
    given = text[start + size : end]
    if len(given) > MOST_GIVEN or (size == 1 and start in bound):
        return False
    certain = size > 1 or text[start] in rules.surnames.certain
    alone = text[start] in rules.surnames.uncertain and not doubtful
    led = certain or (alone and _begins(text, start, rules.surnames, bound))
    return led and _may_be_given(given, rules)


def _begins(text: str, start: int, surnames: Surnames, bound: frozenset[int]) -> bool:
    """Whether a phrase begins here, or a word ends before."""
    before = text[:start]
    begun = not before or not _HAN.match(before[-1]) or start - 1 in bound
    return begun or before.endswith(surnames.leads)


def _may_be_given(given: str, rules: Rules) -> bool:
    no = rules.data["no_given"] + (rules.data["no_single_given"] if len(given) == 1 else "")
    return all(_HAN.match(sign) and sign not in no for sign in given)


def _listed(text: str, end: int, rules: Rules, bound: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Several names before one title: 张、王两位老师."""
    joints = rules.data["joints"]
    found = re.search(f"(?:{rules.data['several']})$", text[:end])
    place = found.start() if found else end
    names: list[tuple[int, int]] = []
    while (start := _start(text, place, rules, bound)) is not None:
        names.append((start, place))
        if start == 0 or text[start - 1] not in joints:
            break
        place = start - 1
    if found and len(names) > 1:
        yield from names


def _introduced(text: str, rules: Rules, bound: frozenset[int]) -> Iterator[tuple[int, int]]:
    """A full name after words that introduce one, or after a title where a name may end."""
    fillers = rules.data["fillers"]
    for found in rules.introduction.finditer(text):
        end = _end(text, found.end(), rules, bound)
        if end:
            yield found.end(), end
    for found in re.finditer(f"{rules.title.pattern}{fillers}", text):
        end = _end(text, found.end(), rules, bound)
        if end and _may_end(text, end, rules):
            yield found.end(), end


def _end(text: str, start: int, rules: Rules, bound: frozenset[int]) -> int:
    """Where the full name that begins here ends; 0 where there is none."""
    size = 2 if text[start : start + 2] in rules.surnames.compound else 1
    certain = size > 1 or text[start : start + 1] in rules.surnames.certain
    if not certain or (size == 1 and start in bound):
        return 0
    for given in (MOST_GIVEN, 1):
        end = start + size + given
        signs = text[start + size : end]
        ends_early = given > 1 and signs[-1:] in rules.data["name_ends"]
        if end <= len(text) and not ends_early and _may_be_given(signs, rules):
            return end
    return 0


def _may_end(text: str, end: int, rules: Rules) -> bool:
    after = text[end : end + 1]
    return not after or after == MASKED or not _HAN.match(after) or after in rules.data["name_ends"]
