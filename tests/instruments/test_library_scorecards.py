"""The built-in scorecards, plans and record forms add up and keep to the domain's sections."""

from __future__ import annotations

import ast

import pytest

from instruments.builtin import (
    framework_source,
    framework_sources,
    instrument_sources,
    load_instruments,
    plan_source,
)
from instruments.codebook import build_codebook
from instruments.fit import check_fit
from instruments.formula import MISSING, NOT_APPLICABLE, Outcome, evaluate, parse
from instruments.framework import read_framework
from instruments.model import Instrument
from instruments.plan import read_plan
from instruments.scorecard import Framework, points_of
from instruments.types import codes_of

FOLLOWUP = ("followup", "school_rater")


@pytest.fixture(scope="module")
def forms() -> dict[str, Instrument]:
    return {form.code: form for form in load_instruments(instrument_sources())}


def framework(name: str) -> Framework:
    return read_framework(framework_source(name), f"{name}.yaml")


A, B = framework("A"), framework("B")
PLAN = read_plan(plan_source(), "default.yaml")


def test_scorecards_plan_and_forms_fit(forms: dict[str, Instrument]) -> None:
    check_fit((A, B), PLAN, tuple(forms.values()))
    assert {A.adoption.status, B.adoption.status} == {"建议"}


def test_a_cycle_has_one_scorecard_of_each_letter() -> None:
    assert sorted(framework_sources()) == ["A.yaml", "B.yaml"]


@pytest.mark.parametrize("kind", codes_of("project_types"))
def test_points_of_a_project_sum_to_100(kind: str) -> None:
    points = points_of(A, kind)
    assert sum(points[leaf.code] for leaf in A.leaves) == pytest.approx(100)
    assert sum(points[node.code] for node in A.children("")) == pytest.approx(100)


@pytest.mark.parametrize("kind", codes_of("locality_types"))
def test_points_of_a_locality_sum_to_100(kind: str) -> None:
    points = points_of(B, kind)
    assert sum(points[leaf.code] for leaf in B.leaves) == pytest.approx(100)


def test_first_and_second_levels_carry_the_points_of_section_5() -> None:
    levels = {
        node.code: [child.points for child in A.children(node.code)] for node in A.children("")
    }
    assert levels == {
        "A1": [4, 5, 3],
        "A2": [5, 3, 4],
        "A3": [8, 4, 6, 4],
        "A4": [4, 6, 3, 3],
        "A5": [4, 4],
        "A6": [8, 6, 6, 4],
        "A7": [2, 4],
    }
    assert [node.points for node in B.children("")] == [15, 20, 20, 20, 15, 10]


def test_modifiers_are_those_of_section_5() -> None:
    it, outreach = points_of(A, "it_subject"), points_of(A, "outreach")
    assert (it["A3.2"], it["A3.4"]) == (2, 6)
    assert (outreach["A4.3"], outreach["A6.4"]) == (1, 6)
    reasons = {kind: m.reason for m in A.modifiers for kind in m.types}
    assert "影子校长" in reasons["head_leadership"]


@pytest.mark.parametrize(
    ("kind", "points"),
    [("guopei", (8, 0, 7)), ("it", (0, 8, 7)), ("both", (4, 4, 7)), ("none", (None, None, None))],
)
def test_a_countys_tasks_follow_its_type(
    kind: str, points: tuple[float | None, float | None, float | None]
) -> None:
    """Section 00: 送教 8 or 整校 8, both 4 + 4, each with 方案 7; in other counties 不适用."""
    carried = points_of(B, kind)
    leaves = [leaf for leaf in B.leaves if leaf.code.startswith("B5")]
    found = tuple(carried[x.code] if x.applies_to({"type": kind}) else None for x in leaves)
    assert found == points


def test_a_city_takes_b4_to_b6_from_its_counties() -> None:
    own = {leaf.code[:2] for leaf in B.leaves if leaf.level == "own"}
    counties = {leaf.code[:2] for leaf in B.leaves if leaf.level == "counties"}
    assert (own, counties) == ({"B1", "B2", "B3"}, {"B4", "B5", "B6"})
    assert {leaf.level for leaf in A.leaves} == {"own"}


