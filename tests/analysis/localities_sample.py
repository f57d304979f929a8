"""Two cities, four counties, six schools each: records, school forms and answers by hand."""

from __future__ import annotations

from pathlib import Path

from instruments.model import (
    Choice,
    IndicatorMapping,
    Instrument,
    Item,
    Scale,
    Section,
    Use,
)
from instruments.programme import Cycle
from instruments.scorecard import Adoption, Framework, Indicator, Modifier
from instruments.tables import CLASSES, DUTIES, UNITS, instrument_tables
from province import FRAMEWORK, RUBRIC, SLIP, TRAINEE, FolderExtract, scaled, shaped

SCHOOL = Instrument(
    *("school_form", "1.0", "学校问卷", "school", "school"),
    sections=(Section("main", "学校", (scaled("s1"),)),),
    mappings=(IndicatorMapping("s1", "B4.1.1", "agree5"),),
    uses=(),
)
LOCALITY = Instrument(
    *("locality_form", "1.0", "市县填报表", "locality", "locality"),
    sections=(
        Section("main", "填报", (Item("meetings", "integer", "会议次数（次）"),)),
        Section("schools", "学校", (Item("spent", "decimal", "培训经费（元）"),), repeat=True),
    ),
    mappings=(),
    uses=(Use("meetings", "record"), Use("spent", "record")),
)
LATER = Instrument(
    *("followup", "1.0", "跟踪问卷", "trainee", "class"),
    sections=(Section("main", "返岗", (scaled("f1"),)),),
    mappings=(IndicatorMapping("f1", "B6.1.1", "agree5"),),
    uses=(),
    wave="followup",
)
CODED = Scale("indicator", (Choice("A3.1", "授课质量"),))
TENDENCY = Scale("tendency", tuple(Choice(c, c) for c in ("positive", "neutral", "negative")))
YES_NO = Scale("yes_no", (Choice("yes", "是"), Choice("no", "否")))
FOCUS = Instrument(
    *("focus_group", "1.0", "座谈记录表", "recorder", "focus_group"),
    sections=(
        Section(
            *("points", "要点"),
            (
                Item("indicator", "select_one", "指标", scale=CODED),
                Item("tendency", "select_one", "倾向", scale=TENDENCY),
                Item("dissent", "select_one", "不同意见", scale=YES_NO),
            ),
            repeat=True,
        ),
    ),
    mappings=(),
    uses=tuple(Use(name, "record") for name in ("indicator", "tendency", "dissent")),
)
SHARE = "share"
LOCAL = Framework(
    code="B",
    version="1.0",
    title="地方",
    scorecard="B",
    total=100.0,
    adoption=Adoption("建议"),
    note="",
    indicators=(
        Indicator("B1", "", "组织", 40.0),
        Indicator("B1.1", "B1", "会议", 40.0),
        Indicator(
            *("B1.1.1", "B1.1", "会议", 20.0, "档"),
            instrument="locality_form", formula="meetings / 4", scaling=SHARE,
        ),
        Indicator(
            *("B1.1.2", "B1.1", "经费", 20.0, "档"),
            instrument="locality_form",
            formula="share(row.spent >= 100 for row in schools)", scaling=SHARE,
        ),
        Indicator("B4", "", "选派", 30.0),
        Indicator("B4.1", "B4", "对象", 30.0),
        Indicator(
            *("B4.1.1", "B4.1", "对象精准", 20.0, "县"), instrument="school_form", level="counties"
        ),
        Indicator(
            *("B4.1.2", "B4.1", "计划", 10.0, "档"),
            instrument="locality_form", formula="meetings / 4", scaling=SHARE, level="counties",
        ),
        Indicator("B6", "", "成效", 30.0),
        Indicator("B6.1", "B6", "应用", 30.0),
        Indicator("B6.1.1", "B6.1", "应用", 30.0, "跟", instrument="followup", level="counties"),
    ),
    modifiers=(Modifier(("it",), {"B4.1.1": 30.0, "B4.1.2": 0.0}, "只有学校问卷"),),
)  # fmt: skip
COUNTIES = {"140106": "140100", "140107": "140100", "140212": "140200", "140213": "140200"}
INSTRUMENTS = (TRAINEE, SLIP, RUBRIC, SCHOOL, LOCALITY, LATER, FOCUS)


def unit_rows() -> list[dict]:
    """Cities, counties and schools; the last county belongs to IT 2.0 only."""
    kinds = dict.fromkeys(COUNTIES, "guopei") | {"140213": "it"}
    rows = [{"kind": "city", "unit": c, "name": f"市{c}"} for c in dict.fromkeys(COUNTIES.values())]
    rows += [
        {"kind": "county", "unit": county, "name": f"县{county}", "parent": city,
         "type": kinds[county]}
        for county, city in COUNTIES.items()
    ]  # fmt: skip
    rows += [
        {"kind": "school", "unit": f"S{county}{k}", "name": "校", "parent": county}
        for county in COUNTIES
        for k in range(6)
    ]
    return rows


def local_extract(
    folder: Path,
    *,
    meetings: dict[str, int | None],
    school: dict[str, str],
    spent: tuple[float, ...] = (100.0, 50.0),
    duties: list[dict] | None = None,
    edition: str = "end",
) -> FolderExtract:
    """``meetings`` per locality with a record, ``school``: what a county's schools say."""
    project = {"kind": "project", "unit": "P0", "name": "项目", "type": "outreach"}
    classes = [
        {"class_code": f"C{county}", "name": "班", "project": "P0", "county": county,
         "enrolled": 10 * (1 + place)}
        for place, county in enumerate(COUNTIES)
    ]  # fmt: skip
    tables = {
        "units": shaped([project, *unit_rows()], UNITS),
        "classes": shaped(classes, CLASSES),
        "duties": shaped(duties or [], DUTIES),
    }
    head = {"day": "2026-09-10", "status": "accepted"}
    records = [
        {"response": f"L{unit}", "unit": unit, "target": unit, "meetings": number, **head}
        for unit, number in meetings.items()
    ]
    rows = [
        {"response": r["response"], "row": k + 1, "spent": money}
        for r in records
        for k, money in enumerate(spent)
    ]
    schools = [
        {"response": f"F{county}{k}", "unit": county, "target": f"S{county}{k}", "s1": code, **head}
        for county, code in school.items()
        for k in range(6)
    ]
    later = [
        {"response": f"T{c['class_code']}{k}", "unit": "P0", "target": c["class_code"],
         "class_code": c["class_code"], "f1": "4", **head}
        for c in classes
        for k in range(6)
    ]  # fmt: skip
    points = [("positive", "no"), ("negative", "yes"), ("positive", "no")]
    group = {"response": "G1", "unit": "P0", "target": "Z1", "class_code": "C140106", **head}
    spoken = [
        {"response": "G1", "row": k, "indicator": "A3.1", "tendency": t, "dissent": d}
        for k, (t, d) in enumerate(points, 1)
    ]
    filled = {
        SCHOOL.table: schools,
        LOCALITY.table: records,
        f"{LOCALITY.table}__schools": rows,
        LATER.table: later if edition == "followup" else [],
        FOCUS.table: [group],
        f"{FOCUS.table}__points": spoken,
    }
    for contract in (table for one in INSTRUMENTS for table in instrument_tables(one)):
        tables[contract.name] = shaped(filled.get(contract.name, []), contract)
    cycle = Cycle("t", "样例", 2026, True, edition)
    return FolderExtract(folder, tables, (FRAMEWORK, LOCAL), INSTRUMENTS, cycle)
