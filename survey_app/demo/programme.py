"""The sample programme: a catalogue of invented units, drawn from `programme.yaml` and its seed."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from instruments.divisions import counties
from instruments.programme import (
    Catalogue,
    Cycle,
    Expert,
    Institution,
    Project,
    Session,
    StructureCell,
    TrainingClass,
    Visit,
)

STAGES = ("kindergarten", "primary", "junior")
YEARS = ("0-5", "6-15", "16-25", "26+")
LOCALITIES = ("town", "rural")


def sample_settings() -> dict[str, Any]:
    """Content of `programme.yaml`."""
    text = files("survey_app").joinpath("demo/programme.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def sample_catalogue(
    rng: np.random.Generator, *, trainees: int | None = None, classes: int | None = None
) -> Catalogue:
    """Draw the sample's catalogue; the same generator state gives the same catalogue.

    ``trainees`` and ``classes`` replace the numbers of `programme.yaml`.
    """
    settings = sample_settings()
    settings["trainees"] = trainees or settings["trainees"]
    settings["classes"] = classes or settings["classes"]
    projects = _projects(settings)
    groups = _classes(settings, projects, rng)
    sessions = tuple(s for training in groups for s in _sessions(settings, training))
    experts = _experts(settings)
    return Catalogue(
        cycle=Cycle(**settings["cycle"], sample=True),
        institutions=tuple(Institution(**row) for row in settings["institutions"]),
        projects=projects,
        counties=counties(),
        classes=groups,
        structure=tuple(cell for training in groups for cell in _structure(training, rng)),
        sessions=sessions,
        experts=experts,
        visits=_visits(projects, groups, sessions, experts),
    )


def _projects(settings: dict[str, Any]) -> tuple[Project, ...]:
    return tuple(
        Project(
            code=f"P{number:02d}",
            name=f"样例项目{number:02d}",
            type=kind,
            mode="residential",
            institution=institution,
            award_route="open_tender",
            continued_2020=False,
        )
        for number, (kind, institution) in enumerate(settings["projects"], 1)
    )


def _classes(
    settings: dict[str, Any], projects: tuple[Project, ...], rng: np.random.Generator
) -> tuple[TrainingClass, ...]:
    total, people = settings["classes"], settings["trainees"]
    least = people * 2 // (3 * total)
    sizes = rng.multinomial(people - least * total, np.full(total, 1 / total)) + least
    rows = []
    for number in range(total):
        project = projects[number % len(projects)]
        start = date(settings["cycle"]["year"], 9, 7) + timedelta(days=7 * (number % 6))
        rows.append(
            TrainingClass(
                code=f"C{number + 1:02d}",
                name=f"{project.name}第{number // len(projects) + 1}班",
                project=project.code,
                county=settings["counties"][number % len(settings["counties"])],
                enrolled=int(sizes[number]),
                start=start.isoformat(),
                end=(start + timedelta(days=9)).isoformat(),
            )
        )
    return tuple(rows)


def _structure(training: TrainingClass, rng: np.random.Generator) -> list[StructureCell]:
    cells = [(s, y, where) for s in STAGES for y in YEARS for where in LOCALITIES]
    shares = rng.dirichlet(np.full(len(cells), 2.0))
    counts = rng.multinomial(training.enrolled, shares)
    return [
        StructureCell(training.code, *cell, count=int(count))
        for cell, count in zip(cells, counts, strict=True)
        if count
    ]


def _sessions(settings: dict[str, Any], training: TrainingClass) -> list[Session]:
    first = date.fromisoformat(training.start)
    titles, lecturers = settings["session_titles"], settings["lecturers"]
    offset = int(training.code[1:])
    return [
        Session(
            code=f"{training.code}S{number + 1}",
            class_code=training.code,
            date=(first + timedelta(days=2)).isoformat(),
            title=titles[(offset + number) % len(titles)],
            lecturer=lecturers[(offset + number) % len(lecturers)],
        )
        for number in range(2)
    ]


def _experts(settings: dict[str, Any]) -> tuple[Expert, ...]:
    employers, fields = settings["employers"], settings["specialities"]
    return tuple(
        Expert(
            code=f"E{number + 1:02d}",
            name=f"示例专家{number + 1:02d}",
            employer=employers[number % len(employers)],
            employer_institution="",
            county=settings["counties"][number % len(settings["counties"])],
            speciality=fields[number % len(fields)],
        )
        for number in range(settings["experts"])
    )


def _visits(
    projects: tuple[Project, ...],
    classes: tuple[TrainingClass, ...],
    sessions: tuple[Session, ...],
    experts: tuple[Expert, ...],
) -> tuple[Visit, ...]:
    """Two classes of each project, two experts each; neighbours share experts (connected)."""
    rows = []
    for position, project in enumerate(projects):
        seen = [c for c in classes if c.project == project.code][:2]
        for turn, training in enumerate(seen):
            own = tuple(s for s in sessions if s.class_code == training.code)
            for seat in range(2):
                expert = experts[(position + 5 * turn + 3 * seat) % len(experts)]
                rows.append(
                    Visit(
                        code=f"V{position + 1:02d}{turn + 1}{'AB'[seat]}",
                        class_code=training.code,
                        date=own[0].date,
                        expert=expert.code,
                        sessions=tuple(s.code for s in own),
                    )
                )
    return tuple(rows)
