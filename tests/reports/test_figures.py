"""Figures: what is drawn is what the tables print; legible in grey; none of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from xml.etree import ElementTree

import pandas as pd
import pytest
from sample_results import HOSTILE, sample_results

from analysis.results import Results
from instruments.divisions import counties
from reports import tables
from reports.bulletin import build_bulletin
from reports.charts import canvas, palette
from reports.charts.axes import Axis, span
from reports.charts.caterpillar import Bar, Cut, Words, caterpillar
from reports.document import Bulletin, Figure, Section, Table
from reports.material import gather
from reports.printing import SAMPLE, Printing
from reports.sections import satisfaction
from reports.sections.figures import profile_figure
from reports.sections.heats import heat_figures
from reports.sections.maps import map_figures
from reports.sections.responses import response_figures
from reports.sections.satisfaction import satisfaction_figures

RARE = "玥喆昇彧珺堃学院"


def walk(sections: tuple[Section, ...]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from walk(section.sections)


def blocks(bulletin: Bulletin, kind: type) -> dict[str, object]:
    found = (b for s in walk(bulletin.sections + bulletin.annexes) for b in s.blocks)
    return {block.anchor: block for block in found if isinstance(block, kind)}


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for group in table.groups for row in group.rows]


def drawn(svg: str) -> list[tuple[str, ...]]:
    """Texts of a drawing as the glyphs that they are set in."""
    space = "{http://www.w3.org/2000/svg}"
    lines = [
        group.findall(f"{space}use") for group in ElementTree.fromstring(svg).iter(f"{space}g")
    ]
    return [tuple(use.get("href", "").rsplit("-", 1)[-1] for use in uses) for uses in lines]


@cache
def shaped(text: str) -> tuple[str, ...]:
    """The glyphs of ``text``, which the shaping of the font chooses."""
    sheet = canvas.blank(1.0)
    canvas.words(sheet, (0.0, 0.5), text)
    return drawn(canvas.finished(sheet, "shaped").svg)[-1]


def missing(svg: str, *texts: str) -> list[str]:
    """Those of ``texts`` that stand nowhere in the drawing."""
    found = set(drawn(svg))
    return [text for text in texts if shaped(text) not in found]


def renamed(names: dict[str, str]) -> Results:
    results = sample_results()
    units = results.units.assign(name=results.units["unit"].replace(names).where(
        results.units["unit"].isin(list(names)), results.units["name"]))  # fmt: skip
    return replace(results, units=units)


@pytest.fixture(scope="module")
def bulletin() -> Bulletin:
    return build_bulletin(sample_results(), Printing(mark=SAMPLE))


@pytest.fixture(scope="module")
def figures(bulletin: Bulletin) -> dict[str, Figure]:
    return blocks(bulletin, Figure)  # type: ignore[return-value]


def test_every_figure_says_what_it_shows_and_has_its_numbers_in_a_table(
    bulletin: Bulletin, figures: dict[str, Figure]
) -> None:
    known = blocks(bulletin, Table)
    assert len(figures) >= 6
    for figure in figures.values():
        assert figure.alt.strip()
        assert figure.caption.strip()
        assert bool(figure.behind) != (figure.data is not None), figure.anchor
        assert set(figure.behind.split()) <= set(known), figure.anchor
        assert not re.search(r"<script|<style|<metadata|on\w+=", figure.svg)


def test_ids_are_unique_in_the_whole_document(figures: dict[str, Figure]) -> None:
    ids = [one for figure in figures.values() for one in re.findall(r'\bid="([^"]+)"', figure.svg)]
    assert ids
    assert len(ids) == len(set(ids))
    for figure in figures.values():
        own = set(re.findall(r'\bid="([^"]+)"', figure.svg))
        assert set(re.findall(r'href="#([^"]+)"', figure.svg)) <= own


def test_same_bytes_twice(figures: dict[str, Figure]) -> None:
    again = blocks(build_bulletin(sample_results(), Printing(mark=SAMPLE)), Figure)
    assert {anchor: figure.svg for anchor, figure in again.items()} == {
        anchor: figure.svg for anchor, figure in figures.items()
    }


def test_caterpillar_prints_the_rank_sets_of_its_table(
    bulletin: Bulletin, figures: dict[str, Figure]
) -> None:
    figure = figures["figure3"]  # A-project
    table = blocks(bulletin, Table)[figure.behind]
    assert isinstance(table, Table)
    for name, ranks in ((row[1], row[8]) for row in cells(table)):
        assert missing(figure.svg, name, ranks) == []
        assert name in figure.alt
    assert missing(figure.svg, "优≥90") == []
    assert "项目一91.3（88.9–93.6），名次1" in figure.alt


def test_unranked_units_of_a_caterpillar_stand_in_a_table_of_its_own() -> None:
    units = sample_results().units.copy()
    units.loc[units["unit"] == "140581", ["score_low", "score_high"]] = [84.0, 92.0]
    given = build_bulletin(sample_results(units=units), Printing(mark=SAMPLE))
    figure = blocks(given, Figure)["figure5"]  # counties: one of three is not ranked
    assert isinstance(figure, Figure)
    assert figure.data is not None
    assert ["高平市", "88.0", "84.0–92.0", "—"] in cells(figure.data)
    assert "高平市88.0（84.0–92.0），未排名" in figure.alt


def bars(count: int) -> list[Bar]:
    return [Bar(f"单位{i}", 80 - i / 9, 78 - i / 9, 82 - i / 9, True, f"{i}") for i in range(count)]


def plot(found: list[Bar], cuts: tuple[Cut, ...] = ()) -> canvas.Drawing:
    words = Words("综合分", "参加排名", "未参加排名", "名次区间")
    return caterpillar(bars=found, cuts=cuts, limits=(20.0, 90.0), words=words, prefix="t")


@pytest.mark.parametrize("count", [1, 31, 60, 400])
def test_caterpillar_never_outgrows_a_page_while_names_are_read(count: int) -> None:
    svg = plot(bars(count)).svg
    height = float(re.search(r'height="([\d.]+)pt"', svg)[1])  # type: ignore[index]
    assert height <= (canvas.TALLEST if count <= 31 else 15) * 72
    assert missing(svg, "单位0") == ([] if count <= 60 else ["单位0"])


def test_cuts_that_lie_close_keep_their_labels() -> None:
    cuts = (Cut("中≥60", 60.0), Cut("良≥61", 61.0), Cut("优≥99", 99.0))
    svg = plot(bars(3), cuts).svg
    assert missing(svg, "中≥60", "良≥61", "优≥99") == ["优≥99"]  # which is beyond the axis


def test_profile_sets_a_unit_against_its_group() -> None:
    material = gather(sample_results())
    unit = next(u for g in material.groups if g.scorecard == "A-project" for u in g.units)
    figure = profile_figure(material, unit, "s1")
    assert figure is not None
    assert figure.data is not None
    assert cells(figure.data) == [
        ["T1 方案", "93.2", "90.0–96.3", "89.1", "85.0–93.2"],
        ["T2 成效", "90.0", "86.9–93.1", "86.7", "83.4–90.0"],
    ]
    for name, value, interval, mean, spread in cells(figure.data):
        assert missing(figure.svg, name, value) == []
        assert f"{name}{value}（区间{interval}），同组平均{mean}，同组范围{spread}" in figure.alt


def test_profile_of_a_unit_without_data_is_none() -> None:
    material = gather(sample_results())
    hidden = next(u for g in material.groups for u in g.units if u.unit == "P3")
    assert profile_figure(material, hidden, "s3") is None


def test_heat_map_prints_the_ranked_table(bulletin: Bulletin, figures: dict[str, Figure]) -> None:
    figure = figures["figure-heat-B-county"]
    table = blocks(bulletin, Table)[figure.behind]
    assert isinstance(table, Table)
    firsts = [i for i, column in enumerate(table.columns) if column.label.startswith("B")]
    for row in cells(table):
        names = [canvas.drawable(row[1]), *(row[i] for i in firsts)]
        assert missing(figure.svg, *names) == []
        for place in firsts:
            assert f"{table.columns[place].label.split()[0]} {row[place]}" in figure.alt


def test_heat_map_marks_each_kind_of_missing() -> None:
    results = sample_results()
    frame = results.indicators.copy()
    chosen = (frame["scorecard"] == "A-project") & (frame["unit"] == "P2")
    for code, status in (("T1", "not_applicable"), ("T2", "not_due")):
        row = chosen & (frame["indicator"] == code)
        frame.loc[row, ["raw", "adjusted", "raw_se", "adjusted_se"]] = pd.NA
        frame.loc[row, "status"] = status
    (figure,) = heat_figures(gather(replace(results, indicators=frame)), "A-project")
    assert missing(figure.svg, "免", "待") == []
    assert any("“免”为不适用、“待”为未到期" in note for note in figure.notes)


def test_heat_map_needs_two_indicators_and_a_ranked_unit() -> None:
    results = sample_results()
    assert heat_figures(gather(results), "B-nothing") == ()
    units = results.units.assign(ranked=False)
    assert heat_figures(gather(replace(results, units=units)), "A") == ()


def test_many_units_are_split_into_even_panels_below_a_page() -> None:
    results = sample_results()
    own = results.units["unit"].eq("P1") & results.units["scorecard"].eq("A-project")
    base = results.units[own]
    rows = results.indicators[
        results.indicators["unit"].eq("P1") & results.indicators["scorecard"].eq("A-project")
    ]
    codes = [f"X{i:03}" for i in range(70)]
    units = pd.concat([base.assign(unit=code, name=f"项目{code}") for code in codes])
    indicators = pd.concat([rows.assign(unit=code) for code in codes])
    material = gather(replace(results, units=units, indicators=indicators))
    found = heat_figures(material, "A-project")
    heights = [float(re.search(r'height="([\d.]+)pt"', f.svg)[1]) for f in found]  # type: ignore[index]
    assert len(found) == 3
    assert max(heights) <= canvas.TALLEST * 72
    assert max(heights) - min(heights) < 0.5 * 72
    assert len({f.anchor for f in found}) == 3
    texts = [text for figure in found for text in drawn(figure.svg)]
    assert [texts.count(shaped(f"项目{code}")) for code in codes] == [1] * len(codes)


def test_response_chart_names_who_is_below_the_least_rate(figures: dict[str, Figure]) -> None:
    figure = figures["figure-response"]
    assert figure.behind == "response-table"
    assert missing(figure.svg, "最低50%", "项目三", "项目一") == ["项目一"]
    assert "低于50%的：项目三8.0%。" in figure.alt


def test_no_response_chart_when_nobody_knows_how_many_were_asked() -> None:
    results = sample_results()
    units = results.units.assign(response_rate=pd.NA)
    assert response_figures(gather(replace(results, units=units))) == ()


def test_map_prints_score_and_band_of_ranked_localities(
    bulletin: Bulletin, figures: dict[str, Figure]
) -> None:
    figure = figures["figure-map"]
    behind = [blocks(bulletin, Table)[anchor] for anchor in figure.behind.split()]
    printed = {row[1]: row for table in behind for row in cells(table)}
    assert {"71.0", "中"} <= set(printed["阳泉市"])
    assert len(behind) == 2
    assert missing(figure.svg, "阳泉市", "71.0中", "80.5良", "44.0差", "高平市") == []
    assert "88.0" not in figure.alt  # 高平市 is not ranked: its tile is blank
    assert missing(figure.svg, "88.0良") == ["88.0良"]
    assert "阳泉市城区80.5良" in figure.alt
    assert "晋城市城区44.0差" in figure.alt


def test_map_has_a_tile_for_every_county_and_city(figures: dict[str, Figure]) -> None:
    names = {name for one in counties() for name in (one.name[:3], one.city)}
    assert missing(figures["figure-map"].svg, *sorted(names)) == []


def test_no_map_of_places_that_are_not_known() -> None:
    results = sample_results()
    local = results.units["scorecard"].str.startswith("B")
    elsewhere = results.units["unit"].where(~local, "6" + results.units["unit"].str[1:])
    units = results.units.assign(unit=elsewhere)
    assert map_figures(gather(replace(results, units=units))) == ()
    assert map_figures(gather(replace(results, units=results.units[~local]))) == ()


def many(results: Results, count: int = 12) -> Results:
    """Projects whose satisfaction differs by chance only, but for the last, which is low."""
    own = results.indicators["scorecard"].eq("A-project") & results.indicators["unit"].eq("P1")
    leaf = results.indicators[own & results.indicators["indicator"].eq("T2.1.1")]
    unit = results.units[results.units["scorecard"].eq("A-project")].head(1)
    codes = [f"Y{i:02}" for i in range(count)]
    values = [80.0 + (-1) ** i for i in range(count - 1)] + [60.0]
    frames = [
        leaf.assign(unit=code, n=60 + 5 * i, adjusted=value, adjusted_se=1.0)
        for i, (code, value) in enumerate(zip(codes, values, strict=True))
    ]
    units = pd.concat([unit.assign(unit=code, name=f"项目{code}") for code in codes])
    return replace(results, units=units, indicators=pd.concat(frames))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's satisfaction item is on the scale of agreement."""
    form = sample_results().instruments[0]
    scale = form.item("q20").scale
    assert scale is not None
    choice = replace(satisfaction.funnel_choice(), scales=(scale.name,))
    monkeypatch.setattr(satisfaction, "funnel_choice", lambda: choice)
    monkeypatch.setattr(
        satisfaction,
        "satisfaction_leaf",
        lambda material: material.framework("A").indicator("T2.1.1"),
    )


