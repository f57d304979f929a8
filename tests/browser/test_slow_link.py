"""A phone on a slow link: few bytes, few round trips, an answer within three seconds."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests
from plain_site import Plain
from playwright.sync_api import Browser, CDPSession

from screens import PHONE_SIZE, follow

pytestmark = pytest.mark.browser

LATENCY, BYTES_A_SECOND = 0.4, 50_000
"""Seconds for the way there and back, and what the link carries."""
ALLOWED = 3.0
PAGE_BYTES = 30 * 1024
CONNECT = 2
"""Round trips before the first request: TCP, and TLS 1.3."""
FORM = "/c/C2/form"


def record(cdp: CDPSession) -> list[tuple[str, int]]:
    """Path and bytes, heads included, of all that a page loads from now on."""
    paths: dict[str, str] = {}
    loaded: list[tuple[str, int]] = []
    cdp.on(
        "Network.requestWillBeSent", lambda e: paths.update({e["requestId"]: e["request"]["url"]})
    )
    cdp.on(
        "Network.loadingFinished",
        lambda e: loaded.append((urlsplit(paths[e["requestId"]]).path, e["encodedDataLength"])),
    )
    cdp.send("Network.enable")
    return loaded


def test_the_form_is_two_round_trips_and_few_bytes(browser: Browser, plain: Plain) -> None:
    """All that a page needs is named in it: one way for the page, one for style and scripts."""
    context = browser.new_context(viewport=PHONE_SIZE)
    page = context.new_page()
    loaded = record(context.new_cdp_session(page))
    page.goto(plain.address + FORM, wait_until="networkidle")
    html = requests.get(plain.address + FORM, timeout=30).text
    named = [path for path, _ in loaded if path != FORM]
    assert named and all(f'"{path}"' in html for path in named)
    assert {path.rpartition(".")[2] for path in named} == {"css", "js"}  # no font, no picture
    total = sum(size for _, size in loaded)
    assert total <= PAGE_BYTES, loaded  # all of it, where the page alone may be so large
    assert (CONNECT + 2) * LATENCY + total / BYTES_A_SECOND <= ALLOWED - 0.5
    context.close()


@pytest.mark.parametrize("path", ["/c/C2", FORM, "/s/S1/form", "/receipts/", "/static/site.css"])
def test_the_server_itself_compresses(plain: Plain, path: str) -> None:
    with requests.get(plain.address + path, stream=True, timeout=30) as reply:
        sent = reply.raw.read(decode_content=False)
    assert reply.headers["Content-Encoding"] == "gzip" and len(sent) < PAGE_BYTES / 2
    plain_reply = requests.get(
        plain.address + path, headers={"Accept-Encoding": "identity"}, timeout=30
    )
    assert "Content-Encoding" not in plain_reply.headers
    assert len(gzip.decompress(sent)) == len(plain_reply.content)
    assert "Accept-Encoding" in reply.headers["Vary"]


def test_pages_with_a_secret_are_not_compressed(plain: Plain) -> None:
    reply = requests.get(f"{plain.address}/login", timeout=30)
    assert "csrf_token" in reply.text and "Content-Encoding" not in reply.headers


def test_an_unchanged_file_is_not_sent_again(plain: Plain) -> None:
    first = requests.get(f"{plain.address}/static/site.css", timeout=30)
    tag = {"If-None-Match": first.headers["ETag"]}
    again = requests.get(f"{plain.address}/static/site.css", headers=tag, timeout=30)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.prove
def test_the_first_answer_on_a_slow_link(
    browser: Browser, plain: Plain, full_count: bool, proven: Callable[[str], None]
) -> None:
    """From the slip's address to the first answer, each page from an empty cache; by the clock
    with ``--prove``, else only that it works so."""
    context = browser.new_context(viewport=PHONE_SIZE)
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    link = {"latency": LATENCY * 1000, "downloadThroughput": BYTES_A_SECOND}
    cdp.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "uploadThroughput": BYTES_A_SECOND, **link},
    )
    begun = time.monotonic()
    page.goto(plain.address + FORM, wait_until="commit")
    page.locator("input[name=q01]").nth(3).check(force=True)
    cold = time.monotonic() - begun
    page.goto(f"{plain.address}/c/C2", wait_until="domcontentloaded")
    begun = time.monotonic()
    follow(page.locator("#start"))
    page.locator("input[name=q01]").nth(3).check(force=True)
    warm = time.monotonic() - begun
    context.close()
    assert not full_count or max(cold, warm) <= ALLOWED
    proven(f"first answer after {cold:.2f} s from an empty cache, {warm:.2f} s from the notice")
