"""Which answers count: those to items that were asked, given context and the other answers."""

from __future__ import annotations

from collections.abc import Mapping

from instruments.model import Instrument, Item

Answers = dict[str, str | int | float]


def asked_items(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> list[Item]:
    """Items asked of this person; an item that hangs on one not asked is not asked either."""
    known: dict[str, object] = dict(context)
    asked = []
    for section in instrument.sections:
        if all(rule.holds(known) for rule in section.relevant):
            for item in section.items:
                if all(rule.holds(known) for rule in item.relevant):
                    asked.append(item)
                    known[item.name] = answers.get(item.name)
    return asked


def prune(instrument: Instrument, context: Mapping[str, str], answers: Answers) -> Answers:
    """Answers to items that were asked, in order; others are never stored."""
    names = [item.name for item in asked_items(instrument, context, answers)]
    return {name: answers[name] for name in names if answers.get(name) not in (None, "")}


def missing_items(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> list[Item]:
    """Required items that were asked and not answered."""
    asked = asked_items(instrument, context, answers)
    return [i for i in asked if i.required and answers.get(i.name) in (None, "")]


def blank_scored(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> list[Item]:
    """Items that count for an indicator, were asked, and were left blank."""
    scored = {mapping.item for mapping in instrument.mappings}
    asked = asked_items(instrument, context, answers)
    return [i for i in asked if i.name in scored and answers.get(i.name) in (None, "")]
