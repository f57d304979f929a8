"""The codebook 编码手册: every column of an extract with its words, codes, use and indicator."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from instruments.model import Instrument, Item
from instruments.scorecard import Framework
from instruments.tables import CODEBOOK, FIXED_TABLES, Column, Table, conform, response_table

USE_LABELS = {
    "trait": "学员特征",
    "check": "注意检测",
    "reversed": "反向题",
    "pressure": "填答压力",
    "fee": "收费核查",
    "header": "表头",
    "comment": "文字意见",
    "pace": "节奏",
    "fact": "事实",
}
"""Chinese label of each use of an item (``instruments.model.USES``)."""


def build_codebook(instruments: Sequence[Instrument]) -> pd.DataFrame:
    """One row per table and column, per ``tables.CODEBOOK``: label, type, codes, use, indicator,
    scaling. Codes are written ``code=label`` joined by '; '."""
    rows = [_plain(table, column) for table in FIXED_TABLES for column in table.columns]
    for instrument in instruments:
        table = response_table(instrument)
        items = {item.name: item for item in instrument.items}
        for column in table.columns:
            row = _plain(table, column)
            found = items.get(column.name)
            rows.append(row | _asked(instrument, found) if found else row)
    return conform(pd.DataFrame(rows, columns=CODEBOOK.names), table=CODEBOOK)


def codebook_markdown(instruments: Sequence[Instrument], framework: Framework) -> str:
    """The codebook as a page to read: instruments with wording and codes, then the indicators."""
    lines = ["# 编码手册", "", "本页由程序生成,随问卷和指标体系更新。", ""]
    for instrument in instruments:
        lines += _instrument_lines(instrument)
    lines += _framework_lines(framework)
    lines += ["## 数据快照的其他数据表", ""]
    for table in FIXED_TABLES:
        lines += [
            f"### {table.name} {table.label}",
            "",
            "| 列 | 说明 | 类型 | 可空 |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {c.name} | {c.label} | {c.type} | {'是' if c.nullable else '否'} |"
            for c in table.columns
        ]
        lines.append("")
    return "\n".join(lines)


def _plain(table: Table, column: Column) -> dict[str, object]:
    return {
        "table": table.name,
        "column": column.name,
        "label": column.label,
        "type": column.type,
        "codes": "; ".join(column.categories) or None,
        "use": None,
        "indicator": None,
        "scaling": None,
    }


def _asked(instrument: Instrument, item: Item) -> dict[str, object]:
    maps = [m for m in instrument.mappings if m.item == item.name]
    uses = [u for u in instrument.uses if u.item == item.name]
    return {
        "codes": _codes(item) or None,
        "use": "; ".join(USE_LABELS[u.use] for u in uses) or ("计分" if maps else None),
        "indicator": "; ".join(m.indicator for m in maps) or None,
        "scaling": "; ".join(_scaling(m.scaling, m.baseline) for m in maps) or None,
    }


def _codes(item: Item) -> str:
    choices = item.scale.choices if item.scale else ()
    return "; ".join(f"{choice.code}={choice.label}" for choice in choices)


def _scaling(scaling: str, baseline: str) -> str:
    return f"{scaling}(前测 {baseline})" if baseline else scaling


def _instrument_lines(instrument: Instrument) -> list[str]:
    head = f"## {instrument.title}({instrument.code} {instrument.version})"
    lines = [head, "", f"数据表 `{instrument.table}`。", ""]
    lines += ["| 题项 | 题干 | 取值 | 用途 | 指标 | 计分 |", "|---|---|---|---|---|---|"]
    for item in instrument.items:
        row = _asked(instrument, item)
        cells = [
            item.name,
            item.label,
            *(row[k] or "" for k in ("codes", "use", "indicator", "scaling")),
        ]
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return [*lines, ""]


def _framework_lines(framework: Framework) -> list[str]:
    head = f"## 指标体系 {framework.scorecard}({framework.code} {framework.version})"
    lines = [
        head,
        "",
        framework.note,
        "",
        "| 指标 | 名称 | 分值 | 来源 | 依据 |",
        "|---|---|---|---|---|",
    ]
    for node in framework.indicators:
        basis = " ".join(part for part in (node.clause, node.basis) if part)
        lines.append(f"| {node.code} | {node.name} | {node.points:g} | {node.source} | {basis} |")
    return [*lines, ""]
