"""Remote trainees: listed as hashes, signed for once, answering later with what no signer saw."""

from __future__ import annotations

import gzip
import re

import pytest
from blind_phone import (
    UNTIL,
    ask,
    blind,
    closed,
    fetch,
    listed,
    members,
    public_of,
    token_form,
)
from click.testing import CliRunner
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from site_for_tests import Site, own_fields
from survey_app import clock, db
from survey_app.blind_rsa import blind_sign
from survey_app.cli import guopei
from survey_app.models import (
    AuditRow,
    ResponseRow,
    RosterRow,
    SpentTokenRow,
    TokenKeyRow,
    TokenWindowRow,
)
from survey_app.sealing import seal, unseal

pytest_plugins = ("site_fixtures",)

FORM = "/c/C1/form"


def rows(site: Site, table):
    with db.look(site.engine) as session:
        return session.scalars(select(table)).all()


def notes(site: Site, action: str) -> list[str]:
    by_time = sorted(rows(site, AuditRow), key=lambda row: row.at)
    return [row.object for row in by_time if row.action == action]


def test_from_the_roster_to_the_receipt(site: Site) -> None:
    boss, people = site.staff("boss"), members()
    assert listed(boss, people).status_code == 303
    tokens = [fetch(site, person) for person in people[:3]]
    assert "名单5人 · 已领令牌3个" in boss.get("/province/rosters/class/C1").text
    closed(boss)
    replies = [site.visitor().post(FORM, data=token_form(site, token)) for token in tokens]
    assert [reply.status_code for reply in replies] == [303] * 3
    assert "回执号" in site.visitor().get(replies[0].location).text
    assert len(rows(site, ResponseRow)) == len(rows(site, SpentTokenRow)) == 3
    assert notes(site, "roster") == [f"C1 × 5 → {UNTIL}"]
    assert notes(site, "tokens_close") == ["C1 × 3"]


@pytest.mark.sqlite
def test_no_name_no_secret_and_after_closing_no_key_is_in_any_file(site: Site) -> None:
    boss, people = site.staff("boss"), members()
    listed(boss, people)
    fetch(site, people[0])
    digests = [row.digest for row in rows(site, RosterRow)]
    sealed = rows(site, TokenKeyRow)[0].sealed  # longer than a page's share: in two pieces
    kept = [sealed[:40], sealed[-40:], *(digest.encode() for digest in digests)]
    assert all(files_with(site, content) == ["site.db"] for content in kept)
    assert files_with(site, people[0][0].encode()) == []
    closed(boss)
    assert [content for content in kept if files_with(site, content)] == []
    assert rows(site, RosterRow) == rows(site, TokenKeyRow) == []
    [window] = rows(site, TokenWindowRow)
    assert (window.closed, window.fetched) == (True, 1)


def files_with(site: Site, content: bytes) -> list[str]:
    files = [path for path in site.home.rglob("*") if path.is_file()]
    return [path.name for path in files if content in path.read_bytes()]


def test_the_private_key_opens_only_with_the_site_s_secret(site: Site) -> None:
    listed(site.staff("boss"), members())
    [row] = rows(site, TokenKeyRow)
    secret = site.settings.secret("roster")
    assert unseal(secret, row.target, row.sealed)[:1] == b"\x30"  # DER
    for key, purpose in ((site.settings.secret("ticket"), row.target), (secret, "class:C2")):
        with pytest.raises(InvalidTag):
            unseal(key, purpose, row.sealed)
    assert seal(secret, "a", b"x") != seal(secret, "a", b"x")


