"""The programme of one cycle as frozen rows: who is evaluated, where, and who was enrolled."""

from __future__ import annotations

from dataclasses import dataclass

EDITIONS = ("end", "followup")
"""期末通报, and months later the 跟踪通报 that supersedes it."""


@dataclass(frozen=True)
class Withheld:
    """Answers that no table of an extract holds, since they are too few to hide anybody in."""

    groups: int
    """Classes and sessions with one or more answers, and fewer than the minimum cell; or with
    fewer people."""
    answers: int | None
    """Of all of them together; None where these are fewer than the minimum cell themselves."""
    reason: str = "below_min_cell"


@dataclass(frozen=True)
class Cycle:
    """One year's evaluation. ``sample`` marks invented data (样例 on every surface); ``edition``
    (one of ``EDITIONS``), ``receipts`` and ``withheld`` are set when an extract is sealed."""

    code: str
    title: str
    year: int
    sample: bool
    edition: str = "end"
    receipts: str = ""
    """Head of the published list of receipts (``merkle.head``, hexadecimal); '' where none is."""
    withheld: Withheld | None = None
    """None where no answer was withheld."""


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
    lot: str = ""
    """Code of its lot, or '' where the catalogue has none."""


@dataclass(frozen=True)
class Lot:
    """A lot 标段 (N2.1): ``line`` and ``award_route`` are codes of library/types.yaml."""

    code: str
    name: str
    line: str
    award_route: str
    institution: str
    winner_2020: str
    """Code of the institution that won it in 2020, or ''."""
    failed_tender: str
    """Number of the document that says that its tender failed, or ''."""


@dataclass(frozen=True)
class Stage:
    """A stage 环节 of a project (N2.2): one mode, who carries it out, 学时 of it."""

    project: str
    number: int
    mode: str
    provider: str
    provider_institution: str
    """Code of a rated institution, or '' when the provider is none."""
    qualification: str
    """Document that names the provider (ministry's list, grade of the host school), or ''."""
    hours: int


@dataclass(frozen=True)
class ProjectCounty:
    """A county of attachment 2 项目县: of the 国培 projects (N1.1), of IT 2.0 (N1.2)."""

    county: str
    guopei: bool
    it: bool


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
class School:
    """A school 学校 by code; ``stage`` is a code of library/types.yaml (school_stages)."""

    code: str
    name: str
    county: str
    stage: str


@dataclass(frozen=True)
class Sending:
    """A sending 选派: ``count`` trainees of one class come from one school."""

    code: str
    school: str
    class_code: str
    count: int


@dataclass(frozen=True)
class Review:
    """A review 评阅 by one expert: of a project (kind 'plan') or a class (kind 'homework')."""

    code: str
    kind: str
    project: str
    """Code of the project reviewed, or '' for a review of homework."""
    class_code: str
    """Code of the class whose homework is reviewed, or '' for a review of a scheme."""
    expert: str


@dataclass(frozen=True)
class Recorder:
    """A recorder 记录员 of focus groups."""

    code: str
    name: str
    employer: str


@dataclass(frozen=True)
class FocusGroup:
    """A focus group 座谈 with trainees of one class: ``date`` as YYYY-MM-DD."""

    code: str
    class_code: str
    date: str
    recorder: str


@dataclass(frozen=True)
class Catalogue:
    """All rows of one cycle, checked against one another.

    The parts from ``lots`` on may be empty: an older workbook has no sheets for them.
    """

    cycle: Cycle
    institutions: tuple[Institution, ...]
    projects: tuple[Project, ...]
    counties: tuple[County, ...]
    classes: tuple[TrainingClass, ...]
    structure: tuple[StructureCell, ...]
    sessions: tuple[Session, ...]
    experts: tuple[Expert, ...]
    visits: tuple[Visit, ...]
    lots: tuple[Lot, ...] = ()
    stages: tuple[Stage, ...] = ()
    project_counties: tuple[ProjectCounty, ...] = ()
    schools: tuple[School, ...] = ()
    sendings: tuple[Sending, ...] = ()
    reviews: tuple[Review, ...] = ()
    recorders: tuple[Recorder, ...] = ()
    focus_groups: tuple[FocusGroup, ...] = ()
