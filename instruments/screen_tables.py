"""The column contract of the screens of whole classes."""

from __future__ import annotations

from instruments.tables import INTEGER, NUMBER, TEXT, Column, Table

SCREENS = ("identical", "copied", "burst", "straight", "quick", "pressure", "overfull")
SCREEN_STATES = ("raised", "clear", "unjudged", "suppressed")
"""提请复核 raised, 未提请 clear, 不能判断 unjudged, below the minimum cell suppressed."""
_EXPECTED = ("expected", NUMBER, "如实作答时预计的份数；overfull 为应有的最多份数")
CLASS_SCREEN_RESULTS = Table(
    "class_screens",
    "班级筛查（提请复核，不剔除）",
    (
        Column("class_code", TEXT, "班级代码"),
        Column("instrument", TEXT, "工具代码"),
        Column("screen", TEXT, "筛查", categories=SCREENS),
        Column("n", INTEGER, "作答份数", nullable=True),
        Column("statistic", INTEGER, "查到的份数", nullable=True),
        Column(*_EXPECTED, nullable=True),
        Column("p", NUMBER, "偶然达到的概率", nullable=True),
        Column("state", TEXT, "结论", categories=SCREEN_STATES),
    ),
    ("class_code", "instrument", "screen"),
)
