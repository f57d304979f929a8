"""A small province for tests: hand-made instruments, simulated people, an extract in a folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import simulate
from instruments.builtin import plan_source
from instruments.diagnostics import INFORMING
from instruments.methods import Plan
from instruments.model import (
    Choice,
    Comparison,
    IndicatorMapping,
    Instrument,
    Item,
    Scale,
    Section,
    Use,
)
from instruments.plan import read_plan
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
from instruments.scorecard import Adoption, Framework, Indicator
from instruments.tables import (
    CLASSES,
    FIXED_TABLES,
    UNITS,
    VISITS,
    Table,
    conform,
    response_table,
)

AGREE = Scale("agree5", tuple(Choice(c, c) for c in ("1", "2", "3", "4", "5", "na")))
MASTERY = Scale("mastery5", tuple(Choice(c, c) for c in "12345"))
YES_NO = Scale("yes_no", (Choice("yes", "是"), Choice("no", "否")))
LEVEL = Scale("level", tuple(Choice(c, c) for c in ("1", "2", "3", "4", "unseen")))
STAGES = ("primary", "junior")
YEARS = ("0-5", "6-15")


def scaled(name: str, scale: Scale = AGREE) -> Item:
    return Item(name, "select_one", name, scale=scale)


TRAINEE = Instrument(
    code="trainee",
    version="1.0",
    title="结业问卷",
    role="trainee",
    per="class",
    sections=(
        Section("core", "核心", (scaled("a1"), scaled("a2"), scaled("b1"), scaled("check"))),
        Section("learning", "收获", (scaled("before", MASTERY), scaled("now", MASTERY))),
        Section(
            "module",
            "模块",
            (scaled("m1"),),
            (Comparison("project_mode", "=", "residential"),),
        ),
        Section("end", "其他", (scaled("turned"), scaled("pressed", YES_NO))),
        Section("you", "关于您", (Item("stage", "text", "学段"), Item("years", "text", "教龄"))),
    ),
    mappings=(
        IndicatorMapping("a1", "T1.1.1", "agree5"),
        IndicatorMapping("a2", "T1.1.1", "agree5"),
        IndicatorMapping("b1", "T1.2.1", "agree5"),
        IndicatorMapping("m1", "T1.2.2", "agree5"),
        IndicatorMapping("now", "T2.1.1", "gain5", "before"),
    ),
    uses=(
        Use("check", "check", expected="2"),
        Use("turned", "reversed", against="a2"),
        Use("pressed", "pressure"),
        Use("stage", "trait"),
        Use("years", "trait"),
    ),
    context=("project_mode",),
)
SLIP = Instrument(
    code="slip",
    version="1.0",
    title="场次评价",
    role="trainee",
    per="session",
    sections=(Section("slip", "这一场", (scaled("s1"),)),),
    mappings=(IndicatorMapping("s1", "T1.1.2", "agree5"),),
    uses=(),
)
RUBRIC = Instrument(
    code="rubric",
    version="1.0",
    title="观察表",
    role="expert",
    per="visit",
    sections=(Section("rubric", "维度", (scaled("e1", LEVEL), scaled("e2", LEVEL))),),
    mappings=(
        IndicatorMapping("e1", "T1.1.3", "rubric4"),
        IndicatorMapping("e2", "T2.1.2", "rubric4"),
    ),
    uses=(),
)
INSTRUMENTS = (TRAINEE, SLIP, RUBRIC)


def leaf(code: str, points: float, source: str, instrument: str) -> Indicator:
    return Indicator(code, code.rpartition(".")[0], code, points, source, instrument=instrument)


FRAMEWORK = Framework(
    code="T",
    version="1.0",
    title="测试体系",
    scorecard="A",
    total=100.0,
    adoption=Adoption("建议"),
    note="",
    indicators=(
        Indicator("T1", "", "过程", 60.0),
        Indicator("T1.1", "T1", "授课", 30.0),
        leaf("T1.1.1", 10.0, "问", "trainee"),
        leaf("T1.1.2", 5.0, "场", "slip"),
        leaf("T1.1.3", 15.0, "观", "rubric"),
        Indicator("T1.2", "T1", "方式", 30.0),
        leaf("T1.2.1", 20.0, "问", "trainee"),
        leaf("T1.2.2", 10.0, "问", "trainee"),
        Indicator("T2", "", "成效", 40.0),
        Indicator("T2.1", "T2", "学习", 40.0),
        leaf("T2.1.1", 10.0, "问", "trainee"),
        leaf("T2.1.2", 10.0, "观", "rubric"),
        Indicator(
            "T2.1.3", "T2.1", "最低项", 20.0, "计", minimum_of=("T1.1.1", "T1.2.1", "T1.2.2")
        ),
    ),
)


def default_plan(**changes: object) -> Plan:
    """The library's default plan with fewer draws, without what only informs: tests of the scores
    need not wait for it. ``part__field=value`` changes one choice."""
    return full_plan(**(dict.fromkeys(INFORMING) | changes))


def full_plan(**changes: object) -> Plan:
    """The library's default plan with fewer draws; ``part__field=value`` changes one choice."""
    plan = read_plan(plan_source(), "default.yaml")
    plan = replace(plan, ranks=replace(plan.ranks, draws=1000))
    for key, value in changes.items():
        part, _, field = key.partition("__")
        new = replace(getattr(plan, part), **{field: value}) if field else value
        plan = replace(plan, **{part: new})
    return plan


