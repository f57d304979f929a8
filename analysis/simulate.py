"""A province whose truth is known: draws quality, people and experts, and how they would answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from instruments.model import NOT_APPLICABLE, Instrument, Item
from instruments.programme import Catalogue, Project
from instruments.scorecard import Framework
from instruments.types import module_for


@dataclass(frozen=True)
class Settings:
    """How the invented province behaves; spreads are shares of a scale's length (0-1)."""

    level: float = 0.72
    leaf: float = 0.04
    project: float = 0.06
    project_leaf: float = 0.03
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
    blank: float = 0.01
    not_applicable: float = 0.01
    before_level: float = 0.35
    before_spread: float = 0.20
    gain_level: float = 0.55


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
    """The planted truth: ``quality`` of project x leaf and every effect on top of it."""

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


def draw_province(
    catalogue: Catalogue,
    *,
    framework: Framework,
    settings: Settings,
    generator: np.random.Generator,
) -> Province:
    """Draw a truth for every unit of ``catalogue``; effects are independent normals."""

    def draw(names: Sequence[str], spread: float) -> dict[str, float]:
        return dict(zip(names, generator.normal(0.0, spread, len(names)).tolist(), strict=True))

    leaves = draw([leaf.code for leaf in framework.leaves], settings.leaf)
    projects = draw([project.code for project in catalogue.projects], settings.project)
    quality = {}
    for project, effect in projects.items():
        own = draw(list(leaves), settings.project_leaf)
        quality[project] = {k: settings.level + leaves[k] + effect + own[k] for k in leaves}
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
    )


def draw_people(
    province: Province,
    *,
    class_code: str,
    generator: np.random.Generator,
    response: float | None = None,
) -> tuple[Person, ...]:
    """Those of a class who answer: each with probability ``response`` (else the settings')."""
    rate = province.settings.response if response is None else response
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
            bool(generator.random() < province.settings.careless),
            bool(generator.random() < province.settings.pressed),
        )
        for one in traits
        if generator.random() < rate
    )


def trainee_answers(
    province: Province,
    *,
    instrument: Instrument,
    person: Person,
    generator: np.random.Generator,
    session: str = "",
) -> dict[str, str]:
    """What ``person`` would send: item name to code; blanks and items not asked are left out."""
    quality = province.quality[province.project[person.class_code]]
    shift = person.leaning + province.classes[person.class_code]
    shift += province.sessions.get(session, 0.0)
    shift += sum(province.traits.get(pair, 0.0) for pair in person.traits.items())
    spread = province.settings.item
    answers = _scored(province, instrument, quality, shift, spread, generator)
    answers |= _unscored(province, instrument, person, answers, generator)
    if person.careless:
        answers |= _straight_line(instrument, generator)
    project = next(
        p for p in province.catalogue.projects if p.code == province.project[person.class_code]
    )
    asked = {item.name for item in instrument.asked({**project_context(project), **answers})}
    optional = province.settings.blank
    return {
        name: code
        for name, code in answers.items()
        if name in asked and (instrument.item(name).required or generator.random() >= optional)
    }


def project_context(project: Project) -> dict[str, str]:
    """Values of the context names that speak of a project."""
    module = module_for(project.type, project.mode)
    return {
        "project_mode": project.mode,
        "project_type": project.type,
        "project_module": module,
    }


def expert_answers(
    province: Province,
    *,
    instrument: Instrument,
    rater: str,
    class_code: str,
    session: str,
    generator: np.random.Generator,
) -> dict[str, str]:
    """What expert ``rater`` would write of one session: item name to code or text."""
    project = province.project[class_code]
    shift = province.sessions.get(session, 0.0) - province.severity[rater]
    shift += province.rater_site[rater, project]
    spread = province.settings.rating
    answers = _scored(province, instrument, province.quality[project], shift, spread, generator)
    for item in instrument.items:
        if item.name not in answers and item.type != "note":
            answers[item.name] = _filling(item, generator)
    return {
        item.name: answers[item.name] for item in instrument.asked(answers) if item.name in answers
    }


