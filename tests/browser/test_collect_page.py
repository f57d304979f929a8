"""The expert's page for ODK Collect: readable at 320 px, its code scanned as it stands there."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from openrosa_client import Collect, server_of, through_requests
from PIL import Image
from plain_site import Plain
from playwright.sync_api import Browser, expect

from screens import PHONE_SIZE, check_page, follow, sign_in
from site_for_tests import PASSWORD

pytestmark = pytest.mark.browser


def test_an_expert_makes_a_key_scans_it_and_ends_it(browser: Browser, declared: Plain) -> None:
    context = browser.new_context(viewport=PHONE_SIZE, bypass_csp=True)
    page = sign_in(context, declared.address, "E1", PASSWORD)
    follow(page.get_by_role("link", name="用ODK Collect填写"))
    check_page(page, "collect-before")
    page.set_viewport_size(PHONE_SIZE)
    follow(page.get_by_role("button", name="生成密钥和二维码"))
    check_page(page, "collect-code")
    page.set_viewport_size(PHONE_SIZE)
    picture = Image.open(io.BytesIO(page.locator(".qr svg").screenshot(scale="css")))
    [code] = zxingcpp.read_barcodes(picture)
    at = server_of(code.text).replace("http://127.0.0.1:8000", declared.address)
    phone = Collect(at, through_requests)
    assert phone.download().choices("sessions.csv")[0]["name"] == "V1.S1"
    page.goto(f"{declared.address}/expert/collect/")
    follow(page.get_by_role("button", name="作废密钥"))
    expect(page.get_by_text("现在没有有效的密钥")).to_be_visible()
    assert phone.get(f"{phone.server}/formList").status == 403
    context.close()
