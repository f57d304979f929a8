"""Who of the sample answers what: every form of the cycle, drawn from the planted truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.simulate import (
    Habits,
    Person,
    Province,
    draw_people,
    expert_answers,
    school_answers,
    trainee_answers,
)
from instruments.model import Instrument
from survey_app.demo.cases import PIECES, Case
from survey_app.demo.people import Slip
from survey_app.services.pairing import PREFIX

Observations = dict[str, dict[str, dict[str, dict[str, str]]]]
"""Expert code, visit, session, item: the answer."""


@dataclass(frozen=True)
class Filled:
    """One form that a trainee will send."""

    slip: Slip
    answers: dict[str, str]


@dataclass(frozen=True)
class Draw:
    """The planted truth, the forms by subject, the sample's settings, the generator."""

    province: Province
    instruments: Sequence[Instrument]
    settings: Mapping[str, Any]
    generator: np.random.Generator

    def form(self, role: str, per: str, wave: str = "end") -> Instrument:
        """The form of this subject."""
        return next(i for i in self.instruments if i.subject == (role, per, wave))

    def habits(self, class_code: str) -> Habits:
        """How those of a class behave, with what was planted in some."""
        settings = self.settings
        usual = self.province.habits()
        quiet = self.province.project[class_code] in settings["quiet_projects"]
        return Habits(
            settings["quiet_response"] if quiet else usual.response,
            settings["careless_classes"].get(class_code, usual.careless),
            settings["pressed_classes"].get(class_code, usual.pressed),
        )


def trainee_forms(draw: Draw, slips: Sequence[Slip]) -> list[Filled]:
    """End-of-training forms of all who answer, and session forms of some of them.

    Slips are dealt out at random, as if drawn from a shuffled pile.
    """
    whole, brief = draw.form("trainee", "class"), draw.form("trainee", "session")
    piles, catalogue = _piles(slips, draw.generator), draw.province.catalogue
    filled = []
    for training in catalogue.classes:
        habits = draw.habits(training.code)
        own = [s.code for s in catalogue.sessions if s.class_code == training.code]
        people = draw_people(
            draw.province, class_code=training.code, generator=draw.generator, habits=habits
        )
        for place, person in enumerate(people):
            said = _said(draw, whole, person) | own_code(draw, place)
            filled.append(Filled(piles[training.code, ""].pop(), said))
            for session in own:
                if draw.generator.random() < draw.settings["session_response"]:
                    slip = piles[training.code, session].pop()
                    filled.append(Filled(slip, _said(draw, brief, person, session)))
    return filled


def follow_up_forms(draw: Draw, slips: Sequence[Slip]) -> list[Filled]:
    """Follow-up forms: who answers is drawn anew. Those at the same places of a class as before
    stand for the same people where they have made a code; nothing else links two answers."""
    form, piles = draw.form("trainee", "class", "followup"), _piles(slips, draw.generator)
    habits = draw.province.habits(response=draw.settings["followup_response"])
    return [
        Filled(piles[training.code, ""].pop(), _said(draw, form, person) | own_code(draw, place))
        for training in draw.province.catalogue.classes
        for place, person in enumerate(
            draw_people(
                draw.province, class_code=training.code, generator=draw.generator, habits=habits
            )
        )
    ]


def own_code(draw: Draw, place: int) -> dict[str, str]:
    """Fields of the self-made code of whoever stands at this place of a class: every so many make
    none. Drawn from nothing, so that all other draws stay what they are."""
    if place % draw.settings["without_code"] == 0:
        return {}
    signs = draw.settings["code_signs"]
    said = {"mother": signs[place % len(signs)], "school": signs[-1], "day": str(place % 31 + 1)}
    return {f"{PREFIX}{name}": text for name, text in said.items()}


def _said(draw: Draw, form: Instrument, person: Person, session: str = "") -> dict[str, str]:
    return trainee_answers(
        draw.province, instrument=form, person=person, generator=draw.generator, session=session
    )


def _piles(
    slips: Sequence[Slip], generator: np.random.Generator
) -> dict[tuple[str, str], list[Slip]]:
    piles: dict[tuple[str, str], list[Slip]] = defaultdict(list)
    for place in generator.permutation(len(slips)):
        piles[slips[place].class_code, slips[place].session].append(slips[place])
    return piles


def observations(draw: Draw) -> Observations:
    """What each expert writes about each session of the own visits."""
    form, found = draw.form("expert", "visit"), defaultdict[str, dict](dict)
    for visit in draw.province.catalogue.visits:
        found[visit.expert][visit.code] = {
            session: expert_answers(
                draw.province,
                instrument=form,
                rater=visit.expert,
                project=draw.province.project[visit.class_code],
                session=session,
                generator=draw.generator,
            )
            for session in visit.sessions
        }
    return dict(found)


def desk_reviews(draw: Draw) -> Iterator[Case]:
    """What each expert writes about plans and about drawn homework."""
    for review in draw.province.catalogue.reviews:
        form = draw.form("expert", "class" if review.class_code else "project")
        answers = expert_answers(
            draw.province,
            instrument=form,
            rater=review.expert,
            project=review.project or draw.province.project[review.class_code],
            pieces=PIECES,
            generator=draw.generator,
        )
        yield Case(form.code, review.code, review.expert, answers)


def school_forms(draw: Draw) -> Iterator[Case]:
    """What heads say of their school; every so many do not."""
    form = draw.form("school", "school")
    for number, school in enumerate(draw.province.catalogue.schools, 1):
        if number % draw.settings["silent_schools"]:
            answers = _school(draw, form, draw.province.quality[school.county])
            yield Case(form.code, school.code, school.code, answers)


def school_ratings(draw: Draw) -> Iterator[Case]:
    """What schools say, months later, of their trainees of one class."""
    form = draw.form("school", "sending", "followup")
    for sending in draw.province.catalogue.sendings:
        answers = _school(draw, form, draw.province.quality_of(sending.class_code))
        yield Case(form.code, sending.code, sending.school, answers)


def _school(draw: Draw, form: Instrument, quality: Mapping[str, float]) -> dict[str, str]:
    return school_answers(draw.province, instrument=form, quality=quality, generator=draw.generator)
