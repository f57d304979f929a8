"""The sample's experts and recorders, and what each of them is to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from instruments.programme import (
    Expert,
    FocusGroup,
    Project,
    Recorder,
    Review,
    Session,
    TrainingClass,
    Visit,
)


def experts(settings: dict[str, Any]) -> tuple[Expert, ...]:
    """The panel; nobody is employed by an institution that is rated."""
    employers, fields = settings["employers"], settings["specialities"]
    return tuple(
        Expert(
            code=f"E{number + 1:02d}",
            name=f"示例专家{number + 1:02d}",
            employer=employers[number % len(employers)],
            employer_institution="",
            county=settings["counties"][number % len(settings["counties"])][0],
            speciality=fields[number % len(fields)],
        )
        for number in range(settings["experts"])
    )


def visits(
    projects: Sequence[Project],
    classes: Sequence[TrainingClass],
    sessions: Sequence[Session],
    panel: Sequence[Expert],
) -> tuple[Visit, ...]:
    """Two experts to each of ``classes``; neighbouring projects share experts (connected)."""
    rows = []
    for number, training in enumerate(classes):
        turn, position = divmod(number, len(projects))
        own = tuple(s for s in sessions if s.class_code == training.code)
        for seat in range(2):
            expert = panel[(position + 5 * turn + seat) % len(panel)]
            rows.append(
                Visit(
                    code=f"V{number + 1:02d}{'AB'[seat]}",
                    class_code=training.code,
                    date=own[0].date,
                    expert=expert.code,
                    sessions=tuple(s.code for s in own),
                )
            )
    return tuple(rows)


def reviews(
    projects: Sequence[Project], classes: Sequence[TrainingClass], panel: Sequence[Expert]
) -> tuple[Review, ...]:
    """Two experts read each project's plan, two more the homework of its first class."""
    first = {training.project: training.code for training in reversed(classes)}
    rows = []
    for position, project in enumerate(projects):
        targets = {"plan": (project.code, ""), "homework": ("", first[project.code])}
        for kind, (plan, work) in targets.items():
            for seat in range(2):
                place = position + 3 * seat + (7 if kind == "plan" else 11)
                code = f"{kind[0].upper()}{position + 1:02d}{seat + 1}"
                rows.append(Review(code, kind, plan, work, panel[place % len(panel)].code))
    return tuple(rows)


def recorders(settings: dict[str, Any]) -> tuple[Recorder, ...]:
    """Who takes down the focus groups."""
    count = range(1, settings["recorders"] + 1)
    return tuple(Recorder(f"B{n:02d}", f"示例记录员{n:02d}", "示例市教育评估中心") for n in count)


def focus_groups(
    projects: Sequence[Project], classes: Sequence[TrainingClass], people: Sequence[Recorder]
) -> tuple[FocusGroup, ...]:
    """One with the first class of each project, on its last day."""
    first = {training.project: training for training in reversed(classes)}
    return tuple(
        FocusGroup(
            f"G{number + 1:02d}",
            first[project.code].code,
            first[project.code].end,
            people[number % len(people)].code,
        )
        for number, project in enumerate(projects)
    )
