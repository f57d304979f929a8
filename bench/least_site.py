"""The floor: parse the form, insert it, commit it to disk, reply. Served as the site is."""

from __future__ import annotations

import json
import os
import secrets
import threading
from typing import Any

import pysqlite3.dbapi2 as sqlite
from flask import Flask, request

from survey_app.affinity import keep_to_one

app = Flask(__name__)
_own = threading.local()


def store() -> sqlite.Connection:
    """This thread's connection: durable, as ours."""
    if not hasattr(_own, "store"):
        _own.store = sqlite.connect(os.environ["LEAST_FILE"], isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
            _own.store.execute(f"PRAGMA {pragma}")
        _own.store.execute(
            "CREATE TABLE IF NOT EXISTS answers (id TEXT PRIMARY KEY, answers TEXT) WITHOUT ROWID"
        )
    connection: sqlite.Connection = _own.store
    return connection


@app.post("/c/<code>/form")
def take(code: str) -> tuple[str, int]:
    """Store whatever was sent about a class."""
    row = secrets.token_hex(16), json.dumps(request.form.to_dict(), ensure_ascii=False)
    store().execute("INSERT INTO answers VALUES (?, ?)", row)
    return "", 303


def post_worker_init(worker: Any) -> None:
    """The server's hook: as the site's."""
    keep_to_one(worker.age)


@app.get("/login")
def ready() -> str:
    """Says that it is there."""
    return ""
