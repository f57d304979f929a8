"""The real server: what it writes down names nobody's address, whatever is sent to it."""

from __future__ import annotations

import logging
import socket
import sys
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.self_code import self_code
from site_for_tests import build
from survey_app.demo.server import ServerFailed, free_port, running_site
from survey_app.logs import Addressless, without_addresses
from survey_app.server import port_remark
from survey_app.services.pairing import PREFIX

CALLER = "127.0.0.2"
"""Where the requests come from; the server itself is at 127.0.0.1."""


def send(port: int, request: bytes) -> bytes:
    """Send bytes from the caller's address and read the whole reply."""
    with socket.create_connection(("127.0.0.1", port), 20, source_address=(CALLER, 0)) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(4096), b""))


def test_no_line_of_the_server_names_an_address(tmp_path) -> None:
    home = tmp_path / "home"
    build(home).engine.dispose()
    port = free_port(0)
    head = b"Host: localhost\r\nX-Forwarded-For: 203.0.113.5\r\n"
    with running_site(home, port):
        assert send(port, b"GET /c/C1 HTTP/1.1\r\n" + head + b"\r\n").startswith(b"HTTP/1.1 200")
        assert b" 400 " in send(port, b"GET /c/C1 HTTP/1.1\r\n" + head + b"X y 203.0.113.6\r\n\r\n")
        assert b" 400 " in send(port, b"\x16\x03\x01 2001:db8::7\r\n\r\n")
        (home / "secrets" / "pairing").unlink()
        made = {"response": "0" * 32, "nonce": "1" * 32}
        code = {f"{PREFIX}{part.name}": "1" for part in self_code().parts}
        body = urlencode(made | code).encode()
        form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
        broken = send(port, b"POST /c/C2/form HTTP/1.1\r\n" + head + form % len(body) + body)
        assert broken.startswith(b"HTTP/1.1 500")
    log = (home / "serve.log").read_text(encoding="utf-8")
    assert log.count("Invalid request from ip=-") == 2
    assert "secrets/pairing" in log and "secrets" not in broken.decode()
    for address in (CALLER, "203.0.113", "2001:db8"):
        assert address not in log
    assert "/c/C1" not in log  # what went well leaves no line


def test_a_port_is_free_until_somebody_listens() -> None:
    port = free_port(0)
    assert free_port(port) == port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ServerFailed, match=str(port)):
        free_port(port)


@given(st.ip_addresses(), st.sampled_from(["ip={}:", "('{}', 80)", "[{}]:80", "x{}", "{}"]))
def test_every_address_is_blanked(address, words: str) -> None:
    for text in (str(address), address.exploded):
        assert text not in without_addresses(words.format(text))


@pytest.mark.parametrize("text", ["[2021-07-01 09:30:05 +0800] [12] [ERROR] 1.5 s, 3:2", "::"])
def test_times_and_numbers_stay(text: str) -> None:
    assert without_addresses(text) == text.replace("::", "-")


def test_tracebacks_are_blanked_too() -> None:
    try:
        raise ValueError("from 203.0.113.5")
    except ValueError:
        record = logging.LogRecord("x", 40, "x", 1, "by %s", ("2001:db8::1",), sys.exc_info())
    line = Addressless(logging.Formatter("%(message)s")).format(record)
    assert "ValueError: from -" in line and line.startswith("by -")


@pytest.mark.once
def test_an_address_that_leads_to_another_port_of_this_machine_is_told() -> None:
    told = str(port_remark("http://localhost:8000", 8080))
    assert "http://localhost:8000" in told and "端口8080" in told
    assert port_remark("http://127.0.0.1:8080", 8080) is None
    assert port_remark("http://localhost", 80) is None and port_remark("http://localhost", 81)
    assert port_remark("https://pingjia.example.cn", 8000) is None  # behind a proxy
