"""A phone that will never meet a network again: its rescue file is read in elsewhere, and arrives;
and what an expert tells beside the levels: a place, a photo that is none."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from hostile_photos import FAKES
from plain_site import Plain, running_plain_site
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from test_field_journey import LEVELS, ready
from test_whole_visit_journey import add_photo, fill, photo

from screens import check_page, sign_in
from site_for_tests import PASSWORD
from survey_app import db
from survey_app.models import ArrivalRow, ObservationRow, PhotoRow

pytestmark = pytest.mark.browser
WORDS = "雨后山路 2021"
POINT = {"latitude": 37.8706, "longitude": 112.5489, "accuracy": 20}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Plain]:
    with running_plain_site(tmp_path / "home") as made:
        made.site.staff("E1").post("/expert/visits/V1/declaration", declaration="none")
        yield made


def device(browser: Browser, site: Plain, login: str = "E1", **more: object) -> Page:
    context: BrowserContext = browser.new_context(
        viewport={"width": 320, "height": 640}, accept_downloads=True, **more
    )
    context.on("dialog", lambda dialog: dialog.accept())
    page = sign_in(context, site.address, login, PASSWORD)
    ready(page, site.address)
    expect(page.locator("body[data-packed]")).to_be_attached()
    return page


def rescue(page: Page, words: str) -> Path:
    """The rescue file that the device hands out as a download."""
    page.locator("#rescue summary").click()
    page.get_by_label("口令").fill(words)
    with page.expect_download() as got:
        page.get_by_role("button", name="存一份救援文件").click()
    expect(page.locator("#rescue-told")).to_contain_text("已交出")
    return Path(got.value.path())


def read_in(page: Page, file: Path, words: str, says: str) -> None:
    if not page.locator("#rescue-read").is_visible():
        page.locator("#rescue summary").click()
    page.get_by_label("口令").fill(words)
    page.locator("#rescue-read").set_input_files(file)
    expect(page.locator("#rescue-told")).to_contain_text(says)


def opened(file: dict, words: str) -> dict:
    """The file read by another library than the browser's."""
    part = {name: base64.b64decode(file[name]) for name in ("salt", "iv", "data")}
    kdf = PBKDF2HMAC(SHA256(), 32, part["salt"], file["iterations"])
    return json.loads(AESGCM(kdf.derive(words.encode())).decrypt(part["iv"], part["data"], None))


def rows(site: Plain, table: type) -> list:
    with db.look(site.site.engine) as session:
        return list(session.scalars(select(table)))


def test_what_a_phone_cannot_send_arrives_by_its_rescue_file(
    browser: Browser, own: Plain, tmp_path: Path
) -> None:
    page = device(browser, own)
    page.context.set_offline(True)
    ready(page, own.address, "#V1/S1")
    fill(page, "S1")
    add_photo(page, "e1", photo(1), hide=False)
    page.locator("#finish").click()
    expect(page.locator("#count-waiting")).to_have_text("1")
    file = tmp_path / "rescue.json"
    file.write_bytes(rescue(page, WORDS).read_bytes())
    check_page(page, "field-rescue")
    page.context.close()
    assert rows(own, ArrivalRow) == []

    told = json.loads(file.read_text(encoding="utf-8"))
    assert "分组试讲" not in str(told) and told["iterations"] >= 600_000
    assert len(opened(told, WORDS)["photos"]) == 1
    with pytest.raises(InvalidTag):
        opened(told, WORDS + "!")

    stranger = device(browser, own, "E2")
    read_in(stranger, file, WORDS, "没有读入")  # not of this expert
    stranger.context.close()
    fresh = device(browser, own)
    read_in(fresh, file, "wrong words", "没有读入")
    expect(fresh.locator("#count-delivered")).to_have_text("0")
    read_in(fresh, file, WORDS, "已读入记录1份、照片1张")
    expect(fresh.locator("#count-delivered")).to_have_text("1")
    [row], [came], [kept] = (rows(own, table) for table in (ObservationRow, ArrivalRow, PhotoRow))
    assert json.loads(row.answers)["e8b_evidence"].startswith("S1")
    assert (came.standing, kept.refusal) == ("taken", "")
    read_in(fresh, file, WORDS, "已读入记录1份")  # once more changes nothing
    assert len(rows(own, ObservationRow)) == len(rows(own, ArrivalRow)) == 1
    fresh.context.close()


