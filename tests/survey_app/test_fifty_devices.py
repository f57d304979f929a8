"""Fifty experts come home at once: records and photos of all of them arrive, none lost, none
doubled, on a server that is killed meanwhile."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import requests
from PIL import Image
from sqlalchemy import select
from test_crash import kill
from test_signing import FULL

from instruments.programme import Catalogue, Expert, Session, Visit
from site_for_tests import HASHED, PASSWORD, Site, build, catalogue, hidden
from survey_app import db
from survey_app.demo import server
from survey_app.demo.server import free_port, start_site, stop_site
from survey_app.models import ArrivalRow, ObservationRow, PhotoRow, VisitRow
from survey_app.models.base import Base
from survey_app.services import accounts
from survey_app.services.audit import COMMAND

DEVICES, RECORDS, PHOTOS = {False: 6, True: 50}, {False: 2, True: 10}, {False: 3, True: 20}
PART = 20_000
"""Bytes of a part: a photo takes several."""
PATIENCE = 0.05
KILLS = {False: 1, True: 5}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that starts under load is late, not broken."""
    monkeypatch.setattr(server, "START_SECONDS", 600)


def field_catalogue(devices: int, records: int) -> Catalogue:
    """So many experts, each with one visit of so many sessions."""
    small = catalogue()
    sessions = tuple(
        Session(f"S{n}", "C2", "2021-07-02", f"场次{n}", "主讲甲") for n in range(records)
    )
    people = range(1, devices + 1)
    codes = tuple(session.code for session in sessions)
    experts = tuple(Expert(f"E{n}", f"专家{n}", f"别处{n}", "", "140105", "语文") for n in people)
    visits = tuple(Visit(f"V{n}", "C2", "2021-07-02", f"E{n}", codes) for n in people)
    return replace(small, sessions=sessions, experts=experts, visits=visits)


@dataclass
class Device:
    """One expert's device: what it holds, and that it asks until it is answered."""

    address: str
    number: int
    records: list[tuple[bytes, list[bytes]]]
    csrf: str = ""

    def __post_init__(self) -> None:
        self.line = requests.Session()
        self.line.trust_env = False

    def ask(self, method: str, path: str, body: bytes | dict[str, str] | None = None) -> Any:
        """Ask until the server answers; a server that has gone answers later."""
        while True:
            try:
                headers = {"X-CSRFToken": self.csrf, "Connection": "close"}
                reply = self.line.request(
                    method, f"{self.address}{path}", data=body, headers=headers, timeout=60
                )
            except requests.RequestException:
                sleep(PATIENCE)
                continue
            if reply.status_code != 503:
                return reply

    def sign_in(self) -> None:
        page = self.ask("GET", "/login").text
        form = {"login": f"E{self.number}", "password": PASSWORD}
        self.ask("POST", "/login", form | {"csrf_token": hidden(page, "csrf_token")})
        pack = self.ask("GET", "/expert/field/pack").json()
        assert pack["expert"]["code"] == f"E{self.number}"
        self.csrf = pack["csrf"]

    def sync(self) -> None:
        """Send every record, then its photos, each from where the server says it stopped."""
        self.sign_in()
        for content, photos in self.records:
            told = self.ask("POST", "/expert/field/records", content).json()
            assert told["sha256"] == hashlib.sha256(content).hexdigest(), told
            assert told["standing"] == "taken", told
            for photo in photos:
                path = f"/expert/field/photos/{hashlib.sha256(photo).hexdigest()}"
                state = self.ask("GET", path).json()
                while not state["done"]:
                    at = state["have"]
                    state = self.ask("POST", f"{path}?at={at}", photo[at : at + PART]).json()
                assert state["refusal"] == "", state


def device(address: str, number: int, records: int, photos: int, version: str) -> Device:
    held = []
    for session in range(records):
        taken = [photo() for _ in range(photos)]
        told = {
            "record": secrets.token_hex(16),
            "visit": f"V{number}",
            "session": f"S{session}",
            "instrument": "expert_rubric",
            "version": version,
            "base": 0,
            "earlier": [],
            "answers": FULL | {"strength": [f"第{number}人第{session}场"]},
            "photos": [
                {
                    "item": "e1",
                    "sha256": hashlib.sha256(one).hexdigest(),
                    "size": len(one),
                    "original": hashlib.sha256(one[::-1]).hexdigest(),
                }
                for one in taken
            ],
        }
        held.append((json.dumps(told, ensure_ascii=False).encode(), taken))
    return Device(address, number, held)


def photo() -> bytes:
    """A photo of some fifty kilobytes that no other is like."""
    file = BytesIO()
    Image.frombytes("RGB", (160, 120), secrets.token_bytes(160 * 120 * 3)).save(file, "PNG")
    return file.getvalue()


def rows(site: Site, table: type[Base]) -> list[Any]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(table)))


@pytest.mark.prove
@pytest.mark.sqlite
def test_fifty_devices_sync_at_once(
    tmp_path: Path, full_count: bool, proven: Callable[[str], None]
) -> None:
    count, records, photos = (table[full_count] for table in (DEVICES, RECORDS, PHOTOS))
    site = build(tmp_path / "home", store="sqlite", content=field_catalogue(count, records))
    with db.transaction(site.engine) as session:
        for number in range(3, count + 1):
            login = f"E{number}"
            told = {"login": login, "name": login, "role": "expert", "unit": login}
            accounts.create_account(session, hashed=HASHED, by=COMMAND, **told)
        for visit in session.scalars(select(VisitRow)):
            visit.declaration = "none"
    port = free_port(0)
    process, address = start_site(site.home, port)
    devices = [device(address, n, records, photos, "1.0") for n in range(1, count + 1)]
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(one.sync) for one in devices]
        for turn in range(KILLS[full_count]):
            while len(rows(site, PhotoRow)) < (turn + 1) * count * photos // 2:
                assert not any(one.done() and one.exception() for one in running)
                sleep(0.05)
            kill(process)
            process, _ = start_site(site.home, port)
        for one in running:
            one.result()
    stop_site(process)
    check(site, devices, count * records * photos)
    site.engine.dispose()
    proven(
        f"{count} devices x {records} records x {photos} photos, {KILLS[full_count]} kills:"
        " 0 lost, 0 doubled"
    )


def check(site: Site, devices: list[Device], photos: int) -> None:
    """Every record once, byte for byte; every photo once, its file as its row says."""
    sent = {
        hashlib.sha256(content).hexdigest(): content for d in devices for content, _ in d.records
    }
    came = rows(site, ArrivalRow)
    assert {row.sha256: row.content for row in came} == sent and len(came) == len(sent)
    observations = rows(site, ObservationRow)
    assert len(observations) == len(sent)
    assert set(Counter((row.visit, row.session) for row in observations).values()) == {1}
    kept = rows(site, PhotoRow)
    assert len(kept) == photos and {row.refusal for row in kept} == {""}
    for row in kept:
        content = (site.home / "evidence" / row.id).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row.stored
