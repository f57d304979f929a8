"""The programme of a cycle as its catalogue gives it: every key is given, none counted."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class CycleRow(Base):
    """A cycle 年度 and its state: the extract and evaluation of its latest edition, and those of
    the first one once the follow-up has superseded it."""

    __tablename__ = "cycles"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    sample: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(12))
    sources_sha: Mapped[str] = mapped_column(String(64))
    extract: Mapped[str] = mapped_column(String(120))
    extract_sha: Mapped[str] = mapped_column(String(64))
    evaluation: Mapped[str] = mapped_column(String(120))
    first_extract: Mapped[str] = mapped_column(String(120), server_default="")
    first_evaluation: Mapped[str] = mapped_column(String(120), server_default="")


class SourceRow(Base):
    """One data file of a cycle: an instrument workbook, a framework or the plan."""

    __tablename__ = "sources"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class InstitutionRow(Base):
    """A training institution 承训机构."""

    __tablename__ = "institutions"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))


class ProjectRow(Base):
    """A project 项目."""

    __tablename__ = "projects"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(40))
    mode: Mapped[str] = mapped_column(String(40))
    institution: Mapped[str] = mapped_column(String(40))
    award_route: Mapped[str] = mapped_column(String(40))
    continued_2020: Mapped[bool] = mapped_column(Boolean)
    lot: Mapped[str] = mapped_column(String(40), server_default="")


class ClassRow(Base):
    """A class 班级."""

    __tablename__ = "classes"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), index=True)
    name: Mapped[str] = mapped_column(Text)
    project: Mapped[str] = mapped_column(String(40))
    county: Mapped[str] = mapped_column(String(12))
    enrolled: Mapped[int] = mapped_column(Integer)
    start: Mapped[str] = mapped_column(String(10))
    end: Mapped[str] = mapped_column(String(10))


class StructureRow(Base):
    """F5b 班级结构: how many trainees of a class share one combination of traits."""

    __tablename__ = "structure"
    __table_args__ = UNORDERED
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(20), primary_key=True)
    years: Mapped[str] = mapped_column(String(20), primary_key=True)
    locality: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class SessionRow(Base):
    """A session 场次."""

    __tablename__ = "sessions"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), index=True)
    date: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(Text)
    lecturer: Mapped[str] = mapped_column(Text)


class ExpertRow(Base):
    """An expert 评审专家."""

    __tablename__ = "experts"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    employer: Mapped[str] = mapped_column(Text)
    employer_institution: Mapped[str] = mapped_column(String(40))
    county: Mapped[str] = mapped_column(String(12))
    speciality: Mapped[str] = mapped_column(Text)


class VisitRow(Base):
    """A field visit 实地调研 of one expert, with declaration and signature."""

    __tablename__ = "visits"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), index=True)
    date: Mapped[str] = mapped_column(String(10))
    expert: Mapped[str] = mapped_column(String(40), index=True)
    sessions: Mapped[str] = mapped_column(Text)
    declaration: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    signed: Mapped[bool] = mapped_column(Boolean)


class LotRow(Base):
    """A lot 标段: what was tendered together, how, and who won it."""

    __tablename__ = "lots"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(String(40))
    award_route: Mapped[str] = mapped_column(String(40))
    institution: Mapped[str] = mapped_column(String(40))
    winner_2020: Mapped[str] = mapped_column(String(40))
    failed_tender: Mapped[str] = mapped_column(Text)


class StageRow(Base):
    """A stage 环节 of a project; its number is the catalogue's, no order of arrival."""

    __tablename__ = "stages"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    project: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    mode: Mapped[str] = mapped_column(String(40))
    provider: Mapped[str] = mapped_column(Text)
    provider_institution: Mapped[str] = mapped_column(String(40))
    qualification: Mapped[str] = mapped_column(Text)
    hours: Mapped[int] = mapped_column(Integer)


class ProjectCountyRow(Base):
    """A county of attachment 2 项目县 and which of the two lines it belongs to."""

    __tablename__ = "project_counties"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    county: Mapped[str] = mapped_column(String(12), primary_key=True)
    guopei: Mapped[bool] = mapped_column(Boolean)
    it: Mapped[bool] = mapped_column(Boolean)


class SchoolRow(Base):
    """A school 学校 that sends trainees or fills the school form."""

    __tablename__ = "schools"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    county: Mapped[str] = mapped_column(String(12))
    stage: Mapped[str] = mapped_column(String(20))


class SendingRow(Base):
    """A sending 选派: how many trainees of one class come from one school."""

    __tablename__ = "sendings"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    school: Mapped[str] = mapped_column(String(40))
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), index=True)
    count: Mapped[int] = mapped_column(Integer)


class ReviewRow(Base):
    """A review 评阅 by one expert of a project's scheme or a class's homework, as a visit is."""

    __tablename__ = "reviews"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    project: Mapped[str] = mapped_column(String(40))
    class_code: Mapped[str] = mapped_column(String(40))
    expert: Mapped[str] = mapped_column(String(40))
    declaration: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    signed: Mapped[bool] = mapped_column(Boolean)


class RecorderRow(Base):
    """A recorder 记录员 of focus groups."""

    __tablename__ = "recorders"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    employer: Mapped[str] = mapped_column(Text)


class FocusGroupRow(Base):
    """A focus group 座谈 with trainees of one class."""

    __tablename__ = "focus_groups"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), index=True)
    date: Mapped[str] = mapped_column(String(10))
    recorder: Mapped[str] = mapped_column(String(40))
