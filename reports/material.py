"""What every section reads: results grouped, ordered, labelled and anchored once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.results import Results
from instruments.divisions import counties
from instruments.model import Instrument
from instruments.result_tables import LOCALITIES
from instruments.scorecard import EXTERNAL, Framework, Indicator
from reports import tables
from reports.wording import choice, entry, phrase

ORDER = ("A-overall", "A", "A-project", "B-city", "B-county")
"""Scorecards in the order of the bulletin: from the whole to its parts."""
SINGLE = ("A-project", "B-city", "B-county")
"""Scorecards whose units reports, groups and items speak of; institutions are made of projects."""
CITY = "B-city"
PARTS = ("A-project", "B-county")
"""Scorecards of the units that institutions and cities are made of."""
RATINGS = "ratings"
"""Edition of results that rest on ratings which others collected."""
WHOLE = 100.0
"""Points are printed out of a hundred, whatever applies to a unit."""
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Group:
    """One ranked table: its scorecard, group, title, and units in printing order."""

    scorecard: str
    group: str
    title: str
    ranked: tuple[Any, ...]
    unranked: tuple[Any, ...]

    @property
    def units(self) -> tuple[Any, ...]:
        """All units, the ranked ones first."""
        return self.ranked + self.unranked

    @property
    def lone(self) -> bool:
        """Whether it ranks one unit only, which is then before and behind nobody."""
        return len(self.ranked) == 1

    @property
    def local(self) -> bool:
        """Whether its units are cities or counties, whose ``n`` counts schools."""
        return self.scorecard in LOCALITIES


@dataclass(frozen=True)
class Material:
    """Results with the order, labels and anchors that all sections share."""

    results: Results
    groups: tuple[Group, ...]
    anchors: Mapping[tuple[str, str, str], str]
    edition: str
    """Key of ``editions`` in the phrases: 'end', 'followup' or 'ratings'."""

    @property
    def decimals(self) -> int:
        """Decimals of printed scores, from the plan."""
        return self.results.plan.ranks.printed_decimals

    @property
    def by_band(self) -> bool:
        """Whether tables are ordered by band and code, without a rank."""
        return self.results.plan.ranks.order == "band"

    @property
    def level(self) -> str:
        """Confidence level in words, such as 95%."""
        return tables.share(self.results.plan.ranks.level)

    def framework(self, scorecard: str) -> Framework:
        """The framework by which a ranked table's units are scored."""
        return self.results.framework(scorecard[0])

    @property
    def later(self) -> tuple[Framework, ...]:
        """Frameworks that are not the extract's own: versions made after it was sealed."""
        return tuple(one for one in self.results.frameworks if one not in self.results.frozen)

    @property
    def local(self) -> bool:
        """Whether any city or county is scored."""
        return any(group.local for group in self.groups)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of projects and counties by code."""
        single = [g for g in self.groups if g.scorecard in PARTS]
        return {unit.unit: unit.name for group in single for unit in group.units}

    @cached_property
    def _index(self) -> dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[Any]]]:
        """Filled as asked for: table and columns → values of these columns → rows."""
        return {}

    def of(self, table: str, **equal: str) -> list[Any]:
        """Rows of a table of results where each named column equals its value; for one unit after
        another, since each table is gone through but once."""
        key = (table, tuple(equal))
        if key not in self._index:
            index: dict[tuple[Any, ...], list[Any]] = {}
            for row in rows(self.results.frames[table]):
                index.setdefault(tuple(getattr(row, name) for name in equal), []).append(row)
            self._index[key] = index
        return self._index[key].get(tuple(equal.values()), [])

    def own(self, row: Any) -> bool:
        """Whether an indicator's row speaks of its unit alone, not of the parts that make it up."""
        leaf = self.framework(row.scorecard).indicator(row.indicator)
        return row.scorecard in SINGLE and not (row.scorecard == CITY and leaf.level == "counties")

    @cached_property
    def forms(self) -> Mapping[str, Instrument]:
        """Instruments by code."""
        return {one.code: one for one in self.results.instruments}

    @cached_property
    def asked(self) -> Mapping[str, Mapping[str, str]]:
        """Form → item → the question as it was asked, or the name of a repeat."""
        return {
            code: {one.name: phrase("trail.repeat", label=one.label) for one in form.repeats}
            | {one.name: one.label for one in form.items}
            for code, form in self.forms.items()
        }

    @cached_property
    def formulas(self) -> dict[tuple[str, str, str], str]:
        """Filled as told: form, formula and scaling → how a leaf is reckoned, in words."""
        return {}

    def form_named(self, framework: Framework, node: Indicator) -> str:
        """Title of a leaf's form where leaves of its source rest on several; else ''."""
        rivals = {leaf.instrument for leaf in framework.leaves if leaf.source == node.source}
        form = self.forms.get(node.instrument)
        return form.title if form is not None and len(rivals) > 1 else ""

    def measurable(self, units: Sequence[Any]) -> str:
        """Out of how many points, and how many this edition can score of ``units``, for a caption:
        满分100分，本期可评X分, a span where groups differ, or 全部可评."""
        low, high = self.measured_span(units)
        total = tables.points(WHOLE)
        if low == total:
            return phrase("table.measurable_all", total=total)
        span = low if low == high else f"{low}–{high}"
        return phrase("table.measurable", measurable=span, total=total)

    def measured_span(self, units: Sequence[Any]) -> tuple[str, str]:
        """Least and most points that can be scored of ``units``, as printed."""
        found = sorted({tables.points(unit.measurable) for unit in units} or {"0"}, key=float)
        return found[0], found[-1]

    def annex(self, key: str) -> str:
        """Number of the annex ``key`` in this edition."""
        return str(entry(f"editions.{self.edition}.annexes").index(key) + 1)

    @property
    def complete(self) -> bool:
        """Whether every point of every group can be measured."""
        return bool((self.results.units["measurable"] >= WHOLE - TOLERANCE).all())

    def anchor(self, unit: Any) -> str:
        """Anchor of the unit's trail."""
        return self.anchors[(unit.scorecard, unit.group, unit.unit)]

    def titled(self, title: str, units: Sequence[Any]) -> str:
        """A table's title with what this edition can measure of its ``units``."""
        return phrase("table.continued", title=title, measurable=self.measurable(units))


