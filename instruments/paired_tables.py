"""The column contract of how the same people changed from one wave to the other."""

from __future__ import annotations

from instruments.tables import INTEGER, NUMBER, TEXT, Column, Table

PAIRED_RESULTS = Table(
    "paired",
    "同一学员的前后变化",
    (
        Column("unit", TEXT, "被评单位代码"),
        Column("instrument", TEXT, "跟踪工具代码"),
        Column("item", TEXT, "跟踪题项"),
        Column("before", TEXT, "结业题项"),
        Column("n", INTEGER, "配对数"),
        Column("change", NUMBER, "平均变化（跟踪减结业，级）"),
        Column("se", NUMBER, "标准误（级）"),
    ),
    ("unit", "instrument", "item"),
)
