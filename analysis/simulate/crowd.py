"""Many people's answers at once: the same province as one by one, drawn column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.simulate.answers import code_positions, position_after, positions, project_context
from analysis.simulate.province import Province
from instruments.model import NOT_APPLICABLE, Comparison, Instrument, Item

Columns = dict[str, np.ndarray]
"""Item to the codes of all rows; None where it is blank or not asked."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """Trainees of many classes as columns, one row each."""

    class_code: np.ndarray
    traits: Mapping[str, np.ndarray]
    leaning: np.ndarray
    careless: np.ndarray
    pressed: np.ndarray

    def __len__(self) -> int:
        return len(self.class_code)

    def chosen(self, rows: np.ndarray) -> Crowd:
        """Those for whom ``rows`` is true."""
        traits = {name: values[rows] for name, values in self.traits.items()}
        parts = (self.leaning[rows], self.careless[rows], self.pressed[rows])
        return Crowd(self.class_code[rows], traits, *parts)


def draw_crowd(province: Province, *, generator: np.random.Generator) -> Crowd:
    """All who are enrolled, whether they answer or not."""
    cells, settings = province.catalogue.structure, province.settings
    counts = [cell.count for cell in cells]

    def column(name: str) -> np.ndarray:
        return np.repeat(np.array([getattr(cell, name) for cell in cells], dtype=object), counts)

    size = sum(counts)
    return Crowd(
        column("class_code"),
        {name: column(name) for name in ("stage", "years", "locality")},
        generator.normal(0.0, settings.person, size),
        generator.random(size) < settings.careless,
        generator.random(size) < settings.pressed,
    )


def answering(
    crowd: Crowd, *, rate: float, reluctance: float, spread: float, generator: np.random.Generator
) -> np.ndarray:
    """Who answers, as booleans: with probability ``rate`` at a leaning of 0; its logit rises by
    ``reluctance`` for every standard deviation ``spread`` of leaning. 0: at random."""
    if rate >= 1.0:
        return np.ones(len(crowd), dtype=bool)
    logit = np.log(rate / (1.0 - rate)) + reluctance * crowd.leaning / spread
    return generator.random(len(crowd)) < 1.0 / (1.0 + np.exp(-logit))


def crowd_answers(
    province: Province,
    *,
    instrument: Instrument,
    crowd: Crowd,
    generator: np.random.Generator,
    session: np.ndarray | None = None,
) -> Columns:
    """What all of ``crowd`` would send, as ``trainee_answers`` draws it for one of them.

    ``session``: code of each row's session, for a form about one. Facts, paces, fees and changes
    are left blank: no score rests on them.
    """
    codes = sorted(set(crowd.class_code))
    place = {code: k for k, code in enumerate(codes)}
    row = np.array([place[code] for code in crowd.class_code], dtype=int)
    told = [positions(instrument, province.quality_of(code)) for code in codes]
    effect = np.array([province.classes[code] for code in codes])
    shift = crowd.leaning + effect[row] + province.settings.lift * crowd.pressed
    for trait, values in crowd.traits.items():
        shift = shift + _looked_up(values, {v: province.traits[trait, v] for v in set(values)})
    if session is not None:
        shift = shift + _looked_up(session, province.sessions)
    answers = _scored(province, instrument, told, row, shift, province.settings.item, generator)
    answers |= _unscored(instrument, crowd, answers)
    _draw_lines(instrument, crowd.careless, answers, generator)
    contexts = [_context(province, code) for code in codes]
    return _kept(instrument, answers, contexts, row, province.settings.blank, generator)


def panel_answers(
    province: Province,
    *,
    instrument: Instrument,
    rater: Sequence[str],
    project: Sequence[str],
    session: Sequence[str],
    generator: np.random.Generator,
) -> Columns:
    """What experts would write, one row per rater and session, as ``expert_answers`` draws it.

    Only scored items: headers and words are left blank.
    """
    codes = sorted(set(project))
    place = {code: k for k, code in enumerate(codes)}
    row = np.array([place[code] for code in project], dtype=int)
    told = [positions(instrument, province.quality[code]) for code in codes]
    pairs = zip(rater, project, strict=True)
    shift = np.array([province.rater_site[pair] for pair in pairs])
    shift = shift - np.array([province.severity[code] for code in rater])
    shift = shift + np.array([province.sessions.get(code, 0.0) for code in session])
    return _scored(province, instrument, told, row, shift, province.settings.rating, generator)


def _looked_up(values: np.ndarray, table: Mapping[str, float]) -> np.ndarray:
    return np.array([table[value] for value in values], dtype=float)


def _context(province: Province, class_code: str) -> Mapping[str, str]:
    code = province.project[class_code]
    return project_context(next(p for p in province.catalogue.projects if p.code == code))


def _coded(item: Item, position: np.ndarray) -> np.ndarray:
    """Codes nearest to positions on the item's scale."""
    places = code_positions(item)
    cuts = [(a[0] + b[0]) / 2.0 for a, b in zip(places, places[1:], strict=False)]
    codes = np.array([code for _, code in places], dtype=object)
    return codes[np.searchsorted(cuts, position)]


