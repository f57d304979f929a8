"""What two versions of a form differ in, item by item, and which answers may be put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from instruments.changes import Asked, asked_by_name, item_changes, kept_in_order, same_question
from instruments.model import Instrument

POOL, PROVE, NEVER = "pool", "prove", "never"
GRAVITY = (POOL, PROVE, NEVER)


@dataclass(frozen=True)
class Change:
    """One thing that differs, what it was and is, and what follows (a rule of
    library/comparability.yaml)."""

    kind: str
    before: str = ""
    after: str = ""

    @property
    def verdict(self) -> str:
        """One of ``GRAVITY``."""
        return str(rules()["rules"][self.kind]["verdict"])

    @property
    def words(self) -> str:
        """What changed, in Chinese."""
        return str(rules()["rules"][self.kind]["words"])

    @property
    def because(self) -> str:
        """Why the verdict follows."""
        return str(rules()["rules"][self.kind]["because"])

    @property
    def texts(self) -> tuple[str, str]:
        """What it was and is, codes in words; both '' where there is nothing to show."""
        if not self.before and not self.after:
            return "", ""
        return self._said(self.before), self._said(self.after)

    @property
    def is_prose(self) -> bool:
        """Whether single signs of the texts may be compared."""
        return self.kind in rules()["prose"] and bool(self.before and self.after)

    def _said(self, text: str) -> str:
        known = rules()["said"].get(self.kind, {})
        told = (
            re.sub(r"[a-z_]+", lambda found: known.get(found[0], found[0]), text) if known else text
        )
        return told or known.get("", rules()["nothing"])

    @property
    def sources(self) -> tuple[str, ...]:
        """Where that is known from."""
        known = rules()["sources"]
        return tuple(known[key] for key in rules()["rules"][self.kind]["source"])


@dataclass(frozen=True)
class ItemDifference:
    """One item of either version: its name and words, what changed, the gravest verdict."""

    name: str
    label: str
    changes: tuple[Change, ...]

    @property
    def verdict(self) -> str:
        """The gravest of the changes; ``POOL`` when there is none."""
        return gravest(change.verdict for change in self.changes)


@dataclass(frozen=True)
class IndicatorDifference:
    """One indicator that either version feeds; ``common`` are items whose answers can be pooled."""

    code: str
    changes: tuple[Change, ...]
    items: tuple[ItemDifference, ...]
    common: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The gravest of its own changes and those of its items."""
        own = [change.verdict for change in self.changes]
        return gravest([*own, *(item.verdict for item in self.items)])


