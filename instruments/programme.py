"""The programme of one cycle as frozen rows: who is evaluated, where, and who was enrolled."""

from __future__ import annotations

from dataclasses import dataclass, fields

EDITIONS = ("end", "followup")
"""期末通报, and months later the 跟踪通报 that supersedes it."""


@dataclass(frozen=True)
class Cycle:
    """One year's evaluation. ``sample`` marks invented data (样例 on every surface); ``edition``
    (one of ``EDITIONS``) is set when an extract is sealed."""

    code: str
    title: str
    year: int
    sample: bool
    edition: str = "end"


@dataclass(frozen=True)
class Institution:
    """A training institution 承训机构; ``kind`` is a code of library/types.yaml."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class Project:
    """A project 项目: ``type`` and ``mode`` are codes of library/types.yaml."""

    code: str
    name: str
    type: str
    mode: str
    institution: str
    award_route: str
    continued_2020: bool


@dataclass(frozen=True)
class County:
    """A county-level unit by statistical code; ``is_project_county`` None = not known."""

    code: str
    name: str
    city_code: str
    city: str
    is_project_county: bool | None


@dataclass(frozen=True)
class TrainingClass:
    """A class 班级: ``county`` is the host county's code; ``enrolled`` trainees."""

    code: str
    name: str
    project: str
    county: str
    enrolled: int
    start: str
    end: str


@dataclass(frozen=True)
class StructureCell:
    """F5b 班级结构: trainees of one class with one combination of traits."""

    class_code: str
    stage: str
    years: str
    locality: str
    count: int


@dataclass(frozen=True)
class Session:
    """A session 场次 of a class: ``date`` as YYYY-MM-DD."""

    code: str
    class_code: str
    date: str
    title: str
    lecturer: str


@dataclass(frozen=True)
class Expert:
    """An expert 评审专家 with the employer that decides on conflicts of interest."""

    code: str
    name: str
    employer: str
    employer_institution: str
    """Code of a rated institution, or '' when the employer is none."""
    county: str
    speciality: str


@dataclass(frozen=True)
class Visit:
    """A field visit 实地调研 of one expert to some sessions of a class."""

    code: str
    class_code: str
    date: str
    expert: str
    sessions: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """All rows of one cycle, checked against one another."""

    cycle: Cycle
    institutions: tuple[Institution, ...]
    projects: tuple[Project, ...]
    counties: tuple[County, ...]
    classes: tuple[TrainingClass, ...]
    structure: tuple[StructureCell, ...]
    sessions: tuple[Session, ...]
    experts: tuple[Expert, ...]
    visits: tuple[Visit, ...]

    def counts(self) -> dict[str, int]:
        """Number of rows per part, for the dry run's summary."""
        return {f.name: len(getattr(self, f.name)) for f in fields(self) if f.name != "cycle"}
