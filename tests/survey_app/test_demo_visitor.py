"""The sample's people against a server that closes resting lines."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from survey_app.demo.pages import Visitor

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n"
LAST = b"Connection: close\r\n"


@pytest.fixture
def resets_second() -> Iterator[str]:
    """A server that keeps a line unless asked to close it, and resets it at the next request."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            last = LAST in line.recv(65536)
            line.sendall(HEAD + LAST * last + b"\r\npage")
            line.recv(65536)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


def test_a_line_that_the_server_closed_stops_nobody(resets_second: str) -> None:
    visitor = Visitor(resets_second)
    assert [visitor.get("/").text for _ in range(3)] == ["page"] * 3
