"""Facts that a reader holds: sums of cells within bounds, and how he names the cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis import counts, screen
from analysis.pipeline.rounds import WAVES
from analysis.results import LOCAL_SURVEYS, SURVEYS, Results
from instruments.model import Instrument

Terms = dict[str, float]


@dataclass(frozen=True)
class Fact:
    """A sum of cells that lies between two numbers."""

    name: str
    terms: Terms
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Reader:
    """Somebody who holds results, with what he needs to name their cells."""

    results: Results
    forms: tuple[Instrument, ...]
    classes: Mapping[str, tuple[str, ...]]
    """Project to its classes."""
    main: str
    """Code of the form that counts people; '' where people are told apart by name."""
    edition: str

    def of(self, unit: str, form: str) -> Terms:
        """The answers of a unit to a form, as cells."""
        per_class = {f.code for f in self.forms if (f.role, f.per) == ("trainee", "class")}
        parts = self.classes.get(unit, ()) if form in per_class else ()
        return {f"answers {part} {form}": 1.0 for part in parts or (unit,)}

    @property
    def cell(self) -> int:
        """The plan's minimum cell."""
        return self.results.plan.thresholds.min_cell


def reader_of(results: Results, edition: str) -> Reader:
    """The reader of one bulletin's results."""
    waves = WAVES[results.cycle.edition]
    leaves = {leaf.code for one in results.frameworks for leaf in one.leaves}
    forms = tuple(
        form
        for form in results.instruments
        if form.subject in (*SURVEYS, *LOCAL_SURVEYS)
        and form.wave in waves
        and leaves & {mapping.indicator for mapping in form.mappings}
    )
    named = any(item.name == counts.IDENTITY for form in forms for item in form.items)
    whole = [form.code for form in forms if form.subject == SURVEYS[0]]
    classes = results.classes.groupby("project")["class_code"].agg(tuple).to_dict()
    return Reader(results, forms, classes, "" if named or not whole else whole[0], edition)


def told(reader: Reader, where: str, terms: Terms, value: object) -> Iterator[Fact]:
    """The fact that a table tells, if it does."""
    if not pd.isna(value):
        number = float(value)  # type: ignore[arg-type]
        yield Fact(f"{reader.edition} {where}", terms, number, number)


def codes_of(parts: object) -> list[str]:
    """The codes in a column ``parts``."""
    return [] if pd.isna(parts) else str(parts).split()


def rule(reader: Reader, where: str, terms: Terms, low: float, high: float) -> Fact:
    """What anybody knows, or what follows from how results are made."""
    return Fact(f"rule {reader.edition} {where}", terms, low, high)


def less(one: Terms, other: Terms) -> Terms:
    """The sum ``one`` less the sum ``other``."""
    out = dict(one)
    for cell, factor in other.items():
        out[cell] = out.get(cell, 0.0) - factor
    return out


def trainee_forms(reader: Reader) -> list[Instrument]:
    """Forms whose answers can be flagged."""
    return [form for form in reader.forms if form.subject in SURVEYS]


def can_flag(form: Instrument, flag: str) -> bool:
    """Whether a form has the items that a flag needs."""
    needs = screen.NEEDS.get(flag, ())
    return not needs or any(form.used_as(need) for need in needs)
