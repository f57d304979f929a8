"""Pages of a visit's file: what both observers recorded, photos, an amendment, as it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_photos import packed, picture
from plain_site import Plain, running_plain_site
from playwright.sync_api import Browser, expect

from screens import check_page, sign_in
from site_for_tests import PASSWORD, Staff

pytestmark = pytest.mark.browser
DIMENSIONS = (1, 2, 3, 4, 5, 6, 7, "8a", "8b")
WORDS = "学员分成六组试讲，每组都有任务单，讲完由同伴按评分表点评。"


def answers(level: str) -> dict[str, list[str]]:
    told = {"due": ["40"], "present": ["38"], "lecturer_as_planned": ["yes"]}
    told |= {f"e{n}": [level] for n in DIMENSIONS}
    return told | {f"e{n}_evidence": [WORDS] for n in DIMENSIONS}


def deliver(expert: Staff, visit: str, level: str, photos: list[bytes]) -> None:
    """Record with photos and signature, as a device sends them."""
    named = [
        {
            "item": "e1",
            "sha256": hashlib.sha256(one).hexdigest(),
            "size": len(one),
            "original": hashlib.sha256(one[::-1]).hexdigest(),
        }
        for one in photos
    ]
    told = {"record": visit[1] * 32, "visit": visit, "session": "S1", "base": 0, "earlier": []}
    told |= {"instrument": "expert_rubric", "version": "1.0", "answers": answers(level)}
    told |= {"photos": named, "audit": [[0, "question", "e1", 0, 1_500_000]], "place": None}
    content = json.dumps(told, ensure_ascii=False).encode()
    token = {"X-CSRFToken": expert.token}

    def send(path: str, body: bytes) -> dict:
        return expert.client.post(f"/expert/field/{path}", data=body, headers=token).get_json()

    assert send("records", content)["standing"] == "taken"
    for one in photos:
        assert send(f"photos/{hashlib.sha256(one).hexdigest()}?at=0", one)["done"]
    upload = hashlib.sha256(content).hexdigest()
    signature = {"record": visit[1] * 32, "visit": visit, "signs": {"S1": upload}}
    assert send("signatures", json.dumps(signature).encode())["standing"] == "taken"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plain]:
    """Both observers have signed; E1 has sent photos, one of them none, and amended."""
    home: Path = tmp_path_factory.mktemp("told") / "home"
    with running_plain_site(home) as made:
        photos = [packed(picture(800, 600).rotate(n), "jpg") for n in (0, 90)] + [b"no photo"]
        for login, visit, level, own in (("E1", "V1", "3", photos), ("E2", "V2", "2", [])):
            expert = made.site.staff(login)
            expert.post(f"/expert/visits/{visit}/declaration", declaration="none")
            deliver(expert, visit, level, own)
        fields = {name: values[0] for name, values in answers("3").items()} | {"e1": "4"}
        path = "/expert/visits/V1/sessions/S1/amendment"
        reason = "把第四级误点成第三级，目标由前测数据推出。"
        first = made.site.staff("E1")
        assert first.post(path, fields, reason=reason).status_code == 303
        yield made


def test_the_province_reads_both_records_side_by_side(browser: Browser, told: Plain) -> None:
    context = browser.new_context(bypass_csp=True)
    page = sign_in(context, told.address, "boss", PASSWORD)
    page.get_by_role("link", name="实地调研").click()
    check_page(page, "visits-list")
    page.get_by_role("link", name="示例场次").first.click()
    expect(page.get_by_role("heading", name="评审专家E1")).to_be_visible()
    expect(page.get_by_role("heading", name="评审专家E2")).to_be_visible()
    expect(page.get_by_text("约25分钟")).to_have_count(2)
    expect(page.get_by_text("把第四级误点成第三级")).to_be_visible()
    expect(page.get_by_text("不是照片格式，没有保留")).to_be_visible()
    shown = page.locator(".photos img")
    assert shown.count() == 2
    for number in range(2):
        shown.nth(number).scroll_into_view_if_needed()
        loaded = "one => one.complete && one.naturalWidth > 0"
        expect(shown.nth(number)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert shown.nth(number).evaluate(loaded)
    check_page(page, "visit-file")
    context.close()


def test_an_expert_amends_on_a_page(browser: Browser, told: Plain) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": 320, "height": 640})
    page = sign_in(context, told.address, "E2", PASSWORD)
    page.goto(f"{told.address}/expert/visits/V2")
    check_page(page, "visit-signed")
    page.get_by_role("link", name="更正").click()
    check_page(page, "amendment")
    page.get_by_label("更正的理由").fill("漏看了签到表")
    page.locator("input[name=e8a][value='4']").check(force=True)
    page.get_by_role("button", name="提交更正").click()
    expect(page.get_by_text("漏看了签到表")).to_be_visible()
    expect(page.get_by_role("heading", name="评审专家E1")).to_be_visible()  # both have signed
    context.close()
