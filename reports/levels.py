"""First-level indicators compared: their averages, low values, and units above their group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import Any

from reports import tables
from reports.material import Group, Material
from reports.rules import Practices

MEASURED = "measured"


@dataclass(frozen=True)
class Level:
    """One first-level indicator with the values of all units of a scorecard that have one."""

    node: Any
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Plain average over the units."""
        return fmean(self.values)

    def below(self, cut: float) -> int:
        """How many units fall short of ``cut``."""
        return sum(value < cut for value in self.values)


def levels(material: Material, card: str) -> list[Level]:
    """First-level indicators of ``card`` that have values, the best average first."""
    units = [unit for group in material.groups if group.scorecard == card for unit in group.units]
    if not units:
        return []
    values = [indicator_values(material, unit) for unit in units]
    found = []
    for node in material.framework(card).children(""):
        known = tuple(float(v[node.code]) for v in values if not tables.absent(v.get(node.code)))
        if known:
            found.append(Level(node, known))
    return sorted(found, key=lambda level: (-level.mean, level.node.code))


def indicator_values(material: Material, unit: Any) -> dict[str, float]:
    """Indicator code -> the value that the plan ranks, for one unit."""
    value = material.results.plan.composite.value
    found = material.of("indicators", scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    return {row.indicator: getattr(row, value) for row in found}


def practices(material: Material, card: str, rule: Practices) -> list[tuple[Any, list[Any]]]:
    """First-level indicators of ``card`` with the ranked units whose interval lies wholly above
    their group's mean: at most ``rule.listed`` each, those with the best values, by code.

    Intervals hold for all comparisons of a group at once (Bonferroni). A unit must also reach the
    last of the first ``rule.bands`` bands and exceed the mean by ``rule.difference`` points: a
    record is no sample, its interval is a point, and any difference would do.
    """
    groups = [group for group in material.groups if group.scorecard == card]
    found = []
    for node in material.framework(card).children("") if groups else ():
        above = sorted(
            (pair for group in groups for pair in _above(material, group, node, rule)),
            key=lambda pair: (-pair[1], pair[0].unit),
        )
        chosen = sorted((unit for unit, _ in above[: rule.listed]), key=lambda unit: unit.unit)
        if chosen:
            found.append((node, chosen))
    return found


def _above(
    material: Material, group: Group, node: Any, rule: Practices
) -> Iterator[tuple[Any, float]]:
    known = [*_known(material, group, node.code)]
    if len(known) < 2:
        return
    plan = material.results.plan
    compared = len(known) * len(material.framework(group.scorecard).children(""))
    errors = NormalDist().inv_cdf(1 - (1 - plan.ranks.level) / (2 * compared))
    mean = fmean(value for _, value, _ in known)
    least = max(plan.bands[min(rule.bands, len(plan.bands)) - 1].cut, mean + rule.difference)
    for unit, value, error in known:
        if value - errors * error > mean and value >= least:
            yield unit, value


def _known(material: Material, group: Group, code: str) -> Iterator[tuple[Any, float, float]]:
    """Ranked units with their value and standard error of one indicator."""
    column = material.results.plan.composite.value
    for unit in group.ranked:
        for row in material.of(
            "indicators", scorecard=unit.scorecard, group=unit.group, unit=unit.unit
        ):
            value, error = getattr(row, column), getattr(row, f"{column}_se")
            if row.indicator == code and row.status == MEASURED and not tables.absent(value):
                yield unit, float(value), 0.0 if tables.absent(error) else float(error)