@pytest.mark.usefixtures("asked")
def test_funnel_names_who_is_outside_and_prints_limits_and_place() -> None:
    (figure,) = satisfaction_figures(gather(many(sample_results())))
    assert figure.data is not None
    body = cells(figure.data)
    outside = [row for row in body if row[5] != "界限内"]
    assert [row[0] for row in outside] == ["项目Y11"]
    assert outside[0][5] == "低于99.8%界限"
    for row in body:
        low, high = map(float, row[3].split("–"))
        wide_low, wide_high = map(float, row[4].split("–"))
        assert wide_low < low < high < wide_high
        assert (low <= float(row[2]) <= high) == (row[5] == "界限内")
    assert missing(figure.svg, "项目Y11", "项目Y01") == ["项目Y01"]
    assert "项目Y11（115份）60.0分，低于99.8%界限" in figure.alt


@pytest.mark.usefixtures("asked")
def test_no_funnel_of_few_projects_or_of_answers_that_do_not_vary() -> None:
    assert satisfaction_figures(gather(sample_results())) == ()
    results = many(sample_results())
    still = replace(results, indicators=results.indicators.assign(adjusted_se=0.0))
    assert satisfaction_figures(gather(still)) == ()


def test_satisfaction_is_found_by_the_scale_that_its_items_are_answered_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    material = gather(sample_results())
    assert satisfaction.satisfaction_leaf(material) is None  # the sample has no such scale
    choice = replace(satisfaction.funnel_choice(), scales=("agree5",))
    monkeypatch.setattr(satisfaction, "funnel_choice", lambda: choice)
    leaf = satisfaction.satisfaction_leaf(material)
    assert leaf is not None
    assert leaf.code == "T1.1.1"  # the first leaf in the framework's order