@pytest.mark.parametrize("card", [A, B], ids=["A", "B"])
def test_every_leaf_has_a_ground(card: Framework) -> None:
    assert [leaf.code for leaf in card.leaves if not (leaf.clause or leaf.basis)] == []
    assert [leaf.code for leaf in card.leaves if leaf.source == "座"] == []


@pytest.mark.parametrize("card", [A, B], ids=["A", "B"])
def test_the_end_of_training_alone_suffices_to_rank(card: Framework) -> None:
    """The follow-up is not due; in a first cycle 7.2 is 不适用 and leaves both counts."""
    applicable = [leaf for leaf in card.leaves if leaf.code != "A7.2.1"]
    due = [leaf for leaf in applicable if leaf.source != "跟"]
    share = sum(leaf.points for leaf in due) / sum(leaf.points for leaf in applicable)
    assert 100 * share >= 80  # domain section 00: below 80 no ranking


def test_the_follow_up_feeds_the_follow_up_leaves(forms: dict[str, Instrument]) -> None:
    fed = {m.indicator for code in FOLLOWUP for m in forms[code].mappings}
    assert fed == {leaf.code for card in (A, B) for leaf in card.leaves if leaf.source == "跟"}
    assert {forms[code].wave for code in FOLLOWUP} == {"followup"}
    others = {form.wave for form in forms.values() if form.code not in FOLLOWUP}
    assert others == {"end"}


def test_heads_support_scores_nothing(forms: dict[str, Instrument]) -> None:
    """Section 00: head's-support answers are not reported below city level."""
    form = forms["followup"]
    assert "学校领导" in form.item("f5").label
    assert "f5" in {use.item for use in form.used_as("city")}


def test_focus_group_codes_are_indicators_of_the_scorecards(forms: dict[str, Instrument]) -> None:
    scale = forms["focus_group"].item("indicator").scale
    assert scale is not None
    names = {node.code: node.name for card in (A, B) for node in card.indicators}
    for choice in scale.choices:
        if choice.code != "other":
            assert choice.label.split(" ")[0] == choice.code
            assert choice.code in names
    assert forms["focus_group"].mappings == ()


def test_every_item_has_a_purpose(forms: dict[str, Instrument]) -> None:
    book = build_codebook(tuple(forms.values()))
    for form in forms.values():
        rows = book[book["table"].str.startswith(form.table)]
        named = {item.name for item in form.items if item.type != "note"}
        asked = rows[rows["column"].isin(named)]
        assert asked["use"].notna().all()


# What the formulas of the record forms say.

EMPTY_TABLES = ("stage_hours", "timetable", "budget_lines", "structure", "rectification")


def outcome(code: str, answers: dict[str, object]) -> object:
    leaf = next(leaf for card in (A, B) for leaf in card.leaves if leaf.code == code)
    return evaluate(parse(leaf.formula), answers)


def lesson(kind: str, **others: object) -> dict[str, object]:
    row = {"kind": kind, "compulsory": "no", "topic": "not", "emphasis": "not", "hours": 2}
    return {**row, "lecturer_kind": "university", **others}


@pytest.mark.parametrize("card", [A, B], ids=["A", "B"])
def test_what_a_formula_needs_must_be_filled_in(
    card: Framework, forms: dict[str, Instrument]
) -> None:
    """A blank would be 缺测, and give its points away: whoever leaves out must not gain."""
    for leaf in card.leaves:
        if not leaf.formula:
            continue
        form, tree = forms[leaf.instrument], parse(leaf.formula).tree
        asked = {ast.unparse(n.args[0]) for n in ast.walk(tree) if _calls(n, "answered")}
        names = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Name | ast.Attribute)}
        items = {item.name: item for item in form.items}
        needed = {name.removeprefix("row.") for name in names - asked} & set(items)
        assert [name for name in sorted(needed) if not items[name].required] == [], leaf.code


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def test_an_empty_table_is_no_excuse() -> None:
    empty: dict[str, object] = dict.fromkeys(EMPTY_TABLES, [])
    empty |= {"arrived": 30, "completed": 30, "roster_count": 30, "previous_issues": "yes"}
    empty |= {"stages": "primary", "curriculum_scope": "scarce", "lecturer_changes": []}
    for leaf in A.leaves:
        if any(f"answered({table})" in leaf.formula for table in EMPTY_TABLES):
            found = outcome(leaf.code, empty)
            assert not isinstance(found, Outcome), leaf.code
    assert outcome("A2.1.3", empty) == outcome("A1.2.5", empty) == outcome("A7.2.1", empty) == 0
    assert outcome("A5.2.1", empty) == 1  # as if all were spent outside the lines


