"""Contracts of decision record 12: repeats, files, waves, formula leaves, modifiers, frameworks."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from record_form import RECORD, record

from instruments.builtin import load_instruments, plan_source
from instruments.codebook import build_codebook, codebook_markdown
from instruments.extract import read_extract, write_extract
from instruments.faults import FaultsFound
from instruments.fit import check_fit
from instruments.framework import UNIT_TYPES, read_framework
from instruments.model import SOURCE_OF, Instrument
from instruments.plan import read_plan
from instruments.programme import Cycle
from instruments.scorecard import Condition, Framework, points_of
from instruments.tables import FIXED_TABLES, instrument_tables, repeat_table, response_table
from instruments.types import codes_of, module_for

FORM = record()
PERCENT = b"scaling:\n  - {name: percent, low: 0, low_score: 20, high: 100, high_score: 100}\n  #"
PLAN_TEXT = plan_source().replace(b"method: indirect", b"method: none")
PLAN_TEXT = PLAN_TEXT.replace(b"scaling:  ", PERCENT)
PLAN = read_plan(PLAN_TEXT, "plan.yaml")
FRAMEWORK = """
code: A
version: "1"
title: 样例
scorecard: A
total: 100
adoption: {status: 建议}
note: ""
indicators:
  - {code: A1, parent: "", name: 一, points: 60}
  - {code: A1.1, parent: A1, name: 完成率, points: 40, source: 档, instrument: record,
     formula: present / planned * 100, scaling: percent}
  - {code: A1.2, parent: A1, name: 师德, points: 20, source: 档, instrument: record,
     formula: "share(row.kind == 'ethics' for row in lessons)", scaling: percent,
     applies: [{name: mode, among: [residential, workshop]}, {name: type, among: [outreach]}]}
  - {code: A2, parent: "", name: 二, points: 40}
  - {code: A2.1, parent: A2, name: 招标, points: 40, source: 档, instrument: record,
     formula: "when(tender == 'yes', 100, 0)", scaling: percent}
modifiers:
  - {types: [outreach, it_team], points: {A1.2: 0, A2.1: 60}, reason: 送教无课表, clause: N1.1}
