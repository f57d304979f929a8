"""The trainee's path: notice, form, confirmation, receipt; refusals in words and right status."""

from __future__ import annotations

import json
import time

import pytest
from itsdangerous import TimestampSigner
from sqlalchemy import select

from site_for_tests import Site, full, hidden, own_fields
from survey_app import db
from survey_app.models import ResponseRow, TicketRow

pytest_plugins = ("site_fixtures",)


def post(client, path: str, page: str, answers: dict[str, str], **fields: str):
    own = own_fields(page)
    return client.post(path, data={**own, "confirmed": "1", **answers, **fields})


def rows(site: Site) -> list[ResponseRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(ResponseRow)))


def spent(site: Site) -> int:
    with db.look(site.engine) as session:
        return sum(row.spent for row in session.scalars(select(TicketRow)))


def test_notice_form_receipt(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    notice = client.get("/c/C1")
    assert "谁能看到" in notice.text and "样例" in notice.text and "/c/C1/form" in notice.text
    page = client.get("/c/C1/form").text
    reply = post(client, "/c/C1/form", page, full(site), ticket=ticket, duration="3-10")
    assert reply.status_code == 303
    assert "回执号" in client.get(reply.location).text
    [row] = rows(site)
    assert (row.class_code, row.session, row.duration) == ("C1", "", "3-10")
    assert json.loads(row.answers)["q01"] == "4"


def test_no_cookie_is_set_for_trainees(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form")
    reply = post(client, "/c/C1/form", page.text, full(site), ticket=ticket)
    receipt = client.get(reply.location)
    answers = (client.get("/c/C1"), page, reply, receipt)
    assert [answer.status_code for answer in answers] == [200, 200, 303, 200]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers


def test_blank_scored_items_are_asked_once_more(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    answers = full(site)
    del answers["q01"]
    first = post(client, "/c/C1/form", page, answers, ticket=ticket, confirmed="")
    assert first.status_code == 200 and "还有1道计分的题未答" in first.text and rows(site) == []
    assert hidden(first.text, "response") == hidden(page, "response")
    again = post(client, "/c/C1/form", first.text, answers, ticket=ticket)
    assert again.status_code == 303 and "q01" not in json.loads(rows(site)[0].answers)


def test_answers_to_items_not_asked_are_dropped(site: Site) -> None:
    ticket = site.tickets(count=1)[0]
    client = site.visitor()
    page = client.get("/c/C1/form").text
    answers = full(site, q08a="4", m1="5", weight="9")  # C1 is a placement
    assert post(client, "/c/C1/form", page, answers, ticket=ticket).status_code == 303
    stored = json.loads(rows(site)[0].answers)
    assert {"q08a", "m1", "weight"}.isdisjoint(stored)


def test_module_follows_the_mode_of_training(site: Site) -> None:
    client = site.visitor()
    assert 'name="m1"' in client.get("/c/C2/form").text
    assert 'name="m1"' not in client.get("/c/C1/form").text


def test_unknown_choice_is_named_with_its_item(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    reply = post(client, "/c/C1/form", page, full(site, q02="6"), ticket=ticket)
    assert reply.status_code == 422 and 'role="alert"' in reply.text
    assert 'href="#item-q02"' in reply.text and "不在选项之内" in reply.text
    assert 'aria-describedby="error-q02"' in reply.text and rows(site) == []


def test_session_slip_stands_alone(site: Site) -> None:
    [class_ticket] = site.tickets(code="C2", count=1)
    [ticket] = site.tickets("session", "S1", 1)
    client = site.visitor()
    page = client.get("/s/S1/form").text
    answers = full(site, per="session")
    foreign = post(client, "/s/S1/form", page, answers, ticket=class_ticket)
    assert foreign.status_code == 422 and "不属于" in foreign.text
    assert post(client, "/s/S1/form", page, answers, ticket=ticket).status_code == 303
    assert [row.session for row in rows(site)] == ["S1"]


def test_wrong_and_spent_ticket(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    typo = ticket[:-1] + ("2" if ticket[-1] != "2" else "3")
    wrong = post(client, "/c/C1/form", page, full(site), ticket=typo)
    assert wrong.status_code == 422 and "答题码有误" in wrong.text
    assert post(client, "/c/C1/form", page, full(site), ticket=ticket.lower()).status_code == 303
    other = client.get("/c/C1/form").text
    spent = post(client, "/c/C1/form", other, full(site), ticket=ticket)
    assert spent.status_code == 409 and "已经用过" in spent.text
    assert len(rows(site)) == 1


def test_a_code_that_lets_nothing_in_is_told_before_blanks_are_asked_about(site: Site) -> None:
    used, free = site.tickets(count=2)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    assert post(client, "/c/C1/form", page, full(site), ticket=used).status_code == 303
    few = {"q02": full(site)["q02"]}

    def sent(ticket: str, **more: str) -> str:
        fresh = client.get("/c/C1/form").text
        reply = post(client, "/c/C1/form", fresh, few | more, ticket=ticket, confirmed="")
        assert reply.status_code == (200 if "道计分的题未答" in reply.text else 422)
        return reply.text

    assert "已经用过" in sent(used) and "道计分的题未答" not in sent(used)
    assert "没有这个答题码" in sent(issued_elsewhere(site))
    assert "请输入纸条上的16位答题码" in sent("  ") and "答题码有误" in sent("ABC")
    both = sent(used, q02="9")  # beside another error, both are told
    assert "已经用过" in both and "不在选项之内" in both
    assert "道计分的题未答" in sent(free)


def test_a_retry_with_blanks_is_asked_about_them_again_and_gets_its_receipt(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client, few = site.visitor(), {"q02": full(site)["q02"]}
    page = client.get("/c/C1/form").text
    first = post(client, "/c/C1/form", page, few, ticket=ticket)
    assert first.status_code == 303
    asked = post(client, "/c/C1/form", page, few, ticket=ticket, confirmed="")
    assert asked.status_code == 200 and "道计分的题未答" in asked.text
    again = post(client, "/c/C1/form", page, few, ticket=ticket)
    assert again.headers["Location"] == first.headers["Location"] and len(rows(site)) == 1


def issued_elsewhere(site: Site) -> str:
    return site.tickets(code="C2", count=1)[0]


def test_retry_is_a_success_and_other_content_is_refused(site: Site) -> None:
    ticket, _unspent = site.tickets(count=2)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    first = post(client, "/c/C1/form", page, full(site), ticket=ticket)
    retry = post(client, "/c/C1/form", page, full(site), ticket=ticket, duration=">10")
    assert (retry.status_code, retry.location) == (303, first.location)
    other = post(client, "/c/C1/form", page, full(site, value="5"), ticket=ticket)
    assert other.status_code == 409 and "内容与上次不同" in other.text
    assert spent(site) == 1


@pytest.mark.parametrize("state", ["关闭", "已封存", "已评分"])
def test_a_retry_after_closing_gets_its_receipt_and_nothing_else_is_taken(
    site: Site, state: str
) -> None:
    """Design, what must always be true: 1. The reply got lost, and the cycle closed meanwhile."""
    ticket, unspent = site.tickets(count=2)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    first = post(client, "/c/C1/form", page, full(site), ticket=ticket)
    site.state(state)
    retry = post(client, "/c/C1/form", page, full(site), ticket=ticket)
    assert (retry.status_code, retry.location) == (303, first.location)
    assert client.get(retry.location).status_code == 200
    other = post(client, "/c/C1/form", page, full(site, value="5"), ticket=ticket)
    shared = post(client, "/c/C1/form", page, full(site), ticket=unspent)
    without = post(client, "/c/C1/form", page, full(site), ticket="")
    assert [reply.status_code for reply in (other, shared, without)] == [410] * 3
    assert (len(rows(site)), spent(site)) == (1, 1)


def test_a_page_that_is_too_old_takes_retries_only(site: Site, monkeypatch) -> None:
    ticket, unspent = site.tickets(count=2)
    client = site.visitor()
    page, fresh = (client.get("/c/C1/form").text for _ in range(2))
    first = post(client, "/c/C1/form", page, full(site), ticket=ticket)
    later = int(time.time()) + 8 * 86400
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: later)
    retry = post(client, "/c/C1/form", page, full(site), ticket=ticket)
    assert (retry.status_code, retry.location) == (303, first.location)
    late = post(client, "/c/C1/form", fresh, full(site), ticket=unspent)
    assert late.status_code == 400 and "超过7天" in late.text
    assert (len(rows(site)), spent(site)) == (1, 1)


def test_only_receipts_that_the_site_made_are_shown(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    path = post(client, "/c/C1/form", page, full(site), ticket=ticket).location
    shown = client.get(path)
    assert shown.status_code == 200 and "/receipts/" in shown.text
    wrong = path[:-1] + str((int(path[-1]) + 1) % 10)
    for forged in (wrong, "/receipt/" + "1" * 20, "/receipt/" + "1" * 24):
        reply = client.get(forged)
        assert reply.status_code == 404 and "没有发出过" in reply.text
        assert "已收到" not in reply.text


def test_an_answer_whose_commit_fails_is_not_acknowledged(site: Site, monkeypatch) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form").text

    commits, real = iter((False, True)), site.engine.dialect.do_commit

    def fail(connection) -> None:
        if next(commits, True):  # not yet when what was read is let go
            raise RuntimeError("disk full")
        real(connection)

    with monkeypatch.context() as patch:
        patch.setattr(site.engine.dialect, "do_commit", fail)
        patch.setitem(site.app.config, "PROPAGATE_EXCEPTIONS", False)
        lost = post(client, "/c/C1/form", page, full(site), ticket=ticket)
    assert lost.status_code == 500 and "重试" in lost.text
    assert (len(rows(site)), spent(site)) == (0, 0)
    assert post(client, "/c/C1/form", page, full(site), ticket=ticket).status_code == 303
    assert (len(rows(site)), spent(site)) == (1, 1)


def test_two_people_on_one_page_are_both_counted(site: Site) -> None:
    """A page handed on, or opened twice from a cache, carries one id: two tickets, two answers."""
    mine, yours = site.tickets(count=2)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    first = post(client, "/c/C1/form", page, full(site), ticket=mine)
    second = post(client, "/c/C1/form", page, full(site), ticket=yours)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location != second.location
    assert len(rows(site)) == 2


@pytest.mark.sqlite
def test_the_log_keeps_no_order(site: Site) -> None:
    """Design, what must always be true: 2. A copy of the running site's files joins nothing."""
    for ticket in site.tickets(count=3):
        client = site.visitor()
        page = client.get("/c/C1/form").text
        assert post(client, "/c/C1/form", page, full(site), ticket=ticket).status_code == 303
        assert (site.home / "site.db-wal").stat().st_size == 0


@pytest.mark.parametrize(("state", "status"), [("准备", 403), ("关闭", 410), ("已评分", 410)])
def test_cycle_that_is_not_open(site: Site, state: str, status: int) -> None:
    page = site.visitor().get("/c/C1/form").text
    site.state(state)
    client = site.visitor()
    assert client.get("/c/C1").status_code == status
    assert post(client, "/c/C1/form", page, full(site)).status_code == status


def test_damaged_pages(site: Site) -> None:
    client = site.visitor()
    page = client.get("/c/C1/form").text
    ids = ({name: text} for name in ("response", "nonce") for text in ("", "1", "Z" * 32))
    for damage in ({"token": "x"}, *ids):
        assert post(client, "/c/C1/form", page, full(site), **damage).status_code == 400
    other = client.get("/c/C2/form").text
    assert post(client, "/c/C1/form", other, full(site)).status_code == 400


@pytest.mark.parametrize("path", ["/c/none", "/s/none", "/receipt/12", "/nowhere"])
def test_unknown_addresses(site: Site, path: str) -> None:
    reply = site.visitor().get(path)
    assert reply.status_code == 404 and "没有" in reply.text


def test_too_large_and_wrong_method(site: Site) -> None:
    client = site.visitor()
    big = client.post("/c/C1/form", data={"comment": "好" * 300_000})
    assert big.status_code == 413 and "太大" in big.text
    assert client.post("/c/C1").status_code == 405


def test_hostile_text_is_shown_as_text(site: Site) -> None:
    client = site.visitor()
    page = client.get("/c/C1/form").text
    nasty = "<script>alert(1)</script>"
    reply = post(client, "/c/C1/form", page, full(site, comment=nasty), ticket="x")
    assert reply.status_code == 422 and nasty not in reply.text and "&lt;script&gt;" in reply.text


def test_form_page_is_light(site: Site) -> None:
    import gzip

    page = site.visitor().get("/c/C2/form")
    assert len(gzip.compress(page.data)) < 30 * 1024
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert " style=" not in page.text and "<script>" not in page.text
