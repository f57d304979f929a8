"""The column contract of every table that an extract or a results folder holds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from instruments.model import Instrument, Item, Section

TEXT, INTEGER, NUMBER, BOOLEAN, DATE = "string", "integer", "number", "boolean", "date"
"""Frictionless type names; ``DATE`` is kept as YYYY-MM-DD text."""


@dataclass(frozen=True)
class Column:
    """One column: identifier, type, Chinese label; ``categories`` closes the set of values."""

    name: str
    type: str
    label: str
    nullable: bool = False
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: identifier, Chinese label, columns in order, key columns."""

    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Column identifiers in order."""
        return [column.name for column in self.columns]


DURATIONS = ("<1", "1-3", "3-10", ">10")
"""Coarse duration classes in minutes, made on the phone."""
ONLINE, PAPER = "online", "paper"
"""Media of a trainee's response: sent by the trainee, or typed by the staff off a paper form."""

UNIT_KINDS = ("project", "institution", "county", "city", "school")

UNITS = Table(
    "units",
    "被评单位",
    (
        Column("kind", TEXT, "类别", categories=UNIT_KINDS),
        Column("unit", TEXT, "代码"),
        Column("name", TEXT, "名称"),
        Column("parent", TEXT, "上级代码（项目的机构、学校的县、县的市）", nullable=True),
        Column("type", TEXT, "类型", nullable=True),
        Column("type_label", TEXT, "类型名称", nullable=True),
        Column("mode", TEXT, "培训方式", nullable=True),
        Column("module", TEXT, "问卷模块", nullable=True),
    ),
    ("kind", "unit"),
)
CLASSES = Table(
    "classes",
    "班级",
    (
        Column("class_code", TEXT, "班级代码"),
        Column("name", TEXT, "班级名称"),
        Column("project", TEXT, "项目代码"),
        Column("county", TEXT, "县区代码", nullable=True),
        Column("enrolled", INTEGER, "参训人数", nullable=True),
    ),
    ("class_code",),
)
SESSIONS = Table(
    "sessions",
    "场次",
    (
        Column("session", TEXT, "场次代码"),
        Column("class_code", TEXT, "班级代码"),
        Column("date", DATE, "日期"),
        Column("title", TEXT, "题目"),
        Column("lecturer", TEXT, "主讲人"),
    ),
    ("session",),
)
ROSTER_MARGINS = Table(
    "roster_margins",
    "班级结构",
    (
        Column("class_code", TEXT, "班级代码"),
        Column("trait", TEXT, "特征"),
        Column("level", TEXT, "水平"),
        Column("count", INTEGER, "人数"),
    ),
    ("class_code", "trait", "level"),
)
VISITS = Table(
    "visits",
    "实地调研",
    (
        Column("visit", TEXT, "调研代码"),
        Column("class_code", TEXT, "班级代码"),
        Column("project", TEXT, "项目代码"),
        Column("date", DATE, "日期"),
        Column("rater", TEXT, "评审专家代号"),
        Column("signed", BOOLEAN, "已签署"),
        Column("conflict", BOOLEAN, "利益冲突"),
    ),
    ("visit",),
)
RATERS = Table(
    "raters",
    "评审专家",
    (
        Column("rater", TEXT, "评审专家代号"),
        Column("visits", INTEGER, "调研次数"),
    ),
    ("rater",),
)
DUTIES = Table(
    "duties",
    "应报与催报",
    (
        Column("instrument", TEXT, "工具代码"),
        Column("target", TEXT, "填报对象代码"),
        Column("unit", TEXT, "被评单位代码"),
        Column(
            *("state", TEXT, "状态（已报、应报未报、未采集、未到期）"),
            categories=("submitted", "withheld", "not_collected", "not_due"),
        ),
        Column("reminders", INTEGER, "有记录的催报次数"),
    ),
    ("instrument", "target"),
)
SENDINGS = Table(
    "sendings",
    "选派",
    (
        Column("sending", TEXT, "选派代码"),
        Column("school", TEXT, "学校代码"),
        Column("class_code", TEXT, "班级代码"),
        Column("count", INTEGER, "人数"),
    ),
    ("sending",),
)
REVIEWS = Table(
    "reviews",
    "案头评审",
    (
        Column("review", TEXT, "评审代码"),
        Column("kind", TEXT, "类别（方案、作业）", categories=("plan", "homework")),
        Column("project", TEXT, "项目代码"),
        Column("class_code", TEXT, "班级代码", nullable=True),
        Column("rater", TEXT, "评审专家代号"),
        Column("signed", BOOLEAN, "已签署"),
        Column("conflict", BOOLEAN, "利益冲突"),
    ),
    ("review",),
)
FOCUS_GROUPS = Table(
    "focus_groups",
    "学员座谈",
    (
        Column("focus_group", TEXT, "座谈代码"),
        Column("class_code", TEXT, "班级代码"),
        Column("project", TEXT, "项目代码"),
        Column("date", DATE, "日期"),
    ),
    ("focus_group",),
)
CHECKS = Table(
    "checks",
    "核查（没有列出的填报项都是自报）",
    (
        Column("response", TEXT, "作答编号"),
        Column("item", TEXT, "题项"),
        Column("state", TEXT, "状态（抽核、核定）", categories=("sampled", "confirmed")),
    ),
    ("response", "item"),
)
CODEBOOK = Table(
    "codebook",
    "编码手册",
    (
        Column("table", TEXT, "数据表"),
        Column("column", TEXT, "列"),
        Column("label", TEXT, "题项或说明"),
        Column("type", TEXT, "类型"),
        Column("codes", TEXT, "取值", nullable=True),
        Column("use", TEXT, "用途", nullable=True),
        Column("indicator", TEXT, "指标", nullable=True),
        Column("scaling", TEXT, "计分", nullable=True),
    ),
    ("table", "column"),
)
FIXED_TABLES = (
    *(UNITS, CLASSES, SESSIONS, ROSTER_MARGINS, VISITS, RATERS),
    *(DUTIES, SENDINGS, REVIEWS, FOCUS_GROUPS, CHECKS),
    CODEBOOK,
)

