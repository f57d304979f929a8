"""The catalogue of an invented programme of a given design: units, classes, sessions, visits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from analysis.simulate.province import Province
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
from instruments.study import BY_QUALITY, Design, StudyPlan

FIRST, LAST = "2025-09-01", "2025-09-10"
TURN = 5
"""Experts by which the second round of visits is moved on, as in the sample."""


def invented_catalogue(
    design: Design, plan: StudyPlan, *, generator: np.random.Generator
) -> Catalogue:
    """A programme of ``design`` without visits; only the mixes of traits are drawn."""
    projects = tuple(_project(design, plan, number) for number in range(design.projects))
    classes = _classes(design, projects)
    structure = tuple(cell for one in classes for cell in _structure(one, plan, generator))
    sessions = tuple(
        Session(f"{one.code}S{k + 1}", one.code, FIRST, "样例场次", "样例讲师")
        for one in classes[: design.visited]
        for k in range(design.sessions)
    )
    owners = sorted({project.institution for project in projects})
    return Catalogue(
        Cycle("study", "样例：方法检验", 2025, True),
        tuple(Institution(code, f"示例机构{code}", "university") for code in owners),
        projects,
        (),
        classes,
        structure,
        sessions,
        tuple(_expert(number) for number in range(design.experts)),
        (),
    )


def with_visits(province: Province, design: Design) -> Province:
    """The same province, whose visits are assigned as ``design`` says."""
    catalogue = province.catalogue
    seen = catalogue.classes[: design.visited]
    order = _by_quality(province, seen) if design.assignment == BY_QUALITY else _linked
    visits = tuple(
        Visit(f"V{k:04d}{seat}", one.code, FIRST, expert, _sessions(catalogue, one.code))
        for k, one in enumerate(seen)
        for seat, expert in enumerate(order(design, k))
    )
    return replace(province, catalogue=replace(catalogue, visits=visits))


def _project(design: Design, plan: StudyPlan, number: int) -> Project:
    kind, mode = plan.kinds[number % design.types]
    owner = f"I{number // design.types % design.institutions + 1:02d}"
    return Project(
        f"P{number + 1:02d}", f"样例项目{number + 1:02d}", kind, mode, owner, "open_tender", False
    )


def _classes(design: Design, projects: Sequence[Project]) -> tuple[TrainingClass, ...]:
    """In rounds: a class of every project, then another, as the sample has them."""
    total = int(design.classes * len(projects))
    rows = []
    for number in range(total):
        project = projects[number % len(projects)]
        code = f"C{number + 1:03d}"
        rows.append(TrainingClass(code, "班", project.code, "", design.enrolled, FIRST, LAST))
    return tuple(rows)


def _structure(
    training: TrainingClass, plan: StudyPlan, generator: np.random.Generator
) -> list[StructureCell]:
    cells = list(product(*(plan.traits[name] for name in ("stage", "years", "locality"))))
    shares = generator.dirichlet(np.full(len(cells), plan.mixing))
    counts = generator.multinomial(training.enrolled, shares).tolist()
    pairs = zip(cells, counts, strict=True)
    return [StructureCell(training.code, a, b, c, count) for (a, b, c), count in pairs if count]


def _expert(number: int) -> Expert:
    return Expert(f"E{number + 1:02d}", f"示例专家{number + 1:02d}", "示例大学", "", "", "")


def _sessions(catalogue: Catalogue, class_code: str) -> tuple[str, ...]:
    return tuple(one.code for one in catalogue.sessions if one.class_code == class_code)


def _linked(design: Design, place: int) -> list[str]:
    """Neighbouring projects share experts, as in the sample."""
    turn, position = divmod(place, design.projects)
    seats = range(design.seats)
    return [f"E{(position + TURN * turn + seat) % design.experts + 1:02d}" for seat in seats]


Order = Callable[[Design, int], list[str]]
"""Design and number of the visited class to the experts who see it."""


def _by_quality(province: Province, seen: Sequence[TrainingClass]) -> Order:
    """The stricter half of the experts sees the better half of the projects, the rest the rest."""
    quality = {code: float(np.mean(list(told.values()))) for code, told in province.quality.items()}
    ranked = sorted({one.project for one in seen}, key=lambda code: -quality[code])
    strict = sorted(province.severity, key=lambda code: -province.severity[code])
    half, middle = len(strict) // 2, len(ranked) // 2

    def order(design: Design, place: int) -> list[str]:
        position = ranked.index(seen[place].project)
        better = position < middle
        panel = strict[:half] if better else strict[half:]
        turn = place // design.projects
        start = (position if better else position - middle) + TURN * turn
        return [panel[(start + seat) % len(panel)] for seat in range(design.seats)]

    return order
