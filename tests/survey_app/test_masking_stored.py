"""What was written freely is masked before anything stores it, and a retry is still a success."""

from __future__ import annotations

import json
import logging
import re

import pytest
from sqlalchemy import select

from instruments.model import Instrument, Item, Section
from site_for_tests import HASHED, Site, filled
from survey_app import db
from survey_app.models import PaperEntryRow, RecordRow, ResponseRow, SessionRow, VisitRow
from survey_app.paper_form import PREFIX
from survey_app.services import accounts
from survey_app.services.audit import COMMAND
from survey_app.services.free_text import masked_answers
from survey_app.services.receipts import leaf_of

pytest_plugins = ("site_fixtures",)

WRITTEN = "张老师讲得好，有事打 138 1234 5678，主讲甲和专家E1也好"
STORED = "〔姓名〕老师讲得好，有事打 〔电话〕，〔姓名〕和〔姓名〕也好"
TELLING = ("张老师", "5678", "主讲甲", "专家E1")


@pytest.fixture
def seen(site: Site) -> Site:
    """Class C1 has a lecturer and an expert whom the site knows by name."""
    with db.transaction(site.engine) as session:
        session.add(
            SessionRow(code="S9", class_code="C1", date="2021-07-02", title="场", lecturer="主讲甲")
        )
        for visit in session.scalars(select(VisitRow).where(VisitRow.expert == "E1")):
            visit.class_code = "C1"
    return site


def rows(site: Site) -> list[ResponseRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(ResponseRow)))


def post(site: Site, form: dict[str, str]):
    return site.visitor().post("/c/C1/form", data=form)


def everything(site: Site) -> bytes:
    """All bytes of the instance folder."""
    return b"".join(path.read_bytes() for path in sorted(site.home.rglob("*")) if path.is_file())


def test_only_the_masked_text_is_stored_logged_and_sealed(seen: Site, caplog) -> None:
    [ticket] = seen.tickets(count=1)
    caplog.set_level(logging.DEBUG)
    form = filled(seen, seen.visitor().get("/c/C1/form").text, ticket, comment=WRITTEN)
    reply = post(seen, form)
    assert reply.status_code == 303
    [row] = rows(seen)
    assert json.loads(row.answers)["comment"] == STORED
    for word in TELLING:
        assert word not in caplog.text
        assert word.encode() not in everything(seen) or word in ("主讲甲", "专家E1")  # catalogue
    assert WRITTEN.encode() not in everything(seen)
    masked = filled(seen, seen.visitor().get("/c/C1/form").text, ticket, comment=STORED)
    again = post(seen, masked | {name: form[name] for name in ("response", "nonce")})
    assert (again.status_code, again.location) == (303, reply.location)  # the leaf is of the mask
    assert leaf_of(row)


def test_the_same_bytes_again_are_a_success_and_other_words_are_not(seen: Site) -> None:
    [ticket] = seen.tickets(count=1)
    form = filled(seen, seen.visitor().get("/c/C1/form").text, ticket, comment=WRITTEN)
    replies = [post(seen, form) for _ in range(3)]
    assert len({reply.location for reply in replies}) == 1 and len(rows(seen)) == 1
    assert post(seen, form | {"comment": "王老师讲得不好"}).status_code == 409


def test_a_name_that_is_known_later_does_not_turn_a_retry_away(seen: Site) -> None:
    """An institution hands in its timetable between the first sending and the retry."""
    [ticket] = seen.tickets(count=1)
    form = filled(seen, seen.visitor().get("/c/C1/form").text, ticket, comment="李小红的课好")
    first = post(seen, form)
    assert json.loads(rows(seen)[0].answers)["comment"] == "李小红的课好"
    filed = {"timetable": [{"lecturer": "李小红（太原）、安排差"}]}
    with db.transaction(seen.engine) as session:
        row = RecordRow(id="a" * 32, cycle="2021", instrument="institution_record", version="1.0")
        row.target, row.unit, row.revision, row.state = "P1", "I1", 1, "已提交"
        row.day, row.author, row.reason = "2021-07-09", "I1", ""
        row.answers = json.dumps(filed)
        session.add(row)
    again = post(seen, form)
    assert (again.status_code, again.location) == (303, first.location)
    assert post(seen, form | {"comment": "李小红的课差"}).status_code == 409
    [other] = seen.tickets(count=1)
    page = seen.visitor().get("/c/C1/form").text
    assert post(seen, filled(seen, page, other, comment="李小红安排差")).status_code == 303
    assert sorted(json.loads(row.answers)["comment"] for row in rows(seen))[0] == "〔姓名〕安排差"


def test_a_sheet_of_paper_is_masked_at_its_first_typing(seen: Site) -> None:
    with db.transaction(seen.engine) as session:
        account = {"name": "乙", "role": "province", "hashed": HASHED, "by": COMMAND}
        accounts.create_account(session, login="clerk", unit="", **account)
    [ticket] = seen.tickets(count=1)
    sheet = {"ticket": ticket, "do": "save", f"{PREFIX}comment": WRITTEN}
    page = "/province/paper/class/C1"
    assert seen.staff("boss").post(page, sheet).status_code == 303
    with db.look(seen.engine) as session:
        [entry] = session.scalars(select(PaperEntryRow))
        assert json.loads(entry.answers)["comment"] == STORED
    assert seen.staff("clerk").post(page, sheet).status_code == 303
    assert json.loads(rows(seen)[0].answers)["comment"] == STORED


def test_the_form_says_so_beside_every_written_item(site: Site) -> None:
    for path, state, count in (
        ("/c/C1", "开放", 1),
        ("/s/S1", "开放", 1),
        ("/f/C1", "跟踪开放", 2),
    ):
        site.state(state)
        page = site.visitor().get(f"{path}/form").text
        written = re.findall(r'<textarea id="(\w+)" name="\w+" rows="3"([^>]*)>', page)
        assert len(written) == count
        for name, attributes in written:
            assert f"masked-{name}" in attributes
            assert re.search(f'id="masked-{name}">[^<]*先隐去再保存', page)


def test_rows_of_a_table_are_masked_too() -> None:
    """A form of one's own may ask trainees for a table."""
    items = tuple(
        Item(name, kind, name) for name, kind in (("who", "text"), ("level", "select_one"))
    )
    tables = (Section("rows", "表", items, repeat=True),)
    form = Instrument("own", "1", "自编", "trainee", "class", tables, (), ())
    answers = {"rows": [{"who": "找王老师", "level": "王老师"}]}
    masked = {"rows": [{"who": "找〔姓名〕老师", "level": "王老师"}]}  # a code is no text
    assert masked_answers(form, answers, frozenset) == (masked, frozenset())


def test_that_the_store_would_tell(seen: Site) -> None:
    """The search of ``everything`` finds what is not masked."""
    [ticket] = seen.tickets(count=1)
    form = filled(seen, seen.visitor().get("/c/C1/form").text, ticket, comment="食堂一般")
    assert post(seen, form).status_code == 303
    if seen.engine.dialect.name == "sqlite":
        assert "食堂一般".encode() in everything(seen)
