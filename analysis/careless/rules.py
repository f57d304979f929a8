"""Flags by declared combinations of signs: no single sign ever flags a row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Condition:
    """One sign: ``sign`` (a column) compared by ``operator`` (a name in OPERATORS) to ``value``."""

    sign: str
    operator: str
    value: float | str | bool


@dataclass(frozen=True)
class Rule:
    """A flag that is raised when in every clause at least one condition holds."""

    name: str
    clauses: tuple[tuple[Condition, ...], ...]


OPERATORS: dict[str, Callable] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
    "is": operator.eq,
}
"""Name in a plan -> comparison of a column with a value."""


def combined_flags(signs: pd.DataFrame, *, rules: Sequence[Rule]) -> pd.DataFrame:
    """Raise each rule's flag where all its clauses hold; one nullable boolean column per rule.

    In: one column per sign (numbers, texts or booleans; missing = unknown) and ``rules``, e.g.
    straight line AND (fast OR failed check OR reversed contradiction). Out: the index of
    ``signs``; true, false, or missing where what is unknown decides (three-valued logic: unknown
    AND false is false, unknown OR true is true). Raises ValueError for a rule of fewer than two
    clauses, an empty clause, two clauses that rest on one and the same sign alone, an operator or
    a sign that is not known, or two rules of one name.
    Source: Kleene 1952, Introduction to Metamathematics, 64 (the logic); Curran 2016, J. Exp. Soc.
    Psychol. 66:4 (several indices rather than one); honest straight lines: Meade & Craig 2012.
    """
    _refuse(signs, rules)
    flags = {rule.name: _holds(signs, rule) for rule in rules}
    return pd.DataFrame(flags, index=signs.index, dtype="boolean")


def _holds(signs: pd.DataFrame, rule: Rule) -> pd.Series:
    out = pd.Series(True, index=signs.index, dtype="boolean")
    for clause in rule.clauses:
        anything = pd.Series(False, index=signs.index, dtype="boolean")
        for condition in clause:
            anything = anything | _meets(signs[condition.sign], condition)
        out = out & anything
    return out


def _meets(column: pd.Series, condition: Condition) -> pd.Series:
    known = column.notna()
    met = pd.Series(pd.NA, index=column.index, dtype="boolean")
    found = OPERATORS[condition.operator](column[known].to_numpy(), condition.value)
    met[known] = found.astype(bool)
    return met


def _refuse(signs: pd.DataFrame, rules: Sequence[Rule]) -> None:
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError("two rules have one name")
    for rule in rules:
        used = [{condition.sign for condition in clause} for clause in rule.clauses]
        if len(used) < 2 or not all(used):
            raise ValueError(f"{rule.name}: a flag needs at least two clauses, none of them empty")
        if len(set.union(*used)) < 2:
            raise ValueError(f"{rule.name}: one sign alone never flags")
        known = {c.operator for clause in rule.clauses for c in clause} <= set(OPERATORS)
        unknown = sorted(set.union(*used) - set(signs.columns))
        if unknown or not known:
            raise ValueError(f"{rule.name}: unknown sign or operator {', '.join(unknown)}".strip())
