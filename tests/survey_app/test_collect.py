"""Keys of ODK Collect: shown once, known by a digest, ended by expert and province, noted."""

from __future__ import annotations

import base64
import json
import logging
import re
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import zxingcpp
from collecting import connected, observed, server_for
from openrosa_client import Collect, server_of, through_flask
from PIL import Image, ImageDraw
from sqlalchemy import select, text

from instruments.programme import Cycle
from site_for_tests import Site, catalogue
from survey_app import db
from survey_app.logs import without_addresses
from survey_app.models import AuditRow, CollectKeyRow
from survey_app.services.catalogue import store_catalogue
from survey_app.services.collect_keys import digest_of

pytest_plugins = ("site_fixtures",)


def noted(site: Site) -> list[tuple[str, str, str]]:
    with db.look(site.engine) as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.at)).all()
        return [(r.by, r.action, r.object) for r in rows if r.action.startswith("collect")]


def stored(site: Site) -> list[CollectKeyRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(CollectKeyRow)))


def scanned(page: str) -> str:
    """The QR code of the page as a camera reads it: its one path drawn by ourselves."""
    found = re.search(r'<svg [^>]*viewBox="0 0 (\d+) \d+"[^>]*>.*?</svg>', page, re.DOTALL)
    assert found
    size, scale = int(found[1]), 6
    picture = Image.new("L", (size * scale, size * scale), 255)
    draw, x, y = ImageDraw.Draw(picture), 0.0, 0.0
    path = ElementTree.fromstring(found[0]).findall(".//{*}path")[-1].get("d", "")
    for step, numbers in re.findall(r"([MmHh])([-0-9. ]+)", path):
        at = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if step in "Mm":
            x, y = (at[0], at[1]) if step == "M" else (x + at[0], y + at[1])
        else:
            left = x * scale, (y - 0.5) * scale
            x += at[0]
            draw.rectangle((*left, x * scale - 1, (y + 0.5) * scale - 1), fill=0)
    [code] = zxingcpp.read_barcodes(picture)
    return code.text


def test_the_code_on_the_page_connects_collect(site: Site) -> None:
    page = site.staff("E1").post("/expert/collect/", do="make").text
    code = scanned(page)
    server = server_of(code)
    assert server in page and re.fullmatch(r"http://localhost/collect/key/[\w-]{43}", server)
    told = json.loads(zlib.decompress(base64.b64decode(code)))
    assert told["project"]["name"] == "测试站（专家E1）" and told["admin"] == {}
    assert Collect(server, through_flask(site.visitor())).download().code == "expert_rubric"


def test_a_page_that_is_sent_once_more_makes_no_other_key(site: Site) -> None:
    expert = site.staff("E1")
    key = server_for(expert).rpartition("/")[2]
    [row] = stored(site)
    again = expert.post("/expert/collect/", do="make", seen="")
    assert again.status_code == 303 and again.location == "/expert/collect/"
    assert [kept.digest for kept in stored(site)] == [row.digest] == [digest_of(key)]


def test_a_key_is_shown_once_and_known_by_its_digest_only(site: Site) -> None:
    expert = site.staff("E1")
    assert "现在没有有效的密钥" in expert.get("/expert/collect/").text
    key = server_for(expert).rpartition("/")[2]
    [row] = stored(site)
    page = expert.get("/expert/collect/").text
    assert key not in page and f"{row.day}生成的密钥有效" in page
    whole = (site.home / "site.db").read_bytes() if site.settings.file.exists() else b""
    assert key.encode() not in whole and key not in str(vars(row))


def test_the_former_key_ends_with_the_next(site: Site) -> None:
    expert = site.staff("E1")
    first = connected(site, expert)
    form = first.download()
    second = connected(site, expert)
    assert second.download().xml == form.xml
    reply = first.submit(observed(form))[0]
    assert reply.status == 403  # to HEAD, which has no words
    reply = first.post(f"{first.server}/submission", observed(form).xml, {})
    assert reply.status == 403 and "密钥无效" in reply.message and "重新生成" in reply.message
    assert first.get(f"{first.server}/formList").status == 403
    assert noted(site) == [("E1", "collect_key", "E1")] * 2


