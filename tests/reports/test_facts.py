"""Facts: every name in every edition, every number formatted, nothing said that is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_results import sample_results

from analysis.results import Results
from reports.facts import gather_facts
from reports.levels import practices
from reports.material import gather
from reports.rules import Listed, Practices, rule_book
from reports.texts import written_texts


def edition(name: str) -> Results:
    """The sample as 期末, as 跟踪, as an outside table, or with nothing in it."""
    results = sample_results()
    if name == "end":
        return replace(results, cycle=replace(results.cycle, edition="end"),
                       editions=results.editions.iloc[:0])  # fmt: skip
    if name == "ratings":
        kept = {
            key: one[one["scorecard"] == "A-project"]
            for key, one in results.frames.items()
            if "scorecard" in one
        }
        first = results.frameworks[0]
        nodes = tuple(
            replace(node, source="外") if node.source else node for node in first.indicators
        )
        outside = replace(first, indicators=nodes)
        return replace(results, **kept, frameworks=(outside,), frozen=(outside,))
    if name == "empty":
        return replace(results, **{key: one.iloc[:0] for key, one in results.frames.items()})
    return results


EDITIONS = ("followup", "end", "ratings", "empty")


def test_every_edition_has_every_fact() -> None:
    names = [list(gather_facts(gather(edition(name)))) for name in EDITIONS]
    assert names[0] == names[1] == names[2] == names[3]
    assert len(set(names[0])) == len(names[0]) > 100


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("项目数", "3"),
        ("参训人数", "150"),
        ("有效作答份数", "79"),
        ("总体参评率", "52.7%"),
        ("最低项目参评率", "8.0%"),
        ("应作答学校数", "16"),
        ("学校问卷回收率", "81.3%"),
        ("机构分类型单位对数", "1"),
        ("机构分类型可确认差异数", "0"),
        ("各县等次分布", "优0个、良1个、中0个、差1个"),
        ("项目得分较高指标", "方案（89.1分，2个项目有数据）"),
        ("项目得分较低指标名称", "成效"),
        ("各县低分单位数", "组织1个"),
        ("各市应报未报指标", "—"),
        ("各县应报未报指标", "城区（晋城市）1项，见其分表"),
        ("项目应报未报指标", "项目二（院校乙）1项，见其分表"),
        ("成效线", "80"),
        ("成效线等次", "良"),
        ("两版名次变化数", "3"),
        ("低分线", "60"),
        ("分值状态", "建议"),
        ("得分附件", "4"),
        ("未参加排名单位数", "3"),
    ],
)
def test_what_a_fact_says(name: str, text: str) -> None:
    assert gather_facts(gather(sample_results()))[name].text == text


def test_a_list_s_value_is_its_length_and_a_missing_number_has_none() -> None:
    facts = gather_facts(gather(sample_results()))
    assert facts["项目得分较高指标"].value == 1
    assert facts["各市应报未报指标"].value == 0
    nothing = gather_facts(gather(edition("empty")))
    assert (nothing["总体参评率"].text, nothing["总体参评率"].value) == ("—", None)
    assert nothing["各市综合分平均"].value is None


def withheld(units: set[str]) -> str:
    results = sample_results()
    rows = results.indicators
    hit = rows["unit"].isin(units) & (rows["scorecard"] == "B-county")
    changed = rows.assign(status=rows["status"].where(~hit, "withheld"))
    return gather_facts(gather(replace(results, indicators=changed)))["各县应报未报指标"].text


def test_units_that_withheld_are_named_with_their_number_of_leaves() -> None:
    assert withheld({"140302"}) == "城区（阳泉市）7项、城区（晋城市）1项，见其分表"


def test_of_many_units_that_withheld_the_first_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    book = replace(rule_book(), withheld=Listed(1, ""))
    monkeypatch.setattr("reports.card_facts.rule_book", lambda: book)
    assert withheld({"140302", "140581"}) == "城区（阳泉市）7项等3个县（市、区），见其分表"
    monkeypatch.setattr("reports.card_facts.sheeted", lambda _: False)
    assert withheld({"140302"}).endswith("，见其出处")


def with_firsts(mean: float) -> Results:
    """The sample, in which both first-level indicators of projects average ``mean``."""
    results = sample_results()
    rows = results.indicators
    hit = (rows["scorecard"] == "A-project") & rows["adjusted"].notna()
    return replace(results, indicators=rows.assign(adjusted=rows["adjusted"].where(~hit, mean)))


def test_an_average_below_the_upper_bands_is_no_achievement() -> None:
    """By the plan's own cut, on what is printed: 79.95 prints as 80.0."""
    below = "各项目的各一级指标平均分均未达到“良”等次下限（80分）。"
    for mean, strong in ((79.94, "—"), (79.95, "方案（80.0分，2个项目有数据）")):
        facts = gather_facts(gather(with_firsts(mean)))
        assert facts["项目得分较高指标"].text == strong
        text = written_texts(facts, {})["achievements"]
        assert (below in str(text)) is (strong == "—")
    results = with_firsts(82.0)
    bands = tuple(replace(band, cut=85.0) if band.label == "良" else band
                  for band in results.plan.bands)  # fmt: skip
    facts = gather_facts(gather(replace(results, plan=replace(results.plan, bands=bands))))
    assert (facts["项目得分较高指标"].value, facts["成效线"].text) == (0, "85")


def test_reports_of_fees_are_summed_over_what_is_shown() -> None:
    results = sample_results()
    hidden = results.flags.iloc[[0, 0]].assign(flag="fee", project=["P1", "P2"], flagged=[7, None])
    facts = gather_facts(gather(replace(results, flags=hidden)))
    assert facts["反映收费份数"].text == "7"


RULE = Practices(listed=3, bands=2, difference=5, source="")


def above(results: Results, rule: Practices = RULE, card: str = "A-project") -> list[list[str]]:
    found = practices(gather(results), card, rule)
    return [[node.code, *(unit.unit for unit in units)] for node, units in found]


def with_values(results: Results, error: float, **values: float) -> Results:
    """The projects' T1 set to ``values``, all with one standard error."""
    frame = results.indicators.copy()
    for unit, value in values.items():
        rows = (frame["unit"] == unit) & (frame["indicator"] == "T1")
        rows &= frame["scorecard"] == "A-project"
        frame.loc[rows, ["adjusted", "adjusted_se"]] = [value, error]
    return replace(results, indicators=frame)


def test_a_practice_needs_an_interval_above_the_group_s_mean() -> None:
    """Mean 85, difference 10; two units times two indicators: z = 2.50 (Bonferroni at 95 %)."""
    results = sample_results()
    assert above(with_values(results, 3.9, P1=95, P2=75)) == [["T1", "P1"]]
    assert above(with_values(results, 4.1, P1=95, P2=75)) == []


def test_a_practice_is_good_by_itself_and_by_a_margin_that_matters() -> None:
    results = sample_results()
    assert above(with_values(results, 0.0, P1=79.9, P2=40)) == [], "below the second band"
    assert above(with_values(results, 0.0, P1=80.0, P2=40)) == [["T1", "P1"]]
    assert above(with_values(results, 0.0, P1=94.9, P2=85)) == [], "4.95 above the mean"
    assert above(with_values(results, 0.0, P1=95.0, P2=85)) == [["T1", "P1"]]


def test_practices_name_at_most_as_many_as_the_rule_says() -> None:
    results = with_values(sample_results(), 0.0, P1=95, P2=75)
    assert above(results, replace(RULE, listed=0)) == []
    assert above(results, card="B-city") == []
