"""Answers that nobody of the class gave: by a bot, as those on sale answer, or by a clerk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.simulate.answers import code_positions, trainee_answers
from analysis.simulate.province import Person, Province
from instruments.model import Instrument


@dataclass(frozen=True)
class Farm:
    """How invented answers are made; places and spreads are shares of a scale's length (0-1).

    Bots for Chinese survey platforms set weights around a target for each question and one common
    factor, so that the reliability of the whole comes out as wished; they pass check items, take
    their time and have free text written. A clerk fills one form, then it again with some changes.
    """

    target: float = 0.90
    common: float = 0.10
    own: float = 0.10
    changed: float = 0.10
    """Chance that the clerk moves one answer by a step."""


def bot_answers(
    province: Province,
    *,
    instrument: Instrument,
    class_code: str,
    farm: Farm,
    generator: np.random.Generator,
) -> dict[str, str]:
    """What a bot sends for a trainee of ``class_code``: item name to code, none left blank."""
    settings = replace(province.settings, item=farm.own, blank=0.0, not_applicable=0.0)
    project = province.project[class_code]
    told = {m.indicator: farm.target for m in instrument.mappings}
    flat = replace(
        province,
        settings=settings,
        quality={project: told},
        classes={class_code: 0.0},
        county={class_code: ""},
        traits={},
    )
    leaning = float(generator.normal(0.0, farm.common))
    person = Person(class_code, _traits(instrument, generator), leaning, False, False)
    return trainee_answers(flat, instrument=instrument, person=person, generator=generator)


def copied_answers(
    template: Mapping[str, str],
    *,
    instrument: Instrument,
    farm: Farm,
    generator: np.random.Generator,
) -> dict[str, str]:
    """The ``template`` again with each scored answer moved by a step at the farm's chance."""
    out, scored = dict(template), {m.item for m in instrument.mappings}
    for name in sorted(scored & set(out)):
        codes = [code for _, code in code_positions(instrument.item(name))]
        if out[name] in codes and generator.random() < farm.changed:
            place = codes.index(out[name]) + (1 if generator.random() < 0.5 else -1)
            out[name] = codes[min(max(place, 0), len(codes) - 1)]
    return out


def _traits(instrument: Instrument, generator: np.random.Generator) -> dict[str, str]:
    items = [instrument.item(use.item) for use in instrument.used_as("trait")]
    return {i.name: str(generator.choice(i.scale.codes)) for i in items if i.scale is not None}
