"""Who of the sample answers what: every form of the cycle, drawn from the planted truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.simulate import Province, draw_people, expert_answers, trainee_answers
from instruments.model import Instrument
from survey_app.demo.people import Slip

Observations = dict[str, dict[str, dict[str, dict[str, str]]]]
"""Expert code, visit, session, item: the answer."""


@dataclass(frozen=True)
class Filled:
    """One form that a trainee will send."""

    slip: Slip
    answers: dict[str, str]


def trainee_forms(
    province: Province,
    *,
    instruments: Sequence[Instrument],
    slips: Sequence[Slip],
    settings: Mapping[str, Any],
    generator: np.random.Generator,
) -> list[Filled]:
    """End-of-training forms of all who answer, and session forms of some of them.

    Slips are dealt out at random, as if drawn from a shuffled pile.
    """
    whole = next(i for i in instruments if i.subject == ("trainee", "class", "end"))
    brief = next(i for i in instruments if i.subject == ("trainee", "session", "end"))
    piles = _piles(slips, generator)
    filled = []
    for training in province.catalogue.classes:
        quiet = training.project in settings["quiet_projects"]
        people = draw_people(
            province,
            class_code=training.code,
            generator=generator,
            response=settings["quiet_response"] if quiet else None,
        )
        own = [s.code for s in province.catalogue.sessions if s.class_code == training.code]
        for person in people:
            answers = trainee_answers(
                province, instrument=whole, person=person, generator=generator
            )
            filled.append(Filled(piles[training.code, ""].pop(), answers))
            for session in own:
                if generator.random() < settings["session_response"]:
                    answers = trainee_answers(
                        province,
                        instrument=brief,
                        person=person,
                        session=session,
                        generator=generator,
                    )
                    filled.append(Filled(piles[training.code, session].pop(), answers))
    return filled


def _piles(
    slips: Sequence[Slip], generator: np.random.Generator
) -> dict[tuple[str, str], list[Slip]]:
    piles: dict[tuple[str, str], list[Slip]] = defaultdict(list)
    for place in generator.permutation(len(slips)):
        piles[slips[place].class_code, slips[place].session].append(slips[place])
    return piles


def observations(
    province: Province, *, instrument: Instrument, generator: np.random.Generator
) -> Observations:
    """What each expert writes about each session of the own visits."""
    found: Observations = defaultdict(dict)
    for visit in province.catalogue.visits:
        found[visit.expert][visit.code] = {
            session: expert_answers(
                province,
                instrument=instrument,
                rater=visit.expert,
                class_code=visit.class_code,
                session=session,
                generator=generator,
            )
            for session in visit.sessions
        }
    return dict(found)