@pytest.mark.parametrize("bands", range(2, 7))
def test_shades_keep_their_order_in_grey(bands: int) -> None:
    light = [palette.lightness(color) for color in palette.shades(bands)]
    steps = [lighter - darker for lighter, darker in pairwise(light)]
    assert min(steps) >= 10
    assert palette.lightness(palette.PAPER) - light[0] >= 5  # a tile without data is blank paper


@pytest.mark.parametrize("bands", range(1, 7))
def test_text_stands_out_from_every_shade(bands: int) -> None:
    for fill in palette.shades(bands):
        assert palette.contrast(palette.text_on(fill), fill) >= 4.5


@pytest.mark.parametrize("color", [palette.INK, palette.SOFT, palette.STRONG])
def test_text_and_marks_stand_out_from_paper(color: str) -> None:
    assert palette.contrast(color, palette.FAINT) >= 4.5


def test_no_text_is_smaller_than_seven_points_on_a_printed_page(
    figures: dict[str, Figure],
) -> None:
    """A figure is set 156 mm wide at most and, with its caption, 205 mm high."""
    for figure in figures.values():
        width, height = (
            float(re.search(rf'{side}="([\d.]+)pt"', figure.svg)[1])  # type: ignore[index]
            for side in ("width", "height")
        )
        shrunk = min(156 / 25.4 * 72 / width, 205 / 25.4 * 72 / height, 1.0)
        sizes = [1000 * float(s) for s in re.findall(r"scale\((0\.\d+) -0\.\d+\)", figure.svg)]
        assert sizes
        assert min(sizes) * shrunk >= canvas.LEAST, figure.anchor
        assert min(sizes) * (320 - 28) / 96 * 72 / width >= 5.5, figure.anchor


