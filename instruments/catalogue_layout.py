"""Sheets and columns of the programme workbook, as its clerk sees them."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.programme import (
    Cycle,
    Expert,
    Institution,
    Project,
    Session,
    StructureCell,
    TrainingClass,
    Visit,
)

MAX_CODE, MAX_TEXT = 32, 200
MAX_COUNT = 100_000
"""More trainees than this in one class, or cell of it, is a slip of the pen."""


@dataclass(frozen=True)
class Field:
    """One column: field of the row's type, Chinese header, kind of cell (``catalogue_cells``).

    ``of`` is the list of library/types.yaml (kind 'label'), the trait (kind 'trait') or the sheet
    whose codes are referred to (kinds 'reference', 'references').
    """

    name: str
    header: str
    kind: str
    of: str = ""
    required: bool = True


@dataclass(frozen=True)
class Part:
    """One sheet: its name, the type of its rows, its part of ``Catalogue``, its columns."""

    sheet: str
    part: str
    row: type
    fields: tuple[Field, ...]

    @property
    def key(self) -> Field | None:
        """The column that holds the row's own code, if it has one."""
        return self.fields[0] if self.fields[0].kind == "code" else None

    def header(self, name: str) -> str:
        """Chinese header of field ``name``."""
        return {field.name: field.header for field in self.fields}[name]


COUNTY_NAME = Field("county_name", "县区名称", "text", required=False)
"""Optional second column beside 县区代码: checked against the code, not kept."""

PARTS = (
    Part(
        "年度",
        "cycle",
        Cycle,
        (
            Field("code", "年度代码", "code"),
            Field("title", "标题", "text"),
            Field("year", "年份", "year"),
            Field("sample", "样例（是/否）", "yes_no"),
        ),
    ),
    Part(
        "机构",
        "institutions",
        Institution,
        (
            Field("code", "机构代码", "code"),
            Field("name", "机构名称", "text"),
            Field("kind", "机构类别", "label", "institution_kinds"),
        ),
    ),
    Part(
        "项目",
        "projects",
        Project,
        (
            Field("code", "项目代码", "code"),
            Field("name", "项目名称", "text"),
            Field("type", "项目类型", "label", "project_types"),
            Field("mode", "培训方式", "label", "modes"),
            Field("institution", "承训机构代码", "reference", "机构"),
            Field("award_route", "确定方式", "label", "award_routes"),
            Field("continued_2020", "2020年度延续（是/否）", "yes_no"),
        ),
    ),
    Part(
        "班级",
        "classes",
        TrainingClass,
        (
            Field("code", "班级代码", "code"),
            Field("name", "班级名称", "text"),
            Field("project", "项目代码", "reference", "项目"),
            Field("county", "县区代码", "county", required=False),
            COUNTY_NAME,
            Field("enrolled", "参训人数（人）", "count"),
            Field("start", "开始日期", "date"),
            Field("end", "结束日期", "date"),
        ),
    ),
    Part(
        "班级结构",
        "structure",
        StructureCell,
        (
            Field("class_code", "班级代码", "reference", "班级"),
            Field("stage", "学段", "trait", "stage"),
            Field("years", "教龄", "trait", "years"),
            Field("locality", "学校所在地", "trait", "locality"),
            Field("count", "人数（人）", "count"),
        ),
    ),
    Part(
        "场次",
        "sessions",
        Session,
        (
            Field("code", "场次代码", "code"),
            Field("class_code", "班级代码", "reference", "班级"),
            Field("date", "日期", "date"),
            Field("title", "题目", "text"),
            Field("lecturer", "主讲人", "text"),
        ),
    ),
    Part(
        "专家",
        "experts",
        Expert,
        (
            Field("code", "专家代码", "code"),
            Field("name", "姓名", "text"),
            Field("employer", "工作单位", "text"),
            Field("employer_institution", "工作单位机构代码", "reference", "机构", required=False),
            Field("county", "县区代码", "county", required=False),
            COUNTY_NAME,
            Field("speciality", "专长", "text", required=False),
        ),
    ),
    Part(
        "实地调研",
        "visits",
        Visit,
        (
            Field("code", "调研代码", "code"),
            Field("class_code", "班级代码", "reference", "班级"),
            Field("date", "日期", "date"),
            Field("expert", "专家代码", "reference", "专家"),
            Field("sessions", "场次代码", "references", "场次"),
        ),
    ),
)
OPTIONAL_SHEETS = ("班级结构", "场次", "专家", "实地调研")
"""Sheets that may hold no rows: nothing is rostered, timed or visited."""