def test_what_differs_from_this_device_is_kept_as_a_copy(
    browser: Browser, own: Plain, tmp_path: Path
) -> None:
    old = device(browser, own)
    old.context.set_offline(True)
    ready(old, own.address, "#V1/S1")
    fill(old, "S1")
    old.get_by_role("link", name="全部场次").click()
    file = tmp_path / "rescue.json"
    file.write_bytes(rescue(old, WORDS).read_bytes())
    old.context.close()
    other = device(browser, own)
    ready(other, own.address, "#V1/S1")
    other.locator("input[name=due]").fill("38")
    expect(other.locator("#state")).to_have_text("草稿，已存在本机")
    other.locator("#finish").click()
    expect(other.locator("#count-delivered")).to_have_text("1")
    read_in(other, file, WORDS, "已读入记录1份")
    expect(other.locator("#count-delivered")).to_have_text("2")
    standings = sorted(row.standing for row in rows(own, ArrivalRow))
    assert standings == ["copy", "taken"]
    kept = {row.status: json.loads(row.answers)["due"] for row in rows(own, ObservationRow)}
    assert kept == {"unsigned": 38, "conflict": 40}
    other.context.close()


def test_a_place_is_told_with_consent_only_and_can_be_taken_back(
    browser: Browser, own: Plain
) -> None:
    page = device(browser, own, geolocation=POINT, permissions=["geolocation"])
    ready(page, own.address, "#V1/S1")
    page.locator(f"input[name={LEVELS[0]}][value='1']").check(force=True)
    page.get_by_role("button", name="记录我在哪里").click()
    expect(page.locator(".where [role=status]")).to_have_text("已记下：37.8706, 112.5489")
    page.locator("#finish").click()
    expect(page.locator("#count-delivered")).to_have_text("1")
    ready(page, own.address, "#V1/S1")
    page.get_by_role("button", name="撤回位置").click()
    expect(page.get_by_role("button", name="记录我在哪里")).to_be_visible()
    with page.expect_response("**/expert/field/records") as reply:
        page.locator("#finish").click()
    assert reply.value.status == 200
    expect(page.locator("#count-delivered")).to_have_text("1")
    places = sorted(str(json.loads(row.content)["place"]) for row in rows(own, ArrivalRow))
    assert places[0] == "None" and "37.8706" in places[1]
    boss = own.site.staff("boss").get("/province/visits/V1/sessions/S1").text
    assert "37.8706" not in boss  # taken back
    page.context.close()


def test_a_photo_that_the_site_refuses_is_told_and_stays(browser: Browser, own: Plain) -> None:
    page = device(browser, own)
    ready(page, own.address, "#V1/S1")
    page.locator("input[name=e1][value='3']").check(force=True)
    text = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no photo at all"}
    with page.expect_event("dialog") as told:
        page.locator("input[data-photo=e1]").set_input_files(text)
    assert "不是照片" in told.value.message  # told at once, and not taken
    expect(page.locator("#item-e1 .photos li")).to_have_count(0)
    heic = {"name": "a.heic", "mimeType": "image/heic", "buffer": FAKES["heic magic alone"]}
    page.locator("input[data-photo=e1]").set_input_files(heic)
    expect(page.locator("#item-e1 .photos li")).to_have_count(1)
    page.locator("#finish").click()
    expect(page.locator("#count-delivered")).to_have_text("1")
    expect(page.locator("#home .error")).to_contain_text("没有保留这张照片")
    ready(page, own.address, "#V1/S1")
    expect(page.locator("#item-e1 .photos .error")).to_contain_text("没有保留")
    [row] = rows(own, PhotoRow)
    assert row.refusal == "photo_kind" and len(rows(own, ObservationRow)) == 1
    page.context.close()