def test_asking_again_gets_the_same_and_another_token_is_refused(site: Site) -> None:
    boss, [person, *others] = site.staff("boss"), members()
    listed(boss, [person, *others])
    first, second = (blind(public_of(site)) for _ in range(2))
    replies = [ask(site, person, first.sent) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json == replies[1].json
    other = ask(site, person, second.sent)
    assert other.status_code == 409
    assert "已经领过令牌" in other.json["message"] and "纸条" in other.json["message"]
    assert ask(site, person, first.sent).json == replies[0].json


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        (("学员0", "0000"), 200),
        ((" 学 员０ ", "００００"), 200),
        (("学员0", "13900000000"), 200),
        (("学员0", "0001"), 422),
        (("学员9", "0000"), 422),
        (("", ""), 422),
        (("学员0" * 900, "0000"), 422),
    ],
)
def test_who_is_listed_is_known_however_it_is_typed(
    site: Site, typed: tuple[str, str], status: int
) -> None:
    listed(site.staff("boss"), members())
    assert ask(site, typed, blind(public_of(site)).sent).status_code == status


def test_answers_wait_until_nobody_fetches_any_more(site: Site, monkeypatch) -> None:
    boss, people = site.staff("boss"), members()
    today = clock.today()
    listed(boss, people, until=today)
    token = fetch(site, people[0])
    early = site.visitor().get(f"{FORM}?by=token")
    assert early.status_code == 403 and f"{today}之后再来" in early.text
    assert f"{today}之后回到这一页" in site.visitor().get("/c/C1/token").text
    monkeypatch.setattr(clock, "today", lambda: UNTIL)
    assert ask(site, people[1], blind(public_of(site)).sent).status_code == 410
    form = token_form(site, token)
    monkeypatch.undo()
    assert site.visitor().post(FORM, data=form).status_code == 403  # the same day still
    assert rows(site, ResponseRow) == []
    monkeypatch.setattr(clock, "today", lambda: UNTIL)
    assert site.visitor().post(FORM, data=form).status_code == 303
    assert rows(site, RosterRow) == rows(site, TokenKeyRow) == []  # its day has passed
    assert notes(site, "tokens_close") == []  # a line would tell when the first answer came


def test_a_backup_keeps_no_roster_whose_day_has_passed(site: Site, tmp_path, monkeypatch) -> None:
    listed(site.staff("boss"), members(), until=clock.today())
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    monkeypatch.setattr(clock, "today", lambda: UNTIL)
    done = CliRunner().invoke(guopei, ["backup", "--out", str(tmp_path / "backup")])
    assert done.exit_code == 0
    assert rows(site, RosterRow) == rows(site, TokenKeyRow) == []
    kept = (tmp_path / "backup" / "site.db").read_bytes()
    assert public_of(site).modulus and b"class:C1" in kept


def test_what_a_phone_must_load_is_light(site: Site) -> None:
    """Page, style and scripts of each step, compressed; the form's own limit holds too."""
    boss = site.staff("boss")
    listed(boss, members())
    weights = [weight(site, "/c/C1/token")]
    closed(boss)
    weights += [weight(site, at) for at in ("/c/C1/token", f"{FORM}?by=token")]
    assert max(weights) < 30 * 1024


def weight(site: Site, address: str) -> int:
    page = site.visitor().get(address)
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert page.status_code == 200 and len(parts) > 2
    whole = len(gzip.compress(page.data))
    for part in parts:
        with site.visitor().get(part) as reply:
            whole += len(gzip.compress(reply.data))
    return whole


def test_a_retry_is_a_success_also_after_closing(site: Site) -> None:
    boss, people = site.staff("boss"), members()
    listed(boss, people)
    token = fetch(site, people[0])
    closed(boss)
    form = token_form(site, token)
    first = site.visitor().post(FORM, data=form)
    again = site.visitor().post(FORM, data=form)
    assert (first.status_code, again.location) == (303, first.location)
    other = site.visitor().post(FORM, data=token_form(site, token, comment="另一份"))
    assert other.status_code == 409 and "令牌已经用过" in other.text
    assert boss.post("/province/close").status_code == 303
    late = site.visitor().post(FORM, data=form)
    assert (late.status_code, late.location) == (303, first.location)
    assert len(rows(site, ResponseRow)) == 1


