"""The built-in forms, framework and plan keep what the domain's section 00 asks of them."""

from __future__ import annotations

import pytest

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.codebook import USE_LABELS, build_codebook, codebook_markdown
from instruments.divisions import counties
from instruments.faults import FaultsFound
from instruments.framework import check_fit, read_framework, read_plan
from instruments.model import NOT_APPLICABLE, USES, Instrument
from instruments.tables import response_table
from instruments.types import trait_levels


@pytest.fixture(scope="module")
def forms() -> dict[str, Instrument]:
    return {form.code: form for form in load_instruments(instrument_sources())}


def test_built_in_parts_fit(forms: dict[str, Instrument]) -> None:
    framework = read_framework(framework_source(), "A.yaml")
    plan = read_plan(plan_source(), "default.yaml")
    check_fit(framework, plan, tuple(forms.values()))
    assert framework.measurable == 40.5
    assert framework.measurable >= plan.composite.minimum_points
    assert framework.adoption.status == "建议"
    assert [leaf.code for leaf in framework.leaves if not leaf.clause] == []


def test_trainee_answers_at_most_thirty_items(forms: dict[str, Instrument]) -> None:
    """Section 00: core of 22 items, one module, 30 in all; traits last and optional."""
    core = forms["trainee_core"]
    traits = {use.item for use in core.used_as("trait")}
    main = [item for item in core.items if item.name not in traits | {"comment"}]
    module = [item for item in main if item.name.startswith("m")]
    probes = core.used_as("pressure") + core.used_as("fee")
    assert (len(main), len(module), len(probes)) == (30, 5, 3)
    assert [item.name for item in core.items[-4:]] == ["stage", "years", "locality", "comment"]
    assert not any(item.required for item in core.items)
    assert core.blanks == "confirm"


def test_module_is_asked_only_in_its_mode(forms: dict[str, Instrument]) -> None:
    core = forms["trainee_core"]
    asked = {item.name for item in core.asked({"project_mode": "residential"})}
    other = {item.name for item in core.asked({"project_mode": "workshop"})}
    assert asked - other == {"m1", "m2", "m3", "m4", "m5"}
    assert "q05" not in asked
    assert "q05" in {i.name for i in core.asked({"q05b": "yes"})}


def test_scales_offer_every_label_and_not_applicable(forms: dict[str, Instrument]) -> None:
    agree = forms["trainee_core"].item("q01").scale
    assert agree is not None
    assert [choice.label for choice in agree.choices] == [
        "非常不同意",
        "不太同意",
        "一般",
        "比较同意",
        "非常同意",
        "不适用",
    ]
    assert agree.codes[-1] == NOT_APPLICABLE


def test_attention_and_reversed_items(forms: dict[str, Instrument]) -> None:
    core = forms["trainee_core"]
    (check,) = core.used_as("check")
    assert core.item(check.item).scale.label(check.expected) == "不太同意"  # type: ignore[union-attr]
    assert "请选“不太同意”" in core.item(check.item).label
    assert [(use.item, use.against) for use in core.used_as("reversed")] == [("r02", "q08a")]


def test_rubric_has_anchors_without_band_words_and_evidence(forms: dict[str, Instrument]) -> None:
    """Section 00: levels carry no band words; one line of evidence for every rated dimension."""
    rubric = forms["expert_rubric"]
    assert len(rubric.mappings) == 9
    for mapping in rubric.mappings:
        item = rubric.item(mapping.item)
        choices = item.scale.choices if item.scale else ()
        assert [choice.code for choice in choices] == ["1", "2", "3", "4", "unseen"]
        assert [choice.label for choice in choices[:4]] == ["1级", "2级", "3级", "4级"]
        assert all(choice.description for choice in choices[:4])
        evidence = rubric.item(f"{mapping.item}_evidence")
        assert evidence.required
        assert not evidence.relevant[0].holds({mapping.item: "unseen"})
        assert evidence.relevant[0].holds({mapping.item: "3"})


def test_session_form_is_short(forms: dict[str, Instrument]) -> None:
    assert [item.name for item in forms["session_form"].items] == [
        "s1",
        "s2",
        "s3",
        "s4",
        "s5",
        "s6",
    ]
    assert forms["session_form"].per == "session"


def test_plan_scales_as_section_00_says() -> None:
    """All 同意 and all level 3 is 良; all 一般 and all level 2 is 中."""
    plan = read_plan(plan_source(), "default.yaml")
    agree, rubric = plan.scale("agree5").points, plan.scale("rubric4").points
    assert agree is not None and rubric is not None

    def band(score: float) -> str:
        return next(band.label for band in plan.bands if score >= band.cut)

    assert (band(agree["4"]), band(rubric["3"])) == ("良", "良")
    assert (band(agree["3"]), band(rubric["2"])) == ("中", "中")


def test_codebook_covers_every_column(forms: dict[str, Instrument]) -> None:
    book = build_codebook(tuple(forms.values()))
    for form in forms.values():
        table = response_table(form)
        assert set(book.loc[book["table"] == table.name, "column"]) == set(table.names)
    row = book[(book["column"] == "q16")].iloc[0]
    assert (row["use"], row["indicator"], row["scaling"]) == ("score", "A6.2.1", "gain5")
    assert book[book["column"] == "q15"].iloc[0]["use"] == "baseline"
    assert set(USES) < set(USE_LABELS)


def test_codebook_text_names_every_indicator(forms: dict[str, Instrument]) -> None:
    framework = read_framework(framework_source(), "A.yaml")
    text = codebook_markdown(tuple(forms.values()), framework)
    assert all(f"| {node.code} |" in text for node in framework.indicators)


def test_edited_source_is_followed() -> None:
    """A newcomer's item touches data only."""
    sources = instrument_sources()
    form = sources["trainee_core.md"].decode()
    line = "|        | select_one agree5     | q02 "
    added = "|        | select_one agree5     | q99 | 新题。 | | likert | | |\n"
    form = form.replace(line, added + line)
    sources["trainee_core.md"] = form.encode()
    with pytest.raises(FaultsFound) as found:
        load_instruments(sources)
    assert [fault.code for fault in found.value.faults] == ["instruments.no_purpose"]
    row = "|             | q02  | A1.2.1"
    sources["trainee_core.md"] = form.replace(
        row, "|             | q99  | A1.2.1    | agree5      |          |\n" + row
    ).encode()
    core = next(form for form in load_instruments(sources) if form.code == "trainee_core")
    assert [item.name for item in core.items[:3]] == ["q01", "q99", "q02"]


def test_divisions_are_those_of_the_province() -> None:
    assert len(counties()) == 117
    assert len({county.city_code for county in counties()}) == 11
    assert {county.is_project_county for county in counties()} == {None}
    assert sum(county.name == "城区" for county in counties()) == 2


def test_trait_levels_keep_their_order() -> None:
    assert list(trait_levels("years")) == ["0-5", "6-15", "16-25", "26+"]
