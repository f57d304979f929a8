"""What ends a visit: a signature from the device, amendments with a reason; blind until then."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy import select, text
from test_arrivals import ID, canonical, document, packed, rows, send

from site_for_tests import Site, Staff, hidden
from survey_app import db
from survey_app.models import AmendmentRow, ArrivalRow, AuditRow, ObservationRow, VisitRow
from survey_app.services.programme import current_cycle, programme_of

pytest_plugins = ("site_fixtures",)
SIGNATURES = "/expert/field/signatures"
SIGNATURE = "c" * 32
FULL = {"due": ["40"], "present": ["39"], "lecturer_as_planned": ["yes"]}
FULL |= {f"e{n}": ["3"] for n in (1, 2, 3, 4, 5, 6, 7, "8a", "8b")}
FULL |= {f"e{n}_evidence": ["看到学员分组试讲"] for n in (1, 2, 3, 4, 5, 6, 7, "8a", "8b")}


def declared(site: Site, login: str, visit: str) -> Staff:
    staff = site.staff(login)
    staff.post(f"/expert/visits/{visit}/declaration", declaration="none")
    return staff


@pytest.fixture
def expert(site: Site) -> Staff:
    return declared(site, "E1", "V1")


def record(expert: Staff, **changes: Any) -> str:
    """Deliver a full record; the hash of its upload."""
    content = canonical(document(packed(expert), **{"answers": FULL, **changes}))
    assert send(expert, content).get_json()["standing"] == "taken"
    return hashlib.sha256(content).hexdigest()


def sign(expert: Staff, **changes: Any):
    told = {"record": SIGNATURE, "visit": "V1", "signs": {}} | changes
    token = {"X-CSRFToken": expert.token}
    return expert.client.post(SIGNATURES, data=canonical(told), headers=token)


def visit(site: Site, code: str = "V1") -> VisitRow:
    [found] = [row for row in rows(site, VisitRow) if row.code == code]
    return found


def actions(site: Site) -> list[str]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.at)))


def test_a_signature_signs_the_uploads_that_it_names(site: Site, expert: Staff) -> None:
    upload = record(expert)
    replies = [sign(expert, signs={"S1": upload}).get_json() for _ in range(2)]
    assert replies[0] == replies[1] and replies[0]["standing"] == "taken"
    assert visit(site).signed and actions(site).count("sign") == 1
    [observation] = rows(site, ObservationRow)
    assert observation.status == "accepted"
    late = canonical(document(packed(expert), base=1, answers={"due": ["1"]}))
    assert send(expert, late).get_json()["standing"] == "signed"
    assert len(rows(site, ArrivalRow)) == 3


def test_it_signs_nothing_else(site: Site, expert: Staff) -> None:
    assert sign(expert, signs={"S1": "f" * 64}).get_json()["standing"] == "incomplete"
    upload = record(expert)
    for signs in ({"S1": "e" * 64}, {"S1": upload, "S9": upload}, {"S9": upload}):
        assert sign(expert, signs=signs).get_json()["standing"] == "changed"
    later = {**FULL, "due": ["41"]}
    newer = record(expert, base=1, answers=later)
    assert sign(expert, record="d" * 32, signs={"S1": upload}).get_json()["standing"] == "changed"
    assert not visit(site).signed and actions(site).count("sign_aside") == 5
    assert sign(expert, signs={"S1": newer}).get_json()["standing"] == "taken"


def test_no_signature_is_refused_without_a_trace(site: Site, expert: Staff) -> None:
    for changes in ({"signs": []}, {"signs": {}}, {"signs": {"S1": "x"}}, {"record": 1}):
        reply = sign(expert, **changes)
        assert reply.status_code == 400 and "签署" in reply.get_json()["message"]
    assert sign(expert, visit="V2", signs={"S1": "f" * 64}).status_code == 404
    assert rows(site, ArrivalRow) == []


def signed_by(site: Site, expert: Staff) -> None:
    assert sign(expert, signs={"S1": record(expert)}).get_json()["standing"] == "taken"
    del site


def form(**changes: str) -> dict[str, str]:
    return {name: values[0] for name, values in FULL.items()} | changes


AMENDMENT = "/expert/visits/V1/sessions/S1/amendment"


def test_an_amendment_keeps_both_versions_and_its_reason(site: Site, expert: Staff) -> None:
    assert expert.post(AMENDMENT, form(e1="2"), reason="早了").status_code == 409
    signed_by(site, expert)
    assert "更正的理由" in expert.get(AMENDMENT).text
    blank = expert.post(AMENDMENT, form(e1="2", e2_evidence="刚写的"), reason=" ")
    assert blank.status_code == 422 and "没有写更正的理由" in blank.text
    assert "刚写的" in blank.text  # nothing that was typed is gone
    assert expert.post(AMENDMENT, form(), reason="没有改").status_code == 409
    lacking = expert.post(AMENDMENT, form(e1=""), reason="漏了")
    assert lacking.status_code == 422 and "漏了" in lacking.text and "#item-e1" in lacking.text
    assert rows(site, AmendmentRow) == []
    assert expert.post(AMENDMENT, form(e1="2"), reason="记错了一级").status_code == 303
    assert expert.post(AMENDMENT, form(e1="4"), reason="又看了录像").status_code == 303
    first, second = sorted(rows(site, AmendmentRow), key=lambda row: row.before != ID)
    assert (first.before, second.before) == (ID, first.after)
    status = {
        row.id: (row.status, json.loads(row.answers)["e1"]) for row in rows(site, ObservationRow)
    }
    assert status == {
        ID: ("amended", "3"),
        first.after: ("amended", "2"),
        second.after: ("accepted", "4"),
    }
    page = expert.get("/expert/visits/V1/sessions/S1/file").text
    assert "记错了一级" in page and "又看了录像" in page and page.index("记错") < page.index("又看")
    assert actions(site).count("amend") == 2
    listed = site.staff("boss").get("/province/visits/").text
    assert "E1 专家E1" in listed and listed.count("有更正") == 1 and "有另存" not in listed
    for state, status_code in (("关闭", 303), ("已封存", 409)):
        site.state(state)
        assert expert.post(AMENDMENT, form(e1="1"), reason="再改").status_code == status_code


def test_amendments_are_only_added_to(site: Site, expert: Staff) -> None:
    signed_by(site, expert)
    expert.post(AMENDMENT, form(e1="2"), reason="记错")
    for change in ("UPDATE amendments SET reason = 'x'", "DELETE FROM amendments"):
        with (
            pytest.raises(Exception, match="only added to"),
            db.transaction(site.engine) as session,
        ):
            session.execute(text(change))


def test_observers_see_one_another_once_both_have_signed(site: Site, expert: Staff) -> None:
    other = declared(site, "E2", "V2")
    signed_by(site, expert)
    mine, theirs = "/expert/visits/V1/sessions/S1/file", "/expert/visits/V2/sessions/S1/file"
    assert (
        "两位专家都签署之后" in expert.get(mine).text and "评审专家E2" not in expert.get(mine).text
    )
    assert "分组试讲" not in other.get(theirs).text and other.get(mine).status_code == 404
    content = canonical(document(packed(other), visit="V2", record="b" * 32, answers=FULL))
    send(other, content)
    assert "评审专家E1" not in other.get(theirs).text  # written and not signed
    upload = hashlib.sha256(content).hexdigest()
    assert sign(other, visit="V2", signs={"S1": upload}).get_json()["standing"] == "taken"
    for staff, page in ((expert, mine), (other, theirs)):
        text_of = staff.get(page).text
        assert "评审专家E1" in text_of and "评审专家E2" in text_of
    boss = site.staff("boss")
    assert "评审专家E2" in boss.get("/province/visits/V1/sessions/S1").text
    assert "示例场次" in boss.get("/province/visits/").text


def test_an_extract_holds_both_versions(site: Site, expert: Staff) -> None:
    from survey_app.services.answer_frames import observations

    signed_by(site, expert)
    expert.post(AMENDMENT, form(e1="2"), reason="记错")
    with db.look(site.engine) as session:
        cycle = current_cycle(session)
        instrument = programme_of(session, cycle).instrument(role="expert", per="visit")
        tables = observations(session, instrument, {"V1": ("C2", "R1")}, {"C2": "P2"})
        found = tables[instrument.table]
    assert sorted((row["status"], row["e1"]) for row in found) == [
        ("accepted", "2"),
        ("amended", "3"),
    ]


def test_a_page_that_is_out_of_date_shows_both_records(site: Site, expert: Staff) -> None:
    page = "/expert/visits/V1/sessions/S1"
    own = {name: hidden(expert.get(page).text, name) for name in ("response", "revision")}
    assert expert.post(page, own, due="40").status_code == 303
    told = expert.post(page, own, due="41")
    assert told.status_code == 409
    for words in ("应到人数（人）", '填的">41</td>', '记录">40</td>'):
        assert words in told.text
    assert "另存的一份（没有采用）" in expert.get(f"{page}/file").text
    assert "有另存的一份" in site.staff("boss").get("/province/visits/").text


def test_a_visit_that_lacks_something_has_no_button_to_sign(expert: Staff) -> None:
    assert '<button class="button">签署</button>' not in expert.get("/expert/visits/V1").text
    record(expert)
    assert '<button class="button">签署</button>' in expert.get("/expert/visits/V1").text