def test_rare_and_hostile_names_are_drawn_as_text() -> None:
    results = renamed({"I1": RARE, "I2": "]]>--><b>\n#set $x$"})
    figures = blocks(build_bulletin(results, Printing(mark=SAMPLE)), Figure)
    figure = figures["figure2"]
    assert isinstance(figure, Figure)
    assert missing(figure.svg, RARE, canvas.drawable("]]>--><b>\n#set $x$")) == []
    assert "<b>" not in figure.svg
    assert figure.notes == () or not any("〓" in note for note in figure.notes)
    assert HOSTILE not in figure.svg


def test_a_character_that_the_font_lacks_is_shown_as_such_and_said() -> None:
    figures = blocks(
        build_bulletin(renamed({"I1": "学\U0002a6b2院\u202e"}), Printing(mark=SAMPLE)), Figure
    )  # noqa: E501
    figure = figures["figure2"]
    assert isinstance(figure, Figure)
    assert missing(figure.svg, "学〓院〓") == []
    assert any("〓" in note for note in figure.notes)


def test_long_names_are_shortened_by_width() -> None:
    assert canvas.drawable("一二三四五六七八九") == "一二三四五六七八九"
    assert canvas.drawable("一二三四五六七八九十") == "一二三四五六七八…"
    assert canvas.drawable("Lecturer 1234") == "Lecturer 1234"
    assert canvas.drawable(" 两\n行\t名 ") == "两 行 名"


def test_ticks_are_round_and_within() -> None:
    for low, high in ((0.0, 100.0), (63.2, 64.1), (12.0, 99.5), (0.0, 1.0), (5.0, 4000.0)):
        ticks = Axis(low, high, 0.0, 1.0).ticks()
        assert 2 <= len(ticks) <= 7
        assert low - 1e-9 <= ticks[0]
        assert ticks[-1] <= high + 1e-9
        assert all(len(tables.points(tick)) <= 5 for tick in ticks)


def test_an_axis_spans_its_values_within_bounds() -> None:
    low, high = span([90.0, 99.9])
    assert low < 90 < 99.9 < high <= 100
    assert span([50.0, 50.0])[0] < 50 < span([50.0, 50.0])[1]
