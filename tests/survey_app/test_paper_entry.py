"""Paper forms: typed by two of the staff before anything counts, each with its own ticket."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from instruments.model import Choice, Scale
from site_for_tests import HASHED, Site, build, filled, full
from survey_app import cli, db
from survey_app.models import AuditRow, PaperEntryRow, ResponseRow, TicketRow
from survey_app.paper_form import PREFIX, numbered
from survey_app.services import accounts
from survey_app.services.audit import COMMAND
from survey_app.services.receipts import leaf_of

pytest_plugins = ("site_fixtures",)

PAGE = "/province/paper/class/C1"


@pytest.fixture
def clerks(site: Site):
    """Two of the province's staff."""
    with db.transaction(site.engine) as session:
        account = {"name": "乙", "role": "province", "hashed": HASHED, "by": COMMAND}
        accounts.create_account(session, login="clerk", unit="", **account)
    return site.staff("boss"), site.staff("clerk")


def sheet(site: Site, ticket: str, **changes: str) -> dict[str, str]:
    """A whole sheet as it is typed."""
    typed = {f"{PREFIX}{name}": value for name, value in (full(site) | changes).items()}
    return {"ticket": ticket, "do": "save"} | typed


def rows(site: Site) -> list[ResponseRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(ResponseRow)))


def pending(site: Site) -> int:
    with db.look(site.engine) as session:
        return session.scalar(select(func.count()).select_from(PaperEntryRow)) or 0


def spent(site: Site) -> int:
    with db.look(site.engine) as session:
        return session.scalar(select(func.count()).where(TicketRow.spent.is_(True))) or 0


def noted(site: Site) -> list[tuple[str, str, str]]:
    with db.look(site.engine) as session:
        found = session.scalars(
            select(AuditRow).where(AuditRow.action.startswith("paper")).order_by(AuditRow.at)
        )
        return [(row.by, row.action, row.object) for row in found]


def test_a_sheet_counts_once_two_people_have_typed_the_same(site: Site, clerks) -> None:
    boss, clerk = clerks
    [ticket] = site.tickets(count=1)
    form = sheet(site, ticket, stage="2", comment="多些练习")
    first = boss.post(PAGE, form)
    assert first.location.endswith("told=first")
    assert "还不计入" in boss.get(first.location).text
    assert (rows(site), pending(site), spent(site)) == ([], 1, 0)
    assert clerk.post(PAGE, form).location.endswith("told=matched")
    [row] = rows(site)
    assert (row.medium, row.instrument, row.class_code) == ("paper", "trainee_core", "C1")
    assert (row.duration, len(row.id), len(row.nonce)) == ("", 32, 32)
    answers = json.loads(row.answers)
    assert (answers["q01"], answers["stage"], answers["comment"]) == ("4", "primary", "多些练习")
    assert (pending(site), spent(site)) == (0, 1)
    assert noted(site) == [
        ("boss", "paper_first", "class:C1 × 1"),
        ("clerk", "paper_matched", "class:C1 × 1"),
    ]


def test_the_same_person_cannot_type_both_times(site: Site, clerks) -> None:
    boss, clerk = clerks
    [ticket] = site.tickets(count=1)
    boss.post(PAGE, sheet(site, ticket, q01="1"))
    assert boss.post(PAGE, sheet(site, ticket, q01="2")).location.endswith("told=again")
    assert boss.post(PAGE, sheet(site, ticket, q01="2")).location.endswith("told=again")
    assert (rows(site), pending(site)) == ([], 1)
    assert clerk.post(PAGE, sheet(site, ticket, q01="2")).location.endswith("told=matched")
    assert json.loads(rows(site)[0].answers)["q01"] == "2"


