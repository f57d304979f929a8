"""Paper questionnaires: each sheet has its own code on every page, each item its boxes."""

from __future__ import annotations

import re

import pytest
from test_slip_sheets import enrol, pages_of, words_of

from site_for_tests import Site
from survey_app import db
from survey_app.paper_form import paper_parts
from survey_app.services.places import FIND, questionnaire_of
from survey_app.services.tickets import issued_tickets, read_code

pytest_plugins = ("site_fixtures",)
CODE = re.compile(r"[1-9A-Z]{4}(?:.[1-9A-Z]{4}){3}")
TICKETS = "/province/tickets"


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def printed(site: Site, scope: str, code: str) -> list[str]:
    """Words of each page of the sheets of one class or session."""
    reply = site.staff("boss").post(TICKETS, scope=scope, code=code, format="paper")
    assert (reply.mimetype, reply.status_code) == ("application/pdf", 200)
    return list(map(words_of, pages_of(reply.data)))


def codes_on(page: str) -> set[str]:
    found = CODE.findall(page.replace("\ufffe", "-"))
    return {code for one in found if (code := read_code(one))}


@pytest.mark.parametrize(
    ("scope", "code", "state", "most"),
    [("class", "C1", "开放", 2), ("session", "S1", "开放", 1), ("followup", "C1", "跟踪开放", 2)],
)
def test_each_sheet_has_its_code_on_every_page_and_every_item(
    site: Site, scope: str, code: str, state: str, most: int
) -> None:
    """One leaf of paper, printed on both sides, is a sheet."""
    enrol(site, 3)
    site.state(state)
    pages = printed(site, scope, code)
    assert len(pages) <= 3 * most
    each = len(pages) // 3
    sheets = [pages[at : at + each] for at in range(0, len(pages), each)]
    codes = [{one for page in pages for one in codes_on(page)} for pages in sheets]
    assert all(len(one) == 1 for one in codes) and len(set.union(*codes)) == 3
    assert all(codes_on(page) for page in pages)
    with db.look(site.engine) as session:
        place = FIND[scope](session, code)
        parts = paper_parts(questionnaire_of(session, place))
        assert issued_tickets(session)[place.target] == 3
    for own in sheets:
        whole = plain("".join(own))
        for line in [line for part in parts for line in part.lines]:
            assert f"{line.number}.{plain(line.item.label)}" in whole
            for number, choice in line.answers.items():
                shown = number if number == choice.label else f"{number}{plain(choice.label)}"
                assert shown in whole  # the box between the two is drawn
        asked = questionnaire_of(session, place).instrument.self_code
        assert ("母亲名字的最后一个字" in whole) == asked == (scope != "session")
        assert plain(place.training_class.name) in whole and "请勿写姓名" in whole
        assert f"第1页，共{each}页" in whole and "样例" in whole


def test_sheets_take_the_tickets_of_the_class(site: Site) -> None:
    """Paper cannot stuff the box: a sheet is one of the tickets that the class has."""
    boss = site.staff("boss")
    boss.post(TICKETS, scope="class", code="C1", count="4", format="csv")
    sent = {"scope": "class", "code": "C1", "format": "paper"}
    assert boss.post(TICKETS, count="3", **sent).status_code == 409
    assert boss.post(TICKETS, count="2", **sent).status_code == 200
    assert boss.post(TICKETS, scope="classes", format="paper").status_code == 400


def test_a_sheet_asks_what_the_page_asks(site: Site) -> None:
    """Items of other projects' modules stand on neither."""
    enrol(site, 1)
    [*pages] = printed(site, "class", "C1")  # a placement
    assert "食宿条件" in "".join(pages) and "有人要求或暗示您打高分" in "".join(pages)
    assert "我有机会动手演练或试讲" not in plain("".join(pages))