def numeric_codes(item: Item) -> list[tuple[float, str]]:
    """Codes of the item's scale that are numbers, with their values, in order."""
    codes = item.scale.codes if item.scale else ()
    return sorted((float(c), c) for c in codes if c.replace(".", "", 1).isdigit())


def _place(position: float, item: Item) -> str:
    numbers = numeric_codes(item)
    low, high = numbers[0][0], numbers[-1][0]
    value = low + (high - low) * position
    return min(numbers, key=lambda pair: abs(pair[0] - value))[1]


def _scored(
    province: Province,
    instrument: Instrument,
    quality: Mapping[str, float],
    shift: float,
    spread: float,
    generator: np.random.Generator,
) -> dict[str, str]:
    answers: dict[str, str] = {}
    for mapping in instrument.mappings:
        if mapping.indicator not in quality:  # another scorecard's
            continue
        item = instrument.item(mapping.item)
        position = quality[mapping.indicator] + shift + float(generator.normal(0.0, spread))
        if mapping.baseline:
            before = instrument.item(mapping.baseline)
            answers[before.name] = _before(province, before, generator)
            position = position_after(province, before, answers[before.name], position)
        answers[item.name] = _place(position, item)
        offered = item.scale is not None and NOT_APPLICABLE in item.scale.codes
        if offered and generator.random() < province.settings.not_applicable:
            answers[item.name] = NOT_APPLICABLE
    return answers


def _before(province: Province, item: Item, generator: np.random.Generator) -> str:
    settings = province.settings
    return _place(float(generator.normal(settings.before_level, settings.before_spread)), item)


def position_after(province: Province, before: Item, code: str, position: float) -> float:
    """Where somebody ends who started at ``code`` and closes a share of the distance to the top."""
    numbers = numeric_codes(before)
    start = (float(code) - numbers[0][0]) / (numbers[-1][0] - numbers[0][0])
    settings = province.settings
    return start + (settings.gain_level + position - settings.level) * (1.0 - start)


def _unscored(
    province: Province,
    instrument: Instrument,
    person: Person,
    answers: Mapping[str, str],
    generator: np.random.Generator,
) -> dict[str, str]:
    out = {name: code for name, code in person.traits.items() if name in _names(instrument)}
    for use in instrument.uses:
        item = instrument.item(use.item)
        if use.use == "check":
            out[item.name] = use.expected
        elif use.use == "reversed" and answers.get(use.against, NOT_APPLICABLE) != NOT_APPLICABLE:
            other = numeric_codes(instrument.item(use.against))
            share = (float(answers[use.against]) - other[0][0]) / (other[-1][0] - other[0][0])
            out[item.name] = _place(1.0 - share, item)
        elif use.use == "pressure" and item.scale:
            out[item.name] = item.scale.codes[0 if person.pressed else 1]
        elif use.use == "fee" and item.scale:
            out[item.name] = item.scale.codes[1]
        elif use.use in ("fact", "pace") and item.scale:
            out[item.name] = item.scale.codes[int(generator.random() < 0.2)]
    return out


def _names(instrument: Instrument) -> set[str]:
    return {item.name for item in instrument.items}


def _straight_line(instrument: Instrument, generator: np.random.Generator) -> dict[str, str]:
    scales = {instrument.item(use.item).scale for use in instrument.used_as("check")}
    lined = [item for item in instrument.items if item.scale in scales and item.scale is not None]
    if not lined:
        return {}
    numbers = numeric_codes(lined[0])
    code = numbers[-1 - int(generator.random() < 0.5)][1]
    return {item.name: code for item in lined}


def _filling(item: Item, generator: np.random.Generator) -> str:
    if item.type == "integer":
        return str(int(generator.integers(25, 45)))
    return item.scale.codes[0] if item.scale else "样例:见现场记录。"