def _scored(
    province: Province,
    instrument: Instrument,
    told: Sequence[Mapping[str, float]],
    row: np.ndarray,
    shift: np.ndarray,
    spread: float,
    generator: np.random.Generator,
) -> Columns:
    answers: Columns = {}
    baselines = {m.item: m.baseline for m in instrument.mappings}
    for name in dict.fromkeys(item for places in told for item in places):
        item = instrument.item(name)
        level = np.array([places.get(name, np.nan) for places in told])
        position = level[row] + shift + generator.normal(0.0, spread, len(row))
        if baselines[name]:
            before = instrument.item(baselines[name])
            answers[before.name] = _before(province, before, len(row), generator)
            position = _after(province, before, answers[before.name], position)
        answers[name] = _coded(item, position)
        answers[name][np.isnan(level)[row]] = None
        if item.scale is not None and NOT_APPLICABLE in item.scale.codes:
            missed = generator.random(len(row)) < province.settings.not_applicable
            answers[name][missed & ~np.isnan(level)[row]] = NOT_APPLICABLE
    return answers


def _before(
    province: Province, item: Item, size: int, generator: np.random.Generator
) -> np.ndarray:
    settings = province.settings
    return _coded(item, generator.normal(settings.before_level, settings.before_spread, size))


def _after(province: Province, before: Item, codes: np.ndarray, position: np.ndarray) -> np.ndarray:
    out = position.copy()
    for _, code in code_positions(before):
        chosen = codes == code
        out[chosen] = position_after(province, before, code, position[chosen])
    return out


def _unscored(instrument: Instrument, crowd: Crowd, answers: Columns) -> Columns:
    names = {item.name for item in instrument.items}
    out = {name: values for name, values in crowd.traits.items() if name in names}
    for use in instrument.uses:
        item = instrument.item(use.item)
        if use.use == "check":
            out[item.name] = np.full(len(crowd), use.expected, dtype=object)
        elif use.use == "pressure" and item.scale:
            yes, no = item.scale.codes[:2]
            out[item.name] = np.where(crowd.pressed, yes, no).astype(object)
        elif use.use == "reversed" and use.against in answers:
            out[item.name] = _turned(item, instrument.item(use.against), answers[use.against])
    return out


def _turned(item: Item, other: Item, codes: np.ndarray) -> np.ndarray:
    out = np.full(len(codes), None, dtype=object)
    for place, code in code_positions(other):
        out[codes == code] = _coded(item, np.array([1.0 - place]))[0]
    return out


def _draw_lines(
    instrument: Instrument, careless: np.ndarray, answers: Columns, generator: np.random.Generator
) -> None:
    scales = {instrument.item(use.item).scale for use in instrument.used_as("check")}
    lined = [item for item in instrument.items if item.scale in scales and item.scale is not None]
    if not lined or not careless.any():
        return
    top = [code for _, code in code_positions(lined[0])][-2:]
    codes = np.array(top, dtype=object)[(generator.random(len(careless)) < 0.5).astype(int)]
    for item in lined:
        known = answers.setdefault(item.name, np.full(len(careless), None, dtype=object))
        answers[item.name] = np.where(careless, codes, known)


def _kept(
    instrument: Instrument,
    answers: Columns,
    contexts: Sequence[Mapping[str, str]],
    row: np.ndarray,
    blank: float,
    generator: np.random.Generator,
) -> Columns:
    """Answers to what is asked, without what is left blank where nothing must be answered."""

    def true(rule: Comparison) -> np.ndarray:
        if rule.item in instrument.context:
            return np.array([rule.holds(context) for context in contexts], dtype=bool)[row]
        given = answers.get(rule.item, np.full(len(row), None, dtype=object))
        equal = given == rule.value
        return equal if rule.operator == "=" else ~equal

    out: Columns = {}
    for section in instrument.sections:
        for item in (one for one in section.items if one.name in answers):
            shown = np.ones(len(row), dtype=bool)
            for rule in (*section.relevant, *item.relevant):
                shown &= true(rule)
            if not item.required:
                shown &= generator.random(len(row)) >= blank
            out[item.name] = np.where(shown, answers[item.name], np.array(None))
    return out