def test_compulsory_courses() -> None:
    """N2.3a: both moral conduct and political education, marked 必修."""
    both = [lesson("ethics", compulsory="yes"), lesson("politics", compulsory="yes")]
    assert outcome("A2.1.3", {"timetable": both}) == 1
    assert outcome("A2.1.3", {"timetable": both[:1]}) == 0.5
    assert outcome("A2.1.3", {"timetable": [lesson("ethics"), lesson("politics")]}) == 0


@pytest.mark.parametrize(
    ("stages", "share"),
    [("kindergarten", 2 / 5), ("primary", 2 / 9), ("junior", 2 / 8), ("senior", 2 / 6)],
)
def test_topics_count_where_they_apply(stages: str, share: float) -> None:
    """N2.3g, rule R12: 幼小衔接 in kindergartens and primary schools only."""
    rows = [lesson("topic", topic="law"), lesson("topic", topic="ecology"), lesson("subject")]
    assert outcome("A2.3.1", {"timetable": rows, "stages": stages}) == pytest.approx(share)


def test_first_cycle_and_settled_issues() -> None:
    """Section 00: in a first cycle 7.2 is 不适用."""
    rows = [{"fix_state": "closed"}, {"fix_state": "partly"}]
    assert outcome("A7.2.1", {"previous_issues": "first"}) is NOT_APPLICABLE
    assert outcome("A7.2.1", {"previous_issues": "no"}) == 1
    assert outcome("A7.2.1", {"previous_issues": "yes", "rectification": rows}) == 0.5


def test_workshop_and_hosts_apply_where_there_are_some() -> None:
    """N2.2."""
    assert outcome("A4.1.2", {"has_workshop": "no"}) is NOT_APPLICABLE
    assert outcome("A4.1.2", {"has_workshop": "yes"}) == 0
    host = {"partner_stage": "placement", "partner_kind": "school", "partner_level": "city"}
    other = {**host, "partner_level": "not"}
    assert outcome("A4.1.3", {"partners": []}) is NOT_APPLICABLE
    assert outcome("A4.1.3", {"partners": [host, other]}) == 0.5
    assert outcome("A4.1.3", {}) is MISSING


def test_five_percent_is_of_all_accounting_units() -> None:
    """N3.2; an account left out of the table counts as not meeting it."""
    rows = [
        {"account_budget": 1000, "account_allocated": 50, "account_spent": 40},
        {"account_budget": 1000, "account_allocated": 49, "account_spent": 60},
    ]
    assert outcome("B3.1.1", {"schools": rows, "accounting_units": 2}) == 0.5
    assert outcome("B3.1.1", {"schools": rows[:1], "accounting_units": 4}) == 0.25
    assert outcome("B3.1.1", {"schools": [], "accounting_units": 4}) == 0
    assert outcome("B3.1.1", {"schools": [], "accounting_units": 0}) is NOT_APPLICABLE
    assert outcome("B3.1.2", {"schools": rows, "accounting_units": 2}) == 0.05


def test_city_and_county_are_asked_their_own(forms: dict[str, Instrument]) -> None:
    form = forms["locality_form"]
    city = {item.name for item in form.asked({"locality_kind": "city"})}
    county = {item.name for item in form.asked({"locality_kind": "county"})}
    assert {"counties_total", "counties_with_agency"} == city - county
    assert {"agency", "quota", "outreach_planned", "joint_level", "measures"} <= county - city
    assert outcome("B2.2.1", {"counties_total": 10, "counties_with_agency": 7}) == 0.7
    assert outcome("B2.2.1", {"agency": "merged"}) == 0.6


def test_units_of_money_stand_in_labels(forms: dict[str, Instrument]) -> None:
    for code in ("institution_record", "locality_form"):
        for item in forms[code].items:
            if item.type == "decimal" and not item.label.endswith("学时"):
                assert item.label.endswith(("（元）", "（万元）", "（天）")), item.name
