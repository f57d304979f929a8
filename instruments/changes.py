"""How two versions of one item differ: words, scale, condition, use, each told by its kind."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

import yaml

from instruments.fit import UNSCORED_CODES
from instruments.model import Comparison, Instrument, Item, Limit, Scale, Section

Told = tuple[str, str, str]
"""Kind (a rule of library/comparability.yaml), before, after."""


@dataclass(frozen=True)
class Asked:
    """An item where it stands: its section, what it feeds and what it is for."""

    item: Item
    section: Section
    fed: tuple[tuple[str, str, str], ...]
    """Indicator, scaling, baseline."""
    uses: tuple[tuple[str, str, str], ...]
    """Use, expected, against."""


def asked_by_name(instrument: Instrument) -> dict[str, Asked]:
    """Every item but notes, in order."""
    found = {}
    for section in instrument.sections:
        for item in section.items:
            if item.type != "note":
                fed = [m for m in instrument.mappings if m.item == item.name]
                uses = [u for u in instrument.uses if u.item == item.name]
                found[item.name] = Asked(
                    item,
                    section,
                    tuple((m.indicator, m.scaling, m.baseline) for m in fed),
                    tuple((u.use, u.expected, u.against) for u in uses),
                )
    return found


def same_question(one: Asked, other: Asked) -> bool:
    """Whether both are one question but for the name."""
    a, b = one.item, other.item
    return (plain(a.label), a.type, a.scale) == (plain(b.label), b.type, b.scale)


def kept_in_order(now: Sequence[str], before: Sequence[str]) -> frozenset[str]:
    """The most names that follow one another in both orders; the others have been moved."""
    places = [before.index(name) for name in now]
    ends: list[int] = []
    chains: list[tuple[str, ...]] = []
    for name, place in zip(now, places, strict=True):
        at = bisect_left(ends, place)
        chain = (*(chains[at - 1] if at else ()), name)
        ends[at : at + 1], chains[at : at + 1] = [place], [chain]
    return frozenset(chains[-1] if chains else ())


def item_changes(old: Asked, new: Asked) -> Iterator[Told]:
    """Every difference of an item of the same question, its place in the order apart."""
    a, b = old.item, new.item
    yield from _label_changes(a.label, b.label)
    yield from _differing("hint", a.hint, b.hint)
    headings = [f"{plain(one.section.label)}\n{plain(one.section.hint)}" for one in (old, new)]
    if headings[0] != headings[1]:
        yield "section", old.section.label, new.section.label
    if a.type != b.type:
        yield "type", a.type, b.type
    elif a.scale and b.scale:
        yield from _scale_changes(a.scale, b.scale, scored=bool(old.fed or new.fed))
    yield from _differing("required", _yes(a.required), _yes(b.required))
    yield from _differing("condition", _condition(old), _condition(new))
    yield from _differing("limit", _range(a.limit), _range(b.limit))
    yield from _differing("appearance", a.appearance, b.appearance)
    yield from _differing("repeat", _yes(old.section.repeat), _yes(new.section.repeat))
    yield from _differing("use", _listed(old.uses), _listed(new.uses))
    yield from _mapping_changes(old, new)


def plain(text: str) -> str:
    """Letters, digits and signs of ``text`` without punctuation, spaces and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "PZC")


def marked(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """The change of a text in pieces: ``('same' | 'gone' | 'new', piece)``."""
    pieces: list[tuple[str, str]] = []
    for edit, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if edit == "equal":
            pieces.append(("same", before[a:b]))
            continue
        pieces += [("gone", before[a:b])] if b > a else []
        pieces += [("new", after[c:d])] if d > c else []
    return tuple(pieces)


def _label_changes(before: str, after: str) -> Iterator[Told]:
    if before == after:
        return
    if plain(before) == plain(after):
        yield "typography", before, after
    else:
        yield "negated" if _negations(before) != _negations(after) else "wording", before, after


def _negations(text: str) -> int:
    folded = text.casefold()
    for word in _words()["not_negating"]:
        folded = folded.replace(word, "")
    chinese = [word for word in _words()["negators"] if not word.isascii()]
    english = [word for word in folded.split() if word in _words()["negators"]]
    return sum(folded.count(word) for word in chinese) + len(english)


@cache
def _words() -> Mapping[str, Sequence[str]]:
    path = files("instruments").joinpath("library/comparability.yaml")
    found: Mapping[str, Sequence[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _scale_changes(before: Scale, after: Scale, *, scored: bool) -> Iterator[Told]:
    a, b = _graded(before), _graded(after)
    shown = _shown(before), _shown(after)
    if set(a) != set(b):
        same_words = [plain(x) for x in a.values()] == [plain(x) for x in b.values()]
        kind = "recoded" if same_words else "points" if scored else "options"
        yield kind, *shown
    else:
        yield from _graded_changes(a, b, shown)
    if set(before.codes) - set(a) != set(after.codes) - set(b):
        yield "no_answer_option", *shown
    anchors = [{c.code: plain(c.description) for c in one.choices} for one in (before, after)]
    if any(anchors[0][code] != anchors[1][code] for code in set(anchors[0]) & set(anchors[1])):
        yield "anchors", _anchors(before), _anchors(after)


def _graded_changes(
    a: Mapping[str, str], b: Mapping[str, str], shown: tuple[str, str]
) -> Iterator[Told]:
    """Changes of words and order where both offer the same codes."""
    was, now = ({code: plain(label) for code, label in one.items()} for one in (a, b))
    if was != now:
        codes = list(a)
        turned = [now[code] for code in codes] == [was[code] for code in reversed(codes)]
        yield "direction" if turned else "labels", *shown
    if list(a) != list(b):
        yield "reversed_order" if list(a) == list(b)[::-1] else "choice_order", *shown


def _graded(scale: Scale) -> dict[str, str]:
    return {c.code: c.label for c in scale.choices if c.code not in UNSCORED_CODES}


def _shown(scale: Scale) -> str:
    return "；".join(f"{choice.code} {choice.label}" for choice in scale.choices)


def _anchors(scale: Scale) -> str:
    return "；".join(f"{c.code} {c.description}" for c in scale.choices if c.description)


def _mapping_changes(old: Asked, new: Asked) -> Iterator[Told]:
    was, now = ({one[0]: one[1:] for one in asked.fed} for asked in (old, new))
    if set(was) != set(now):
        yield "indicator", "、".join(was), "、".join(now)
    for code in was:
        if code in now and was[code] != now[code]:
            told = [" ".join(part for part in one[code] if part) for one in (was, now)]
            yield "scaling", f"{code} {told[0]}", f"{code} {told[1]}"


def _differing(kind: str, before: str, after: str) -> Iterator[Told]:
    if before != after and (plain(before) != plain(after) or kind in ("condition", "limit")):
        yield kind, before, after


def _yes(said: bool) -> str:
    return "是" if said else "否"


def _condition(asked: Asked) -> str:
    rules: tuple[Comparison, ...] = (*asked.section.relevant, *asked.item.relevant)
    return " 且 ".join(sorted(f"{r.item} {r.operator} {r.value}" for r in rules))


def _range(limit: Limit | None) -> str:
    if limit is None:
        return ""
    ends = ["" if end is None else f"{end:g}" for end in (limit.low, limit.high)]
    return "～".join(ends)


def _listed(rows: Sequence[tuple[str, str, str]]) -> str:
    return "、".join(" ".join(part for part in row if part) for row in rows)