def test_two_that_differ_count_only_when_the_second_has_looked_again(site: Site, clerks) -> None:
    boss, clerk = clerks
    [ticket] = site.tickets(count=1)
    boss.post(PAGE, sheet(site, ticket, q01="5", q03="1"))
    other = sheet(site, ticket, q01="2", q03="")
    reply = clerk.post(PAGE, other)
    assert reply.status_code == 409 and "有2处不同" in reply.text
    assert '<a href="#item-q01">1. 培训回应了我训前最想解决的问题。</a>' in reply.text
    assert '<a href="#item-q02">' not in reply.text
    assert 'value="5"' not in reply.text.split("item-q01")[-1].split("item-q02")[0]  # not whose
    assert (rows(site), pending(site), spent(site)) == ([], 1, 0)
    unseen = clerk.post(PAGE, other | {"do": "decide", "differing": "q01"})
    assert unseen.status_code == 409 and rows(site) == []  # q03 was not shown to it
    done = clerk.post(PAGE, other | {"do": "decide", "differing": "q01 q03"})
    assert done.location.endswith("told=settled")
    answers = json.loads(rows(site)[0].answers)
    assert answers["q01"] == "2" and "q03" not in answers
    assert noted(site)[-1] == ("clerk", "paper_settled", "class:C1 × 1")


def test_the_second_may_find_that_the_first_was_right(site: Site, clerks) -> None:
    boss, clerk = clerks
    [ticket] = site.tickets(count=1)
    boss.post(PAGE, sheet(site, ticket, q01="5"))
    assert clerk.post(PAGE, sheet(site, ticket, q01="2")).status_code == 409
    assert clerk.post(PAGE, sheet(site, ticket, q01="5")).location.endswith("told=matched")


def test_each_sheet_needs_a_ticket_of_its_class_that_nobody_has_used(site: Site, clerks) -> None:
    boss, _ = clerks
    [own] = site.tickets(count=1)
    [other] = site.tickets(code="C2", count=1)
    assert "不属于本班" in boss.post(PAGE, sheet(site, other)).text
    assert "答题码有误" in boss.post(PAGE, sheet(site, "1234")).text
    client = site.visitor()
    client.post("/c/C1/form", data=filled(site, client.get("/c/C1/form").text, own))
    used = boss.post(PAGE, sheet(site, own))
    assert used.status_code == 409 and "已经用过" in used.text
    assert pending(site) == 0 and [row.medium for row in rows(site)] == ["online"]


def test_a_sheet_of_which_one_has_answered_online_meanwhile_is_not_counted(
    site: Site, clerks
) -> None:
    boss, clerk = clerks
    [ticket] = site.tickets(count=1)
    boss.post(PAGE, sheet(site, ticket))
    client = site.visitor()
    client.post("/c/C1/form", data=filled(site, client.get("/c/C1/form").text, ticket))
    assert clerk.post(PAGE, sheet(site, ticket)).status_code == 409
    assert [row.medium for row in rows(site)] == ["online"]


@pytest.mark.parametrize(
    ("item", "typed", "words"),
    [
        ("q01", "7", "不在选项之内"),
        ("q01", "1 2", "不在选项之内"),
        ("stage", "primary", "不在选项之内"),
        ("q21", "11", "不在选项之内"),
        ("comment", "长" * 1001, "最多1000字"),
    ],
)
def test_what_the_sheet_does_not_print_is_refused(
    site: Site, clerks, item: str, typed: str, words: str
) -> None:
    boss, _ = clerks
    [ticket] = site.tickets(count=1)
    reply = boss.post(PAGE, sheet(site, ticket, **{item: typed}))
    assert reply.status_code == 422 and words in reply.text and pending(site) == 0


def test_checking_saves_nothing_and_shows_the_words(site: Site, clerks) -> None:
    """What Enter does where no script runs."""
    boss, _ = clerks
    [ticket] = site.tickets(count=1)
    reply = boss.post(PAGE, sheet(site, ticket, q05="6") | {"do": "check"})
    assert reply.status_code == 200 and '<p class="said">不适用</p>' in reply.text
    assert (pending(site), noted(site)) == (0, [])


def test_closing_destroys_what_was_typed_once_and_says_so_before(site: Site, clerks) -> None:
    boss, _ = clerks
    for ticket in site.tickets(count=2):
        boss.post(PAGE, sheet(site, ticket))
    assert "还有2份纸质问卷只录入了一次" in boss.get("/province/").text
    boss.post("/province/close")
    assert (pending(site), rows(site)) == (0, [])
    assert noted(site)[-1] == ("boss", "paper_dropped", "× 2")
    assert boss.get(PAGE).status_code == 410


