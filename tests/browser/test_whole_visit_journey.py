"""A whole visit without a signal: two sessions, nine dimensions each, five photos, the browser
killed in between, signed on the device; back on line it is delivered once, complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from chinese_fonts import with_fonts
from hostile_photos import packed, picture
from PIL import Image, ImageStat
from plain_site import Plain, running_plain_site
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select
from test_field_journey import LEVELS, kill, phone, ready

from instruments.programme import Session, Visit
from screens import check_page, sign_in
from site_for_tests import PASSWORD, catalogue
from survey_app import db
from survey_app.models import ArrivalRow, ObservationRow, PhotoRow, VisitRow
from survey_app.models.base import Base

pytestmark = pytest.mark.browser
SESSIONS = ("S1", "S2")
PHOTOS = {"S1": ("e1", "e4", "e4"), "S2": ("e2", "e8b")}
SMALL = {"width": 320, "height": 640}
FACE = (500, 350, 700, 550)


@pytest.fixture
def visited(tmp_path: Path) -> Iterator[Plain]:
    """An open site whose visit V1 has two sessions, declared."""
    small = catalogue()
    second = Session("S2", "C2", "2021-07-02", "示例场次二", "主讲乙")
    seen = tuple(Visit(v.code, "C2", v.date, v.expert, SESSIONS) for v in small.visits)
    content = replace(small, sessions=(*small.sessions, second), visits=seen)
    with running_plain_site(tmp_path / "home", content) as made:
        for expert, visit in (("E1", "V1"), ("E2", "V2")):
            made.site.staff(expert).post(f"/expert/visits/{visit}/declaration", declaration="none")
        yield made


def rows(site: Plain, table: type[Base]) -> list:
    with db.look(site.site.engine) as session:
        return list(session.scalars(select(table)))


def photo(number: int) -> bytes:
    """A photo with a face in its middle, all fine detail, and a place in its EXIF."""
    image = picture(1200, 900).rotate(90 * number)
    image.paste(Image.effect_noise((200, 200), 200).convert("RGB"), FACE)
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    return packed(image, "jpg", exif=exif.tobytes(), comment=f"camera {number}".encode())


def kept(page: Page) -> None:
    expect(page.locator("#state")).to_have_text("草稿，已存在本机")


def add_photo(page: Page, item: str, content: bytes, *, hide: bool) -> None:
    """Choose a photo for a dimension, hide the face with a finger, keep it."""
    count = page.locator(f"#item-{item} .photos li").count()
    file = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": content}
    page.locator(f"input[data-photo={item}]").set_input_files(file)
    canvas = page.locator(".blur canvas")
    expect(canvas).to_be_visible()
    if hide:
        box = canvas.bounding_box()
        assert box
        canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.get_by_role("button", name="用这张", exact=True).click()
    expect(page.locator(f"#item-{item} .photos li")).to_have_count(count + 1)
    kept(page)


def fill(page: Page, session: str) -> None:
    page.locator("input[name=due]").fill("40")
    page.locator("input[name=present]").fill("39")
    page.locator("input[name=lecturer_as_planned][value=yes]").check(force=True)
    for level in LEVELS:
        page.locator(f"input[name={level}][value='3']").check(force=True)
        page.locator(f"input[name={level}_evidence]").fill(f"{session}看到学员分组试讲")
    kept(page)


def test_a_whole_visit_without_a_signal_is_delivered_once(
    player: Playwright, chromium: str, visited: Plain, tmp_path: Path
) -> None:
    fonts, folder = with_fonts(tmp_path), tmp_path / "profile"
    context = phone(player, chromium, folder, fonts)
    page = sign_in(context, visited.address, "E1", PASSWORD)
    ready(page, visited.address)
    expect(page.locator("body[data-packed]")).to_be_attached()
    context.set_offline(True)
    number = 0
    for session in SESSIONS:
        ready(page, visited.address, f"#V1/{session}")
        page.reload()
        expect(page.locator("#finish")).to_be_enabled()
        fill(page, session)
        for item in PHOTOS[session]:
            add_photo(page, item, photo(number), hide=number == 0)
            number += 1
        if session == "S1":
            check_page(page, "field-rubric")
            page.set_viewport_size(SMALL)
        kill(folder)
        context = phone(player, chromium, folder, fonts)
        context.set_offline(True)
        context.on("dialog", lambda dialog: dialog.accept())
        page = context.new_page()
        ready(page, visited.address, f"#V1/{session}")
        expect(page.locator("input[name=due]")).to_have_value("40")
        expect(page.locator(".photos li")).to_have_count(len(PHOTOS[session]))
        page.locator("#finish").click()
        expect(page.locator("#lists")).to_be_visible()
    expect(page.locator("#count-waiting")).to_have_text("2")
    page.get_by_role("button", name="签署本次调研").click()
    expect(page.locator(".sealed")).to_have_text("已签署，待上传。")
    check_page(page, "field-signed-here")
    page.set_viewport_size(SMALL)
    assert rows(visited, ArrivalRow) == [] == rows(visited, PhotoRow)

    context.set_offline(False)
    page.close()
    page = sign_in(context, visited.address, "E1", PASSWORD)
    ready(page, visited.address)
    expect(page.locator("#count-delivered")).to_have_text("2")
    expect(page.locator(".sealed, .card")).to_contain_text(["已签署，记录已锁定"])
    context.close()
    check_stored(visited)


def check_stored(visited: Plain) -> None:
    """Once, complete, signed; photos without what the camera told and without the hidden face."""
    observations = {row.session: row for row in rows(visited, ObservationRow)}
    assert sorted(observations) == ["S1", "S2"]
    for session, row in observations.items():
        answers = json.loads(row.answers)
        assert row.status == "accepted" and answers["e8b_evidence"].startswith(session)
        assert {answers[level] for level in LEVELS} == {"3"}
    came = rows(visited, ArrivalRow)
    assert sorted(row.session for row in came) == ["", "S1", "S2"]
    assert {row.standing for row in came} == {"taken"}
    told = {row.session: json.loads(row.content) for row in came}
    assert [one["item"] for one in told["S1"]["photos"]] == ["e1", "e4", "e4"]
    events = [row[1] for row in told["S1"]["audit"]]
    assert events[0] == "form start" and events[-1] == "form finalize" and "question" in events
    photos = rows(visited, PhotoRow)
    assert len(photos) == 5 and {row.refusal for row in photos} == {""}
    for row in photos:
        content = (visited.site.home / "evidence" / row.id).read_bytes()
        assert b"camera" not in content and not Image.open(BytesIO(content)).getexif()
    hidden = [row for row in photos if row.sha256 == told["S1"]["photos"][0]["sha256"]]
    others = [row for row in photos if row.id != hidden[0].id]
    detail = {row.id: face_detail(visited.site.home / "evidence" / row.id) for row in photos}
    assert detail[hidden[0].id] < 10 < 40 < min(detail[row.id] for row in others)
    assert all(row.signed == (row.code == "V1") for row in rows(visited, VisitRow))


def face_detail(path: Path) -> float:
    """How much neighbouring pixels differ in the middle of the face: none where it is blurred."""
    x, y = (FACE[0] + FACE[2]) // 2, (FACE[1] + FACE[3]) // 2
    middle = Image.open(path).convert("L").crop((x - 15, y - 15, x + 15, y + 15))
    return ImageStat.Stat(middle).stddev[0]
