"""Records of the sample: its rules, and the quality that the formulas find in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.pipeline.truth import honest_leaves
from instruments.builtin import framework_source, plan_source
from instruments.formula import fields_of, parse
from instruments.framework import read_framework
from instruments.model import Item, Section
from instruments.plan import read_plan
from instruments.types import module_for
from survey_app.attachments import kind_of
from survey_app.demo.files import make_file
from survey_app.demo.programme import record_rules
from survey_app.demo.records import FILE, Writer, sent_fields
from survey_app.demo.run import Sample, draw_sample

pytestmark = pytest.mark.once

TYPES = {(True, True): "both", (True, False): "guopei", (False, True): "it", (False, False): "none"}


@pytest.fixture(scope="module")
def sample() -> Sample:
    return draw_sample()


def write(rule: Any, quality: float, item: str = "text", **facts: Any) -> Any:
    writer = Writer({}, (0.5, 0.9), {"leaf": quality}, facts)
    return writer._fields({"x": rule}, [Item("x", item, "x")], facts).get("x")


@pytest.mark.parametrize(
    ("rule", "quality", "kind", "found"),
    [
        ("样例", 0.7, "text", "样例"),
        ({"fact": "name"}, 0.7, "text", "甲"),
        ({"fact": "unknown"}, 0.7, "text", None),
        ({"file": "pdf"}, 0.7, "file", f"{FILE}pdf"),
        ({"by": "leaf", "poor": 10, "good": 20}, 0.5, "integer", 10),
        ({"by": "leaf", "poor": 10, "good": 20}, 0.7, "integer", 15),
        ({"by": "leaf", "poor": 10, "good": 20}, 2.0, "integer", 20),
        ({"of": "count", "by": "leaf", "poor": 0.5, "good": 1}, 0.9, "decimal", 40.0),
        ({"of": "count", "times": 0.333}, 0.5, "decimal", 13.32),
        ({"of": "unknown", "times": 1}, 0.5, "decimal", None),
        ({"by": "leaf", "levels": ["1", "2"]}, 0.69, "text", "1"),
        ({"by": "leaf", "levels": ["1", "2"]}, 0.71, "text", "2"),
        ({"by": "leaf", "levels": ["1", "2"]}, 5.0, "text", "2"),
        ({"by": "leaf", "from": 0.5, "value": "a", "otherwise": "b"}, 0.71, "text", "a"),
        ({"by": "leaf", "from": 0.5, "value": "a", "otherwise": "b"}, 0.69, "text", "b"),
        ({"by": "leaf", "from": 0.5, "value": "a"}, 0.69, "text", None),
    ],
)
def test_every_kind_of_rule(rule: Any, quality: float, kind: str, found: Any) -> None:
    assert write(rule, quality, kind, name="甲", count=40) == found


def test_rows_come_by_case_or_by_quality() -> None:
    section = Section("rows", "", (Item("n", "integer", "n"), Item("w", "text", "w")), repeat=True)
    listed = {"common": {"w": "样例"}, "rows": [{"n": 1}, {"n": 2, "by": "leaf", "from": 0.5}]}
    listed["rows"] += [{"n": 3, "by": "leaf", "until": 0.5}, {"n": 4, "needs": "host"}]
    each = {"each": "cases", "row": {"n": {"fact": "number"}, "w": {"fact": "word"}}}
    facts = {"host": False, "word": "全", "cases": [{"number": 7}, {"number": 8, "word": "己"}]}

    def rows(rule: dict[str, Any]) -> list[dict[str, Any]]:
        writer = Writer({"repeats": {"rows": rule}}, (0.5, 0.9), {"leaf": 0.8}, facts)
        return list(writer._rows(section))

    assert rows(listed) == [{"n": 1, "w": "样例"}, {"n": 2, "w": "样例"}]
    assert rows(each) == [{"n": 7, "w": "全"}, {"n": 8, "w": "己"}]


def test_a_record_becomes_the_fields_of_its_page() -> None:
    record = {"several": "a b", "one": 3, "plan": f"{FILE}pdf", "rows": [{"n": 1}, {"n": 2}]}
    fields = sent_fields(record, several={"several"})
    [(name, content, kind)] = fields.pop("plan-file")
    assert (name, kind) == ("plan.pdf", "application/pdf") and content.startswith(b"%PDF-")
    assert fields == {"several": ("a", "b"), "one": 3, "rows-0-n": 1, "rows-1-n": 2}


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "jpeg"])
def test_attachments_are_what_they_say(kind: str) -> None:
    name, content, _ = make_file(kind, "homework 1")
    assert kind_of(content) == {"jpeg": "jpg"}.get(kind, kind)
    assert content != make_file(kind, "homework 2")[1]
    assert name == f"homework 1.{kind}"


def test_every_field_that_a_formula_asks_for_has_a_rule(sample: Sample) -> None:
    rules = record_rules()
    forms = {one.code: one for one in sample.instruments}
    for name in ("A", "B"):
        for leaf in read_framework(framework_source(name), name).leaves:
            if leaf.formula:
                own, form = rules[leaf.instrument], forms[leaf.instrument]
                asked = set(fields_of(parse(leaf.formula))) - set(form.context)
                assert asked <= {*own["fields"], *own["repeats"]}, leaf.code


def test_records_carry_every_required_field(sample: Sample) -> None:
    forms = {one.code: one for one in sample.instruments}
    rules = record_rules()
    for case in sample.honest:
        form = forms[case.instrument]
        known = {k: v for k, v in case.answers.items() if not isinstance(v, list)}
        for section in form.repeats:
            for row in case.answers.get(section.name, []):
                lacking = [i.name for i in section.items if i.required and i.name not in row]
                assert not lacking, (case.target, section.name, lacking)
        assert set(known) <= set(rules[case.instrument]["fields"])


def test_formulas_find_about_the_planted_quality(sample: Sample) -> None:
    """Numbers lie at the planted quality; what is yes or no, or one of few steps, nearby."""
    catalogue = sample.province.catalogue
    rows = [
        {"kind": "project", "unit": p.code, "type": p.type, "mode": p.mode}
        | {"module": module_for(p.type, p.mode)}
        for p in catalogue.projects
    ]
    rows += [
        {"kind": "county", "unit": row.county, "type": TYPES[row.guopei, row.it]}
        for row in catalogue.project_counties
    ]
    found = honest_leaves(
        {(c.instrument, c.target): c.answers for c in sample.honest},
        units=pd.DataFrame(rows),
        frameworks=[read_framework(framework_source(name), name) for name in ("A", "B")],
        instruments=sample.instruments,
        plan=read_plan(plan_source(), "default.yaml"),
    )
    idle = {"B5.1.1", "B5.2.1"}  # asked of every county, worth no points where nothing is due
    found = found[found["unit"].str.match("P|[0-9]{6}") & ~found["leaf"].isin(idle)]
    quality = sample.province.quality
    planted = [100 * quality[u][leaf] for u, leaf in zip(found["unit"], found["leaf"], strict=True)]
    found = found.assign(planted=planted, off=found["value"] - np.array(planted))
    steps = found.groupby("leaf")["value"].nunique()
    by_leaf = found.groupby("leaf")["off"].mean().abs()
    assert by_leaf[steps > 3].max() < 8
    assert by_leaf.mean() < 8
    together = found.groupby("unit")[["value", "planted"]].mean()
    assert together["value"].corr(together["planted"]) > 0.8