def parts_of(unit: Any) -> list[str]:
    """Codes of the projects or counties that a unit's score is made of; none for one of those."""
    return [] if tables.absent(unit.parts) else str(unit.parts).split()


def gather(results: Results) -> Material:
    """Group and order the units of ``results``; anchors follow the printing order."""
    edition = _edition(results)
    groups = tuple(_groups(results, edition))
    keys = [(u.scorecard, u.group, u.unit) for group in groups for u in group.units]
    anchors = {key: f"u{number}" for number, key in enumerate(keys, 1)}
    return Material(results, groups, anchors, edition)


def _edition(results: Results) -> str:
    sources = {leaf.source for framework in results.frameworks for leaf in framework.leaves}
    return RATINGS if sources == {EXTERNAL} else results.cycle.edition


def rows(frame: pd.DataFrame, **equal: str) -> list[Any]:
    """Rows of ``frame`` as named tuples where each named column equals its value."""
    chosen = frame
    for column, value in equal.items():
        chosen = chosen[chosen[column] == value]
    return list(chosen.itertuples(index=False, name="Row"))


def _groups(results: Results, edition: str) -> Iterator[Group]:
    present = results.units[["scorecard", "group"]].drop_duplicates()
    for scorecard in ORDER:
        for group in sorted(present.loc[present["scorecard"] == scorecard, "group"]):
            units = _told_apart(rows(results.units, scorecard=scorecard, group=group))
            ranked = sorted((u for u in units if u.ranked), key=lambda u: _place(u, results))
            unranked = tuple(u for u in units if not u.ranked)
            yield Group(scorecard, group, _title(units[0], edition), tuple(ranked), unranked)


def _told_apart(units: list[Any]) -> list[Any]:
    """Units of one name are printed with their city or, where none is known, their code."""
    times = Counter(unit.name for unit in units)
    cities = {county.code: county.city for county in counties()}
    return [
        unit
        if times[unit.name] == 1
        else unit._replace(
            name=phrase("table.of_city", name=unit.name, city=cities.get(unit.unit, unit.unit))
        )
        for unit in units
    ]


def _place(unit: Any, results: Results) -> tuple[int, int, str]:
    """By rank; by band alone where the plan says so; then by code."""
    if results.plan.ranks.order == "band":
        return (band_of(results, unit), 0, unit.unit)
    return (0, int(unit.rank), unit.unit)


def band_of(results: Results, unit: Any) -> int:
    """Place of the unit's band among the plan's, the best first; a label may go on in brackets
    that name a band nearby. After the last band for a unit that has none."""
    bands = results.plan.bands
    label = tables.plain(unit.band)
    found = [place for place, band in enumerate(bands) if label.startswith(band.label)]
    return max(found, key=lambda place: len(bands[place].label), default=len(bands))


def _title(unit: Any, edition: str) -> str:
    scorecard = choice("scorecards", unit.scorecard)
    if tables.absent(unit.group_label) or not unit.group:
        return scorecard
    return phrase(f"editions.{edition}.group", scorecard=scorecard, group=unit.group_label)


def band_label(results: Results, code: object) -> str:
    """The band's label in the plan; the code itself when the plan does not know it."""
    labels = {band.code: band.label for band in results.plan.bands}
    return labels.get(str(code), tables.plain(code))
