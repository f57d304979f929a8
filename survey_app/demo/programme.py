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
    Institution,
    Lot,
    Project,
    ProjectCounty,
    School,
    Sending,
    Session,
    Stage,
    StructureCell,
    TrainingClass,
)
from survey_app.demo.raters import experts, focus_groups, recorders, reviews, visits

STAGES = ("kindergarten", "primary", "junior")
YEARS = ("0-5", "6-15", "16-25", "26+")
LOCALITIES = ("town", "rural")
DAYS = 9
"""Between the first and the last day of a class."""


def sample_settings() -> dict[str, Any]:
    """Content of `programme.yaml`."""
    return _data("programme.yaml")


def record_rules() -> dict[str, Any]:
    """Content of `records.yaml`: what stands in a record at poor and at good quality."""
    return _data("records.yaml")


def _data(name: str) -> dict[str, Any]:
    text = files("survey_app").joinpath(f"demo/{name}").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def sample_catalogue(
    rng: np.random.Generator, *, trainees: int | None = None, classes: int | None = None
) -> Catalogue:
    """Draw the sample's catalogue; the same generator state gives the same catalogue.

    ``trainees`` and ``classes`` replace the numbers of `programme.yaml`; few classes mean fewer
    projects, counties and schools too.
    """
    settings = sample_settings()
    settings["trainees"] = trainees or settings["trainees"]
    settings["classes"] = classes or settings["classes"]
    lots, projects = _awards(settings)
    listed = _listed(settings)
    groups = _classes(settings, projects, [row.county for row in listed], rng)
    schools = _schools(settings, listed)
    seen = _visited(settings, projects, groups)
    sessions = tuple(s for training in seen for s in _sessions(settings, training))
    panel, notes = experts(settings), recorders(settings)
    carriers = {project.institution for project in projects}
    return Catalogue(
        cycle=Cycle(**settings["cycle"], sample=True),
        institutions=tuple(
            Institution(**row) for row in settings["institutions"] if row["code"] in carriers
        ),
        projects=projects,
        counties=counties(),
        classes=groups,
        structure=tuple(cell for training in groups for cell in _structure(training, rng)),
        sessions=sessions,
        experts=panel,
        visits=visits(projects, seen, sessions, panel),
        lots=lots,
        stages=tuple(stage for project in projects for stage in _stages(settings, project)),
        project_counties=listed,
        schools=schools,
        sendings=_sendings(settings, groups, schools),
        reviews=reviews(projects, groups, panel),
        recorders=notes,
        focus_groups=focus_groups(projects, groups, notes),
    )


def _awards(settings: dict[str, Any]) -> tuple[tuple[Lot, ...], tuple[Project, ...]]:
    """Lots with the projects that they hold, up to one project a class."""
    lots: list[Lot] = []
    projects: list[Project] = []
    for number, row in enumerate(settings["lots"], 1):
        continued = row["route"] == "continued_2020"
        failed = f"样例流标〔2025〕{number}号" if row["route"] == "expert_selection" else ""
        winner = row["institution"] if continued else ""
        code, award = f"L{number:02d}", (row["line"], row["route"], row["institution"])
        own = row["projects"][: max(settings["classes"] - len(projects), 0)]
        lots += [Lot(code, f"样例标段{number:02d}", *award, winner, failed)] if own else []
        for kind, mode in own:
            place = len(projects) + 1
            project = Project(
                code=f"P{place:02d}",
                name=f"样例项目{place:02d}",
                type=kind,
                mode=mode,
                institution=row["institution"],
                award_route=row["route"],
                continued_2020=continued,
                lot=code,
            )
            projects.append(project)
    return tuple(lots), tuple(projects)


def _stages(settings: dict[str, Any], project: Project) -> list[Stage]:
    names = {row["code"]: row["name"] for row in settings["institutions"]}
    return [
        Stage(
            project.code,
            number,
            mode,
            provider or names[project.institution],
            "" if provider else project.institution,
            proof,
            hours,
        )
        for number, (mode, hours, provider, proof) in enumerate(settings["stages"][project.mode], 1)
    ]


def _listed(settings: dict[str, Any]) -> tuple[ProjectCounty, ...]:
    wanted = settings["classes"] // settings["classes_per_county"]
    count = max(settings["small_counties"], wanted)
    return tuple(ProjectCounty(*row) for row in settings["counties"][:count])


def _classes(
    settings: dict[str, Any],
    projects: tuple[Project, ...],
    places: list[str],
    rng: np.random.Generator,
) -> tuple[TrainingClass, ...]:
    total, people = settings["classes"], settings["trainees"]
    least = people * 2 // (3 * total)
    sizes = rng.multinomial(people - least * total, np.full(total, 1 / total)) + least
    rows = []
    for number in range(total):
        turn, place = divmod(number, len(projects))
        project = projects[place]
        start = date(settings["cycle"]["year"], 9, 1) + timedelta(days=7 * (number % 6))
        rows.append(
            TrainingClass(
                code=f"C{number + 1:02d}",
                name=f"{project.name}第{turn + 1}班",
                project=project.code,
                county=places[(number + turn) % len(places)],
                enrolled=int(sizes[number]),
                start=start.isoformat(),
                end=(start + timedelta(days=DAYS)).isoformat(),
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


def _visited(
    settings: dict[str, Any], projects: tuple[Project, ...], classes: tuple[TrainingClass, ...]
) -> list[TrainingClass]:
    """Classes that are visited: of every project its first, then its second, as many as wanted."""
    return list(classes[: settings["visited_classes"]][: 2 * len(projects)])


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


def _schools(settings: dict[str, Any], listed: tuple[ProjectCounty, ...]) -> tuple[School, ...]:
    stages, each = settings["school_stages"], settings["schools_per_county"]
    return tuple(
        School(f"X{row.county}{n}", f"示例学校{row.county}-{n}", row.county, stages[n - 1])
        for row in listed
        for n in range(1, each + 1)
    )


def _sendings(
    settings: dict[str, Any], classes: tuple[TrainingClass, ...], schools: tuple[School, ...]
) -> tuple[Sending, ...]:
    """Schools of one county send the trainees of a class, in turn."""
    rows = []
    for number, training in enumerate(classes):
        near = [school for school in schools if school.county == training.county]
        for seat in range(settings["sendings_per_class"]):
            school = near[(number + 3 * seat) % len(near)]
            count = training.enrolled // (2 * settings["sendings_per_class"])
            rows.append(Sending(f"D{number + 1:03d}{seat + 1}", school.code, training.code, count))
    return tuple(rows)
