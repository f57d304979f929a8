"""What institutions, localities and recorders write: the form's fields by planted quality."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instruments.model import Instrument, Item, Section
from survey_app.demo.files import make_file

Facts = Mapping[str, Any]
FILE = "file:"
"""An answer that begins so is an attachment of the kind that follows."""


@dataclass(frozen=True)
class Writer:
    """Whoever fills one record: the rules of `records.yaml`, the planted quality, the facts."""

    rules: Mapping[str, Any]
    span: tuple[float, float]
    quality: Mapping[str, float]
    facts: dict[str, Any]

    def fill(self, instrument: Instrument, context: Mapping[str, str]) -> dict[str, Any]:
        """The whole record: item to answer, repeat to its rows; only what is asked."""
        answers = self._fields(self.rules["fields"], instrument.single_items, self.facts)
        known = {**context, **answers}
        kept = {item.name for item in instrument.asked(known)}
        record: dict[str, Any] = {name: value for name, value in answers.items() if name in kept}
        for section in instrument.repeats:
            if all(rule.holds(known) for rule in section.relevant):
                record[section.name] = list(self._rows(section))
        return record

    def _rows(self, section: Section) -> Iterator[dict[str, Any]]:
        rule = self.rules["repeats"].get(section.name, {})
        common = rule.get("common", {})
        cases = self.facts.get(rule.get("each", ""), [])
        pairs: list[tuple[Any, Facts]] = [(rule["row"], self.facts | case) for case in cases]
        pairs += [(row, self.facts) for row in rule.get("rows", ())]
        for row, facts in pairs:
            if self._there(row):
                yield self._fields({**common, **row}, section.items, facts)

    def _there(self, row: Mapping[str, Any]) -> bool:
        if "needs" in row and not self.facts[row["needs"]]:
            return False
        place = self._place(row["by"]) if "by" in row else 0.0
        return row.get("from", 0.0) <= place < row.get("until", 2.0)

    def _fields(
        self, rules: Mapping[str, Any], items: Sequence[Item], facts: Facts
    ) -> dict[str, Any]:
        """Answers in the order of the form, each free to speak of those before it."""
        found: dict[str, Any] = {}
        for item in items:
            if item.name in rules:
                value = self._value(rules[item.name], {**facts, **found})
                if value is not None:
                    found[item.name] = _typed(item, value)
        return found

    def _value(self, rule: Any, facts: Facts) -> Any:
        """What a rule gives; None leaves the field blank."""
        if not isinstance(rule, Mapping):
            return rule
        if "fact" in rule:
            return facts.get(rule["fact"])
        if "file" in rule:
            return FILE + rule["file"]
        if "levels" in rule:
            levels = rule["levels"]
            chosen = levels[min(int(self._place(rule["by"]) * len(levels)), len(levels) - 1)]
            return self._value(chosen, facts)
        if "value" in rule:
            reached = self._place(rule["by"]) >= self._value(rule["from"], facts)
            return self._value(rule["value"] if reached else rule.get("otherwise"), facts)
        return self._number(rule, facts)

    def _number(self, rule: Mapping[str, Any], facts: Facts) -> float | None:
        factor = rule.get("times")
        if factor is None:
            poor, good = rule["poor"], rule["good"]
            factor = poor + (good - poor) * self._place(rule["by"])
        if "of" not in rule:
            return float(factor)
        whole = facts.get(rule["of"])
        return None if whole is None else float(whole) * float(factor)

    def _place(self, leaf: str) -> float:
        """Where the planted quality lies between poor (0) and good (1)."""
        low, high = self.span
        return min(max((self.quality[leaf] - low) / (high - low), 0.0), 1.0)


def _typed(item: Item, value: Any) -> Any:
    """The value as the site stores it: whole numbers, two decimals, codes and words as text."""
    if item.type == "integer":
        return int(value + 0.5)
    if item.type == "decimal":
        return int(value * 100 + 0.5) / 100
    return str(value)


def sent_fields(answers: Mapping[str, Any], *, several: Collection[str]) -> dict[str, Any]:
    """A record as the fields of its page: rows numbered, files attached, and the codes of items
    that take ``several`` apart."""
    flat = {name: value for name, value in answers.items() if not isinstance(value, list)}
    for name, rows in answers.items():
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            flat |= {f"{name}-{number}-{item}": value for item, value in row.items()}
    found: dict[str, Any] = {}
    for name, value in flat.items():
        if str(value).startswith(FILE):
            found[f"{name}-file"] = [make_file(str(value).removeprefix(FILE), name)]
        else:
            found[name] = tuple(value.split()) if name in several else value
    return found