@pytest.mark.parametrize("by", ["E1", "boss"])
def test_expert_and_province_end_it(site: Site, by: str) -> None:
    phone = connected(site, site.staff("E1"))
    other = connected(site, site.staff("E2"))
    who = site.staff(by)
    if by == "boss":
        assert who.get("/province/experts").text.count("作废密钥") == 2
        assert who.post("/province/experts/E1/collect").status_code == 303
    else:
        assert who.post("/expert/collect/", do="end").status_code == 303
    assert phone.get(f"{phone.server}/formList").status == 403
    assert other.get(f"{other.server}/formList").status == 200
    assert [row.expert for row in stored(site)] == ["E2"]
    assert noted(site)[-1] == (by, "collect_end", "E1")
    who.post("/province/experts/E1/collect" if by == "boss" else "/expert/collect/", do="end")
    assert len(noted(site)) == 3  # there was none to end


def test_a_page_that_asks_for_neither_is_refused(site: Site) -> None:
    assert site.staff("E1").post("/expert/collect/", do="x").status_code == 400
    assert stored(site) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts SET unit = 'E2' WHERE login = 'E1'",
        "UPDATE accounts SET role = 'recorder' WHERE login = 'E1'",
        "UPDATE collect_keys SET cycle = '2020'",
    ],
)
def test_it_ends_with_the_account_and_with_the_cycle(site: Site, statement: str) -> None:
    phone = connected(site, site.staff("E1"))
    with db.transaction(site.engine) as session:
        session.execute(text(statement))
    assert phone.get(f"{phone.server}/formList").status == 403
    assert "作废密钥" not in site.staff("boss").get("/province/experts").text


def test_a_key_of_a_former_year_opens_nothing_of_the_next(site: Site) -> None:
    phone = connected(site, site.staff("E1"))
    form = phone.download()
    site.state("已评分")
    later = catalogue("2022")
    moved = Cycle("2022", "2022年度样例", 2022, True)
    shifted = _renamed(later, moved)
    with db.transaction(site.engine) as session:
        store_catalogue(session, shifted, by="boss").state = "开放"
    assert phone.post(f"{phone.server}/submission", observed(form).xml, {}).status == 403


def _renamed(content, cycle: Cycle):
    """The catalogue of a later year: codes of classes, sessions and visits are never used twice."""
    return replace(
        content,
        cycle=cycle,
        classes=tuple(replace(one, code=f"{one.code}B") for one in content.classes),
        structure=tuple(replace(c, class_code=f"{c.class_code}B") for c in content.structure),
        sessions=tuple(
            replace(one, code=f"{one.code}B", class_code=f"{one.class_code}B")
            for one in content.sessions
        ),
        visits=tuple(
            replace(v, code=f"{v.code}B", class_code=f"{v.class_code}B", sessions=("S1B",))
            for v in content.visits
        ),
    )


def test_no_key_is_written_into_the_log(site: Site, caplog, monkeypatch) -> None:
    phone = connected(site, site.staff("E1"))
    key = phone.server.rpartition("/")[2]

    def fail(*_args, **_more):
        raise RuntimeError("planted")

    monkeypatch.setattr("survey_app.views.openrosa.xform_of", fail)
    with caplog.at_level(logging.ERROR):
        reply = phone.get(f"{phone.server}/formList")
    assert reply.status == 500 and "planted" not in reply.body.decode()
    line = caplog.records[0].getMessage()
    assert key in line  # so Flask would have it
    assert key not in without_addresses(line) and "/collect/key/-/formList" in without_addresses(
        line
    )
    assert without_addresses("/invite/AbC_d-1 x") == "/invite/- x"
