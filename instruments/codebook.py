"""The codebook: every column of every table, made from the instruments and the contracts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from instruments.formula import describe, parse
from instruments.model import Instrument, Item
from instruments.scorecard import Framework, Indicator
from instruments.tables import CODEBOOK, FIXED_TABLES, Column, Table, conform, instrument_tables

USE_LABELS = {
    "trait": "背景特征",
    "check": "检测题",
    "reversed": "反向题（只用于筛查）",
    "pressure": "填答压力",
    "fee": "收费情况",
    "header": "表头",
    "comment": "文字意见",
    "pace": "节奏强度",
    "fact": "事实",
    "record": "填报",
    "evidence": "附件",
    "city": "事实，不在市以下公布",
    "change": "与结业时比较",
    "score": "计分",
    "baseline": "增益基线",
}


def build_codebook(instruments: Sequence[Instrument]) -> pd.DataFrame:
    """One row per column of an extract, by the contract ``tables.CODEBOOK``.

    ``codes`` lists ``code=label`` joined by ``;`` for closed columns; ``use`` is a use of sheet
    ``_uses``, 'score' or 'baseline'; ``indicator`` and ``scaling`` are those of ``_indicators``,
    joined by ``;`` where an item feeds two scorecards.
    """
    rows = [_row(table, column, column.label) for table in FIXED_TABLES for column in table.columns]
    for instrument in instruments:
        items = {item.name: item for item in instrument.items}
        for table in instrument_tables(instrument):
            for column in table.columns:
                item = items.get(column.name)
                rows.append(
                    _item_row(table, column, item, instrument)
                    if item
                    else _row(table, column, column.label)
                )
    return conform(pd.DataFrame(rows, columns=CODEBOOK.names), table=CODEBOOK)


def _row(table: Table, column: Column, label: str) -> dict[str, object]:
    return {
        "table": table.name,
        "column": column.name,
        "label": label,
        "type": column.type,
        "codes": ";".join(column.categories) or None,
        "use": None,
        "indicator": None,
        "scaling": None,
    }


def _item_row(
    table: Table, column: Column, item: Item, instrument: Instrument
) -> dict[str, object]:
    indicator, scaling, use = _purpose(item, instrument)
    codes = ";".join(f"{c.code}={c.label}" for c in item.scale.choices) if item.scale else None
    return _row(table, column, item.label) | {
        "codes": codes,
        "use": use or None,
        "indicator": indicator or None,
        "scaling": scaling or None,
    }


def _purpose(item: Item, instrument: Instrument) -> tuple[str, str, str]:
    """Indicators, scalings and use of an item; '' where it has none."""
    scored = [mapping for mapping in instrument.mappings if mapping.item == item.name]
    held = [mapping for mapping in instrument.mappings if mapping.baseline == item.name]
    uses = [use.use for use in instrument.uses if use.item == item.name]
    use = "score" if scored else "baseline" if held else "".join(uses[:1])
    found = scored or held
    indicators = ";".join(mapping.indicator for mapping in found)
    return indicators, ";".join(dict.fromkeys(mapping.scaling for mapping in found)), use


def codebook_markdown(instruments: Sequence[Instrument], frameworks: Sequence[Framework]) -> str:
    """The codebook for people (docs/codebook.md): indicators, then items, then fixed tables."""
    parts = [
        "# 编码手册",
        "本文件由工具、指标体系和数据表约定生成，请勿手改。题项措辞、选项和对应指标在 "
        "`instruments/library/instruments/` 中修改，指标在 "
        "`instruments/library/frameworks/` 中修改。",
    ]
    for framework in frameworks:
        parts += [
            f"## 指标：{framework.title}",
            f"{framework.note}权重状态：{framework.adoption.status}。",
            _indicator_table(instruments, framework),
        ]
    for instrument in instruments:
        parts += [
            f"## 工具：{instrument.title}（`{instrument.code}` {instrument.version}）",
            _table_names(instrument),
            _item_table(instrument),
        ]
    for table in FIXED_TABLES:
        parts += [f"## 数据表：{table.label}（`{table.name}`）", _column_table(table)]
    return "\n\n".join(parts) + "\n"


def _table_names(instrument: Instrument) -> str:
    main, *repeats = instrument_tables(instrument)
    others = "".join(f"；重复组 `{table.name}`" for table in repeats)
    return f"数据表 `{main.name}`{others}。"


def _indicator_table(instruments: Sequence[Instrument], framework: Framework) -> str:
    fed: dict[str, list[str]] = {}
    for instrument in instruments:
        for mapping in instrument.mappings:
            fed.setdefault(mapping.indicator, []).append(mapping.item)
    forms = {instrument.code: instrument for instrument in instruments}
    return _table(
        ("代码", "指标", "分值", "来源", "题项", "依据条款"),
        [
            (
                node.code,
                node.name,
                f"{node.points:g}",
                node.source,
                _measured_by(node, fed.get(node.code, []), forms),
                node.clause,
            )
            for node in framework.indicators
        ],
    )


def _measured_by(node: Indicator, items: list[str], forms: dict[str, Instrument]) -> str:
    if node.formula:
        return describe(parse(node.formula), forms[node.instrument])
    return " ".join(items or node.minimum_of)


def _item_table(instrument: Instrument) -> str:
    rows = []
    for item in instrument.items:
        indicator, scaling, use = _purpose(item, instrument)
        choices = item.scale.choices if item.scale else ()
        shown = ";".join(f"{c.code}={c.description or c.label}" for c in choices)
        rows.append((item.name, item.label, shown, USE_LABELS.get(use, ""), indicator, scaling))
    return _table(("列", "题项", "取值", "用途", "指标", "计分"), rows)


def _column_table(table: Table) -> str:
    rows = [
        (c.name, c.label, c.type, "可空" if c.nullable else "", ";".join(c.categories))
        for c in table.columns
    ]
    return _table(("列", "说明", "类型", "空值", "取值"), rows)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )
