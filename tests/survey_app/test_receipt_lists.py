"""The list of receipts: published at closing, found by its owner, broken by any change."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from instruments.extract import read_extract
from instruments.merkle import PARTS, head, receipt_number, root
from site_for_tests import Site, filled
from survey_app import db
from survey_app.models import ReceiptListRow, ResponseRow, TicketRow

pytest_plugins = ("site_fixtures",)

LISTS = "/receipts/2021/end"


def send(site: Site, ticket: str, **answers: str) -> str:
    """Answer by a slip; returns the receipt."""
    client = site.visitor()
    form = filled(site, client.get("/c/C1/form").text, ticket, **answers)
    reply = client.post("/c/C1/form", data=form)
    assert reply.status_code == 303
    return reply.location.rpartition("/")[2]


@pytest.fixture
def closed(site: Site) -> Iterator[tuple[Site, list[str]]]:
    """Six answers, their receipts, and the cycle closed."""
    numbers = [send(site, ticket, comment=f"意见{ticket[:4]}") for ticket in site.tickets()]
    assert site.staff("boss").post("/province/close").status_code == 303
    yield site, numbers


def lines(site: Site, part: str) -> list[bytes]:
    reply = site.visitor().get(f"{LISTS}/{part}.txt")
    assert (reply.status_code, reply.mimetype) == (200, "text/plain")
    return [bytes.fromhex(line) for line in reply.text.splitlines()]


def row(site: Site) -> ReceiptListRow:
    with db.look(site.engine) as session:
        return session.scalars(select(ReceiptListRow)).one()


def test_every_receipt_stands_in_its_part_and_leads_to_the_head(
    closed: tuple[Site, list[str]],
) -> None:
    site, numbers = closed
    heads = lines(site, "heads")
    assert len(heads) == len(PARTS) and root(heads).hex() == row(site).head
    for number in numbers:
        leaves = lines(site, number[:2])
        assert number[:19] in map(receipt_number, leaves)
        assert root(leaves) == heads[int(number[:2])]
        page = site.visitor().get(f"{LISTS}/{number[:2]}").text
        assert f"<code>{number[:4]} {number[4:8]} {number[8:12]}" in page
    found = [one for part in PARTS for one in lines(site, part)]
    assert len(found) == 6 and head(found).hex() == row(site).head
    page = site.visitor().get("/receipts/").text
    assert "共6份" in page and row(site).head in page


def test_before_closing_nothing_is_listed(site: Site) -> None:
    send(site, site.tickets(count=1)[0])
    client = site.visitor()
    assert "还没有公布清单" in client.get("/receipts/").text
    for path in (f"{LISTS}/00", f"{LISTS}/heads.txt", "/receipts/2021/none/00"):
        assert client.get(path).status_code == 404


def test_a_list_tells_no_answer_class_or_slip(closed: tuple[Site, list[str]]) -> None:
    """Nothing of it is the store's own: no id, nonce, ticket's digest or class."""
    site, _ = closed
    shown = "".join(site.visitor().get(f"{LISTS}/{part}.txt").text for part in (*PARTS, "heads"))
    with db.look(site.engine) as session:
        for one in session.scalars(select(ResponseRow)):
            assert one.id not in shown and one.nonce not in shown
        assert not any(one in shown for one in session.scalars(select(TicketRow.digest)))
    leaves = row(site).leaves.splitlines()
    assert leaves == sorted(leaves)


def test_the_head_is_sealed_into_the_extract_and_the_nonce_is_not(
    closed: tuple[Site, list[str]],
) -> None:
    site, _ = closed
    assert site.staff("boss").post("/province/extract").status_code == 303
    [folder] = [path for path in (site.home / "extracts").iterdir() if path.is_dir()]
    assert read_extract(folder).cycle.receipts == row(site).head
    manifest = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert manifest["extract"]["cycle"]["receipts"] == row(site).head
    with db.look(site.engine) as session:
        nonces = [one.nonce.encode() for one in session.scalars(select(ResponseRow))]
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(nonce in data for nonce in nonces for data in files)
    frame = read_extract(folder).table("responses_trainee_core_v1_0")
    assert "nonce" not in frame.columns and len(frame) == 6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE responses SET answers = replace(answers, '\"4\"', '\"5\"') WHERE id = :one",
        "UPDATE responses SET class_code = 'C2' WHERE id = :one",
        "DELETE FROM responses WHERE id = :one",
        "INSERT INTO responses SELECT 'f' || substr(id, 2), instrument, version, class_code,"
        " session, day, duration, answers, nonce, medium, pairing FROM responses"
        " WHERE id = :one",
        "UPDATE responses SET medium = 'paper' WHERE id = :one",
        "UPDATE responses SET pairing = 'x' WHERE id = :one",
    ],
    ids=["altered", "moved", "dropped", "added", "marked as paper", "given a code"],
)
def test_answers_changed_after_closing_are_not_sealed(
    closed: tuple[Site, list[str]], change: str
) -> None:
    site, _ = closed
    with db.transaction(site.engine) as session:
        one = session.scalars(select(ResponseRow.id).order_by(ResponseRow.id)).first()
        assert session.connection().execute(text(change), {"one": one}).rowcount == 1
    reply = site.staff("boss").post("/province/extract")
    assert reply.status_code == 409 and "回执清单不符" in reply.text
    assert not any((site.home / "extracts").iterdir())


def test_a_published_list_is_not_changed(closed: tuple[Site, list[str]]) -> None:
    site, _ = closed
    for change in ("UPDATE receipt_lists SET head = ''", "DELETE FROM receipt_lists"):
        with pytest.raises(IntegrityError), db.transaction(site.engine) as session:
            session.execute(text(change))


def test_a_retry_after_closing_gets_the_receipt_that_is_listed(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    form = filled(site, client.get("/c/C1/form").text, ticket)
    first = client.post("/c/C1/form", data=form).location
    site.staff("boss").post("/province/close")
    other = form | {"nonce": "0" * 32}  # a page opened again has another one
    assert client.post("/c/C1/form", data=other).location == first
    assert first.rpartition("/")[2][:19] in map(
        receipt_number, lines(site, first.rpartition("/")[2][:2])
    )