_ITEM_TYPES = {"integer": INTEGER, "decimal": NUMBER, "date": DATE}


def response_table(instrument: Instrument) -> Table:
    """Contract of the responses to one instrument version: one row per filled form.

    Columns ``response`` (random key), ``unit`` (the project or locality that it speaks of),
    ``target`` (code of what the form is about: ``Instrument.per``), ``class_code``, ``session``,
    ``visit``, ``rater``, ``day`` (date only), ``duration``, ``status``; of trainees ``medium`` (it
    and ``day`` null where too few of a class's combination of traits came so) and, where a code is
    asked, ``pair`` (one number on a person's two responses, else null); then one column per item
    asked once, in order; repeats have tables of their own. Choice answers are kept as codes ('na'
    = 不适用); not asked and not answered are null; several are joined by one space, in order.
    """
    trainee = instrument.role == "trainee"
    head = (
        Column("response", TEXT, "作答编号"),
        Column("unit", TEXT, "被评单位代码"),
        Column("target", TEXT, "填报对象代码"),
        Column("class_code", TEXT, "班级代码", nullable=True),
        Column("session", TEXT, "场次代码", nullable=True),
        Column("visit", TEXT, "调研代码", nullable=True),
        Column("rater", TEXT, "评审专家代号", nullable=True),
        Column("day", DATE, _DAY[trainee], nullable=trainee),
        Column("duration", TEXT, "用时档（分钟）", nullable=True, categories=DURATIONS),
        Column("status", TEXT, "状态", categories=("accepted", "amended", "conflict", "unsigned")),
    )
    more = (*[_MEDIUM] * trainee, *[_PAIR] * instrument.self_code)
    columns = (*head, *more, *_item_columns(instrument.single_items))
    return Table(instrument.table, f"作答：{instrument.title}", columns, ("response",))


_DAY = {True: "日期（不足以隐去个人时空着）", False: "日期"}
_MEDIUM = Column(
    *("medium", TEXT, "填答方式（online 网上、paper 纸质；不足以隐去个人时空着）"),
    nullable=True,
    categories=(ONLINE, PAPER),
)
_PAIR = Column("pair", TEXT, "同一人前后两次作答的配对号（凭自编代码；不知道是谁）", nullable=True)


def repeat_table(instrument: Instrument, section: Section) -> Table:
    """Contract of a repeat of an instrument version: ``response``, ``row`` (from 1), its items."""
    head = (Column("response", TEXT, "作答编号"), Column("row", INTEGER, "行号"))
    label = f"作答：{instrument.title}——{section.label}"
    columns = head + _item_columns(section.items)
    return Table(f"{instrument.table}__{section.name}", label, columns, ("response", "row"))


def instrument_tables(instrument: Instrument) -> tuple[Table, ...]:
    """Every table of an instrument version's responses: the main one, then one per repeat."""
    return (
        response_table(instrument),
        *(repeat_table(instrument, section) for section in instrument.repeats),
    )


def _item_columns(items: tuple[Item, ...]) -> tuple[Column, ...]:
    return tuple(
        Column(
            item.name,
            _ITEM_TYPES.get(item.type, TEXT),
            item.label,
            nullable=True,
            categories=item.scale.codes if item.scale and item.type == "select_one" else (),
        )
        for item in items
        if item.type != "note"
    )


_PANDAS = {TEXT: "string", DATE: "string", INTEGER: "Int64", NUMBER: "Float64", BOOLEAN: "boolean"}


def conform(frame: pd.DataFrame, *, table: Table) -> pd.DataFrame:
    """Return ``frame`` with the table's columns, order, types and row order by key.

    Raises ValueError naming table, column and value when a column is missing or unknown, a value
    is null where it may not be, lies outside the categories, or a key repeats.
    """
    missing = [name for name in table.names if name not in frame.columns]
    unknown = [str(name) for name in frame.columns if name not in table.names]
    if missing or unknown:
        raise ValueError(f"{table.name}: 缺少列 {missing},多出列 {unknown}")
    shaped = frame[table.names].astype({c.name: _PANDAS[c.type] for c in table.columns})
    for column in table.columns:
        _check_column(shaped[column.name], column=column, table=table.name)
    if shaped.duplicated(list(table.key)).any():
        raise ValueError(f"{table.name}: 主键 {'+'.join(table.key)} 重复")
    return shaped.sort_values(list(table.key), kind="stable").reset_index(drop=True)


def _check_column(values: pd.Series, *, column: Column, table: str) -> None:
    if not column.nullable and values.isna().any():
        raise ValueError(f"{table}.{column.name}: 有空值")
    strange = set(values.dropna().unique()) - set(column.categories) if column.categories else set()
    if strange:
        raise ValueError(f"{table}.{column.name}: 取值 {sorted(map(str, strange))} 不在范围内")
