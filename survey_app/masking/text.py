"""One written answer as it is stored, masked until nothing more is found: once is enough."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import lru_cache

from survey_app.masking.folding import fold, replace_spans
from survey_app.masking.names import name_spans, read_names
from survey_app.masking.numbers import number_spans
from survey_app.masking.rules import Rules, masking_rules


def mask_text(text: str, known: Collection[str] = ()) -> str:
    """``text`` with marks for names, ``known`` ones among them, numbers of persons and addresses.

    The same text gives the same result, and a masked text stays as it is.
    """
    rules, masked, before = masking_rules(), text, ""
    names = {squeezed for name in known if len(squeezed := "".join(name.split())) > 1}
    while masked != before:
        masked, before = _once(masked, rules, names), masked
    return masked


def mask_numbers(text: str) -> str:
    """``text`` with numbers of persons and addresses masked, names left as they are."""
    rules, masked, before = masking_rules(), text, ""
    while masked != before:
        folded = fold(masked, tuple(rules.marks.values()))
        spans = [folded.before(span) for span in number_spans(folded, rules)]
        masked, before = replace_spans(masked, spans, rules.marks), masked
    return masked


def _once(text: str, rules: Rules, known: Collection[str]) -> str:
    folded = fold(text, tuple(rules.marks.values()))
    close = folded.without(lambda sign: sign != "\n" and sign.isspace())
    named = [close.before(span) for span in name_spans(close, rules, known)]
    numbered = [folded.before(span) for span in number_spans(folded, rules)]
    return replace_spans(text, [*named, *numbered], rules.marks)


@lru_cache(maxsize=256)
def names_of_people(record: str) -> frozenset[str]:
    """Whom a record (one JSON document of answers) names in the items that are for names."""
    rules = masking_rules()
    cells = _cells(json.loads(record), frozenset(rules.data["records"]))
    return frozenset(name for cell in cells for name in read_names(cell, rules))


def _cells(answers: object, items: frozenset[str]) -> Iterator[str]:
    if isinstance(answers, list):
        for row in answers:
            yield from _cells(row, items)
    elif isinstance(answers, dict):
        for item, answer in answers.items():
            if item in items and isinstance(answer, str):
                yield answer
            yield from _cells(answer, items)
