"""Sheets and columns of the programme workbook, as its clerk sees them, in order."""

from __future__ import annotations

from instruments.catalogue_layout import ABSENT, EMPTY, MAX_HOURS, Field, Part
from instruments.programme import (
    Catalogue,
    Cycle,
    Expert,
    FocusGroup,
    Institution,
    Lot,
    Project,
    ProjectCounty,
    Recorder,
    Review,
    School,
    Sending,
    Session,
    Stage,
    StructureCell,
    TrainingClass,
    Visit,
)

COUNTY_NAME = Field("county_name", "县区名称", "text", required=False)
"""Second column beside 县区代码: checked against the code, not kept."""

GUIDE, FAULT_LIST = "填写说明", "问题清单"
OURS = (GUIDE, FAULT_LIST)
"""Sheets that we add for the clerk and do not read back."""

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
        "标段",
        "lots",
        Lot,
        (
            Field("code", "标段代码", "code"),
            Field("name", "标段名称", "text"),
            Field("line", "项目条线", "label", "lines"),
            Field("award_route", "确定方式", "label", "award_routes"),
            Field("institution", "承训机构代码", "reference", "机构"),
            Field("winner_2020", "2020年度承训机构代码", "reference", "机构", required=False),
            Field("failed_tender", "流标文号", "text", required=False),
        ),
        ABSENT,
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
            Field("lot", "标段代码", "reference", "标段", required=False),
        ),
    ),
    Part(
        "环节",
        "stages",
        Stage,
        (
            Field("project", "项目代码", "reference", "项目"),
            Field("number", "序号", "count", low=1, high=99),
            Field("mode", "培训方式", "label", "modes"),
            Field("provider", "实施单位", "text"),
            Field("provider_institution", "实施单位机构代码", "reference", "机构", required=False),
            Field("qualification", "资质或认定文件", "text", required=False),
            Field("hours", "学时", "count", low=1, high=MAX_HOURS),
        ),
        ABSENT,
    ),
    Part(
        "项目县",
        "project_counties",
        ProjectCounty,
        (
            Field("county", "县区代码", "county"),
            COUNTY_NAME,
            Field("guopei", "国培项目县（是/否）", "yes_no"),
            Field("it", "提升工程2.0项目县（是/否）", "yes_no"),
        ),
        ABSENT,
    ),
    Part(
        "学校",
        "schools",
        School,
        (
            Field("code", "学校代码", "code"),
            Field("name", "学校名称", "text"),
            Field("county", "县区代码", "county"),
            COUNTY_NAME,
            Field("stage", "学段", "label", "school_stages"),
        ),
        ABSENT,
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
            Field("enrolled", "参训人数（人）", "count", low=1),
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
        EMPTY,
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
        EMPTY,
    ),
    Part(
        "选派",
        "sendings",
        Sending,
        (
            Field("code", "选派代码", "code"),
            Field("school", "学校代码", "reference", "学校"),
            Field("class_code", "班级代码", "reference", "班级"),
            Field("count", "人数（人）", "count", low=1),
        ),
        ABSENT,
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
        EMPTY,
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
        EMPTY,
    ),
    Part(
        "评阅",
        "reviews",
        Review,
        (
            Field("code", "评阅代码", "code"),
            Field("kind", "类别", "label", "review_kinds"),
            Field("project", "项目代码（方案评阅）", "reference", "项目", required=False),
            Field("class_code", "班级代码（作业抽评）", "reference", "班级", required=False),
            Field("expert", "专家代码", "reference", "专家"),
        ),
        ABSENT,
    ),
    Part(
        "记录员",
        "recorders",
        Recorder,
        (
            Field("code", "记录员代码", "code"),
            Field("name", "姓名", "text"),
            Field("employer", "工作单位", "text"),
        ),
        ABSENT,
    ),
    Part(
        "座谈",
        "focus_groups",
        FocusGroup,
        (
            Field("code", "座谈代码", "code"),
            Field("class_code", "班级代码", "reference", "班级"),
            Field("date", "日期", "date"),
            Field("recorder", "记录员代码", "reference", "记录员"),
        ),
        ABSENT,
    ),
)


def rows_by_sheet(catalogue: Catalogue) -> dict[str, int]:
    """Number of rows by sheet, for the summary of a dry run."""
    own = [part for part in PARTS if part.part != "cycle"]
    return {part.sheet: len(getattr(catalogue, part.part)) for part in own}
