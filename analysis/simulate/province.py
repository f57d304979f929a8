"""Draws a province whose truth is known: quality of every unit, people, experts, their effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from instruments.programme import Catalogue
from instruments.scorecard import Framework

PROJECTS, LOCALITIES = "A", "B"
"""Scorecards whose leaves are planted: of projects, of cities and counties."""


@dataclass(frozen=True)
class Settings:
    """How the invented province behaves; spreads are shares of a scale's length (0-1)."""

    level: float = 0.72
    leaf: float = 0.04
    unit: float = 0.06
    unit_leaf: float = 0.03
    class_: float = 0.03
    session: float = 0.03
    person: float = 0.10
    item: float = 0.12
    trait: float = 0.03
    severity: float = 0.06
    rater_site: float = 0.03
    rating: float = 0.12
    response: float = 0.85
    careless: float = 0.03
    pressed: float = 0.02
    lift: float = 0.10
    """What somebody who is told what to tick adds to every answer."""
    blank: float = 0.01
    not_applicable: float = 0.01
    before_level: float = 0.35
    before_spread: float = 0.20
    gain_level: float = 0.55


@dataclass(frozen=True)
class Habits:
    """Of those of one class: the share who answer, tick without reading, were told what to tick."""

    response: float
    careless: float
    pressed: float


@dataclass(frozen=True)
class Person:
    """One trainee: class, traits by item name, a general leaning, and habits."""

    class_code: str
    traits: Mapping[str, str]
    leaning: float
    careless: bool
    pressed: bool


@dataclass(frozen=True, eq=False)
class Province:
    """The planted truth: ``quality`` of unit x leaf and every effect on top of it.

    Units are projects, for the leaves of scorecard A, and counties and cities, for those of B.
    """

    settings: Settings
    catalogue: Catalogue
    quality: Mapping[str, Mapping[str, float]]
    classes: Mapping[str, float]
    sessions: Mapping[str, float]
    traits: Mapping[tuple[str, str], float]
    severity: Mapping[str, float]
    rater_site: Mapping[tuple[str, str], float]
    project: Mapping[str, str]
    """Project of each class."""
    county: Mapping[str, str]
    """County that sends the trainees of each class; '' where none is known."""

    def quality_of(self, class_code: str) -> dict[str, float]:
        """What the people of a class can tell of: its project, and the county they come from."""
        there = self.quality.get(self.county[class_code], {})
        return {**self.quality[self.project[class_code]], **there}

    def habits(self, **changes: float) -> Habits:
        """How the people of a class usually behave, but for ``changes``."""
        s = self.settings
        return replace(Habits(s.response, s.careless, s.pressed), **changes)


def draw_province(
    catalogue: Catalogue,
    *,
    frameworks: Sequence[Framework],
    settings: Settings,
    generator: np.random.Generator,
) -> Province:
    """Draw a truth for every unit of ``catalogue``; effects are independent normals."""

    def draw(names: Iterable[str], spread: float) -> dict[str, float]:
        known = list(names)
        values = generator.normal(0.0, spread, len(known)).tolist()
        return dict(zip(known, values, strict=True))

    quality: dict[str, dict[str, float]] = {}
    for framework in frameworks:
        leaves = draw([leaf.code for leaf in framework.leaves], settings.leaf)
        for unit, effect in draw(_units(catalogue, framework.scorecard), settings.unit).items():
            own = draw(leaves, settings.unit_leaf)
            quality[unit] = {k: settings.level + leaves[k] + effect + own[k] for k in leaves}
    levels = {
        (trait, getattr(cell, trait))
        for cell in catalogue.structure
        for trait in ("stage", "years", "locality")
    }
    shifts = generator.normal(0.0, settings.trait, len(levels)).tolist()
    pairs = [(e.code, p.code) for e in catalogue.experts for p in catalogue.projects]
    halo = generator.normal(0.0, settings.rater_site, len(pairs)).tolist()
    return Province(
        settings,
        catalogue,
        quality,
        draw([c.code for c in catalogue.classes], settings.class_),
        draw([s.code for s in catalogue.sessions], settings.session),
        dict(zip(sorted(levels), shifts, strict=True)),
        draw([e.code for e in catalogue.experts], settings.severity),
        dict(zip(pairs, halo, strict=True)),
        {c.code: c.project for c in catalogue.classes},
        {c.code: c.county for c in catalogue.classes},
    )


def _units(catalogue: Catalogue, scorecard: str) -> list[str]:
    """Codes of the units of a scorecard: projects, or the programme's counties and their cities."""
    if scorecard != LOCALITIES:
        return [project.code for project in catalogue.projects]
    named = {row.county for row in catalogue.project_counties}
    named |= {training.county for training in catalogue.classes if training.county}
    cities = {county.city_code for county in catalogue.counties if county.code in named}
    return sorted(named | cities)


def draw_people(
    province: Province,
    *,
    class_code: str,
    generator: np.random.Generator,
    habits: Habits | None = None,
) -> tuple[Person, ...]:
    """Those of a class who answer, each with the probability of ``habits`` (else the usual)."""
    own = habits or province.habits()
    cells = [c for c in province.catalogue.structure if c.class_code == class_code]
    traits = [
        {"stage": c.stage, "years": c.years, "locality": c.locality}
        for c in cells
        for _ in range(c.count)
    ]
    return tuple(
        Person(
            class_code,
            one,
            float(generator.normal(0.0, province.settings.person)),
            bool(generator.random() < own.careless),
            bool(generator.random() < own.pressed),
        )
        for one in traits
        if generator.random() < own.response
    )
