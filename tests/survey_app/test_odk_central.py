"""The same form and answers sent to ODK Central's own backend: its export is our extract.

Where its public source is at hand (`PEERS=DIR`, see `bench/central.py`), with a PostgreSQL that has
the extensions which it needs (Debian's package). The scripted Collect is the same for both servers,
so that what it does is what Central takes too.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from collecting import EVERY, EVERY_ANSWERS, FULL, connected
from openrosa_client import Collect, Form, fill, through_requests
from postgres_server import Server
from test_openrosa_extract import VISITS, collected, sealed

from bench.central import PEERS, running
from instruments.model import Instrument
from site_for_tests import SMALL

NO_PEER = f"{PEERS} names no folder with ODK Central's public source: it was not compared with"
NO_EXTENSION = "no PostgreSQL with the extension citext here, which ODK Central needs"
RUBRIC = (FULL, {"due": "1", "present": "0", "e1": "unseen"})
LONG, SHORT = EVERY_ANSWERS
PLAIN = ({**LONG, "hours": "2.5", "why": "讲师生病，\n改请他人 & <朱>"}, SHORT)
"""Without what we fold and Central does not: a trailing zero, blanks around a text."""


def programs() -> Path:
    """Folder of a PostgreSQL that has what Central asks of it."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        control = Path("/usr/share/postgresql") / folder.parent.name / "extension/citext.control"
        if control.is_file():
            return folder
    return pytest.skip(NO_EXTENSION)


@pytest.fixture(scope="module")
def central() -> Iterator[Backend]:
    where = Path(os.environ.get(PEERS, "/nowhere"))
    if not (where / "central-backend").is_dir():
        pytest.skip(NO_PEER)
    server = Server(programs())
    name = server.fresh().partition("@/")[2].partition("?")[0]
    with running(where, server.address(name, "postgres")) as (address, token):
        yield Backend(address, token)
    server.remove()


@dataclass
class Backend:
    """ODK Central's backend, and what an administrator of it does."""

    address: str
    token: str

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        url = f"{self.address}/v1{path}"
        reply = requests.request(method, url, headers=headers, timeout=60, **more)
        assert reply.status_code < 300, (path, reply.status_code, reply.text)
        return reply

    def published(self, form: Form) -> tuple[str, Collect]:
        """A project with the form as our server gave it out, and a phone with a key of its own."""
        project = self.call("POST", "/projects", json={"name": form.code}).json()["id"]
        base = f"/projects/{project}"
        kind = {"Content-Type": "application/xml"}
        self.call("POST", f"{base}/forms", data=form.xml, headers=kind)
        draft = f"{base}/forms/{form.code}/draft"
        for name, content in form.files.items():
            kind = {"Content-Type": "text/csv"}
            self.call("POST", f"{draft}/attachments/{name}", data=content, headers=kind)
        self.call("POST", f"{draft}/publish")
        user = self.call("POST", f"{base}/app-users", json={"displayName": "phone"}).json()
        roles = self.call("GET", "/roles").json()
        [role] = [one["id"] for one in roles if one["system"] == "app-user"]
        self.call("POST", f"{base}/forms/{form.code}/assignments/{role}/{user['id']}")
        server = f"{self.address}/v1/key/{user['token']}/projects/{project}"
        return f"{base}/forms/{form.code}", Collect(server, through_requests)

    def exported(self, place: str) -> dict[str, list[dict[str, str]]]:
        """File name → rows of the export."""
        reply = self.call("GET", f"{place}/submissions.csv.zip?attachments=false")
        with zipfile.ZipFile(io.BytesIO(reply.content)) as files:
            return {
                name: list(csv.DictReader(io.StringIO(files.read(name).decode("utf-8-sig"))))
                for name in files.namelist()
                if name.endswith(".csv")
            }


def said(value: Any) -> str:
    """A cell of our extract as a CSV says it."""
    return "" if pd.isna(value) else str(value)


def ours(frame: pd.DataFrame, names: list[str]) -> list[list[str]]:
    return [[said(row[name]) for name in names] for _, row in frame.iterrows()]


def items(form: Instrument, *, repeat: bool) -> Iterator[tuple[str, str]]:
    """Section and name of every item that is asked."""
    for section in form.sections:
        for item in section.items:
            if section.repeat == repeat and item.type != "note":
                yield section.name, item.name


@pytest.mark.parametrize("kind", ["rubric", "every"])
def test_its_export_and_our_extract_are_cell_for_cell_equal(
    central: Backend, tmp_path: Path, kind: str
) -> None:
    given: tuple[Mapping[str, Any], ...] = RUBRIC if kind == "rubric" else PLAIN
    sources = replace(SMALL, instruments=(*SMALL.instruments, ("every.md", EVERY)))
    forms: list[Form] = []

    def by_collect(site, expert, visit, answers) -> None:
        phone = connected(site, expert)
        forms.append(phone.download())
        sent = fill(forms[-1], {"About": f"{visit}.S1", **answers}, audit=b"event\n")
        assert [reply.status for reply in phone.submit(sent)] == [201]

    site = collected(tmp_path / "ours", by_collect, given, None if kind == "rubric" else sources)
    extract = sealed(site)
    place, phone = central.published(forms[0])
    theirs = phone.download()
    assert theirs.xml == forms[0].xml and theirs.files == forms[0].files
    for visit, answers in zip(VISITS.values(), given, strict=True):
        sent = fill(theirs, {"About": f"{visit}.S1", **answers}, audit=b"event\n")
        assert [reply.status for reply in phone.submit(sent)] == [201]
    form = extract.instrument(theirs.code)
    main = extract.table(form.table).sort_values("visit")
    exported = central.exported(place)
    rows = sorted(exported[f"{form.code}.csv"], key=lambda row: row["About"])
    asked = list(items(form, repeat=False))
    assert [row["About"] for row in rows] == [f"{visit}.S1" for visit in main["visit"]]
    cells = [[row[f"{section}-{name}"] for section, name in asked] for row in rows]
    assert cells == ours(main, [name for _, name in asked])
    assert sum(map(bool, sum(cells, []))) >= 10
    for section in form.repeats:
        names = [item.name for item in section.items]
        lines = exported[f"{form.code}-{section.name}.csv"]
        child = extract.table(f"{form.table}__{section.name}").sort_values("row")
        assert [[line[name] for name in names] for line in lines] == ours(child, names) != []
    site.engine.dispose()