@dataclass(frozen=True)
class Difference:
    """All differences of two versions of a form."""

    before: Instrument
    after: Instrument
    form: tuple[Change, ...]
    items: tuple[ItemDifference, ...]
    indicators: tuple[IndicatorDifference, ...]

    @property
    def verdict(self) -> str:
        """The gravest of all."""
        found = [change.verdict for change in self.form]
        found += [item.verdict for item in self.items]
        return gravest([*found, *(one.verdict for one in self.indicators)])

    @property
    def changed(self) -> tuple[ItemDifference, ...]:
        """Items with a change, in the new version's order, those left out at the end."""
        return tuple(item for item in self.items if item.changes)

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of items by verdict."""
        found = [item.verdict for item in self.items]
        return {verdict: found.count(verdict) for verdict in GRAVITY}


@cache
def rules() -> Mapping[str, Any]:
    """Content of library/comparability.yaml."""
    path = files("instruments").joinpath("library/comparability.yaml")
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def gravest(verdicts: Any) -> str:
    """The gravest verdict; ``POOL`` of none."""
    return max(verdicts, key=GRAVITY.index, default=POOL)


def verdict_words(verdict: str) -> str:
    """可合并, 需先证明等值 or 不可合并."""
    return str(rules()["verdicts"][verdict])


def compare_forms(before: Instrument, after: Instrument) -> Difference:
    """Every difference of two versions; items are the same when they have the same name, or when
    only their name has changed. Notes are no items."""
    old, new = asked_by_name(before), asked_by_name(after)
    pairs = {name: name for name in new if name in old} | _renamed(old, new)
    in_order = kept_in_order([pairs[name] for name in new if name in pairs], list(old))
    items = tuple(_items(old, new, pairs, in_order))
    return Difference(
        before, after, tuple(_form_changes(before, after)), items, _indicators(before, after, items)
    )


def _renamed(old: Mapping[str, Asked], new: Mapping[str, Asked]) -> dict[str, str]:
    """New name → old one, where the same question has another name."""
    gone = [name for name in old if name not in new]
    found: dict[str, str] = {}
    for name in (name for name in new if name not in old):
        same = [other for other in gone if same_question(old[other], new[name])]
        if len(same) == 1 and same[0] not in found.values():
            found[name] = same[0]
    return found


def _items(
    old: Mapping[str, Asked],
    new: Mapping[str, Asked],
    pairs: Mapping[str, str],
    in_order: frozenset[str],
) -> Iterator[ItemDifference]:
    for name, asked in new.items():
        if name not in pairs:
            yield ItemDifference(name, asked.item.label, (Change("added"),))
            continue
        former = pairs[name]
        changes = [Change("renamed", former, name)] if former != name else []
        if former not in in_order:
            changes.append(Change("moved"))
        changes += [Change(*one) for one in item_changes(old[former], asked)]
        yield ItemDifference(name, asked.item.label, tuple(changes))
    for name in old:
        if name not in pairs.values():
            yield ItemDifference(name, old[name].item.label, (Change("removed"),))


def _form_changes(before: Instrument, after: Instrument) -> Iterator[Change]:
    for kind in ("subject", "title", "notice", "blanks", "self_code"):
        was, now = getattr(before, kind), getattr(after, kind)
        if was != now:
            texts = [" ".join(x) if isinstance(x, tuple) else str(x) for x in (was, now)]
            if kind == "self_code":
                texts = ["问" if x else "不问" for x in (was, now)]
            yield Change(kind, *texts)
    yield from _translation_changes(before, after)


def _translation_changes(before: Instrument, after: Instrument) -> Iterator[Change]:
    """Further languages that come or go, or word an item that both versions have otherwise."""
    kept = {item.name for item in before.items} & {item.name for item in after.items}
    was, now = (
        {
            one.language.name: {
                item.name: (item.label, item.hint, item.scale and item.scale.choices)
                for item in one.items
                if item.name in kept
            }
            for one in form.translations
        }
        for form in (before, after)
    )
    if was != now:
        yield Change("translation", "、".join(was), "、".join(now))


def _indicators(
    before: Instrument, after: Instrument, items: tuple[ItemDifference, ...]
) -> tuple[IndicatorDifference, ...]:
    known = {item.name: item for item in items}
    codes = dict.fromkeys(m.indicator for one in (after, before) for m in one.mappings)
    found = []
    for code in codes:
        was, now = _fed_by(before, code), _fed_by(after, code)
        kept = [name for name in now if name in was]
        changes = []
        if set(was) != set(now):
            kind = "other_items" if kept else "no_common_items"
            changes.append(Change(kind, "、".join(was), "、".join(now)))
        common = tuple(name for name in kept if known[name].verdict == POOL)
        found.append(
            IndicatorDifference(code, tuple(changes), tuple(known[n] for n in kept), common)
        )
    return tuple(found)


def _fed_by(instrument: Instrument, code: str) -> list[str]:
    return [mapping.item for mapping in instrument.mappings if mapping.indicator == code]


def same_content(one: Instrument, other: Instrument) -> bool:
    """Whether two forms ask the same in the same way: all but number of version and rows."""
    return _bare(one) == _bare(other)


def _bare(instrument: Instrument) -> Instrument:
    sections = tuple(
        replace(section, items=tuple(replace(item, row=0) for item in section.items))
        for section in instrument.sections
    )
    said = tuple(_bare(translation) for translation in instrument.translations)
    return replace(instrument, version="", sections=sections, translations=said)
