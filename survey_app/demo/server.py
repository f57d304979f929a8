"""Start and stop the real site as a process of its own, and know when it answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from survey_app.server import port_fault

START_SECONDS = 60
STOP_SECONDS = 20
SITE, YESTERDAY = "survey_app", "survey_app.demo.yesterday"
"""Modules that serve the site: today, and as on the day before."""


class ServerFailed(RuntimeError):
    """The site did not start; the text says where its log is."""


@contextmanager
def running_site(home: Path, port: int, *, module: str = SITE) -> Iterator[str]:
    """Serve ``home`` on 127.0.0.1:``port`` while the block runs; yields the address."""
    process, address = start_site(home, port, module=module)
    try:
        yield address
    finally:
        stop_site(process)


def free_port(wanted: int) -> int:
    """``wanted``, or any for 0; raises ServerFailed when the site could not listen there."""
    if wanted and (found := port_fault("127.0.0.1", wanted)):
        raise ServerFailed(str(found))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", wanted))
        return int(probe.getsockname()[1])


def start_site(home: Path, port: int, *, module: str = SITE) -> tuple[subprocess.Popen[bytes], str]:
    """Start `guopei serve` and wait until it answers; raises ServerFailed."""
    address = f"http://127.0.0.1:{port}"
    log = home / "serve.log"
    log.touch(mode=0o600)
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "serve", "--port", str(port)],
            env={**os.environ, "GUOPEI_HOME": str(home)},
            stdout=stream,
            stderr=stream,
        )
    return process, wait_until_ready(process, address, log)


def wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> str:
    """``address``, once the server there answers; raises ServerFailed."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _answers(address):
            return address
        time.sleep(0.1)
    stop_site(process)
    port = address.rpartition(":")[2]
    raise ServerFailed(f"站点没有在端口 {port} 启动，原因见日志 {log}（端口被占用时请换 --port）")


def stop_site(process: subprocess.Popen[bytes]) -> None:
    """Ask the site to finish its requests and stop; kill it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/login", timeout=2).status_code == 200
    except (requests.ConnectionError, requests.Timeout):  # not there yet, or busy starting
        return False
