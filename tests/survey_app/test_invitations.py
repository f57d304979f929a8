"""One-time links for every role: shown once, used once, expired in time, no password chosen."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from site_for_tests import PASSWORD, Site, Staff, hidden, whole_programme
from survey_app import clock, db
from survey_app.models import AccountRow, InvitationRow
from survey_app.services import invite
from survey_app.services.accounts import digest_of
from survey_app.services.catalogue import store_catalogue

pytest_plugins = ("site_fixtures",)

OWN = "my-own-long-password"


def rows(boss: Staff, role: str, unit: str = "") -> list[dict[str, str]]:
    reply = boss.post("/province/invitations", role=role, unit=unit, format="csv")
    assert reply.status_code == 200
    return list(csv.DictReader(io.StringIO(reply.data.decode("utf-8-sig"))))


def accept(site: Site, link: str, password: str = OWN, again: str | None = None):
    client = site.visitor()
    path = link.removeprefix("http://localhost")
    page = client.get(path)
    if page.status_code != 200:
        return client, page
    data = {"new": password, "again": again or password}
    data["csrf_token"] = hidden(page.text, "csrf_token")
    return client, client.post(path, data=data)


@pytest.fixture
def empty(whole: Site) -> Site:
    """The whole programme before anybody but the province has an account."""
    with db.transaction(whole.engine) as session:
        for account in session.scalars(select(AccountRow).where(AccountRow.role != "province")):
            session.delete(account)
    return whole


@pytest.mark.parametrize(
    ("role", "units", "home"),
    [
        ("institution", ["I1", "I2"], "/records/"),
        ("locality", ["1401", "140105", "140106"], "/records/"),
        ("school", ["X1", "X2"], "/records/"),
        ("recorder", ["J1", "J2"], "/records/"),
        ("expert", ["E1", "E2"], "/expert/"),
    ],
)
def test_every_role_comes_in_by_a_link(empty: Site, role: str, units: list[str], home: str) -> None:
    boss = empty.staff("boss")
    made = rows(boss, role)
    assert [row["代码"] for row in made] == units
    client, reply = accept(empty, made[0]["链接"])
    assert reply.status_code == 303
    page = client.get(reply.location, follow_redirects=True)
    assert page.request.path == home and page.status_code == 200
    with db.look(empty.engine) as session:
        account = session.get_one(AccountRow, made[0]["登录名"])
        assert (account.role, account.unit, account.name) == (role, units[0], made[0]["名称"])


def test_a_link_is_used_once(empty: Site) -> None:
    link = rows(empty.staff("boss"), "school")[0]["链接"]
    assert accept(empty, link)[1].status_code == 303
    _, again = accept(empty, link, "another-long-password")
    assert again.status_code == 410 and "已经用过" in again.text
    client = empty.visitor()
    token = hidden(client.get("/login").text, "csrf_token")
    data = {"login": "X1", "password": OWN, "csrf_token": token}
    assert client.post("/login", data=data).status_code == 303


def test_two_people_on_one_link_make_one_account(empty: Site) -> None:
    path = rows(empty.staff("boss"), "school")[0]["链接"].removeprefix("http://localhost")
    both = [empty.visitor() for _ in range(2)]
    tokens = [hidden(client.get(path).text, "csrf_token") for client in both]
    sent = [
        client.post(path, data={"new": OWN, "again": OWN, "csrf_token": token}).status_code
        for client, token in zip(both, tokens, strict=True)
    ]
    assert sent == [303, 410]


def test_a_link_expires(empty: Site, monkeypatch) -> None:
    link = rows(empty.staff("boss"), "school")[0]["链接"]
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    _, page = accept(empty, link)
    assert page.status_code == 410 and "已经过期" in page.text


def test_an_unknown_link_opens_nothing(empty: Site) -> None:
    _, page = accept(empty, "http://localhost/invite/xyz")
    assert page.status_code == 404 and "没有这个邀请" in page.text


def test_passwords_are_checked_and_the_link_stays_good(empty: Site) -> None:
    link = rows(empty.staff("boss"), "school")[0]["链接"]
    assert accept(empty, link, "short")[1].status_code == 422
    assert accept(empty, link, OWN, "something-else")[1].status_code == 422
    assert accept(empty, link)[1].status_code == 303


def test_a_new_link_ends_the_old_one_and_replaces_a_lost_password(empty: Site) -> None:
    boss = empty.staff("boss")
    first = rows(boss, "school", "X1")[0]["链接"]
    second = rows(boss, "school", "X1")[0]["链接"]
    assert accept(empty, first)[1].status_code == 404
    client, _ = accept(empty, second)
    third = rows(boss, "school", "X1")[0]["链接"]
    assert accept(empty, third, "a-newer-password")[1].status_code == 303
    assert client.get("/records/").location.endswith("/login")  # earlier sign-ins have ended
    with db.look(empty.engine) as session:
        assert len(session.scalars(select(AccountRow).where(AccountRow.unit == "X1")).all()) == 1


def test_only_those_without_account_or_link_are_invited_together(empty: Site) -> None:
    boss = empty.staff("boss")
    assert len(rows(boss, "school")) == 2
    assert rows(boss, "school") == []
    page = boss.get("/province/invitations?role=school").text
    assert page.count("待使用") >= 2 and "已全部邀请" in page
    assert boss.get("/province/invitations?role=nobody").status_code == 400
    assert boss.post("/province/invitations", role="province").status_code == 400


def test_links_are_printed_with_codes_and_kept_nowhere(empty: Site) -> None:
    boss = empty.staff("boss")
    sheet = boss.post("/province/invitations", role="institution", format="page").text
    assert sheet.count("<svg") == 2 and "只显示这一次" in sheet
    links = re.findall(r"http://localhost/invite/([\w-]{32})", sheet)
    assert len(links) == 2
    with db.look(empty.engine) as session:
        kept = set(session.scalars(select(InvitationRow.digest)))
    assert kept == {digest_of(secret) for secret in links}
    assert not any(secret in boss.get("/province/invitations").text for secret in links)


def test_a_code_that_two_roles_share_gives_two_logins(empty: Site) -> None:
    with db.transaction(empty.engine) as session:
        now = clock.seconds()
        schools = invite.invitees(session, cycle="2021", role="school", now=now)
        same = replace(schools[0], login="I1", role="institution", unit="I1")
        invite.invite(session, [same], base_url="http://localhost", days=1, now=now, by="boss")
        session.flush()
        assert invite._login("school", "I1", {"I1"}) == "I1-school"
        again = invite.invitees(session, cycle="2021", role="institution", now=now)
    assert [(one.unit, one.login, one.waiting) for one in again] == [
        ("I1", "I1", True),
        ("I2", "I2", False),
    ]


def test_an_account_ends_when_its_code_means_another(whole: Site) -> None:
    whole.state("准备")
    content = whole_programme()
    renamed = replace(content.schools[0], name="另一所学校")
    with db.transaction(whole.engine) as session:
        store_catalogue(
            session, replace(content, schools=(renamed, *content.schools[1:])), by="boss"
        )
    with db.look(whole.engine) as session:
        assert session.get(AccountRow, "X1") is None
        assert session.get(AccountRow, "X2") is not None


def test_the_province_is_not_invited(whole: Site) -> None:
    assert "省级管理员" not in whole.staff("boss").get("/province/invitations").text
    assert PASSWORD not in whole.staff("boss").get("/province/invitations").text
