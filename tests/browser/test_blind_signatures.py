"""The phone's half of the blind signatures, in a real Chromium, against the RFC's vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from project_root import ROOT
from survey_app.blind_rsa import blind_sign, is_signed, new_key, public_key

pytestmark = pytest.mark.browser

SCRIPTS = [ROOT / "survey_app/static" / name for name in ("bytes.js", "blind.js")]
VECTORS: list[dict[str, str]] = json.loads((ROOT / "tests/reference/rfc9474.json").read_text())

BY_VECTOR = """async v => {
  const b = blindSignatures, key = b.keyOf(v.n, v.e);
  const message = bytes.of(v.msg_prefix + v.msg), inv = b.numberOf(bytes.of(v.inv));
  const r = b.inverse(inv, key.n);
  const made = await b.blind(key, message, bytes.of(v.salt), {r: r, inv: inv});
  return {sent: made.sent, sig: await b.finish(key, message, v.blind_sig, inv)};
}"""
ASK = """async ([n, e]) => {
  const b = blindSignatures, key = b.keyOf(n, e), message = b.prepared(b.random(32));
  const made = await b.blind(key, message);
  window.kept = {key: key, message: message, inv: made.inv};
  return made.sent;
}"""
TAKE = """async signed => {
  const k = window.kept;
  return {message: bytes.hex(k.message),
          signature: await blindSignatures.finish(k.key, k.message, signed, k.inv)};
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    blank: Path = tmp_path_factory.mktemp("blind") / "blank.html"
    blank.write_text("<!doctype html><title>-</title>", encoding="utf-8")
    opened = browser.new_page()
    opened.goto(blank.as_uri())
    for script in SCRIPTS:
        opened.add_script_tag(path=str(script))
    yield opened
    opened.close()


@pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
def test_blinds_and_finishes_as_the_rfc_does(page: Page, vector: dict[str, str]) -> None:
    made = page.evaluate(BY_VECTOR, vector)
    assert made == {"sent": vector["blinded_msg"], "sig": vector["sig"]}


def asked(page: Page, private: bytes) -> str:
    public = public_key(private)
    sent: str = page.evaluate(ASK, [f"{public.modulus:x}", f"{public.exponent:x}"])
    return sent


def test_a_token_signed_blind_is_the_signer_s_and_unknown_to_it(page: Page) -> None:
    private = new_key()
    sent = [asked(page, private) for _ in range(3)]
    assert len(set(sent)) == 3, "each request is blinded anew"
    signed = blind_sign(private, bytes.fromhex(sent[-1])).hex()
    token: dict[str, Any] = page.evaluate(TAKE, signed)
    public = public_key(private)
    message, signature = (bytes.fromhex(token[name]) for name in ("message", "signature"))
    assert is_signed(public, message, signature)
    assert len(message) == 64
    assert token["signature"] not in (signed, sent[-1])


def test_another_key_s_signature_is_not_taken(page: Page) -> None:
    private, other = new_key(), new_key()
    sent = asked(page, private)
    wrong = blind_sign(other, b"\1" + bytes.fromhex(sent)[1:])
    assert page.evaluate(f"({TAKE})({wrong.hex()!r}).then(() => 'taken', () => 'refused')") == (
        "refused"
    )


def test_without_a_secure_page_it_does_not_pretend(browser: Browser) -> None:
    opened = browser.new_page()
    opened.route("**/*", lambda route: route.fulfill(body="<!doctype html><title>-</title>"))
    opened.goto("http://example.test/")
    for script in SCRIPTS:
        opened.add_script_tag(content=script.read_text(encoding="utf-8"))
    assert opened.evaluate("typeof window.blindSignatures") == "undefined"
    opened.close()
