"""A difference of two versions in the words and order of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from instruments.changes import asked_by_name, marked
from instruments.difference import (
    GRAVITY,
    POOL,
    Change,
    Difference,
    IndicatorDifference,
    rules,
    verdict_words,
)
from instruments.model import Instrument


@dataclass(frozen=True)
class ChangeLine:
    """One change: what, its text in pieces, why the verdict follows, sources."""

    words: str
    pieces: tuple[tuple[str, str], ...]
    because: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class DifferenceLine:
    """One row of the page's table."""

    name: str
    label: str
    verdict: str
    verdict_words: str
    changes: tuple[ChangeLine, ...]


@dataclass(frozen=True)
class DifferencePage:
    """All rows, those that forbid pooling first, and the conclusion."""

    verdict: str
    verdict_words: str
    advice: str
    counts: tuple[tuple[str, str, int], ...]
    """Verdict, its words, number of items."""
    asked: tuple[int, int]
    """Items before and after."""
    scored: tuple[int, int]
    """Those of them that feed an indicator."""
    form: tuple[DifferenceLine, ...]
    items: tuple[DifferenceLine, ...]
    removed: tuple[DifferenceLine, ...]
    """Items that the later version lacks, and nothing more is to be said of."""
    indicators: tuple[DifferenceLine, ...]


REMOVED = "removed"
_Row = tuple[str, str, str, tuple[Change, ...]]


def page_of(found: Difference) -> DifferencePage:
    """The page of a difference; items without a change are counted only."""
    whole: list[_Row] = [("", "整张表", change.verdict, (change,)) for change in found.form]
    gone = [one for one in found.changed if [c.kind for c in one.changes] == [REMOVED]]
    items = [
        (one.name, one.label, one.verdict, one.changes) for one in found.changed if one not in gone
    ]
    return DifferencePage(
        verdict=found.verdict,
        verdict_words=verdict_words(found.verdict),
        advice=rules()["advice"][found.verdict],
        counts=tuple((v, verdict_words(v), n) for v, n in found.counts.items()),
        asked=(len(asked_by_name(found.before)), len(asked_by_name(found.after))),
        scored=(_scored(found.before), _scored(found.after)),
        form=tuple(_line(*row) for row in _gravest_first(whole)),
        items=tuple(_line(*row) for row in _gravest_first(items)),
        removed=tuple(_line(one.name, one.label, one.verdict, one.changes) for one in gone),
        indicators=tuple(_indicator_lines(found.indicators)),
    )


def _scored(form: Instrument) -> int:
    return len({mapping.item for mapping in form.mappings})


def _gravest_first(rows: list[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: -GRAVITY.index(row[2]))


def _line(name: str, label: str, verdict: str, changes: tuple[Change, ...]) -> DifferenceLine:
    told = tuple(ChangeLine(one.words, _pieces(one), one.because, one.sources) for one in changes)
    return DifferenceLine(name, label, verdict, verdict_words(verdict), told)


def _pieces(change: Change) -> tuple[tuple[str, str], ...]:
    before, after = change.texts
    if not before:
        return ()
    if change.is_prose:
        return marked(before, after)
    return ("gone", before), ("same", " → "), ("new", after)


def _indicator_lines(found: Sequence[IndicatorDifference]) -> Iterator[DifferenceLine]:
    for one in sorted(found, key=lambda one: -GRAVITY.index(one.verdict)):
        if one.verdict == POOL:
            continue
        words = rules()["only_common"] if one.common else rules()["no_common"]
        advice = words.format(count=len(one.common), items="、".join(one.common))
        blamed = "、".join(item.name for item in one.items if item.verdict != POOL)
        told = [ChangeLine(rules()["items_changed"], (), blamed, ())] if blamed else []
        line = _line(one.code, "", one.verdict, one.changes)
        changes = (*line.changes, *told, ChangeLine("", (), advice, ()))
        yield DifferenceLine(one.code, "", one.verdict, line.verdict_words, changes)
