"""ODK Central's backend, run from its public source beside ours: each product's own durable accept.

`PEERS=DIR`: DIR/central-backend is its source with `npm install --omit=dev` done, and node 24 is on
PATH or in DIR/node. Its PostgreSQL is the one that ours uses in the same run.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from sqlalchemy.engine import make_url

from bench.phones import request
from survey_app.demo.server import free_port

PEERS = "PEERS"
"""Folder of peers' sources; without it the recorded rates stand in."""
SECONDS = 120
_ACCOUNT = {"email": "load@example.org", "password": secrets.token_urlsafe(16)}
_MAKE = """
const { run } = require('./lib/task/task');
const { createUser, promoteUser } = require('./lib/task/account');
const { email, password } = JSON.parse(process.env.ACCOUNT);
run(createUser(email, password)).then(() => run(promoteUser(email)));
"""
_SERVE = """
const cluster = require('cluster');
if (cluster.isPrimary) for (let i = 0; i < Number(process.env.COUNT); i++) cluster.fork();
else require('./lib/bin/run-server.js');
"""
_FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>load</h:title><model><instance><data id="load" version="1">{fields}
<meta><instanceID/></meta></data></instance>{binds}
<bind nodeset="/data/meta/instanceID" type="string" readonly="true()"/></model></h:head>
<h:body>{inputs}</h:body></h:html>"""


@dataclass(frozen=True)
class Central:
    """A running backend with one published form."""

    address: str
    path: str
    token: str

    def ready(self, answers: Sequence[Mapping[str, str]]) -> list[bytes]:
        """A submission of each set of answers, as ODK Collect's body posts it."""
        kind = {"Content-Type": "application/xml", "Authorization": f"Bearer {self.token}"}
        return [request(self.path, _submission(one), **kind) for one in answers]


def _submission(answers: Mapping[str, str]) -> bytes:
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in answers.items())
    own = f"<meta><instanceID>uuid:{secrets.token_hex(16)}</instanceID></meta>"
    return f'<data id="load" version="1">{fields}{own}</data>'.encode()


@contextmanager
def central(
    peers: Path, database: str, names: Sequence[str], *, processes: int
) -> Iterator[Central]:
    """Serve a new database; the form asks for ``names``."""
    with running(peers, database, processes=processes) as (address, token):
        yield _published(address, token, names)


@contextmanager
def running(peers: Path, database: str, *, processes: int = 1) -> Iterator[tuple[str, str]]:
    """Serve a new database: the address, and an administrator's token."""
    source, port = peers / "central-backend", free_port(0)
    environment = _environment(peers, database, port)
    for command in (["lib/bin/run-migrations.js"], ["-e", _MAKE, "make"]):
        made = ["node", *command]
        subprocess.run(made, cwd=source, env=environment, check=True, capture_output=True)
    environment["COUNT"] = str(processes)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    served = subprocess.Popen(["node", "-e", _SERVE, "serve"], cwd=source, env=environment, **quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        yield address, _token(address)
    finally:
        served.terminate()
        served.wait()


def _environment(peers: Path, database: str, port: int) -> dict[str, str]:
    url = make_url(database)
    given = {"PGHOST": url.query.get("host") or url.host, "PGUSER": url.username}
    given |= {"PGDATABASE": url.database, "PGPORT": str(url.port or 5432)}
    node = peers / "node" / "node_modules" / ".bin"
    # the source's own defaults name a server and a password; empty ones leave it to the above
    nothing = {"host": "", "user": "", "password": "", "database": ""}
    own = {"domain": f"http://127.0.0.1:{port}"}  # of the addresses that it tells its clients
    config = {"default": {"server": {"port": port}, "database": nothing, "env": own}}
    return {
        **os.environ,
        **{name: str(value) for name, value in given.items() if value},
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "NODE_CONFIG": json.dumps(config),
        "NODE_ENV": "production",
        "ACCOUNT": json.dumps(_ACCOUNT),
    }


def _published(address: str, token: str, names: Sequence[str]) -> Central:
    form = _FORM.format(
        fields="".join(f"<{name}/>" for name in names),
        binds="".join(f'<bind nodeset="/data/{name}" type="string"/>' for name in names),
        inputs="".join(f'<input ref="/data/{n}"><label>{n}</label></input>' for n in names),
    )
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    made = session.post(f"{address}/v1/projects", json={"name": "load"}, timeout=SECONDS)
    made.raise_for_status()
    forms = f"/v1/projects/{made.json()['id']}/forms"
    kind = {"Content-Type": "application/xml"}
    where = f"{address}{forms}?publish=true"
    session.post(where, data=form, headers=kind, timeout=SECONDS).raise_for_status()
    return Central(address, f"{forms}/load/submissions", token)


def _token(address: str) -> str:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            reply = requests.post(f"{address}/v1/sessions", json=_ACCOUNT, timeout=SECONDS)
            reply.raise_for_status()
            return str(reply.json()["token"])
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