def catalogue(*, projects: int = 6, classes: int = 3, size: int = 30) -> Catalogue:
    """``projects`` over three institutions and two types, ``classes`` of ``size`` each."""
    kinds = ("rural_backbone", "team_study")
    made = tuple(
        Project(
            f"P{i}",
            f"项目{i}",
            kinds[i % 2],
            "residential" if i % 3 else "workshop",
            f"I{i % 3}",
            "open_tender",
            False,
        )
        for i in range(projects)
    )
    groups = tuple(
        TrainingClass(f"{p.code}C{k}", "班", p.code, "140106", size, "2026-09-01", "2026-09-10")
        for p in made
        for k in range(classes)
    )
    structure = tuple(
        StructureCell(c.code, stage, years, "rural", size // 4 + (size % 4 if not i else 0))
        for c in groups
        for i, (stage, years) in enumerate((s, y) for s in STAGES for y in YEARS)
    )
    sessions = tuple(Session(f"{c.code}S1", c.code, "2026-09-02", "课", "师") for c in groups)
    experts = tuple(Expert(f"E{k}", f"专家{k}", "示例大学", "", "140106", "") for k in range(5))
    visits = tuple(
        Visit(f"V{i}{k}{seat}", f"{p.code}C{k}", "2026-09-02", f"E{(i + k + seat) % 5}",
              (f"{p.code}C{k}S1",))
        for i, p in enumerate(made)
        for k in range(min(classes, 2))
        for seat in range(2)
    )  # fmt: skip
    owners = tuple(Institution(f"I{k}", f"示例院校{k}", "university") for k in range(3))
    cycle = Cycle("t", "样例", 2026, True)
    return Catalogue(cycle, owners, made, (), groups, structure, sessions, experts, visits)


@dataclass(frozen=True, eq=False)
class FolderExtract:
    """An extract as analysis sees it: tables in memory, responses also as Parquet files."""

    folder: Path
    tables: dict[str, pd.DataFrame]
    frameworks: tuple[Framework, ...] = (FRAMEWORK,)
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    cycle: Cycle = Cycle("t", "样例", 2026, True)
    day: str = "2026-10-01"
    sha256: str = "0" * 64

    def framework(self, scorecard: str) -> Framework:
        """The framework of one scorecard."""
        return {one.scorecard: one for one in self.frameworks}[scorecard]

    def table(self, name: str) -> pd.DataFrame:
        """One table; of those that every extract has, an empty one where a test gives none."""
        empty = {table.name: table for table in FIXED_TABLES}
        return self.tables[name] if name in self.tables else shaped([], empty[name])

    def parquet(self, name: str) -> Path:
        """The file of one table."""
        path = self.folder / f"{name}.parquet"
        self.tables[name].to_parquet(path, index=False)
        return path

    def change(self, name: str, frame: pd.DataFrame) -> FolderExtract:
        """The same extract with one table exchanged."""
        return replace(self, tables={**self.tables, name: frame})


def shaped(rows: list[dict], table: Table) -> pd.DataFrame:
    """Rows as a frame that obeys ``table``; columns not given are missing."""
    return conform(pd.DataFrame(rows, columns=table.names).astype(object), table=table)


def make_extract(
    programme: Catalogue, folder: Path, *, responses: dict[str, list[dict]]
) -> FolderExtract:
    """An extract of ``programme`` with ``responses`` (rows per instrument code)."""
    units = [
        {
            "kind": "project",
            "unit": p.code,
            "name": p.name,
            "type": p.type,
            "type_label": p.type,
            "parent": p.institution,
            "mode": p.mode,
        }
        for p in programme.projects
    ]
    units += [
        {"kind": "institution", "unit": i.code, "name": i.name} for i in programme.institutions
    ]
    classes = [
        {"class_code": c.code, "name": c.name, "project": c.project, "enrolled": c.enrolled}
        for c in programme.classes
    ]
    project = {c.code: c.project for c in programme.classes}
    visits = [
        {"visit": v.code, "class_code": v.class_code, "project": project[v.class_code],
         "date": v.date, "rater": v.expert, "signed": True, "conflict": False}
        for v in programme.visits
    ]  # fmt: skip
    tables = {
        "units": shaped(units, UNITS),
        "classes": shaped(classes, CLASSES),
        "visits": shaped(visits, VISITS),
    }
    for instrument in INSTRUMENTS:
        contract = response_table(instrument)
        rows = [
            r | {"unit": project[r["class_code"]], "target": r.get("visit") or r["class_code"]}
            for r in responses.get(instrument.code, [])
        ]
        tables[instrument.table] = shaped(rows, contract)
    return FolderExtract(folder, tables)


def row(number: int, class_code: str, **answers: object) -> dict:
    """One accepted response."""
    return {
        "response": f"r{number:06d}",
        "class_code": class_code,
        "day": "2026-09-10",
        "status": "accepted",
        **answers,
    }


def simulated(
    programme: Catalogue, folder: Path, *, seed: int, settings: simulate.Settings
) -> tuple[simulate.Province, FolderExtract]:
    """Everybody of ``programme`` answers as ``simulate`` says."""
    generator = np.random.default_rng(seed)
    province = simulate.draw_province(
        programme, frameworks=[FRAMEWORK], settings=settings, generator=generator
    )
    responses: dict[str, list[dict]] = {"trainee": [], "slip": [], "rubric": []}
    number = 0
    for training in programme.classes:
        for person in simulate.draw_people(province, class_code=training.code, generator=generator):
            for code, instrument, session in (
                ("trainee", TRAINEE, ""),
                ("slip", SLIP, f"{training.code}S1"),
            ):
                number += 1
                answers = simulate.trainee_answers(
                    province,
                    instrument=instrument,
                    person=person,
                    generator=generator,
                    session=session,
                )
                responses[code].append(
                    row(number, training.code, session=session or None, **answers)
                )
    for visit in programme.visits:
        number += 1
        answers = simulate.expert_answers(
            province,
            instrument=RUBRIC,
            rater=visit.expert,
            project=province.project[visit.class_code],
            session=visit.sessions[0],
            generator=generator,
        )
        answers |= {"session": visit.sessions[0], "visit": visit.code, "rater": visit.expert}
        responses["rubric"].append(row(number, visit.class_code, **answers))
    return province, make_extract(programme, folder, responses=responses)