"""


def framework(text: str = FRAMEWORK, name: str = "A.yaml") -> Framework:
    return read_framework(text.encode(), name)


def faults_of_form(old: str, new: str) -> list[tuple[str, int | None]]:
    assert old in RECORD
    with pytest.raises(FaultsFound) as found:
        load_instruments({"record.md": RECORD.replace(old, new).encode()})
    return [(f.code.removeprefix("instruments."), f.place.row) for f in found.value.faults]


def test_a_repeat_is_a_section_of_rows() -> None:
    assert [(s.name, s.repeat) for s in FORM.sections] == [
        ("plan", False), ("lessons", True), ("budget", True),
    ]  # fmt: skip
    assert [item.name for item in FORM.single_items][-1] == "proof"
    assert [item.name for section in FORM.repeats for item in section.items] == [
        "kind", "hours", "money",
    ]  # fmt: skip
    assert FORM.item("proof").type == "file" and FORM.item("hours").name == "hours"
    assert "kind" not in {item.name for item in FORM.asked({})}


def test_every_form_of_the_record_has_a_source() -> None:
    """Decision record 12, table of instruments."""
    assert FORM.source == "档" and FORM.wave == "end"
    assert len(SOURCE_OF) == 11 and set(SOURCE_OF.values()) == set("问场观座档县跟")
    later = RECORD.replace("| institution  |", "| trainee |").replace(
        "| project      |", "| class |"
    )
    later = later.replace("| context | project_type |", "| wave | followup |")
    (form,) = load_instruments({"f.md": later.encode()})
    assert (form.wave, form.source) == ("followup", "跟")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("| begin repeat      | lessons | 课表 ", "| begin group | lessons | 课表 ", "other_end"),
        ("| begin repeat      | budget ", "| text | budget ", "outside_group"),
        ("| decimal           | hours  ", "| begin repeat | inner ", "nested_group"),
        ("| integer           | planned | 计划人数。 |          |                         |",
         "| integer | planned | 计划人数 | | ${kind} = 'ethics' |", "relevant_item"),
        ("| money   | record   |", "| money   | fact |\n| | kind | fact |", "two_purposes"),
        ("| proof   | evidence |", "| proof   | record |", "file_use"),
        ("| remark  | record   |", "| remark  | evidence |", "file_use"),
        ("| institution  |", "| school |", "unknown_subject"),
        ("| context | project_type |", "| wave | later |", "bad_context"),
        ("| lessons | 课表 ", "| target | 课表 ", "reserved_name"),
        ("| planned | 计划人数。", "| class | 计划人数。", "reserved_name"),
        ("| money   | record   |\n",
         "\n| _indicators | | | |\n| | item | indicator | scaling |\n| | money | A1 | agree5 |\n",
         "scored_repeat"),
    ],
)  # fmt: skip
def test_faults_of_the_new_parts(old: str, new: str, code: str) -> None:
    assert code in [found for found, _ in faults_of_form(old, new)]


def test_faults_of_a_repeat_come_at_once_with_their_rows() -> None:
    text = RECORD.replace("| money   | record   |", "| money   | joke |")
    text = text.replace("| decimal           | money ", "| weight            | money ")
    with pytest.raises(FaultsFound) as found:
        load_instruments({"record.md": text.encode()})
    rows = {f.code: f.place.row for f in found.value.faults}
    lines = text.splitlines()
    assert "weight" in lines[(rows["instruments.unknown_type"] or 0) - 1]
    assert "joke" in lines[(rows["instruments.unknown_use"] or 0) - 1]


def test_rows_of_rated_homework_may_be_scored() -> None:
    text = RECORD.replace("| institution  |", "| expert |").replace("| project      |", "| class |")
    text = text.replace("|       | kind    | record   |\n", "")
    text += "\n| _indicators | | | |\n| | item | indicator | scaling |\n| | kind | A1 | agree5 |\n"
    (form,) = load_instruments({"homework.md": text.encode()})
    assert [m.item for m in form.mappings] == ["kind"] and form.source == "观"


def mapped(*rows: str) -> str:
    text = RECORD.replace("|       | present | record   |\n", "")
    listed = "".join(f"| | {row} |\n" for row in rows)
    return text + f"\n| _indicators | | | |\n| | item | indicator | scaling |\n{listed}"


def test_an_item_feeds_one_indicator_of_each_scorecard() -> None:
    text = mapped("present | A1.1 | percent", "present | B1.1 | percent")
    (form,) = load_instruments({"record.md": text.encode()})
    assert [m.indicator for m in form.mappings] == ["A1.1", "B1.1"]
    row = build_codebook((form,)).query("column == 'present'").iloc[0]
    assert (row["indicator"], row["scaling"], row["use"]) == ("A1.1;B1.1", "percent", "score")
    for rows in (
        ("present | A1.1 | percent", "present | A2.1 | percent"),
        ("planned | A1.1 | percent",),
    ):
        with pytest.raises(FaultsFound) as found:
            load_instruments({"record.md": mapped(*rows).encode()})
        assert "instruments.two_purposes" in [f.code for f in found.value.faults]


def test_context_names_have_their_lists() -> None:
    module = "| ${project_module} = 'it2' and ${locality_kind} != 'city' |"
    text = RECORD.replace("| project_type |", "| project_module locality_kind |")
    line = "| select_multiple t | topics  | 专题       |          | ${tender} = 'yes'       |"
    (form,) = load_instruments(
        {"r.md": text.replace(line, line.rsplit("| ", 1)[0] + module).encode()}
    )
    assert form.context == ("project_module", "locality_kind")


def test_modules_follow_type_then_mode() -> None:
    """Decision record 12: by type where types.yaml names one, else by mode."""
    assert module_for("it_subject", "workshop") == "it2"
    assert module_for("team_study", "placement") == "team_study"
    assert module_for("rural_backbone", "blended") == "workshop"
    assert module_for("outreach", "outreach") == "outreach"
    named = {module_for(t, m) for t in codes_of("project_types") for m in codes_of("modes")}
    assert named == set(codes_of("modules"))
    with pytest.raises(KeyError):
        module_for("rural_backbone", "by_post")


@pytest.mark.parametrize("kind", [*UNIT_TYPES, None])
def test_points_of_every_type_sum_to_the_total(kind: str | None) -> None:
    found = framework()
    points = points_of(found, kind)
    assert sum(points[leaf.code] for leaf in found.leaves) == found.total
    assert points["A1"] == points["A1.1"] + points["A1.2"]
    assert points["A1.2"] == (0 if kind in ("outreach", "it_team") else 20)


def test_conditions_all_hold_or_the_leaf_does_not_apply() -> None:
    leaf = framework().indicator("A1.2")
    assert leaf.applies[0] == Condition("mode", ("residential", "workshop"))
    assert leaf.applies_to({"mode": "workshop", "type": "outreach"})
    assert not leaf.applies_to({"mode": "workshop", "type": "it_team"})
    assert not leaf.applies_to({"mode": None, "type": "outreach"})
    assert framework().indicator("A1.1").applies_to({})


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("present / planned", "present //", "formula.unreadable"),
        ("present / planned", "__import__('os')", "formula.unknown_call"),
        ("formula: present / planned * 100, ", "", "framework.formula_and_scaling"),
        ("planned * 100, scaling: percent", "planned * 100", "framework.formula_and_scaling"),
        ("source: 档", "source: 座", "framework.never_scored"),
        ("scaling: percent}", "scaling: percent, level: counties}", "framework.level"),
        ("name: 一, ", "name: 一, formula: 1, ", "declaration.wrong_type"),
        ("name: 一, ", "name: 一, scaling: percent, ", "framework.only_leaves"),
        ("name: mode", "name: colour", "framework.condition"),
        ("[residential, workshop]", "[by_post]", "framework.condition"),
        ("[residential, workshop]", "[]", "framework.condition"),
        ("types: [outreach, it_team]", "types: [nothing]", "framework.modifier_names"),
        ("types: [outreach, it_team]", "types: []", "framework.modifier_names"),
        ("{A1.2: 0,", "{A1.9: 0,", "framework.modifier_names"),
        ("A2.1: 60", "A2.1: 50", "framework.modifier_sum"),
        ("{A1.2: 0, A2.1: 60}", "{A1.2: -5, A2.1: 65}", "framework.modifier_sum"),
        ("modifiers:\n", "modifiers:\n  - {types: [outreach], points: {A2.1: 40}, reason: 又}\n",
         "framework.modifier_twice"),
        ("reason: 送教无课表, ", "", "declaration.missing_key"),
        ("total: 100", "total: 120", "framework.under_total"),
        ('note: ""', 'note: ""\nchange: {proposer: 甲, reason: 乙}', "declaration.missing_key"),
    ],
)  # fmt: skip
def test_framework_faults(old: str, new: str, code: str) -> None:
    assert old in FRAMEWORK
    with pytest.raises(FaultsFound) as found:
        framework(FRAMEWORK.replace(old, new))
    assert code in [fault.code for fault in found.value.faults]


def test_a_later_version_says_who_changed_what_after_seeing_what() -> None:
    text = (
        FRAMEWORK + 'change: {proposer: 师范处, reason: 会议, results_visible: true, base: "1"}\n'
    )
    change = framework(text).change
    assert change is not None and (change.results_visible, change.base) == (True, "1")


def misfits(frameworks: tuple[Framework, ...], forms: tuple[Instrument, ...]) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        check_fit(frameworks, PLAN, forms)
    return [fault.code for fault in found.value.faults]


def test_formula_leaves_fit_their_instrument_and_plan() -> None:
    good = framework()
    check_fit((good,), PLAN, (FORM,))
    strange = framework(FRAMEWORK.replace("present / planned", "absent / planned"))
    assert misfits((strange,), (FORM,)) == ["formula.unknown_field"]
    strange = framework(FRAMEWORK.replace("planned * 100, scaling: percent", "1, scaling: parts"))
    assert "framework.unknown_scaling" in misfits((strange,), (FORM,))
    strange = framework(FRAMEWORK.replace("source: 档", "source: 问"))
    assert "framework.source_of_role" in misfits((strange,), (FORM,))
    (both,) = load_instruments({"record.md": mapped("present | A1.1 | percent").encode()})
    assert misfits((good,), (both,)) == ["framework.items_and_formula"]


def test_one_framework_per_scorecard() -> None:
    good = framework()
    other = framework(
        FRAMEWORK.replace("A1", "B1").replace("A2", "B2").replace("code: A\n", "code: B\n")
    )
    assert misfits((good, other), (FORM,)) == ["framework.second_scorecard"]
    check_fit((good, replace(other, scorecard="B")), PLAN, (FORM,))
    assert "framework.repeated_code" in misfits((good, replace(good, scorecard="B")), (FORM,))


def empty_tables() -> dict[str, pd.DataFrame]:
    contracts = [t for t in (*FIXED_TABLES, *instrument_tables(FORM)) if t.name != "codebook"]
    return {table.name: pd.DataFrame(columns=table.names) for table in contracts}


def filled_tables() -> dict[str, pd.DataFrame]:
    def rows(*given: dict[str, object], of: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(list(given)).reindex(columns=of.columns)

    made = empty_tables()
    project = {
        "kind": "project",
        "unit": "P1",
        "name": "甲",
        "type": "outreach",
        "module": "outreach",
    }
    made["units"] = rows(project, of=made["units"])
    main = FORM.table
    head = {"response": "r1", "unit": "P1", "target": "P1", "day": "2021-09-01"}
    made[main] = rows(head | {"status": "accepted", "present": 40}, of=made[main])
    lessons = f"{main}__lessons"
    made[lessons] = rows(
        {"response": "r1", "row": 2, "kind": "other"},
        {"response": "r1", "row": 1, "kind": "ethics", "hours": 4.0},
        of=made[lessons],
    )
    duty = {"instrument": "record", "target": "P1", "unit": "P1", "state": "submitted"}
    made["duties"] = rows(duty | {"reminders": 0}, of=made["duties"])
    made["checks"] = rows(
        {"response": "r1", "item": "present", "state": "sampled"}, of=made["checks"]
    )
    return made


def sealed(directory, tables):
    return write_extract(
        directory,
        cycle=Cycle("2021", "样例", 2021, True, "followup"),
        day="2021-12-31",
        tables=tables,
        instruments={"record.md": RECORD.encode()},
        frameworks={"A.yaml": FRAMEWORK.encode()},
        plan=PLAN_TEXT,
    )


def test_child_tables_and_edition_come_back_from_an_extract(tmp_path) -> None:
    path = sealed(tmp_path / "e", filled_tables()).path
    extract = read_extract(path)
    assert extract.cycle.edition == "followup"
    assert (path / "frameworks" / "A.yaml").is_file()
    lessons = extract.table(f"{FORM.table}__lessons")
    assert list(lessons["row"]) == [1, 2] and list(lessons["kind"]) == ["ethics", "other"]
    assert extract.table(f"{FORM.table}__budget").empty
    main = extract.table(FORM.table)
    assert list(main.columns[:4]) == ["response", "unit", "target", "class_code"]
    assert main["class_code"].isna().all()
    with pytest.raises(KeyError):
        extract.framework("B")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        (FORM.table, "unit", "P9"),
        (FORM.table, "target", "C9"),
        (f"{FORM.table}__lessons", "response", "r9"),
        ("duties", "instrument", "other"),
        ("duties", "unit", "P9"),
        ("checks", "response", "r9"),
        ("units", "parent", "I9"),
    ],
)
def test_references_of_the_new_tables(tmp_path, table: str, column: str, value: str) -> None:
    tables = filled_tables()
    tables[table] = tables[table].assign(**{column: value})
    with pytest.raises(FaultsFound) as found:
        sealed(tmp_path / "e", tables)
    places = {(f.code, f.place.file, f.place.column) for f in found.value.faults}
    assert ("extract.unknown_reference", f"{table}.parquet", column) in places


def test_documents_of_repeats_and_formulas() -> None:
    assert repeat_table(FORM, FORM.repeats[0]).name == "responses_record_v1_0__lessons"
    assert "kind" not in response_table(FORM).names
    text = codebook_markdown((FORM,), (framework(),))
    assert "重复组 `responses_record_v1_0__lessons`" in text
    assert "（“参训人数”÷“计划人数”）×100" in text