def test_whoever_keeps_the_key_can_make_no_more_tokens_than_were_given_out(site: Site) -> None:
    """A key that was copied in the window signs for ever; the count stays."""
    boss, people = site.staff("boss"), members()
    listed(boss, people)
    [row] = rows(site, TokenKeyRow)
    private = unseal(site.settings.secret("roster"), row.target, row.sealed)
    honest = [fetch(site, person) for person in people[:2]]
    closed(boss)
    forged = blind(public_of(site))
    token = forged.token(blind_sign(private, forged.sent).hex())
    made = [site.visitor().post(FORM, data=token_form(site, one)) for one in (honest[0], token)]
    assert [reply.status_code for reply in made] == [303, 303]  # unknown which is false
    late = site.visitor().post(FORM, data=token_form(site, honest[1]))
    assert late.status_code == 409 and "比发出的还多" in late.text
    assert len(rows(site, SpentTokenRow)) == len(rows(site, ResponseRow)) == 2


def test_tokens_of_the_follow_up_are_of_their_own(site: Site) -> None:
    boss = site.staff("boss")
    listed(boss, members())
    fetch(site, members()[0])
    closed(boss)
    assert listed(boss, members(), where="followup/C1").status_code == 409
    site.state("跟踪开放")
    assert listed(boss, members(), where="followup/C1").status_code == 303
    assert "名单5人，已领令牌0个" in boss.get("/province/classes/C1").text
    token = fetch(site, members()[0], "/f/C1")
    closed(boss, "followup/C1")
    assert "共发出令牌1个" in boss.get("/province/rosters/followup/C1").text
    page = site.visitor().get("/f/C1/form?by=token")
    form = own_fields(page.text) | {"by": "token", "held": token, "confirmed": "1", "f01": "1"}
    assert site.visitor().post("/f/C1/form", data=form).status_code == 303
    assert [row.target for row in rows(site, SpentTokenRow)] == ["followup:C1"]


def test_a_token_opens_its_own_class_and_wave_only(site: Site) -> None:
    boss = site.staff("boss")
    for where in ("class/C1", "class/C2"):
        listed(boss, members(), where=where)
    token = fetch(site, members()[0])
    for where in ("class/C1", "class/C2"):
        closed(boss, where)
    strange = token_form(site, token, "/c/C2")
    assert site.visitor().post("/c/C2/form", data=strange).status_code == 422
    assert site.visitor().get("/f/C1/token").status_code == 404
    assert rows(site, SpentTokenRow) == []


def test_neither_page_nor_answer_sets_a_cookie(site: Site) -> None:
    boss, people = site.staff("boss"), members()
    listed(boss, people)
    visitor, made = site.visitor(), blind(public_of(site))
    seen = [visitor.get("/c/C1/token"), visitor.get("/c/C1"), ask(site, people[0], made.sent)]
    closed(boss)
    token = made.token(seen[-1].json["signature"])
    seen += [visitor.post(FORM, data=token_form(site, token)), visitor.get("/c/C1/token")]
    assert [reply.status_code for reply in seen] == [200, 200, 200, 303, 200]
    assert not any("Set-Cookie" in reply.headers for reply in seen)
    assert all("/c/C1/token" in visitor.get(at).text for at in ("/c/C1",))


def test_slips_and_roster_are_no_more_than_the_enrolled(site: Site) -> None:
    boss = site.staff("boss")
    assert len(site.tickets(count=2)) == 2  # of six
    refused = listed(boss, members(5))
    assert refused.status_code == 409 and "已发答题码2张，名单5人" in refused.text
    assert rows(site, RosterRow) == rows(site, TokenWindowRow) == []
    boss.post("/province/tickets", scope="class", code="C1", count="1", lost="anew")
    assert listed(boss, members(5)).status_code == 303
    over = boss.post("/province/tickets", scope="class", code="C1", count="1")
    assert over.status_code == 409 and "已发6份" in over.text
    spare = {"scope": "class", "code": "C1", "count": "1", "lost": "spare"}
    assert boss.post("/province/tickets", spare).status_code == 200
    fetch(site, members()[0])
    closed(boss)
    slips = boss.post("/province/tickets", scope="class", code="C1", count="3")
    assert slips.status_code == 200  # for those who did not fetch theirs


