"""Slips on paper: eight a page, each code readable by a camera and by eye, no name anywhere."""

from __future__ import annotations

import io
import re

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select, text

from site_for_tests import Site
from survey_app import db
from survey_app.models import AuditRow, ClassRow, TicketRow
from survey_app.services.issue import Slip
from survey_app.services.slip_sheets import slips_pdf
from survey_app.services.tickets import digest, read_code

pytest_plugins = ("site_fixtures",)


def pages_of(data: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(io.BytesIO(data)))


def read_by_camera(page: pypdfium2.PdfPage) -> list[str]:
    """Every QR code of the printed page, at the resolution of an office printer."""
    picture = page.render(scale=200 / 72).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def words_of(page: pypdfium2.PdfPage) -> str:
    return page.get_textpage().get_text_range()


def enrol(site: Site, count: int) -> None:
    with db.transaction(site.engine) as session:
        session.execute(text(f"UPDATE classes SET enrolled = {count}"))


def test_eight_slips_a_page_that_a_camera_reads(site: Site) -> None:
    enrol(site, 11)
    reply = site.staff("boss").post("/province/tickets", scope="class", code="C1", format="pdf")
    assert (reply.mimetype, reply.status_code) == ("application/pdf", 200)
    pages = pages_of(reply.data)
    found = [read_by_camera(page) for page in pages]
    assert list(map(len, found)) == [8, 3]
    codes = [address.partition("#")[2] for page in found for address in page]
    assert all(address.startswith("http://localhost/c/C1#") for page in found for address in page)
    key = site.settings.secret("ticket")
    with db.look(site.engine) as session:
        stored = set(session.scalars(select(TicketRow.digest)))
    assert {digest(key, read_code(code) or "") for code in codes} == stored
    typed = re.sub(r"[-\s\ufffe]", "", "".join(map(words_of, pages)))
    assert all(typed.count(code) == 1 for code in codes)
    assert typed.count("一张只能用一次，请勿在纸条上写名字") == 11 and typed.count("样例") >= 11


@pytest.mark.once
@pytest.mark.parametrize("code", ["WMWM-WMWM-WMWM-WMWM", "1111-1111-1111-1111"])
def test_a_code_stands_on_one_line_whatever_its_signs(code: str) -> None:
    slip = Slip("C1", "", "示例一班", code, f"http://localhost/c/C1#{code}")
    [page] = pages_of(slips_pdf([slip], sample=False))
    assert code in "".join(words_of(page)).splitlines()[-2]


def test_a_slip_holds_no_name_and_no_number(site: Site) -> None:
    """What is printed beside class, address and code is the same on every slip."""
    enrol(site, 3)
    reply = site.staff("boss").post("/province/tickets", scope="class", code="C1", format="pdf")
    [page] = pages_of(reply.data)
    lines = words_of(page).splitlines()
    once = [
        line.removeprefix("答题码") for line in lines if lines.count(line) == 1 and line.strip()
    ]
    assert len(once) == 3 and all(map(read_code, once))


def test_a_poster_lets_nobody_in(site: Site) -> None:
    boss = site.staff("boss")
    for kind, code in (("class", "C1"), ("session", "S1")):
        with boss.client.get(f"/province/poster/{kind}/{code}.pdf") as reply:
            [page] = pages_of(reply.data)
        assert read_by_camera(page) == [f"http://localhost/{kind[0]}/{code}"]
        assert f"http://localhost/{kind[0]}/{code}" in words_of(page)
    assert boss.get("/province/poster/class/none.pdf").status_code == 404
    assert site.visitor().get("/province/poster/class/C1.pdf").status_code in (302, 303)


def test_spares_are_counted_limited_and_audited(site: Site) -> None:
    """Six are enrolled: three spares at the most, and none before all six are out."""
    boss = site.staff("boss")
    spare = {"scope": "class", "code": "C1", "lost": "spare", "format": "csv"}
    assert boss.post("/province/tickets", count="1", **spare).status_code == 409
    boss.post("/province/tickets", scope="class", code="C1", format="csv")
    assert boss.post("/province/tickets", count="2", **spare).data.decode().count("/c/C1#") == 2
    refused = boss.post("/province/tickets", count="2", **spare)
    assert refused.status_code == 409 and "至多补发3张" in refused.text
    with db.look(site.engine) as session:
        noted = list(
            session.scalars(select(AuditRow.object).where(AuditRow.action == "tickets_spare"))
        )
    assert noted == ["C1 × 2"]
    others = boss.post("/province/tickets", scope="classes", format="csv").data.decode()
    assert others.count("/c/C2#") == 6 and "/c/C1#" not in others  # one that is full stops nobody
    for full in ({"scope": "classes"}, {"scope": "class", "code": "C1"}):
        none = boss.post("/province/tickets", **full)
        assert none.status_code == 409 and "已经按参训人数发完" in none.text
    page = boss.get("/province/classes/C1").text
    assert "已按参训人数全部发出" in page and "发余下的" not in page.split("<h2>场次")[0]
    assert "补发遗失的答题码" in boss.get("/province/audit").text
    assert "已发答题码8张" in boss.get("/province/classes/C1").text


@pytest.mark.parametrize("name", ['#panic("x") $x$ *甲*', "<script>班</script>", "甲" * 60, "𠮷班"])
def test_a_strange_name_prints_or_is_refused_and_nothing_is_issued(site: Site, name: str) -> None:
    with db.transaction(site.engine) as session:
        row = session.get(ClassRow, "C1")
        assert row
        row.name = name
    reply = site.staff("boss").post("/province/tickets", scope="class", code="C1", format="pdf")
    if reply.status_code == 200:
        [page] = pages_of(reply.data)
        assert name[:6] in words_of(page).replace("\r\n", "")
        return
    assert reply.status_code == 422 and "印不出来" in reply.text
    with db.look(site.engine) as session:
        assert list(session.scalars(select(TicketRow.digest))) == []
