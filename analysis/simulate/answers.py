"""How people of a simulated province would answer: trainees, experts, schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.simulate.province import Person, Province
from instruments.fit import UNSCORED_CODES
from instruments.model import NOT_APPLICABLE, Instrument, Item
from instruments.programme import Project
from instruments.types import module_for


def trainee_answers(
    province: Province,
    *,
    instrument: Instrument,
    person: Person,
    generator: np.random.Generator,
    session: str = "",
) -> dict[str, str]:
    """What ``person`` would send: item name to code; blanks and items not asked are left out."""
    shift = person.leaning + province.classes[person.class_code]
    shift += province.sessions.get(session, 0.0)
    shift += sum(province.traits.get(pair, 0.0) for pair in person.traits.items())
    shift += province.settings.lift * person.pressed
    told = positions(instrument, province.quality_of(person.class_code))
    spread = province.settings.item
    answers = _scored(province, instrument, told, shift, spread, generator)
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
    project: str,
    generator: np.random.Generator,
    session: str = "",
    pieces: int = 0,
) -> dict[str, Any]:
    """What expert ``rater`` would write of a project, or of one session of it.

    Out: item name to code or text; repeat to ``pieces`` rows of the same, numbered from 1.
    """
    shift = province.sessions.get(session, 0.0) - province.severity[rater]
    shift += province.rater_site[rater, project]
    told = positions(instrument, province.quality[project])

    def draw(items: Sequence[Item], number: int) -> dict[str, str]:
        spread = province.settings.rating
        answers = _scored(province, instrument, told, shift, spread, generator)
        filled = {i.name: _filling(i, number) for i in items if i.type != "note"}
        return filled | {i.name: answers[i.name] for i in items if i.name in answers}

    answers: dict[str, Any] = draw(instrument.single_items, 40)
    asked = [item.name for item in instrument.asked(answers)]
    repeats = {s.name: [draw(s.items, n + 1) for n in range(pieces)] for s in instrument.repeats}
    return {name: answers[name] for name in asked if name in answers} | repeats


def school_answers(
    province: Province,
    *,
    instrument: Instrument,
    quality: Mapping[str, float],
    generator: np.random.Generator,
) -> dict[str, str]:
    """What a school's head would send: item name to code; free text is left out."""
    leaning = float(generator.normal(0.0, province.settings.person))
    told, spread = positions(instrument, quality), province.settings.item
    answers = _scored(province, instrument, told, leaning, spread, generator)
    others = [i for i in instrument.items if i.scale and i.name not in answers]
    return answers | {item.name: _filling(item, 0) for item in others}


def positions(instrument: Instrument, quality: Mapping[str, float]) -> dict[str, float]:
    """Where answers to an item lie on its scale (0-1): at the mean quality of what it feeds."""
    found: dict[str, list[float]] = {}
    for mapping in instrument.mappings:
        if mapping.indicator in quality:
            found.setdefault(mapping.item, []).append(quality[mapping.indicator])
    return {item: sum(values) / len(values) for item, values in found.items()}


def code_positions(item: Item) -> list[tuple[float, str]]:
    """Codes of the item's scale that count, with their places from 0 to 1, in order."""
    codes = [c for c in (item.scale.codes if item.scale else ()) if c not in UNSCORED_CODES]
    return [(place / (len(codes) - 1), code) for place, code in enumerate(codes)]


def _place(position: float, item: Item) -> str:
    return min(code_positions(item), key=lambda pair: abs(pair[0] - position))[1]


def _scored(
    province: Province,
    instrument: Instrument,
    told: Mapping[str, float],
    shift: float,
    spread: float,
    generator: np.random.Generator,
) -> dict[str, str]:
    answers: dict[str, str] = {}
    baselines = {m.item: m.baseline for m in instrument.mappings}
    for name, place in told.items():
        item, position = instrument.item(name), place + shift
        position += float(generator.normal(0.0, spread))
        if baselines[name]:
            before = instrument.item(baselines[name])
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


def position_after(
    province: Province, before: Item, code: str, position: float | np.ndarray
) -> Any:
    """Where somebody ends who started at ``code`` and closes a share of the distance to the top."""
    start = next(place for place, known in code_positions(before) if known == code)
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
            other = code_positions(instrument.item(use.against))
            place = next(p for p, code in other if code == answers[use.against])
            out[item.name] = _place(1.0 - place, item)
        elif use.use == "pressure" and item.scale:
            out[item.name] = item.scale.codes[0 if person.pressed else 1]
        elif use.use == "fee" and item.scale:
            out[item.name] = item.scale.codes[1]
        elif use.use in ("fact", "pace", "city") and item.scale:
            out[item.name] = item.scale.codes[int(generator.random() < 0.2)]
        elif use.use == "change" and item.scale:
            apart = province.settings.before_spread * (2.0 * generator.random() - 1.0)
            out[item.name] = _place(province.settings.level + apart, item)
    return out


def _names(instrument: Instrument) -> set[str]:
    return {item.name for item in instrument.items}


def _straight_line(instrument: Instrument, generator: np.random.Generator) -> dict[str, str]:
    scales = {instrument.item(use.item).scale for use in instrument.used_as("check")}
    lined = [item for item in instrument.items if item.scale in scales and item.scale is not None]
    if not lined:
        return {}
    code = code_positions(lined[0])[-1 - int(generator.random() < 0.5)][1]
    return {item.name: code for item in lined}


def _filling(item: Item, number: int) -> str:
    if item.type == "integer":
        return str(number)
    return item.scale.codes[0] if item.scale else "样例：见现场记录。"
