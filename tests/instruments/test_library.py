"""The built-in forms, framework and plan keep what the domain's section 00 asks of them."""

from __future__ import annotations

import re

import pytest

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.codebook import USE_LABELS, build_codebook, codebook_markdown
from instruments.divisions import counties
from instruments.faults import FaultsFound
from instruments.framework import read_framework
from instruments.model import NOT_APPLICABLE, USES, Instrument, Section
from instruments.plan import read_plan
from instruments.tables import instrument_tables
from instruments.types import codes_of, module_for, trait_levels


@pytest.fixture(scope="module")
def forms() -> dict[str, Instrument]:
    return {form.code: form for form in load_instruments(instrument_sources())}


def places() -> list[dict[str, str]]:
    """The context of every kind of project that the code lists allow."""
    return [
        {"project_type": kind, "project_mode": mode, "project_module": module_for(kind, mode)}
        for kind in codes_of("project_types")
        for mode in codes_of("modes")
    ]


@pytest.mark.parametrize("place", places(), ids=lambda place: "-".join(place.values()))
def test_trainee_answers_at_most_thirty_items(
    place: dict[str, str], forms: dict[str, Instrument]
) -> None:
    """Section 00: core of 22 items, one module, 30 in all; traits and free text counted in."""
    core = forms["trainee_core"]
    section = next(s for s in core.sections if _module_of(s) == place["project_module"])
    asked = list(core.asked(place))
    own = [item for item in asked if item in section.items]
    free = {use.item for kind in ("trait", "comment") for use in core.used_as(kind)}
    assert len(asked) <= 30
    assert 3 <= len(own) <= 7
    assert len(asked) - len(own) - len(free) <= 22
    scored = {mapping.item for mapping in core.mappings}
    assert any(item.name in scored for item in own)


def _module_of(section: Section) -> str:
    return "".join(r.value for r in section.relevant if r.item == "project_module")


def test_every_module_is_asked_and_only_in_its_place(forms: dict[str, Instrument]) -> None:
    core = forms["trainee_core"]
    modules = [_module_of(section) for section in core.sections if _module_of(section)]
    assert sorted(modules) == sorted(codes_of("modules"))
    for place in places():
        names = {item.name for item in core.asked(place)}
        for section in core.sections:
            if _module_of(section) not in ("", place["project_module"]):
                assert names.isdisjoint(item.name for item in section.items)


def test_each_team_of_it_2_answers_its_own_items(forms: dict[str, Instrument]) -> None:
    core, common = forms["trainee_core"], {"project_module": "it2"}
    names = {
        team: {item.name for item in core.asked({**common, "project_type": team})}
        for team in ("it_management", "it_subject", "it_team")
    }
    assert names["it_management"] - names["it_subject"] == {"i1", "i7", "q08a", "r02"}
    assert names["it_subject"] - names["it_team"] == {"i4", "i5", "i6"}
    assert names["it_team"] - names["it_subject"] == {"i1", "i8"}
    assert {"i9", "i10"} <= set.intersection(*names.values())


def test_school_time_is_asked_where_the_class_is_of_its_county(
    forms: dict[str, Instrument],
) -> None:
    """q19 speaks of the county; elsewhere a class's county is its host, not its trainees'."""
    core = forms["trainee_core"]
    asking = {p["project_module"] for p in places() if "q19" in {i.name for i in core.asked(p)}}
    assert asking == {"outreach", "it2"}
    (mapping,) = [m for m in core.mappings if m.item == "q19"]
    assert mapping.indicator == "B4.3.3"


def test_traits_come_last_and_nothing_is_forced(forms: dict[str, Instrument]) -> None:
    core = forms["trainee_core"]
    assert [item.name for item in core.items[-4:]] == ["stage", "years", "locality", "comment"]
    assert not any(item.required for form in _anonymous(forms) for item in form.items)
    assert all(form.blanks == "confirm" for form in _anonymous(forms))


def _anonymous(forms: dict[str, Instrument]) -> list[Instrument]:
    return [form for form in forms.values() if form.role in ("trainee", "school")]


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
    reversed_items = [(use.item, use.against) for use in core.used_as("reversed")]
    assert reversed_items == [("r01", "q01"), ("r02", "q08a")]
    assert {item for item, _ in reversed_items}.isdisjoint(m.item for m in core.mappings)
    hidden = [(core.item(a).relevant, core.item(b).relevant) for a, b in reversed_items]
    assert all(one == other for one, other in hidden)


@pytest.mark.parametrize(
    ("code", "rated", "evidence"),
    [
        ("expert_rubric", 9, "{item}_evidence"),
        ("plan_review", 4, "{item}_evidence"),
        ("homework_review", 2, "piece_evidence"),
    ],
)
def test_levels_have_anchors_without_band_words_and_evidence(
    code: str, rated: int, evidence: str, forms: dict[str, Instrument]
) -> None:
    """Section 00: levels carry no band words; one line of evidence for every rated dimension."""
    form = forms[code]
    assert len(form.mappings) == rated
    for mapping in form.mappings:
        item = form.item(mapping.item)
        choices = item.scale.choices if item.scale else ()
        assert [choice.code for choice in choices] == ["1", "2", "3", "4", "unseen"]
        assert [choice.label for choice in choices[:4]] == ["1级", "2级", "3级", "4级"]
        anchors = [choice.description for choice in choices[:4]]
        assert all(anchors) and len(set(anchors)) == 4
        assert not re.search("优秀|良好|合格|优等|中等", "".join(anchors))
        note = form.item(evidence.format(item=mapping.item))
        assert note.type == "text"
        if note.required:
            assert not note.relevant[0].holds({mapping.item: "unseen"})
            assert note.relevant[0].holds({mapping.item: "3"})


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
    for table in (table for form in forms.values() for table in instrument_tables(form)):
        assert set(book.loc[book["table"] == table.name, "column"]) == set(table.names)
    row = book[(book["column"] == "q16")].iloc[0]
    assert (row["use"], row["indicator"], row["scaling"]) == ("score", "A6.2.1", "gain5")
    assert book[book["column"] == "q15"].iloc[0]["use"] == "baseline"
    assert set(USES) < set(USE_LABELS)


def test_codebook_text_names_every_indicator(forms: dict[str, Instrument]) -> None:
    framework = read_framework(framework_source(), "A.yaml")
    text = codebook_markdown(tuple(forms.values()), (framework,))
    assert all(f"| {node.code} |" in text for node in framework.indicators)


def test_edited_source_is_followed() -> None:
    """A newcomer's item touches data only."""
    sources = instrument_sources()
    form = sources["trainee_core.md"].decode()
    line = "|        | select_one agree5     | q02 "
    added = "|        | select_one agree5     | q99 | 新题。 | | likert | | | A new item. | |\n"
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