def test_sheets_whose_tickets_are_made_void_do_not_wait_any_more(site: Site, clerks) -> None:
    boss, _ = clerks
    [ticket], [other] = site.tickets(count=1), site.tickets(code="C2", count=1)
    boss.post(PAGE, sheet(site, ticket))
    boss.post(PAGE.replace("C1", "C2"), {"ticket": other, "do": "save"})
    boss.post("/province/tickets", scope="class", code="C1", lost="anew", format="csv")
    assert pending(site) == 1
    assert noted(site)[-1] == ("boss", "paper_dropped", "class:C1 × 1")


def test_the_command_does_not_close_over_sheets_that_were_typed_once(
    site: Site, clerks, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    [ticket] = site.tickets(count=1)
    clerks[0].post(PAGE, sheet(site, ticket))
    assert cli.run(["close"]) == 1
    assert "还有1份纸质问卷只录入了一次，没有关闭" in capsys.readouterr().err
    assert pending(site) == 1
    assert cli.run(["close", "--drop-paper"]) == 0
    assert pending(site) == 0


def test_the_class_page_counts_paper_from_the_minimum_cell_on(site: Site, clerks) -> None:
    boss, clerk = clerks
    tickets = site.tickets()
    for number, ticket in enumerate(tickets[:5], 1):
        boss.post(PAGE, sheet(site, ticket))
        page = boss.get("/province/classes/C1").text
        assert "待第二次录入1份" in page
        clerk.post(PAGE, sheet(site, ticket))
        page = boss.get("/province/classes/C1").text
        told = "不足5份不列" if number < 5 else "5"
        assert f"已计入{told} · 待第二次录入0份" in page
    client = site.visitor()
    client.post("/c/C1/form", data=filled(site, client.get("/c/C1/form").text, tickets[5]))
    page = boss.get("/province/classes/C1").text
    assert "已计入5" in page and "<b>少于5份</b> / 6人" in page  # the sixth is told of by no number


def test_the_receipt_list_covers_how_an_answer_came(site: Site, clerks) -> None:
    [ticket] = site.tickets(count=1)
    for staff in clerks:
        staff.post(PAGE, sheet(site, ticket))
    [row] = rows(site)
    leaf = leaf_of(row)
    row.medium = "online"
    assert leaf_of(row) != leaf


def test_only_the_province_types(site: Site) -> None:
    """Who is judged, or judges, does not."""
    assert site.staff("E1").get(PAGE).status_code == 403


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ["\0", "９" * 16, "A" * 5000, "=1+1", "'; DROP TABLE responses--", "{{7*7}}", "decide", "save"]
)
FIELDS = ("ticket", "do", "differing", "typed-q01", "typed-q21", "typed-stage", "self_code-day")


def test_malformed_sheets_are_refused_in_words(tmp_path: Path) -> None:
    """Whatever stands in the fields: no fault of the site, and nothing counts or waits."""
    site = build(tmp_path / "home")
    boss = site.staff("boss")
    site.tickets(count=1)
    seen = Counter()

    @settings(
        max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.dictionaries(st.sampled_from(FIELDS), HOSTILE))
    def refused(fields: dict[str, str]) -> None:
        encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in fields.items()}
        seen[boss.post(PAGE, encoded).status_code] += 1

    refused()
    assert set(seen) == {422} and (rows(site), pending(site), spent(site)) == ([], 0, 0)
    site.engine.dispose()


def scale(*codes: str) -> Scale:
    return Scale("s", tuple(Choice(code, code) for code in codes))


@pytest.mark.parametrize(
    ("codes", "numbers"),
    [
        (("1", "2", "3", "na"), "1 2 3 4"),
        (("0", "1", "10"), "0 1 10"),
        (("na", "3", "7"), "8 3 7"),
        (("yes", "no", "na"), "1 2 3"),
        (("0", "1-2", "na"), "1 2 3"),
        (("01", "2"), "1 2"),
        (("na",), "1"),
    ],
)
def test_every_answer_has_one_number(codes: tuple[str, ...], numbers: str) -> None:
    found = numbered(scale(*codes))
    assert " ".join(found) == numbers
    assert [choice.code for choice in found.values()] == list(codes)
