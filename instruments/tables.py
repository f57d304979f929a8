"""The column contract of every table that an extract or a results folder holds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from instruments.model import Instrument

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

UNITS = Table(
    "units",
    "被评单位",
    (
        Column("kind", TEXT, "类别", categories=("project", "institution")),
        Column("unit", TEXT, "代码"),
        Column("name", TEXT, "名称"),
        Column("type", TEXT, "类型", nullable=True),
        Column("type_label", TEXT, "类型名称", nullable=True),
        Column("institution", TEXT, "承训机构代码", nullable=True),
        Column("mode", TEXT, "培训方式", nullable=True),
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
FIXED_TABLES = (UNITS, CLASSES, SESSIONS, ROSTER_MARGINS, VISITS, RATERS, CODEBOOK)

_ITEM_TYPES = {"integer": INTEGER, "decimal": NUMBER, "date": DATE}


def response_table(instrument: Instrument) -> Table:
    """Contract of the responses to one instrument version: one row per filled form.

    Columns ``response`` (random key), ``class_code``, ``session``, ``visit``, ``rater``, ``day``
    (date only), ``duration``, ``status``, then one column per item, in the order asked.
    Choice answers are kept as codes ('na' = 不适用); not asked and not answered are null;
    several choices are joined by one space in the scale's order.
    """
    head = (
        Column("response", TEXT, "作答编号"),
        Column("class_code", TEXT, "班级代码"),
        Column("session", TEXT, "场次代码", nullable=True),
        Column("visit", TEXT, "调研代码", nullable=True),
        Column("rater", TEXT, "评审专家代号", nullable=True),
        Column("day", DATE, "日期"),
        Column("duration", TEXT, "用时档（分钟）", nullable=True, categories=DURATIONS),
        Column("status", TEXT, "状态", categories=("accepted", "conflict", "unsigned")),
    )
    items = tuple(
        Column(
            item.name,
            _ITEM_TYPES.get(item.type, TEXT),
            item.label,
            nullable=True,
            categories=item.scale.codes if item.scale and item.type == "select_one" else (),
        )
        for item in instrument.items
        if item.type != "note"
    )
    return Table(instrument.table, f"作答：{instrument.title}", head + items, ("response",))


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
