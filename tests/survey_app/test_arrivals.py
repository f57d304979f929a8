"""Records from the field: every arrival is kept byte for byte, none is stored twice, none lost."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from site_for_tests import Site, Staff
from survey_app import db
from survey_app.models import ArrivalRow, AuditRow, ObservationRow

pytest_plugins = ("site_fixtures",)
POST = "/expert/field/records"
ID, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def expert(site: Site) -> Staff:
    staff = site.staff("E1")
    staff.post("/expert/visits/V1/declaration", declaration="none")
    return staff


def document(pack: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a device writes: the first session of V1 with some levels tapped."""
    told = {
        "record": ID,
        "visit": "V1",
        "session": "S1",
        "instrument": pack["form"]["code"],
        "version": pack["form"]["version"],
        "base": 0,
        "earlier": [],
        "answers": {"due": ["40"], "present": ["39"], "e1": ["3"]},
    }
    return told | changes


def packed(expert: Staff) -> dict[str, Any]:
    reply = expert.get("/expert/field/pack")
    assert reply.status_code == 200 and reply.headers["Cache-Control"] == "no-store"
    return reply.get_json()


def canonical(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def send(expert: Staff, content: bytes):
    token = {"X-CSRFToken": expert.token}
    return expert.client.post(POST, data=content, headers=token)


def rows(site: Site, table: Any) -> list[Any]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(table)))


def noted(site: Site) -> list[str]:
    """What the audit says of records, oldest first."""
    with db.look(site.engine) as session:
        found = session.execute(select(AuditRow.action).order_by(AuditRow.at)).scalars()
        return [action for action in found if action.startswith("record")]


def test_a_pack_holds_all_that_a_visit_needs(site: Site, expert: Staff) -> None:
    pack = packed(expert)
    assert [visit["code"] for visit in pack["visits"]] == ["V1"]
    [session] = pack["visits"][0]["sessions"]
    assert session["code"] == "S1" and session["answers"] == {} and session["record"] == ""
    assert 'name="e1"' in pack["form"]["page"] and "说不清目标" in pack["form"]["page"]
    assert send(expert, canonical(document(pack))).status_code == 200
    [session] = packed(expert)["visits"][0]["sessions"]
    assert session["answers"] == {"due": ["40"], "present": ["39"], "e1": ["3"]}
    assert (session["record"], session["revision"]) == (ID, 1)
    assert site.staff("E2").get("/expert/field/pack").get_json()["visits"] != pack["visits"]


