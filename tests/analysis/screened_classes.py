"""Simulated classes of a province, honest or with a farm in some of them, and their screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import screen, simulate
from analysis.class_screens import judge, screen_form
from analysis.class_screens.form import compared_items
from analysis.simulate.days import Pace, answer_days, durations
from analysis.simulate.farm import Farm, bot_answers, copied_answers
from instruments.builtin import framework_sources, instrument_sources, load_instruments
from instruments.framework import read_framework
from instruments.model import Instrument
from province import catalogue, default_plan

LAST, ENROLLED = "2026-09-10", 36
FORM = next(
    one
    for one in load_instruments(instrument_sources())
    if one.subject == ("trainee", "class", "end")
)
FRAMEWORKS = [read_framework(framework_sources()[name], name) for name in ("A.yaml", "B.yaml")]
PLAN = default_plan()
CHOICE = PLAN.class_screens
PROVINCES = {
    "usual": simulate.Settings(),
    "ceiling": simulate.Settings(level=0.92, person=0.10, item=0.08),
    "unlike": simulate.Settings(class_=0.06, unit_leaf=0.06),
}
"""Honest provinces: as elsewhere in the tests; most tick the best; classes differ item by item."""
USUAL, CLERK_PACE = Pace(), Pace(durations=(0.5, 0.5, 0.0, 0.0))


@dataclass(frozen=True)
class Classes:
    """Answers with marks, as ``screen_form`` takes them, and who was there."""

    answers: pd.DataFrame
    classes: pd.DataFrame
    sessions: pd.DataFrame
    province: simulate.Province

    def found(self) -> pd.DataFrame:
        """The judged screens."""
        found = screen_form(
            self.answers,
            instrument=FORM,
            classes=self.classes,
            sessions=self.sessions,
            choice=CHOICE,
        )
        return judge(found, choice=CHOICE, least=PLAN.thresholds.min_cell)


def honest(
    seed: int,
    *,
    settings: simulate.Settings,
    projects: int = 12,
    classes: int = 12,
    pace: Pace = USUAL,
) -> Classes:
    """A province of ``projects`` x ``classes`` classes whose people answer for themselves."""
    generator = np.random.default_rng(seed)
    programme = catalogue(projects=projects, classes=classes, size=ENROLLED)
    province = simulate.draw_province(
        programme, frameworks=FRAMEWORKS, settings=settings, generator=generator
    )
    rows = []
    for training in programme.classes:
        rows += _class_rows(province, training.code, generator, pace=pace)
    codes = [training.code for training in programme.classes]
    return Classes(
        marked(rows, FORM),
        pd.DataFrame({"class_code": codes, "enrolled": ENROLLED}),
        pd.DataFrame({"class_code": codes, "date": LAST}),
        province,
    )


def _class_rows(
    province: simulate.Province,
    code: str,
    generator: np.random.Generator,
    pace: Pace = USUAL,
    **habits: float,
) -> list[dict[str, str]]:
    people = simulate.draw_people(
        province, class_code=code, generator=generator, habits=province.habits(**habits)
    )
    said = [
        simulate.trainee_answers(province, instrument=FORM, person=p, generator=generator)
        for p in people
    ]
    days = answer_days(len(said), last=LAST, pace=pace, generator=generator)
    return dated(said, code, days, durations(len(said), pace=pace, generator=generator))


def dated(
    said: Sequence[dict[str, str]], code: str, days: Sequence[str], paces: Sequence[str]
) -> list[dict[str, str]]:
    """Answers with class, day and duration."""
    return [
        one | {"class_code": code, "day": day, "duration": pace}
        for one, day, pace in zip(said, days, paces, strict=True)
    ]


def marked(rows: Sequence[dict[str, str]], form: Instrument) -> pd.DataFrame:
    """The rows as a frame with all columns of the form and the marks of ``screen``."""
    head = ["class_code", "day", "duration"]
    names = [*head, *(item.name for item in form.single_items), *form.context]
    frame = pd.DataFrame(rows, columns=list(dict.fromkeys(names))).astype(object)
    frame = frame.where(frame.notna(), None).assign(project="", response="")
    flags = screen.flag_responses(frame, instrument=form, screening=PLAN.screening)
    return frame.assign(straight=flags[screen.STRAIGHT_LINE], pressure=flags[screen.PRESSURE])


def farmed(base: Classes, *, kind: str, every: int, seed: int) -> tuple[Classes, set[str]]:
    """``base`` with a farm of ``kind`` in every so many classes, and which those are."""
    generator = np.random.default_rng(seed)
    chosen = set(base.classes["class_code"][::every])
    rows, kept = [], base.answers
    for code in sorted(chosen):
        made, drop = FARMS[kind](base.province, code, generator)
        own = kept.index[kept["class_code"] == code]
        kept = kept.drop(own[: drop if drop >= 0 else len(own)])
        rows += made
    answers = pd.concat([kept, marked(rows, FORM)], ignore_index=True)
    return replace(base, answers=answers), chosen


def _days(size: int, generator: np.random.Generator, *, spread: int) -> list[str]:
    start = np.datetime64(LAST, "D") + int(generator.integers(5, 12))
    return [str(start + int(shift)) for shift in generator.integers(0, spread, size)]


def _bots(size: int, *, drop: int, spread: int):
    def make(province, code, generator):
        said = [
            bot_answers(
                province, instrument=FORM, class_code=code, farm=Farm(), generator=generator
            )
            for _ in range(size)
        ]
        pace = Pace(durations=(0.0, 0.5, 0.45, 0.05))  # as long as people take
        took = durations(size, pace=pace, generator=generator)
        return dated(said, code, _days(size, generator, spread=spread), took), drop

    return make


def _clerk(size: int, *, changed: float):
    def make(province, code, generator):
        farm = Farm(changed=changed)
        first = bot_answers(
            province, instrument=FORM, class_code=code, farm=farm, generator=generator
        )
        said = [
            copied_answers(first, instrument=FORM, farm=farm, generator=generator)
            for _ in range(size)
        ]
        took = durations(size, pace=CLERK_PACE, generator=generator)
        return dated(said, code, _days(size, generator, spread=1), took), size

    return make


def _habit(**habits: float):
    def make(province, code, generator):
        return _class_rows(province, code, generator, **habits), -1

    return make


FARMS = {
    "bot 20, one day": _bots(20, drop=20, spread=1),
    "bot 20, a week": _bots(20, drop=20, spread=7),
    "bot 20 more than answered": _bots(20, drop=0, spread=7),
    "clerk 10, same": _clerk(10, changed=0.0),
    "clerk 10, some changed": _clerk(10, changed=0.1),
    "clerk 20, some changed": _clerk(20, changed=0.1),
    "clerk 20, more changed": _clerk(20, changed=0.2),
    "class half careless": _habit(careless=0.5),
    "class pressed": _habit(pressed=0.6),
}
"""What is planted → rows of a class, and how many honest ones they stand for (-1: all)."""
ITEMS = compared_items(FORM)
