"""Rules that choose the bulletin's sentences by facts: data in templates/rules.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from instruments.declaration import Declaration, build

SLOTS = ("basis", "overview", "achievements", "practices", "problems", "next_steps")
"""Passages that rules write and an official may replace."""


@dataclass(frozen=True)
class Fact:
    """What a sentence may say: formatted text, and the raw value that conditions compare."""

    text: str
    value: float | str | None


@dataclass(frozen=True)
class When:
    """One condition on a fact; every comparison that is given must hold, none of them does for a
    fact without a value, except ``present: false``."""

    fact: str
    above: float | None = None
    below: float | None = None
    equals: str | None = None
    differs: str | None = None
    present: bool | None = None

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether the fact is as asked; raises KeyError for a name that is no fact."""
        value = facts[self.fact].value
        if value is None:
            return self.present is False
        if self.present is False or self.equals not in (None, value) or self.differs == value:
            return False
        return self._between(value)

    def _between(self, value: float | str) -> bool:
        if self.above is None and self.below is None:
            return True
        if isinstance(value, str):
            return False
        return not (
            (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        )


@dataclass(frozen=True)
class Rule:
    """A sentence or heading (Markdown) said in ``slot`` when all of ``when`` hold."""

    slot: str
    text: str
    source: str
    when: tuple[When, ...] = ()


@dataclass(frozen=True)
class Naming:
    """Units of the first ``bands`` bands are named in 等次名单, the others counted."""

    bands: int
    source: str


@dataclass(frozen=True)
class Listed:
    """How many of a list are named: indicators at each end, codes of what was withheld."""

    listed: int
    source: str


@dataclass(frozen=True)
class Short:
    """Rows that the one-page table has room for."""

    rows: int
    source: str


@dataclass(frozen=True)
class Practices:
    """Who may be named for 典型做法; see ``levels.practices``."""

    listed: int
    bands: int
    difference: float
    source: str


@dataclass(frozen=True)
class Ignored:
    """Figures typed by hand that are no results, such as a year: a pattern with its reason."""

    pattern: str
    source: str


@dataclass(frozen=True)
class RuleBook:
    """All of templates/rules.yaml."""

    naming: Naming
    ends: Listed
    withheld: Listed
    short: Short
    practices: Practices
    ignored: tuple[Ignored, ...]
    rules: tuple[Rule, ...]


@cache
def rule_book() -> RuleBook:
    """The rules, read strictly; raises FaultsFound where the file is not in order."""
    data = files("reports").joinpath("templates/rules.yaml").read_bytes()
    declaration = Declaration(data, "rules.yaml")
    book: RuleBook = build(RuleBook, declaration, declaration.value)
    declaration.settle()
    return book


def chosen_texts(facts: Mapping[str, Fact]) -> Mapping[str, str]:
    """Slot → Markdown of the sentences whose conditions hold, in the order of the file, names of
    facts not yet filled in; '' for a slot of which nothing can be said."""
    held = [rule for rule in rule_book().rules if all(one.holds(facts) for one in rule.when)]
    return {
        slot: "\n\n".join(rule.text.strip() for rule in held if rule.slot == slot) for slot in SLOTS
    }
