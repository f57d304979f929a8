"""What of an instrument concerns one context: worked out once, for it is the same for thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instruments.model import Comparison, Instrument, Item, Section


@dataclass(frozen=True)
class Layout:
    """Sections that a context has, those of them with rows, and items that it may be asked once;
    ``demanding``: whether any of them may be wrong though it can be read, or when it is blank."""

    sections: Sequence[Section]
    repeats: Sequence[Section]
    items: Sequence[Item]
    demanding: bool


def layout_of(instrument: Instrument, context: Mapping[str, str]) -> Layout:
    """The layout of a form for one context."""
    key = (id(instrument), *context.items())
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) > MOST:
            _KNOWN.clear()
        known = _KNOWN[key] = instrument, _laid_out(instrument, context)
    return known[1]


MOST = 1_000
_KNOWN: dict[tuple[object, ...], tuple[Instrument, Layout]] = {}
"""By identity, which keeping the instrument makes sure of: to hash one takes longer than this."""


def concerns(context: Mapping[str, str], rules: Sequence[Comparison]) -> bool:
    """Whether the context leaves it open that something under these rules is asked."""
    return not rules or all(rule.holds(context) for rule in rules if rule.item in context)


def _laid_out(instrument: Instrument, context: Mapping[str, str]) -> Layout:
    sections = [one for one in instrument.sections if concerns(context, one.relevant)]
    once = [item for one in sections if not one.repeat for item in one.items]
    every = [item for one in sections for item in one.items]
    return Layout(
        tuple(sections),
        tuple(one for one in sections if one.repeat),
        tuple(i for i in once if i.type != "note" and concerns(context, i.relevant)),
        any(item.required or item.type == "file" for item in every),
    )
