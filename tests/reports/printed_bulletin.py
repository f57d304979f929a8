"""Small bulletins for tests of paper: a table, an imprint, texts that try to be code."""

from __future__ import annotations

from functools import cache
from typing import Any

from reports.document import Block, Bulletin, Cell, Column, Paragraph, Rows, Section, Table
from reports.writers.fonts import Fonts, read_fonts

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="144" height="72" viewBox="0 0 144 72">'
    '<rect width="144" height="72" fill="#0b4f71"/></svg>'
)
HOSTILE = (
    '#import "x"',
    "$x$",
    "*a*",
    "{{ 7*7 }}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "= 标题 <label> @ref",
    "#panic()",
    "\\u{41}",
    "`raw` // 注",
    "=1+1",
    "MERGEFIELD x",
)
"""Markup of Typst, Jinja, HTML, spreadsheets and Word: names like any other."""


@cache
def built_in_fonts() -> Fonts:
    return read_fonts(None)


def table(rows: int = 3, names: tuple[str, ...] = (), **changes: Any) -> Table:
    """A ranked table of so many rows, named ``names`` as far as they go."""
    named = [*names, *(f"示例院校{number}" for number in range(rows - len(names)))]
    body = tuple(
        (Cell(str(place)), Cell(name, link="other"), Cell("91.3"), Cell("88.9–93.6"))
        for place, name in enumerate(named, 1)
    )
    columns = (
        Column("名次", numeric=True),
        Column("单位"),
        Column("综合分", numeric=True),
        Column("95%区间", numeric=True),
    )
    values = {"anchor": "t1", "caption": "表1 结果", "columns": columns, "head": 1}
    return Table(**{**values, "groups": (Rows("承训机构", body),), **changes})


def bulletin(*blocks: Block, **changes: Any) -> Bulletin:
    """A bulletin with one section of ``blocks`` and one annex."""
    values: dict[str, Any] = {
        "title": "关于2025年度“国培计划”项目绩效评估情况的通报",
        "mark": "样例",
        "mark_note": "样例：数据均为虚构。",
        "subtitle": "2025年度",
        "addressees": "各市教育局：",
        "basis": ("根据有关要求，现将结果通报如下。",),
        "sections": (Section("first", "一、评估结果", blocks),),
        "annexes": (Section("annex", "附件1 指标与权重", (Paragraph("见表。"),), page=True),),
        "control_label": "校验码",
        "control": "0123456789abcdef",
        "words": (("attachments", "附件："),),
        "day": "2025-12-06",
    }
    return Bulletin(**{**values, **changes})