def test_the_cycle_does_not_close_over_tokens_that_nobody_could_use_yet(site: Site) -> None:
    boss = site.staff("boss")
    listed(boss, members())
    refused = boss.post("/province/close")
    assert refused.status_code == 409 and "（C1）" in refused.text
    closed(boss)
    assert boss.post("/province/close").status_code == 303


@pytest.mark.parametrize(
    ("people", "until", "said"),
    [
        ([], UNTIL, "没有读到任何人"),
        ([("姓名", "手机号后四位")], UNTIL, "没有读到任何人"),
        (members(4), UNTIL, "名单只有4人，少于5人"),
        (members(7), UNTIL, "合计超过参训人数"),
        (members(), "2021-02-30", "截止日期"),
        (members(), "2021-07-01", "截止日期"),
        (members(), "", "截止日期"),
        ([*members(), ("张三", "12")], UNTIL, "第6行"),
        ([*members(), ("张三", "1234", "女")], UNTIL, "第6行"),
        ([*members(), ("·", "1234")], UNTIL, "第6行"),
        ([*members(), ("学员 1", "0001")], UNTIL, "与第2行的姓名、后四位都相同"),
    ],
)
def test_a_roster_with_faults_is_not_taken_and_they_are_told(
    site: Site, people, until: str, said: str
) -> None:
    boss = site.staff("boss")
    reply = listed(boss, people, until=until)
    assert reply.status_code in (409, 422) and said in reply.text
    for person in people[:1]:
        assert person[0] in reply.text  # what was pasted stays on the page
    for table in (RosterRow, TokenKeyRow, TokenWindowRow):
        assert rows(site, table) == []
    assert notes(site, "roster") == []


@pytest.mark.parametrize("between", ["\t", ",", "，", " ", "　"])
def test_rosters_are_pasted_as_people_write_them(site: Site, between: str) -> None:
    boss = site.staff("boss")
    people = [("姓名", "后四位"), ("阿依古丽·买买提", "0001"), *members()[1:]]
    text = "\r\n".join(between.join(person) for person in people) + "\r\n\r\n"
    sent = {"do": "list", "members": text, "until": UNTIL}
    assert boss.post("/province/rosters/class/C1", sent).status_code == 303
    made = blind(public_of(site))
    assert ask(site, ("阿依古丽 买买提", "0001"), made.sent).status_code == 200


def test_more_members_and_another_day_come_later_and_nobody_twice(site: Site) -> None:
    boss = site.staff("boss")
    listed(boss, members(5))
    token = fetch(site, members()[0])
    assert listed(boss, members(6), until="2099-11-30").status_code == 303
    assert listed(boss, [], until="2099-10-31").status_code == 303
    assert "名单6人 · 已领令牌1个" in boss.get("/province/rosters/class/C1").text
    assert "到2099-10-31为止" in boss.get("/province/classes/C1").text
    closed(boss)
    assert listed(boss, members(6)).status_code == 410
    assert boss.post("/province/rosters/class/C1", do="close").status_code == 410
    assert site.visitor().post(FORM, data=token_form(site, token)).status_code == 303
    assert notes(site, "roster") == [
        f"C1 × 5 → {UNTIL}",
        "C1 × 1 → 2099-11-30",
        "C1 × 0 → 2099-10-31",
    ]


def test_without_a_script_the_page_tells_the_way_out(site: Site) -> None:
    listed(site.staff("boss"), members())
    page = site.visitor().get("/c/C1/token").text
    shown = re.sub(r"<(\w+)[^>]* hidden.*?</\1>", "", page, flags=re.S)
    assert "向班主任要一张纸条" in shown and 'id="name"' not in shown