def test_the_reply_is_the_hash_of_what_is_stored_and_a_retry_changes_nothing(
    site: Site, expert: Staff
) -> None:
    content = canonical(document(packed(expert)))
    replies = [send(expert, content).get_json() for _ in range(3)]
    assert replies[0] == replies[1] == replies[2]
    assert replies[0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (replies[0]["standing"], replies[0]["revision"]) == ("taken", 1)
    [arrival], [observation] = rows(site, ArrivalRow), rows(site, ObservationRow)
    assert arrival.content == content and observation.id == ID
    assert json.loads(observation.answers)["e1"] == "3"


def test_the_next_revision_follows_and_so_does_one_whose_reply_was_lost(
    site: Site, expert: Staff
) -> None:
    pack = packed(expert)
    first = canonical(document(pack))
    assert send(expert, first).get_json()["revision"] == 1
    known = document(pack, base=1, answers={"due": ["41"], "e1": ["3"]})
    assert send(expert, canonical(known)).get_json()["revision"] == 2
    lost = canonical(document(pack, base=2, answers={"due": ["42"]}))
    send(expert, lost)  # and the reply never comes
    earlier = [hashlib.sha256(lost).hexdigest()]
    after = document(pack, base=2, earlier=earlier, answers={"due": ["43"]})
    reply = send(expert, canonical(after)).get_json()
    assert (reply["standing"], reply["revision"]) == ("taken", 4)
    [observation] = rows(site, ObservationRow)
    assert json.loads(observation.answers) == {"due": 43} and len(rows(site, ArrivalRow)) == 4


def test_an_upload_that_a_later_one_overtook_is_no_contradiction(site: Site, expert: Staff) -> None:
    """A tab dies while it sends; the next one has written on and is faster."""
    pack = packed(expert)
    slow = canonical(document(pack, answers={"due": ["40"]}))
    earlier = [hashlib.sha256(slow).hexdigest()]
    fast = canonical(document(pack, earlier=earlier, answers={"due": ["41"]}))
    assert send(expert, fast).get_json()["standing"] == "taken"
    replies = [send(expert, slow).get_json() for _ in range(2)]
    assert replies[0] == replies[1] and replies[0]["standing"] == "overtaken"
    [observation] = rows(site, ObservationRow)
    assert json.loads(observation.answers) == {"due": 41} and len(rows(site, ArrivalRow)) == 2
    further = document(pack, base=1, answers={"due": ["42"]})
    assert send(expert, canonical(further)).get_json()["standing"] == "taken"


@pytest.mark.parametrize(
    "changes",
    [{"record": OTHER}, {"base": 0}, {"base": 7}, {"earlier": ["f" * 64]}],
    ids=["another device", "an old revision", "one that never was", "another's upload"],
)
def test_what_contradicts_is_kept_aside_and_said(site: Site, expert: Staff, changes) -> None:
    pack = packed(expert)
    send(expert, canonical(document(pack)))
    other = canonical(document(pack, answers={"due": ["12"]}) | changes)
    reply = send(expert, other)
    assert reply.status_code == 200 and reply.get_json()["standing"] == "copy"
    assert reply.get_json()["sha256"] == hashlib.sha256(other).hexdigest()
    kept = {row.status: json.loads(row.answers) for row in rows(site, ObservationRow)}
    assert kept["unsigned"]["due"] == 40 and kept["conflict"] == {"due": 12}
    assert {row.standing for row in rows(site, ArrivalRow)} == {"taken", "copy"}
    assert noted(site) == ["record", "record_conflict"]


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ("UPDATE cycles SET state = '准备'", "early"),
        ("UPDATE cycles SET state = '已封存'", "late"),
        ("UPDATE visits SET declaration = ''", "undeclared"),
        ("UPDATE visits SET declaration = 'conflict'", "recused"),
        ("UPDATE visits SET signed = true", "signed"),
    ],
)
def test_a_locked_record_keeps_the_arrival_and_stays_what_it_was(
    site: Site, expert: Staff, change: str, standing: str
) -> None:
    pack = packed(expert)
    with db.transaction(site.engine) as session:
        session.execute(text(change))
    reply = send(expert, canonical(document(pack))).get_json()
    assert reply["standing"] == standing and rows(site, ObservationRow) == []
    assert [row.standing for row in rows(site, ArrivalRow)] == [standing]
    assert noted(site) == ["record_aside"]


def test_another_version_of_the_form_is_kept_aside(site: Site, expert: Staff) -> None:
    told = document(packed(expert), version="0.9")
    assert send(expert, canonical(told)).get_json()["standing"] == "version"
    assert rows(site, ObservationRow) == [] and len(rows(site, ArrivalRow)) == 1


def test_a_faulty_answer_is_told_and_the_others_are_saved(site: Site, expert: Staff) -> None:
    told = document(packed(expert), answers={"due": ["许多"], "e1": ["9"], "present": ["39"]})
    reply = send(expert, canonical(told)).get_json()
    assert reply["standing"] == "taken" and set(reply["faults"]) == {"due", "e1"}
    [observation] = rows(site, ObservationRow)
    assert json.loads(observation.answers) == {"present": 39}


def test_nobody_sends_for_another_and_nothing_without_the_token(site: Site, expert: Staff) -> None:
    content = canonical(document(packed(expert)))
    other = site.staff("E2")
    refused = send(other, content)
    assert refused.status_code == 404 and "没有这次调研" in refused.get_json()["message"]
    boss = site.staff("boss")
    headers = {"X-CSRFToken": boss.token}
    assert boss.client.post(POST, data=content, headers=headers).status_code == 403
    assert expert.client.post(POST, data=content).status_code == 400
    assert rows(site, ArrivalRow) == []


def test_arrivals_are_only_added_to(site: Site, expert: Staff) -> None:
    send(expert, canonical(document(packed(expert))))
    for change in ("UPDATE arrivals SET standing = 'x'", "DELETE FROM arrivals"):
        with pytest.raises(Exception, match="only added to"), db.transaction(site.engine) as made:
            made.execute(text(change))


_SCRAPS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


_NAMES = sorted(document({"form": {"code": "", "version": ""}}))


@given(
    changes=st.dictionaries(st.sampled_from(_NAMES), _SCRAPS, min_size=1),
    cut=st.integers(0, 400),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_malformed_uploads_are_refused_or_kept_and_never_a_failure(
    site: Site, expert: Staff, changes: dict[str, Any], cut: int
) -> None:
    content = canonical(document(packed(expert)) | changes)
    for sent in (content, content[:cut], b"\xff" + content, b"[" * 100_000):
        reply = send(expert, sent)
        assert reply.status_code in (200, 400, 404), reply.text
        assert "message" in reply.get_json() or reply.get_json()["sha256"]
