"""Many phones in one process: prepared requests over kept connections, replies timed one by one."""

from __future__ import annotations

import selectors
import socket
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit


@dataclass
class Replies:
    """Seconds of each reply, how many had each status, and the whole time."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    whole: float = 0.0

    @property
    def rate(self) -> float:
        """Replies a second."""
        return len(self.seconds) / self.whole

    def quantile(self, share: float) -> float:
        """Seconds that so large a share of the replies stayed below."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def request(path: str, body: bytes, **headers: str) -> bytes:
    """A form as a phone posts it, or what ``headers`` say that it is."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or FORM).items()]
    return "\r\n".join((*lines, "", "")).encode() + body


@dataclass
class _Line:
    """One connection, and what it waits for."""

    socket: socket.socket
    begun: float = 0.0
    got: bytes = b""


def send_all(
    address: str, requests: Sequence[bytes], *, phones: int, within: float = 0.0
) -> Replies:
    """Send every request over ``phones`` connections, each as soon as its former one is answered;
    ``within`` seconds spreads their beginnings evenly over that time instead."""
    place = urlsplit(address)
    waiting, replies = deque(requests), Replies()
    with selectors.DefaultSelector() as selector:
        free = deque(_Line(_connect(place.hostname, place.port)) for _ in range(phones))
        start, busy, sent = perf_counter(), 0, 0
        while waiting or busy:
            due = len(requests)
            if within:
                due = int((perf_counter() - start) / within * len(requests)) + 1
            while waiting and free and sent < due:
                line = free.popleft()
                line.begun, line.got = perf_counter(), b""
                line.socket.sendall(waiting.popleft())
                selector.register(line.socket, selectors.EVENT_READ, line)
                busy, sent = busy + 1, sent + 1
            for key, _ in selector.select(0.001 if waiting else None):
                if _read(key.data, replies):
                    selector.unregister(key.fileobj)
                    free.append(key.data)
                    busy -= 1
        replies.whole = perf_counter() - start
        for line in free:
            line.socket.close()
    return replies


def _connect(host: str | None, port: int | None) -> socket.socket:
    opened = socket.create_connection((host, port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _read(line: _Line, replies: Replies) -> bool:
    """Take what has come; whether the reply is whole."""
    line.got += line.socket.recv(65_536)
    head, found, body = line.got.partition(b"\r\n\r\n")
    if not found:
        return False
    length = next(
        (int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0
    )
    if len(body) < length:
        return False
    replies.seconds.append(perf_counter() - line.begun)
    replies.statuses[int(head[9:12])] += 1
    return True
