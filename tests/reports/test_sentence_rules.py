"""Rules: sentences chosen by data, at the limits of their conditions, naming nobody for ill."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sample_results import sample_results
from test_facts import EDITIONS, edition

from reports.bulletin import build_bulletin
from reports.document import Paragraph
from reports.facts import gather_facts
from reports.markdown import name_faults, shape_faults
from reports.material import gather
from reports.printing import Printing
from reports.rules import SLOTS, Fact, When, chosen_texts, rule_book

NUMBER, WORD, NONE = Fact("5", 5), Fact("期末通报", "期末通报"), Fact("—", None)


@pytest.mark.parametrize(
    ("when", "fact", "holds"),
    [
        (When("x", above=5), NUMBER, False),
        (When("x", above=4.999), NUMBER, True),
        (When("x", below=5), NUMBER, False),
        (When("x", below=5.001), NUMBER, True),
        (When("x", above=4, below=6), NUMBER, True),
        (When("x", above=4, below=5), NUMBER, False),
        (When("x", above=0), NONE, False),
        (When("x", below=9), NONE, False),
        (When("x", above=0), WORD, False),
        (When("x", equals="期末通报"), WORD, True),
        (When("x", equals="期末"), WORD, False),
        (When("x", equals="5"), NUMBER, False),
        (When("x", differs="期末通报"), WORD, False),
        (When("x", differs="跟踪通报"), WORD, True),
        (When("x", present=True), NUMBER, True),
        (When("x", present=True), NONE, False),
        (When("x", present=False), NONE, True),
        (When("x", present=False), NUMBER, False),
        (When("x"), NONE, False),
    ],
)
def test_conditions_at_their_limits(when: When, fact: Fact, holds: bool) -> None:
    assert when.holds({"x": fact}) is holds


def test_a_condition_on_no_fact_is_an_error() -> None:
    with pytest.raises(KeyError):
        When("y", above=1).holds({"x": NUMBER})


@pytest.mark.parametrize("name", EDITIONS)
def test_every_name_in_every_rule_is_a_fact_of_every_edition(name: str) -> None:
    facts = gather_facts(gather(edition(name)))
    for rule in rule_book().rules:
        assert rule.slot in SLOTS
        assert rule.source
        assert list(name_faults("rules.yaml", rule.text, facts)) == []
        assert list(shape_faults("rules.yaml", rule.text)) == []
        assert [one.fact for one in rule.when if one.fact not in facts] == []


def said(results: object, anchors: tuple[str, ...]) -> str:
    bulletin = build_bulletin(results, Printing())  # type: ignore[arg-type]
    found = [section for section in bulletin.sections if section.anchor in anchors]
    both = [one for section in found for one in (section, *section.sections)]
    blocks = [block for one in both for block in one.blocks if isinstance(block, Paragraph)]
    return "\n".join(block.text for block in blocks)


@pytest.mark.parametrize("name", EDITIONS)
def test_problems_and_requirements_name_nobody(name: str) -> None:
    """Neither in the sample, whose units get names found nowhere else, nor by any rule's facts; but
    for what a unit did not deliver, which is no score."""
    results = edition(name)
    units = results.units.assign(name="单位甲乙丙" + results.units["unit"])
    text = said(replace(results, units=units), ("problems", "next-steps"))
    scored = [line for line in text.split("\n") if "应报未报：" not in line]
    assert not any("单位甲乙丙" in line for line in scored)
    for rule in rule_book().rules:
        if rule.slot in ("problems", "next_steps"):
            assert "典型单位" not in rule.text


def test_no_two_rules_say_the_same_thing_at_once() -> None:
    """A sentence that several rules may say is said once, whatever the data."""
    for name in EDITIONS:
        for slot, text in chosen_texts(gather_facts(gather(edition(name)))).items():
            told = [part for part in text.split("\n\n") if part]
            assert len(told) == len(set(told)), (name, slot)


def test_the_edition_chooses_its_words() -> None:
    texts = {name: chosen_texts(gather_facts(gather(edition(name)))) for name in EDITIONS}
    assert "取代本年度期末通报" in texts["followup"]["basis"]
    assert "取代本年度期末通报" not in texts["end"]["basis"]
    assert "配合训后跟踪" in texts["end"]["next_steps"]
    assert "外部评分表" in texts["ratings"]["basis"]
    assert "晋教师函" not in texts["ratings"]["basis"]
    assert "没有参加评估的单位" in texts["empty"]["overview"]


def test_withheld_is_a_problem_and_a_requirement_only_where_there_is_any() -> None:
    results = sample_results()
    assert "应报未报" in said(results, ("next-steps",))
    status = results.indicators["status"].replace("withheld", "missing")
    none = replace(results, indicators=results.indicators.assign(status=status))
    assert "应报未报" not in said(none, ("problems", "next-steps"))


def test_no_rule_writes_a_figure_of_its_own() -> None:
    """A number in a rule is a fact, a year, a code or an annex: nothing that data may change."""
    ignored = [re.compile(one.pattern) for one in rule_book().ignored]
    for rule in rule_book().rules:
        text = re.sub(r"\{\{[^{}]*\}\}", "", rule.text.removeprefix("1. "))
        for pattern in ignored:
            text = pattern.sub("", text)
        assert re.findall(r"\d+", text) == [], rule.text
